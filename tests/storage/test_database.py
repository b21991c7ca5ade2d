"""Transactions, outages and recovery of the pool, on a real server that is stopped, killed and frozen."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from storage import database as database_module
from storage.database import Database, ensure_database
from storage.embedded import EmbeddedPostgres
from storage.outages import CommitRefused, CommitUnknown, DatabaseAway, DatabaseUnsafe
from tests.support.servers import frozen, lossy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from storage.connection import Connection
    from tests.support.databases import Template


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of this file's own, to be killed."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("mortal"))
    server.ensure()
    yield server
    server.release()


@pytest.fixture
async def doomed(mortal: EmbeddedPostgres) -> AsyncIterator[Database]:
    """A pool on the server that gets killed, with one connection already made."""
    dsn = mortal.ensure()
    await ensure_database(dsn)
    opened = await Database.open(dsn, size=3)
    yield opened
    await opened.close()
    mortal.ensure()


def kill(server: EmbeddedPostgres) -> None:
    os.kill(server.postmaster_pid() or 0, signal.SIGKILL)


async def make_table(database: Database) -> None:
    async with database.transaction() as conn:
        await conn.execute("DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int PRIMARY KEY DEFERRABLE)")


async def rows(database: Database) -> list[int]:
    async with database.acquire() as conn:
        return [row["n"] for row in await conn.fetch("SELECT n FROM kept ORDER BY n")]


async def test_transaction_commits_at_its_end(database: Database) -> None:
    await make_table(database)
    async with database.transaction() as conn:
        await conn.execute("INSERT INTO kept VALUES (1)")
        assert await rows(database) == []
    assert await rows(database) == [1]


async def test_error_rolls_back_and_stays_itself(database: Database) -> None:
    await make_table(database)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as conn:
            await conn.execute("INSERT INTO kept VALUES (1)")
            raise ZeroDivisionError
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.transaction() as conn:
            await conn.execute("INSERT INTO kept VALUES (2), (2)")
    assert await rows(database) == []


async def test_cancelled_transaction_keeps_nothing(database: Database) -> None:
    await make_table(database)
    inside = asyncio.Event()

    async def work() -> None:
        async with database.transaction() as conn:
            await conn.execute("INSERT INTO kept VALUES (1)")
            inside.set()
            await conn.execute("SELECT pg_sleep(60)")

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await rows(database) == []


async def test_swallowed_error_cannot_pass_for_a_commit(database: Database) -> None:
    await make_table(database)
    with pytest.raises(CommitRefused):
        async with database.transaction() as conn:
            await conn.execute("INSERT INTO kept VALUES (1)")
            with pytest.raises(asyncpg.UndefinedTableError):
                await conn.execute("SELECT * FROM no_such_table")
    assert await rows(database) == []


async def test_inner_transaction_fails_alone(database: Database) -> None:
    await make_table(database)
    async with database.transaction() as conn:
        await conn.execute("INSERT INTO kept VALUES (1)")
        with pytest.raises(asyncpg.UniqueViolationError):
            async with conn.transaction():
                await conn.execute("INSERT INTO kept VALUES (2), (2)")
    assert await rows(database) == [1]


async def test_deferred_violation_at_commit_is_not_unknown(database: Database) -> None:
    await make_table(database)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.transaction() as conn:
            await conn.execute("SET CONSTRAINTS ALL DEFERRED")
            await conn.execute("INSERT INTO kept VALUES (1), (1)")
    assert await rows(database) == []


async def test_read_only_transaction_cannot_write(database: Database) -> None:
    await make_table(database)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with database.transaction(read_only=True) as conn:
            await conn.execute("INSERT INTO kept VALUES (1)")


@pytest.mark.parametrize("setting", ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"])
async def test_every_session_has_limits(database: Database, setting: str) -> None:
    async with database.acquire() as conn:
        assert await conn.fetchval("SELECT current_setting($1)", setting) not in {"0", ""}


async def test_slow_statement_is_an_outage(dsn: str) -> None:
    opened = await Database.open(dsn, statement_seconds=0.05)
    with pytest.raises(DatabaseAway):
        async with opened.transaction() as conn:
            await conn.execute("SELECT pg_sleep(60)")
    await opened.ping()
    await opened.close()


async def test_held_lock_is_an_outage(database: Database) -> None:
    await make_table(database)
    async with database.transaction() as holder:
        await holder.execute("LOCK TABLE kept")
        with pytest.raises(DatabaseAway):
            async with database.transaction() as conn:
                await conn.execute("SET LOCAL lock_timeout = '20ms'")
                await conn.execute("INSERT INTO kept VALUES (1)")


async def test_exhausted_pool_is_an_outage_and_recovers(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "QUEUE_SECONDS", 0.05)
    opened = await Database.open(dsn, size=1)
    async with opened.acquire():
        with pytest.raises(DatabaseAway):
            await opened.ping()
    await opened.ping()
    await opened.close()


async def test_burst_waits_for_its_turn(dsn: str) -> None:
    opened = await Database.open(dsn, size=2)
    await asyncio.gather(*(opened.ping() for _ in range(200)))
    await opened.close()


async def test_absent_server_is_known_within_a_second() -> None:
    for place in ("postgresql://postgres@/lienthong?host=/nowhere", "postgresql://postgres@127.0.0.1:9/lienthong"):
        begun = time.monotonic()
        with pytest.raises(DatabaseAway):
            await Database.open(place)
        assert time.monotonic() - begun < 1


async def test_absent_database_is_a_mistake_not_an_outage(template: Template) -> None:
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await Database.open(template.server.replace("/postgres?", "/no_such_database?"))


async def test_stopped_server_is_away_and_pool_returns_with_it(mortal: EmbeddedPostgres, doomed: Database) -> None:
    for _ in range(2):
        mortal.release()
        begun = time.monotonic()
        with pytest.raises(DatabaseAway):
            await doomed.ping()
        assert time.monotonic() - begun < 1
        mortal.ensure()
        await asyncio.gather(*(doomed.ping() for _ in range(10)))


async def test_kill_inside_a_transaction_keeps_nothing(mortal: EmbeddedPostgres, doomed: Database) -> None:
    await make_table(doomed)
    with pytest.raises(DatabaseAway) as away:
        async with doomed.transaction() as conn:
            await conn.execute("INSERT INTO kept VALUES (1)")
            await kill_and_wait(mortal, conn)
            await conn.execute("INSERT INTO kept VALUES (2)")
    assert not isinstance(away.value, CommitUnknown)
    mortal.ensure()
    assert await rows(doomed) == []


async def test_kill_before_commit_is_sent_keeps_nothing(mortal: EmbeddedPostgres, doomed: Database) -> None:
    await make_table(doomed)
    with pytest.raises(DatabaseAway) as away:
        async with doomed.transaction() as conn:
            await conn.execute("INSERT INTO kept VALUES (1)")
            await kill_and_wait(mortal, conn)
    assert not isinstance(away.value, CommitUnknown)
    mortal.ensure()
    assert await rows(doomed) == []


async def test_backend_lost_inside_commit_leaves_it_unknown(database: Database) -> None:
    await make_table(database)
    async with database.transaction() as conn:
        await conn.execute(
            """CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
               CREATE CONSTRAINT TRIGGER die AFTER INSERT ON kept DEFERRABLE INITIALLY DEFERRED
               FOR EACH ROW EXECUTE FUNCTION die()"""
        )
    with pytest.raises(CommitUnknown):
        async with database.transaction() as conn:
            await conn.execute("INSERT INTO kept VALUES (1)")
    assert await rows(database) == []


async def test_lost_answer_to_commit_leaves_it_unknown(database: Database, dsn: str, tmp_path: Path) -> None:
    await make_table(database)
    async with lossy(dsn, tmp_path) as line:
        behind = await Database.open(line.dsn)
        with pytest.raises(CommitUnknown):
            async with behind.transaction() as conn:
                await conn.execute("INSERT INTO kept VALUES (1)")
        assert await rows(database) == [1]
        await behind.close()


async def kill_and_wait(server: EmbeddedPostgres, conn: Connection) -> None:
    """Kill postmaster and backend; return when the client has noticed."""
    backend, gone = conn.get_server_pid(), asyncio.Event()
    conn.add_termination_listener(lambda _conn: gone.set())
    kill(server)
    os.kill(backend, signal.SIGKILL)
    await gone.wait()


async def test_terminated_backend_costs_one_use_only(mortal: EmbeddedPostgres, doomed: Database) -> None:
    with pytest.raises(DatabaseAway):
        async with doomed.acquire() as conn:
            await conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    await doomed.ping()


async def test_frozen_server_is_known_within_a_second(mortal: EmbeddedPostgres, doomed: Database) -> None:
    with frozen(mortal):
        for _ in range(3):
            begun = time.monotonic()
            with pytest.raises(DatabaseAway):
                async with doomed.transaction() as conn:
                    await conn.execute("SELECT 1")
            assert time.monotonic() - begun < 1
    await asyncio.gather(*(doomed.ping() for _ in range(6)))


async def test_statement_on_a_frozen_server_is_given_up_within_a_second(
    mortal: EmbeddedPostgres, doomed: Database
) -> None:
    async def use(begun: asyncio.Queue[None], goes_on: asyncio.Event) -> float:
        with pytest.raises(DatabaseAway):
            async with doomed.acquire() as conn:
                begun.put_nowait(None)
                await goes_on.wait()
                since = time.monotonic()
                await conn.execute("SELECT 1")
        return time.monotonic() - since

    begun, goes_on = asyncio.Queue[None](), asyncio.Event()
    users = [asyncio.create_task(use(begun, goes_on)) for _ in range(2)]
    await begun.get()
    await begun.get()
    with frozen(mortal):
        goes_on.set()
        assert max(await asyncio.gather(*users)) < 1
        began = time.monotonic()
        waiting = [asyncio.create_task(doomed.ping()) for _ in range(20)]  # more than there are connections
        assert {type(error) for error in await asyncio.gather(*waiting, return_exceptions=True)} == {DatabaseAway}
        assert time.monotonic() - began < 1
    await asyncio.gather(*(doomed.ping() for _ in range(6)))


async def test_commit_on_a_frozen_server_is_unknown_within_a_second(mortal: EmbeddedPostgres, doomed: Database) -> None:
    await make_table(doomed)
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def insert() -> None:
        async with doomed.transaction() as conn:
            await conn.execute("INSERT INTO kept VALUES (1)")
            begun.set()
            await goes_on.wait()

    task = asyncio.create_task(insert())
    await begun.wait()
    with frozen(mortal):
        began = time.monotonic()
        goes_on.set()
        with pytest.raises(CommitUnknown):
            await task
        assert time.monotonic() - began < 1
    assert await rows(doomed) in ([], [1])


async def test_slow_statement_is_waited_for_while_the_server_answers(database: Database) -> None:
    async with database.acquire() as conn:
        assert await conn.fetchval("SELECT 42 FROM pg_sleep(1.5)") == 42


async def test_guard_passes_a_safe_server(database: Database) -> None:
    assert abs(await database.guard()) < 1


async def test_guard_reports_skewed_clock(database: Database) -> None:
    ahead = await database.guard(now=lambda: datetime.now(UTC) + timedelta(minutes=5))
    assert 299 < ahead < 301


async def test_guard_refuses_unsafe_server(database: Database, dsn: str) -> None:
    name = dsn.partition("@/")[2].partition("?")[0]
    async with database.acquire() as conn:
        await conn.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    careless = await Database.open(dsn)
    with pytest.raises(DatabaseUnsafe, match="synchronous_commit off"):
        await careless.guard()
    await careless.close()


async def test_dedicated_connection_hears_notices(database: Database) -> None:
    listener = await database.dedicated()
    heard: asyncio.Queue[object] = asyncio.Queue()
    await listener.add_listener("bell", lambda *said: heard.put_nowait(said[3]))
    async with database.transaction() as conn:
        await conn.execute("SELECT pg_notify('bell', 'H08.30')")
    assert await heard.get() == "H08.30"
    await listener.close()


async def test_database_is_made_once_by_many(template: Template) -> None:
    dsn = template.server.replace("/postgres?", "/made%20by%20many?")
    await asyncio.gather(*(ensure_database(dsn) for _ in range(5)))
    opened = await Database.open(dsn)
    await opened.close()
