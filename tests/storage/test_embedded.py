"""The embedded PostgreSQL: real processes, killed in every way they get killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from storage.embedded import EmbeddedFailed, EmbeddedPostgres
from storage.postmaster import expel_orphans, processes_of
from storage.unprivileged import runner_for
from tests.support.databases import dsn_of

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDER = """
import ctypes, sys
from pathlib import Path
from storage.embedded import EmbeddedPostgres
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become ours, and we never reap them
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.ensure(), server.postmaster_pid(), flush=True)
sys.stdin.read()
"""
"""A process that uses the server, inherits the postmaster and lets it become a zombie."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder below one that only we may open."""
    with tempfile.TemporaryDirectory() as private:
        yield Path(private) / "postgres"


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A running server."""
    made = EmbeddedPostgres(folder)
    made.ensure()
    yield made
    made.release()


@pytest.fixture
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server and does not reap what it inherits."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def kill(server: EmbeddedPostgres) -> int:
    pid = server.postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


async def run(dsn: str, statement: str) -> object:
    conn = await asyncpg.connect(dsn_of(dsn, "postgres"))
    try:
        return await conn.fetchval(statement)
    finally:
        await conn.close()


async def test_server_answers_and_is_not_root(server: EmbeddedPostgres, folder: Path) -> None:
    assert await run(server.ensure(), "SELECT current_setting('data_checksums')") == "on"
    processes = processes_of(folder / "data")
    assert server.postmaster_pid() in processes
    assert {Path(f"/proc/{pid}").stat().st_uid == 0 for pid in processes} == {False}


async def test_folders_stay_private(server: EmbeddedPostgres, folder: Path) -> None:
    assert [path.stat().st_mode & 0o077 for path in (folder.parent, folder, folder / "data")] == [0, 0, 0]


async def test_server_listens_on_no_port(server: EmbeddedPostgres) -> None:
    assert await run(server.ensure(), "SELECT current_setting('listen_addresses')") == ""


async def test_server_has_its_own_session(server: EmbeddedPostgres) -> None:
    pid = server.postmaster_pid()
    assert pid is not None
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)


async def test_second_user_joins_and_last_one_stops(server: EmbeddedPostgres, folder: Path) -> None:
    second = EmbeddedPostgres(folder)
    assert second.ensure() == server.ensure()
    pid = server.postmaster_pid()
    server.release()
    assert second.postmaster_pid() == pid
    assert await run(second.ensure(), "SELECT 1") == 1
    second.release()
    assert second.postmaster_pid() is None
    assert processes_of(folder / "data") == []


async def test_user_in_another_process_keeps_server(holder: subprocess.Popen[str], folder: Path) -> None:
    dsn = holder.stdout.readline().split()[0]
    ours = EmbeddedPostgres(folder)
    assert ours.ensure() == dsn
    ours.release()
    assert await run(dsn, "SELECT 1") == 1
    ours.ensure()
    holder.kill()
    holder.wait()
    ours.release()
    assert ours.postmaster_pid() is None


async def test_data_survive_stop_and_start(server: EmbeddedPostgres) -> None:
    await run(server.ensure(), "CREATE TABLE kept AS SELECT 42 AS n")
    server.release()
    assert await run(server.ensure(), "SELECT n FROM kept") == 42


async def test_killed_server_comes_back_with_its_data(server: EmbeddedPostgres) -> None:
    dsn = server.ensure()
    for n in range(3):
        await run(dsn, f"CREATE TABLE kept_{n} AS SELECT {n} AS n")
        pid = kill(server)
        dsn = server.ensure()
        assert server.postmaster_pid() not in (None, pid)
        assert await run(dsn, f"SELECT n FROM kept_{n}") == n


async def test_zombie_is_not_taken_for_a_server(holder: subprocess.Popen[str], folder: Path) -> None:
    dsn, pid = holder.stdout.readline().split()
    await run(dsn, "CREATE TABLE kept AS SELECT 42 AS n")
    os.kill(int(pid), signal.SIGKILL)
    server = EmbeddedPostgres(folder)
    dsn = server.ensure()
    assert Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    assert await run(dsn, "SELECT n FROM kept") == 42
    holder.kill()
    holder.wait()
    server.release()


async def test_everything_killed_comes_back(holder: subprocess.Popen[str], folder: Path) -> None:
    dsn, pid = holder.stdout.readline().split()
    await run(dsn, "CREATE TABLE kept AS SELECT 42 AS n")
    holder.kill()
    os.kill(int(pid), signal.SIGKILL)
    server = EmbeddedPostgres(folder)
    assert await run(server.ensure(), "SELECT n FROM kept") == 42
    server.release()


async def test_pid_of_a_stranger_is_not_taken_for_a_server(server: EmbeddedPostgres, folder: Path) -> None:
    server.release()
    stale = folder / "data" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{folder / 'data'}\n1\n5432\n{folder / 'data'}\n\n 1 2\nready\n")
    assert server.postmaster_pid() is None
    assert await run(server.ensure(), "SELECT 1") == 1


@pytest.mark.parametrize("rest", ["", "garbage\n", "1\n"])
async def test_torn_pid_file_does_not_keep_server_down(server: EmbeddedPostgres, folder: Path, rest: str) -> None:
    server.release()
    (folder / "data" / "postmaster.pid").write_text(rest)
    assert await run(server.ensure(), "SELECT 1") == 1


async def test_stuck_backend_is_expelled(server: EmbeddedPostgres, folder: Path) -> None:
    """A stopped backend cannot notice that its postmaster died; it must not live beside a new one."""
    conn = await asyncpg.connect(dsn_of(server.ensure(), "postgres"))
    backend = conn.get_server_pid()
    os.kill(backend, signal.SIGSTOP)
    kill(server)
    server.ensure()
    assert backend not in processes_of(folder / "data")
    conn.terminate()


async def test_living_backends_are_found_by_their_folder(server: EmbeddedPostgres, folder: Path) -> None:
    other = folder.parent / "other"
    other.mkdir()
    expel_orphans(other)
    assert server.postmaster_pid() in processes_of(folder / "data")


async def test_interrupted_creation_is_begun_again(folder: Path) -> None:
    (folder / "data.new" / "base").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(folder)
    assert await run(server.ensure(), "SELECT 1") == 1
    server.release()


@pytest.mark.parametrize("name", ["x" * 110, "có dấu, 'và' khoảng trắng"])
async def test_awkward_folder_gets_a_short_private_socket_folder(tmp_path: Path, name: str) -> None:
    server = EmbeddedPostgres(tmp_path / name)
    dsn = server.ensure()
    assert await run(dsn, "SELECT 1") == 1
    sockets = Path((tmp_path / name / "socket-folder").read_text())
    assert sockets.stat().st_mode & 0o777 == 0o700
    kill(server)
    assert server.ensure() == dsn
    server.release()
    assert not sockets.exists()
    assert await run(server.ensure(), "SELECT 1") == 1
    server.release()


async def test_failure_tells_what_the_server_said(folder: Path, server: EmbeddedPostgres) -> None:
    server.release()
    version = folder / "data" / "PG_VERSION"
    kept = version.read_text()
    version.write_text("9.6\n")
    with pytest.raises(EmbeddedFailed, match=r"initialized by PostgreSQL version 9\.6"):
        server.ensure()
    version.write_text(kept)


async def test_release_after_a_kill_is_quiet(server: EmbeddedPostgres) -> None:
    kill(server)
    server.release()
    server.release()


def test_programs_run_as_the_owner_of_the_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 12345, 23456)
    runner = runner_for(data)
    assert (runner.uid, runner.gid) == (12345, 23456)
