"""A bar for what takes long, where somebody looks; never for programs, never for small files."""

from __future__ import annotations

import pytest

from admin.cli_progress import SHOWN_FROM, bytes_bar


def shown(capsys: pytest.CaptureFixture[str], total: int) -> str:
    with bytes_bar("Đang gửi / sending") as moved:
        moved(total // 2, total)
        moved(total, total)
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_large_file_has_a_bar_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "Đang gửi / sending" in shown(capsys, SHOWN_FROM)


def test_small_file_has_none(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "sending" not in shown(capsys, SHOWN_FROM - 1)


def test_program_sees_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, 10 * SHOWN_FROM) == ""
