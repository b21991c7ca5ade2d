"""What befalls PostgreSQL servers: frozen processes, lines that break, addresses on the network."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from storage.embedded import binaries
from storage.postmaster import processes_of
from storage.unprivileged import runner_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from storage.embedded import EmbeddedPostgres

PR_SET_CHILD_SUBREAPER = 36
"""prctl(2)."""


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


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A PostgreSQL of somebody else's, on the network and with passwords; the dsn of a database not used so far."""
    data, password = folder / "data", "mật khẩu/+1"
    data.mkdir(parents=True)
    runner = runner_for(data)
    runner.own(data)
    secret = folder / "password"
    secret.write_text(password, encoding="utf-8")
    port = _free_port()
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories="
    programs = binaries()

    def run(program: str, *arguments: str) -> None:
        command = [*runner.prefix, str(programs / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    run("initdb", "-U", "trục", "--auth=scram-sha-256", f"--pwfile={secret}", "-k", "-E", "utf8", "--locale=C.UTF-8")
    run("pg_ctl", "-w", "-l", str(data / "start.log"), "-o", options, "start")
    try:
        yield f"postgresql://{quote('trục')}:{quote(password, safe='')}@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
        return port


@contextmanager
def unreaped() -> Iterator[None]:
    """While this lasts, orphans become ours and stay zombies, as in a container whose first process reaps nobody."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def is_zombie(pid: int) -> bool:
    """Whether the process has ended and nobody has asked how."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
