"""Which processes belong to a PostgreSQL data folder, judged from `/proc` and never from a pid file alone.

A pid file outlives a SIGKILL. Its pid may by then be a zombie nobody reaped, another program, or nothing at all; taking
any of these for a living server would keep the service down, and taking a living one for dead would ruin the data.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ORPHAN_SECONDS = 5.0
"""Backends notice their postmaster's death within milliseconds; one that has not by then is stuck in a system call."""

POLL_SECONDS = 0.02
"""Between two looks at the process table while waiting for processes to leave."""

GONE_STATES = frozenset("ZXx")
"""States of `/proc/PID/stat` in which nothing runs any more: zombie and dead."""

SERVER_NAME = "postgres"
"""Name of the server's executable; it stays in `/proc/PID/comm` whatever title a backend gives itself."""


class ProcessesStuck(Exception):  # noqa: N818 - says what they are
    """Processes of the data folder survived SIGKILL; starting a second server beside them would ruin the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PidFile:
    """What a server wrote into `postmaster.pid`: its pid and the folder of its socket."""

    pid: int
    socket_folder: Path


def read_pid_file(data: Path) -> PidFile | None:
    """The pid file of `data`; None when there is none or a crash left it half written."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return PidFile(pid=int(lines[0]), socket_folder=Path(lines[4]))
    except (FileNotFoundError, ValueError, IndexError):
        return None


def is_server_of(pid: int, data: Path) -> bool:
    """True when `pid` is a running PostgreSQL process whose folder is `data`."""
    process = Path("/proc") / str(pid)
    try:
        state = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
        return state not in GONE_STATES and name == SERVER_NAME and (process / "cwd").samefile(data)
    except (OSError, IndexError):  # it left meanwhile, or belongs to somebody whose processes we may not look at
        return False


def processes_of(data: Path) -> list[int]:
    """Pids of every running PostgreSQL process of `data`: postmaster and backends."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if is_server_of(pid, data)]


def expel_orphans(data: Path) -> None:
    """Return once no process of `data` runs: wait for them, then SIGKILL; crash recovery makes that safe.

    Only for a folder whose postmaster is known to be dead. Raises `ProcessesStuck`.
    """
    if _wait_until_gone(data):
        return
    for pid in processes_of(data):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if not _wait_until_gone(data):
        raise ProcessesStuck(f"processes {processes_of(data)} still hold {data}; end them, then start again")


def _wait_until_gone(data: Path) -> bool:
    until = time.monotonic() + ORPHAN_SECONDS
    while processes_of(data):
        if time.monotonic() > until:
            return False
        time.sleep(POLL_SECONDS)
    return True
