"""Settings: what is misspelt or missing stops the start, and secrets are never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exchange.settings import SettingsWrong, load_settings

if TYPE_CHECKING:
    from pathlib import Path

STORE = "http://KEY:SECRET@127.0.0.1:9000/bucket"


def test_secret_comes_from_its_file_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "objects_url"
    file.write_text(f"{STORE}\n", encoding="utf-8")
    settings = load_settings({"LIENTHONG_OBJECTS_URL_FILE": str(file)})
    assert settings.objects == STORE
    assert "SECRET" not in repr(settings)
    assert "SECRET" not in str(settings.shown())


@pytest.mark.parametrize("name", ["LIENTHONG_OBJECTS_URL_FILE", "LIENTHONG_DATABASE_URL_FILE"])
def test_secret_file_that_is_empty_or_absent_stops_the_start(tmp_path: Path, name: str) -> None:
    """Documents must not land in a folder because the store's address was lost."""
    empty = tmp_path / "empty"
    empty.write_text("\n", encoding="utf-8")
    for path in (empty, tmp_path / "absent"):
        with pytest.raises(SettingsWrong, match=name):
            load_settings({name: str(path)})


def test_misspelt_name_stops_the_start() -> None:
    with pytest.raises(SettingsWrong, match="LIENTHONG_MAX_ENVELOPE_BYTE "):
        load_settings({"LIENTHONG_MAX_ENVELOPE_BYTE": "1024"})


def test_misspelt_name_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(SettingsWrong) as told:
        load_settings({"LIENTHONG_PROT": "8080", "LIENTHONG_WEATHER": "fair"})
    assert "LIENTHONG_PROT (do you mean LIENTHONG_PORT?), LIENTHONG_WEATHER (unset" in str(told.value)
