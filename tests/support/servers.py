"""What befalls PostgreSQL servers: frozen processes, lines that break, addresses on the network."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from storage.postmaster import processes_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from storage.embedded import EmbeddedPostgres


@contextmanager
def frozen(server: EmbeddedPostgres) -> Iterator[None]:
    """While this lasts, no process of the server does anything."""
    pids = processes_of(Path(unquote(server.ensure().rpartition("host=")[2])))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@dataclass(slots=True)
class Line:
    """A way to a server; while it `breaks`, it does so when the server has answered COMMIT, before anybody hears it."""

    dsn: str
    breaks: bool = True


@asynccontextmanager
async def lossy(dsn: str, folder: Path) -> AsyncIterator[Line]:
    """A line to the embedded server of `dsn` that breaks."""
    server = f"{unquote(dsn.rpartition('host=')[2])}/.s.PGSQL.5432"
    line = Line(dsn.rpartition("host=")[0] + f"host={folder}")

    async def carry(client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        reader, writer = await asyncio.open_unix_connection(server)
        answers = asyncio.create_task(copy(reader, back))
        while data := await client.read(65536):
            last = line.breaks and b"COMMIT;" in data
            if last:
                answers.cancel()
                await asyncio.wait([answers])
            writer.write(data)
            if last:
                await reader.read(65536)
                break
        writer.close()
        back.close()
        await asyncio.wait([answers])

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    listening = await asyncio.start_unix_server(carry, folder / ".s.PGSQL.5432")
    try:
        yield line
    finally:
        listening.close()
        await listening.wait_closed()
