"""Look-alikes take a second administrator's word where that is the policy (SECURITY TM-53)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import accounts
from tests.admin.conftest import PASSWORD
from tests.admin.test_cli_directory import A, B, Shell

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database

FIRST, SECOND, CLERK = "quantri.1", "quantri.2", "vanthu.a"
LOOK_ALIKE = "HO8.02"


@pytest.fixture
async def shell(database: Database, dsn: str, tmp_path: Path, password_hash: str) -> Shell:
    """A shell with agencies A and B, two administrators and a clerk, where look-alikes take two."""
    made = Shell(dsn, tmp_path)
    for code, name in ((A, "Sở Nội vụ"), (B, "Sở Y tế")):
        await made.said("agency", "add", code, "--name", name)
    people = ((FIRST, "administrator", None), (SECOND, "administrator", None), (CLERK, "clerk", A))
    async with database.transaction() as conn:
        for name, role, agency in people:
            await accounts.add_account(conn, name=name, role=role, agency=agency, password_hash=password_hash)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    made.environment["LIENTHONG_TWO_PERSON_CERTIFICATES"] = "true"
    return made


def by(shell: Shell, name: str) -> tuple[str, ...]:
    return "--as", name, "--password-file", str(shell.folder / "password")


async def codes(shell: Shell) -> list[str]:
    return [one["code"] for one in (await shell.answer("agency", "list"))["agencies"]]


async def test_look_alike_waits_for_another_administrator(shell: Shell) -> None:
    words = ("agency", "add", LOOK_ALIKE, "--name", "Đơn vị khác")
    assert "--confirm-confusable" in await shell.refused(*words, *by(shell, FIRST))
    said = await shell.said(*words, "--confirm-confusable", *by(shell, FIRST))
    assert "Chưa ghi" in said
    assert "lienthong agency approve" in said
    assert await codes(shell) == [A, B]
    [request] = (await shell.answer("agency", "requests"))["requests"]
    assert (request["by"], request["code"], request["state"]) == (FIRST, LOOK_ALIKE, "waiting")
    assert A in request["reason"]
    number = str(request["id"])
    assert FIRST in await shell.refused("agency", "approve", number, *by(shell, FIRST))
    await shell.refused("agency", "approve", number, *by(shell, CLERK))
    assert await codes(shell) == [A, B]
    await shell.said("agency", "approve", number, *by(shell, SECOND))
    assert await codes(shell) == [A, B, LOOK_ALIKE]
    [decided] = (await shell.answer("agency", "requests", "--all"))["requests"]
    assert (decided["state"], decided["decided_by"]) == ("approved", SECOND)
    assert decided["decided_at"] is not None
    assert (await shell.answer("agency", "requests"))["requests"] == []


async def test_look_alike_name_waits_as_well(shell: Shell) -> None:
    words = ("agency", "add", "H08.50", "--name", "Sở Nộі vụ", "--confirm-confusable")
    assert (await shell.answer(*words, *by(shell, FIRST)))["state"] == "waiting"
    assert "H08.50" not in await codes(shell)


async def test_look_alike_alias_waits_as_well(shell: Shell) -> None:
    words = ("agency", "alias", "add", B, LOOK_ALIKE, "--kind", "alias", "--from", "01/01/2026", "--confirm-confusable")
    request = await shell.answer(*words, *by(shell, FIRST))
    assert (request["state"], request["alias"]) == ("waiting", LOOK_ALIKE)
    await shell.said("agency", "approve", str(request["id"]), *by(shell, SECOND))
    [listed] = (await shell.answer("agency", "alias", "list", B))["codes"]
    assert (listed["code"], listed["valid_from"]) == (LOOK_ALIKE, "2026-01-01")


async def test_nobody_asks_namelessly(shell: Shell) -> None:
    said = await shell.refused("agency", "add", LOOK_ALIKE, "--name", "Đơn vị khác", "--confirm-confusable")
    assert "--as" in said


async def test_what_looks_like_nobody_waits_for_nobody(shell: Shell) -> None:
    await shell.said("agency", "add", "H08.50", "--name", "Sở Tư pháp", "--confirm-confusable")
    assert "H08.50" in await codes(shell)


async def test_request_is_refused_once_and_can_be_taken_back(shell: Shell) -> None:
    words = ("agency", "add", LOOK_ALIKE, "--name", "Đơn vị khác", "--confirm-confusable")
    number = str((await shell.answer(*words, *by(shell, FIRST)))["id"])
    assert "đã từ chối" in await shell.said("agency", "refuse", number, *by(shell, FIRST))
    for word in ("approve", "refuse"):
        assert FIRST in await shell.refused("agency", word, number, *by(shell, SECOND))
    assert "agency requests" in await shell.refused("agency", "approve", "999", *by(shell, SECOND))
    assert await codes(shell) == [A, B]


async def test_without_the_setting_one_word_is_enough(shell: Shell) -> None:
    shell.environment["LIENTHONG_TWO_PERSON_CERTIFICATES"] = "false"
    await shell.said("agency", "add", LOOK_ALIKE, "--name", "Đơn vị khác", "--confirm-confusable")
    assert LOOK_ALIKE in await codes(shell)


async def test_lists_are_imported_and_exported(shell: Shell) -> None:
    file = shell.folder / "list.csv"
    file.write_text("code,name\nH08.50,Sở Tư pháp\nH08 51,Sai\n", encoding="utf-8")
    said = await shell.said("agency", "import", str(file), "--dry-run")
    for shown in ("thêm mới / added: 1", "dòng / line 3", "chạy thử"):
        assert shown in said
    assert "H08.50" not in await codes(shell)
    report = await shell.answer("agency", "import", str(file))
    assert (report["added"], [one["line"] for one in report["refused"]]) == (1, [3])
    for name in ("out.csv", "out.json"):
        out = shell.folder / name
        await shell.said("agency", "export", str(out))
        report = await shell.answer("agency", "import", str(out))
        assert (report["added"], report["changed"], report["unchanged"]) == (0, 0, 3)
    assert "Sở Tư pháp" in await shell.said("agency", "export", "-", "--format", "csv")
