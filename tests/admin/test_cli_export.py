"""`lienthong export` as an operator runs it, beside a service that goes on."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from envelopes.limits import LOCAL_TIME
from tests.admin.test_cli_directory import Shell
from tests.support.exchanges import file_of
from tests.support.world import A, B, C, World, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

import pytest

CONTENT = b"noi dung"


@pytest.fixture
async def world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world in which A has sent a letter to B and C."""
    async with world_of(dsn, tmp_path) as made:
        async with made.client(A) as sender:
            await sender.submit(made.envelope(made.document(A, B, C), made.attachment("a.txt", CONTENT)))
        yield made


def words(world: World, agency: str, name: str) -> tuple[str, ...]:
    today = datetime.now(UTC).astimezone(LOCAL_TIME)
    days = ("--from", f"{today:%d/%m/%Y}", "--to", f"{today:%Y-%m-%d}")
    return ("export", agency, *days, "--out", str(world.folder / name))


async def test_operator_exports_what_an_agency_sent_and_received(world: World, dsn: str, tmp_path: Path) -> None:
    shell = Shell(dsn, tmp_path)
    said = await shell.said(*words(world, A, "a"))
    assert "H08.02: gửi / sent 1, nhận / received 0" in said
    answer = await shell.answer(*words(world, B, "b"))
    assert (answer["agency"], answer["sent"], answer["received"], answer["problems"]) == (B, 0, 1, [])
    for name in ("a", "b"):
        check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
        assert subprocess.run(check, cwd=world.folder / name, check=False).returncode == 0
    assert "not an empty folder" in await shell.refused(*words(world, A, "a"))
    assert (await shell.run("export", A, "--from", "01/01/2026", "--out", "x")).exit_code == 2


async def test_what_cannot_be_read_is_told_and_ends_with_code_1(world: World, dsn: str, tmp_path: Path) -> None:
    shell = Shell(dsn, tmp_path)
    file_of(world.exchange, hashlib.sha256(CONTENT).hexdigest()).unlink()
    done = await shell.run(*words(world, A, "a"))
    assert done.exit_code == 1
    assert "could not be read: 2" in done.stdout
    done = await shell.run(*words(world, A, "b"), "--json")
    assert (done.exit_code, len(json.loads(done.stdout)["problems"])) == (1, 2)
