"""`lienthong agency merge|dissolve|undo|tree|set`, days of codes, and `system grant`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.admin.test_cli_directory import A, B, Shell

if TYPE_CHECKING:
    from pathlib import Path

C, OLD = "H08.31", "000.00.30.H08"


@pytest.fixture
async def shell(dsn: str, tmp_path: Path) -> Shell:
    """A shell with agencies A, B below it, and C."""
    made = Shell(dsn, tmp_path)
    await made.said("agency", "add", A, "--name", "Sở Nội vụ")
    await made.said("agency", "add", B, "--name", "UBND huyện B", "--parent", A)
    await made.said("agency", "add", C, "--name", "UBND xã C")
    return made


async def test_merger_is_entered_seen_and_undone(shell: Shell) -> None:
    assert C in await shell.said("agency", "merge", B, "--into", C, "--on", "01/07/2025")
    merged = await shell.answer("agency", "merge", B, "--into", C)
    assert (merged["dissolved_on"], merged["successor"]) == ("2025-07-01", C)
    assert "01/07/2025" in await shell.refused("agency", "merge", B, "--into", A)
    assert "01/07/2025" in await shell.said("agency", "list")
    assert C in await shell.refused("agency", "merge", C, "--into", B)
    assert B in await shell.said("agency", "undo", B)
    assert "nothing to undo" in await shell.refused("agency", "undo", B)


async def test_dissolved_agency_may_still_be_given_a_successor(shell: Shell) -> None:
    assert (await shell.answer("agency", "dissolve", B, "--on", "2025-07-01"))["successor"] is None
    assert B in await shell.refused("agency", "merge", C, "--into", B)
    merged = await shell.answer("agency", "merge", B, "--into", C)
    assert (merged["dissolved_on"], merged["successor"]) == ("2025-07-01", C)


async def test_tree_is_indented_and_keeps_who_was_below(shell: Shell) -> None:
    assert (await shell.said("agency", "tree")).splitlines() == [
        f"{A} Sở Nội vụ",
        f"  {B} UBND huyện B",
        f"{C} UBND xã C",
    ]
    await shell.said("agency", "dissolve", A, "--on", "01/07/2025")
    rows = (await shell.answer("agency", "tree", A))["agencies"]
    assert [(row["code"], row["depth"]) for row in rows] == [(A, 0), (B, 1)]


async def test_contact_data_and_capabilities_are_entered_one_by_one(shell: Shell) -> None:
    await shell.said("agency", "set", A, "--mail", "vanthu@snv.example.vn", "--can", "door.api", "--can", "zip")
    told = await shell.answer("agency", "set", A, "--phone", "0256 1234567", "--cannot", "zip")
    assert (told["mail"], told["phone"], told["capabilities"]) == (
        "vanthu@snv.example.vn",
        "0256 1234567",
        ["door.api"],
    )
    assert "door.api" in await shell.refused("agency", "set", A, "--can", "everything")
    assert "mail" in await shell.refused("agency", "set", A, "--mail", "a\nb")
    assert (await shell.answer("agency", "set", A, "--mail", ""))["mail"] == ""


async def test_days_of_a_code_are_listed_also_when_it_is_over(shell: Shell) -> None:
    await shell.said("agency", "alias", "add", B, OLD, "--until", "30/06/2025")
    assert "30/06/2025" in await shell.said("agency", "alias", "list")
    [row] = (await shell.answer("agency", "alias", "list", B))["codes"]
    assert (row["code"], row["kind"], row["valid_until"], row["valid"]) == (OLD, "old", "2025-06-30", False)
    assert OLD in await shell.refused("agency", "lock", OLD)
    assert "before it begins" in await shell.refused(
        "agency", "alias", "add", B, OLD, "--from", "01/07/2025", "--until", "30/06/2025"
    )
    assert B in await shell.refused("agency", "alias", "add", C, OLD)


async def test_system_is_granted_agencies_and_loses_them(shell: Shell) -> None:
    await shell.said("system", "add", "node", "--below", A)
    assert B in await shell.said("system", "list")
    await shell.said("system", "grant", "node", "--agency", C)
    [told] = (await shell.answer("system", "list"))["systems"]
    assert (told["agencies"], told["below"]) == ([B, C], [A])
    await shell.said("system", "grant", "node", "--below", A, "--remove")
    [told] = (await shell.answer("system", "list"))["systems"]
    assert (told["agencies"], told["below"]) == ([C], [])
