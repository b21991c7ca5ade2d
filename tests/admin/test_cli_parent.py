"""`lienthong parent`: added, its directory read, looked at, tried again, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from storage import upward
from tests.admin.letters import A, people
from tests.admin.test_cli_directory import Shell
from tests.support.peer import Peer, listening_peer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from storage.database import Database

SECRET = "bí mật của tỉnh"


@pytest.fixture
async def shell(database: Database, dsn: str, tmp_path: Path) -> Shell:
    """A shell beside an exchange with people."""
    await people(database)
    (tmp_path / "secret").write_text(SECRET + "\n", encoding="utf-8")
    return Shell(dsn, tmp_path)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """A scripted server in the parent's place."""
    async with listening_peer() as made:
        yield made


def listed(*codes: str) -> web.Response:
    rows = [{"code": code, "name": f"Bộ {code}"} for code in codes]
    return web.json_response({"status": "OK", "ErrorCode": "0", "ErrorDesc": "", "data": rows})


def described(shell: Shell, peer: Peer, *more: str) -> tuple[str, ...]:
    secret = str(shell.folder / "secret")
    return ("parent", "add", "nation", peer.url + "/", "--system", "province.h08", "--secret-file", secret, *more)


async def test_a_parent_is_added_read_shown_and_removed(shell: Shell, peer: Peer) -> None:
    said = await shell.said(*described(shell, peer, "--vouches"))
    assert "lienthong parent sync nation" in said
    peer.script(listed("G01.10", "G01.20", A))
    done = await shell.answer("parent", "sync", "nation")
    assert (done["listed"], done["added"], done["ours"]) == (3, 2, 1)
    peer.script(listed("G01.10", A))
    assert "khóa / no longer listed, locked: 1 (G01.20)" in await shell.said("parent", "sync", "nation")
    [one] = (await shell.answer("parent", "list"))["parents"]
    assert (one["name"], one["url"], one["agencies"], one["vouches"]) == ("nation", peer.url, 2, True)
    assert {line["direction"] for line in one["lines"]} == {"up", "down"}
    assert peer.url in await shell.said("parent", "list")
    shown = await shell.said("parent", "show", "nation")
    assert "2 đơn vị" in shown
    assert "ngừng từ" in await shell.said("parent", "remove", "nation")
    assert (await shell.answer("parent", "list"))["parents"][0]["disabled_at"] is not None


async def test_the_secret_is_told_by_no_command(shell: Shell, peer: Peer) -> None:
    said = await shell.said(*described(shell, peer))
    for words in ("show nation", "list", "show nation --json", "list --json", "remove nation"):
        said += await shell.said("parent", *words.split())
    assert SECRET not in said


async def test_what_stuck_is_shown_and_tried_again(shell: Shell, peer: Peer, database: Database) -> None:
    await shell.said(*described(shell, peer))
    async with database.transaction() as conn:
        await conn.execute(
            """INSERT INTO downward (parent, doc_id, state, sender, failure, attempts, due_at)
               VALUES ('nation', 'm-1', 'refused', 'G01.10', '[x] vì sao / why', 1, now() + interval '1 hour')"""
        )
        assert await upward.up_counts(conn, "nation") == {}
    assert "vì sao" in await shell.said("parent", "show", "nation")
    [one] = (await shell.answer("parent", "show", "nation"))["stuck"]
    assert (one["direction"], one["id"], one["state"]) == ("down", "m-1", "refused")
    assert (await shell.answer("parent", "again", "nation", "--message", "other"))["again"] == []
    assert "m-1" in await shell.said("parent", "again", "nation")


async def test_what_is_wrong_is_one_line(shell: Shell, peer: Peer) -> None:
    assert (await shell.run("parent", "show", "nobody")).exit_code == 1
    (shell.folder / "secret").write_text("", encoding="utf-8")
    result = await shell.run(*described(shell, peer))
    assert result.exit_code == 1
    assert "đang trống" in result.output
