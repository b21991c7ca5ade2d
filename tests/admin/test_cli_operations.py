"""`lienthong work|check|audit` as an operator runs them: programs of their own beside a database with documents."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from tests.support.exchanges import exchange_of, file_of, kept, recorded, stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from exchange.exchange import Exchange

PROGRAM = str(Path(sys.executable).parent / "lienthong")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody at a shell of the machine the exchange runs on."""

    dsn: str
    folder: Path

    def environment(self, **settings: object) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
        given = {"DATABASE_URL": self.dsn, "DATA_DIR": self.folder / "data", "SPOOL_FLOOR_BYTES": 0, "LOG_FORM": "json"}
        return clean | {f"LIENTHONG_{name}": str(value) for name, value in (given | settings).items()}

    async def run(self, *words: str, **settings: object) -> tuple[int, str, str]:
        """Exit code and what was printed to stdout and stderr."""
        environment = self.environment(**settings)

        def run() -> subprocess.CompletedProcess[str]:
            return subprocess.run([PROGRAM, *words], env=environment, capture_output=True, text=True, check=False)

        done = await asyncio.to_thread(run)
        return done.returncode, done.stdout, done.stderr

    async def asked(self, *words: str, **settings: object) -> tuple[int, dict[str, Any]]:
        """Exit code and the JSON answer, which is everything on stdout."""
        code, out, err = await self.run(*words, "--json", **settings)
        assert err == ""
        return code, json.loads(out)

    @asynccontextmanager
    async def exchange(self) -> AsyncIterator[Exchange]:
        """The exchange itself, to put things into it."""
        async with exchange_of(self.dsn, self.folder) as made:
            yield made


@pytest.fixture
def operator(dsn: str, tmp_path: Path) -> Operator:
    """An operator of an exchange of this test's own."""
    return Operator(dsn=dsn, folder=tmp_path)


async def test_check_of_a_sound_exchange_is_green(operator: Operator) -> None:
    code, answer = await operator.asked("check")
    assert code == 0
    assert answer["ok"]
    names = {one["name"] for one in answer["checks"]}
    assert {"guards", "parser", "packages", "database", "clock", "schema", "spool", "objects", "certificates"} <= names


async def test_check_says_what_stops_the_start(operator: Operator) -> None:
    wrong = urlunsplit(urlsplit(operator.dsn)._replace(path="/no_such_database"))
    code, answer = await operator.asked("check", DATABASE_URL=wrong)
    assert code == 1
    [opening] = [one for one in answer["checks"] if not one["ok"]]
    assert opening["name"] == "opening"
    assert "no_such_database" in opening["detail"]


async def test_check_names_what_is_not_ready(operator: Operator) -> None:
    code, out, _ = await operator.run("check", SPOOL_FLOOR_BYTES=2**62)
    assert code == 1
    assert "NOT READY" in out
    assert "the disk is nearly full" in out


@pytest.mark.parametrize("processes", [1, 2])
async def test_serving_where_somebody_listens_is_refused_before_anything_is_opened(
    operator: Operator, processes: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, out, err = await operator.run("serve", "--processes", str(processes), PORT=port, HOST="127.0.0.1")
    assert (code, out) == (1, "")
    assert re.fullmatch(rf"Lỗi / error: không mở được địa chỉ .*LIENTHONG_PORT={port}: Address already in use.*\n", err)
    assert not (operator.folder / "data").exists()


async def test_audit_of_a_sound_exchange_finds_nothing(operator: Operator) -> None:
    async with operator.exchange() as exchange:
        await recorded(exchange, b"a document rests on this")
    code, out, err = await operator.run("audit", "--deep")
    assert (code, err) == (0, "")
    assert "everything agrees" in out


async def test_audit_names_what_is_wrong_and_mends_what_is_safe(operator: Operator) -> None:
    async with operator.exchange() as exchange:
        lost = await recorded(exchange, b"lost by the store")
        kept(exchange, b"lost by the store")
        place = file_of(exchange, lost)
        place.unlink()
        orphan = await stored(exchange, b"nobody answers for this")
    code, out, _ = await operator.run("audit", SWEEP_AFTER_SECONDS=0)
    assert code == 1
    assert lost in out
    assert orphan in out
    code, answer = await operator.asked("audit", "--fix", SWEEP_AFTER_SECONDS=0)
    assert code == 0
    assert {(one["code"], one["what"], one["mended"]) for one in answer["findings"]} == {
        ("object.missing", lost, True),
        ("object.orphan", orphan, True),
    }
    assert place.exists()


async def test_audit_asks_to_try_later_while_the_store_is_away(operator: Operator) -> None:
    async with operator.exchange() as exchange:
        await recorded(exchange, b"out of reach")
    code, _, err = await operator.run("audit", OBJECTS_URL="http://key:secret@127.0.0.1:9/bucket")
    assert code == 3
    assert "Traceback" not in err
    assert "secret" not in err


async def test_work_does_the_chores_until_it_is_stopped(operator: Operator) -> None:
    async with operator.exchange() as exchange:
        orphan = await stored(exchange, b"left by a killed process")
        place = file_of(exchange, orphan)
    worker = await asyncio.create_subprocess_exec(
        PROGRAM, "work", env=operator.environment(SWEEP_AFTER_SECONDS=0), stderr=asyncio.subprocess.PIPE
    )
    assert worker.stderr is not None
    seen = [line async for line in _until(worker.stderr, "orphans.swept")]
    assert any('"worker.started"' in line for line in seen)
    assert not place.exists()
    worker.send_signal(signal.SIGTERM)
    last = [line.decode() async for line in worker.stderr]
    assert await worker.wait() == 0
    assert '"worker.stopped"' in last[-1]
    conn = await asyncpg.connect(operator.dsn)
    try:
        assert await conn.fetchval("SELECT count(*) FROM chores WHERE lease_until IS NOT NULL") == 0
    finally:
        await conn.close()


async def _until(stream: asyncio.StreamReader, event: str) -> AsyncIterator[str]:
    """The lines of a log up to the one with this event."""
    async for line in stream:
        yield line.decode()
        if f'"{event}"' in line.decode():
            return
    raise AssertionError(f"the program ended without {event}")
