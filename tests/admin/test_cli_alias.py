"""`lienthong agency alias`, and what `agency add` says of codes and names that people take for another's (TM-53)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from envelopes.faults import Refused
from exchange import aliases, directory
from tests.admin.test_cli_directory import A, B, Shell

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database

OLD = "000.00.02.H08"


@pytest.fixture
async def shell(dsn: str, tmp_path: Path) -> Shell:
    """A shell with agencies A and B in the directory."""
    made = Shell(dsn, tmp_path)
    await made.said("agency", "add", A, "--name", "Sở Nội vụ", "--level", "so")
    await made.said("agency", "add", B, "--name", "UBND huyện B", "--level", "huyen")
    return made


async def test_alias_is_added_listed_and_removed(shell: Shell) -> None:
    assert OLD in await shell.said("agency", "alias", "add", A, OLD)
    assert (await shell.answer("agency", "alias", "add", OLD, OLD))["aliases"] == [OLD]
    assert (await shell.answer("agency", "list"))["agencies"][0]["aliases"] == [OLD]
    table = await shell.said("agency", "alias", "list")
    assert "mã cũ 13 ký tự" in table
    listed = await shell.answer("agency", "alias", "list", OLD)
    assert [(one["code"], one["aliases"]) for one in listed["agencies"]] == [(A, [OLD])]
    assert "không còn" in await shell.said("agency", "alias", "remove", OLD)
    assert await shell.answer("agency", "alias", "list") == {"agencies": [], "codes": []}


async def test_code_belongs_to_one_agency(shell: Shell) -> None:
    await shell.said("agency", "alias", "add", A, OLD)
    assert A in await shell.refused("agency", "alias", "add", B, OLD)
    assert B in await shell.refused("agency", "alias", "add", A, B)
    assert A in await shell.refused("agency", "add", OLD, "--name", "Đơn vị khác")


async def test_only_an_alias_can_be_removed(shell: Shell) -> None:
    for code in (A, "H99"):
        assert "no alias" in await shell.refused("agency", "alias", "remove", code)


async def test_alias_must_be_a_code_of_a_known_agency(shell: Shell) -> None:
    assert "U+041D" in await shell.refused("agency", "alias", "add", A, "\u041d08.02")
    assert "H99" in await shell.refused("agency", "alias", "add", "H99", OLD)
    assert "H99" in await shell.refused("agency", "alias", "list", "H99")


async def test_operator_may_name_an_agency_by_any_code(shell: Shell) -> None:
    await shell.said("agency", "alias", "add", A, OLD)
    await shell.said("system", "add", "snv", "--agency", OLD, "--agency", A)
    assert (await shell.answer("system", "list"))["systems"][0]["agencies"] == [A]
    await shell.said("ca", "dev", "--for", OLD, "--out", str(shell.folder / "keys"))
    assert [one["agency"] for one in (await shell.answer("certificate", "list"))["certificates"]] == [A]
    await shell.said("account", "add", "clerk", "--agency", OLD, "--password-stdin", given="một mật khẩu dài\n")
    assert (await shell.answer("account", "list"))["accounts"][0]["agency"] == A
    child = await shell.answer("agency", "add", "H08.02.01", "--name", "Phòng Tổ chức", "--parent", OLD)
    assert child["parent"] == A
    assert (await shell.answer("agency", "lock", OLD))["code"] == A


async def test_confusable_code_needs_a_word(shell: Shell) -> None:
    said = await shell.refused("agency", "add", "HO8.02", "--name", "Sở khác")
    for part in ("--confirm-confusable", A, "U+004F"):
        assert part in said
    assert "U+0068" in await shell.refused("agency", "alias", "add", B, "h08.02")
    await shell.said("agency", "alias", "add", A, "h08.02")  # another spelling of its own is nobody else's
    await shell.said("agency", "add", "HO8.02", "--name", "Sở khác", "--confirm-confusable")


async def test_confusable_name_needs_a_word_once(shell: Shell) -> None:
    for name in ("Sở Nội vụ", "SỞ NỘI VỤ", "Sở\u200b Nội vụ", "S\u1edf N\u1ed9\u0456 vụ"):
        assert A in await shell.refused("agency", "add", "H08.09", "--name", name)
    await shell.said("agency", "add", "H08.09", "--name", "Sở Nội vụ", "--confirm-confusable")
    await shell.said("agency", "add", "H08.09", "--name", "Sở Nội vụ", "--level", "so")
    await shell.said("agency", "add", A, "--name", "Sở Nội vụ", "--level", "so")


async def test_look_alikes_added_at_once_do_not_miss_each_other(database: Database) -> None:
    tries = [
        directory.add_agency(database, code=code, name=f"Đơn vị {code}") for code in ("H08.O1", "H08.01", "h08.01")
    ]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Refused) for one in done) == 2
    [only] = await directory.list_agencies(database)
    holders = [aliases.add_alias(database, only.code, code) for code in ("A1", "A1", "A1")]
    assert {one.aliases for one in await asyncio.gather(*holders)} == {("A1",)}
