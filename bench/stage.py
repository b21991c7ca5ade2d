"""A stage for measurements: an embedded PostgreSQL with real fsync, agencies with certificates, the real service."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from signing.authority import Authority
from storage import migrate
from storage.database import Database, ensure_database
from storage.embedded import EmbeddedPostgres
from tests.support.service import Service
from tests.support.world import Actor, people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where measurements take place."""

    dsn: str
    folder: Path
    actors: dict[str, Actor]

    @contextmanager
    def service(self, *, processes: int) -> Iterator[Service]:
        """The service on this stage's database, with objects on disk."""
        settings: dict[str, object] = {
            "data_dir": self.folder / "data",
            "database_url": self.dsn,
            "max_envelope_bytes": 2 * 2**30,
            "rate_per_second": 100_000,
            "log_level": "info",
        }
        if processes > 1:
            settings["port"] = _free_port()
        with Service(processes=processes, **settings) as running:
            yield running
            running.stop()


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """Set up everything below `folder`, tear it down afterwards."""
    server = EmbeddedPostgres(folder / "postgres")
    dsn = await asyncio.to_thread(server.ensure)
    try:
        await ensure_database(dsn)
        await migrate.upgrade(dsn)
        database = await Database.open(dsn)
        actors = await people(database, Authority.make("Bench root"))
        await database.close()
        yield Stage(dsn=dsn, folder=folder, actors=actors)
    finally:
        await asyncio.to_thread(server.release)


def family(pid: int) -> list[psutil.Process]:
    """The process and its children."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def peak_bytes(pid: int) -> int:
    """The highest resident memory of the largest process since `forget_peak`."""
    peaks = []
    for process in family(pid):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:  # noqa: PTH123 - a kernel file
            peaks += [int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")]
    return max(peaks)


def forget_peak(pid: int) -> None:
    """Let the kernel count the peak from now on."""
    for process in family(pid):
        with open(f"/proc/{process.pid}/clear_refs", "w", encoding="ascii") as control:  # noqa: PTH123
            control.write("5")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def machine() -> str:
    """One line about the machine."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory"
