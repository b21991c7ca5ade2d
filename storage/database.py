"""The pool of PostgreSQL connections: transactions, time limits, and one exception for "the database is away".

Once opened it never needs to be opened again: a connection that broke is dropped, and the next use makes a new one.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from storage.outages import (
    CommitRefused,
    CommitUnknown,
    DatabaseAway,
    DatabaseUnsafe,
    is_closed,
    is_outage,
    is_unanswered,
)
from storage.pulse import Pulse, Use

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from asyncpg.pool import PoolConnectionProxy

    from storage.connection import Connection

POOL_SIZE = 12
"""Connections of one process by default; a PostgreSQL that takes 200, as ours does, holds a dozen processes."""

ANSWER_SECONDS = 0.9
"""Connecting and BEGIN take a millisecond; longer means away, and the caller has 1 s to say so (RELIABILITY P7)."""

AWAY_SECONDS = 0.6
"""As much for a server that did not answer last time: it is back in a moment or it is not."""

QUEUE_SECONDS = 5.0
"""Wait for a free connection while the database is answering: a burst is worth waiting for, an overload is not."""

STATEMENT_SECONDS = 10
"""No statement of ours needs more; one that does is stuck behind a lock or misses an index."""

LOCK_SECONDS = 5
"""Waiting longer for a row means that somebody else hangs; less than a statement so that the error says why."""

IDLE_SECONDS = 30
"""A transaction in which nothing happens blocks others; ours never wait for anything but the database."""

COMMAND_MARGIN_SECONDS = 2
"""The server's own limit comes first, because its error is clearer; then the client stops waiting."""

SAFE_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
"""Any of these off, and a power cut can take back an answered 2xx (RELIABILITY P1)."""


class CheckedConnection(asyncpg.Connection):
    """A connection on which COMMIT either commits or raises.

    PostgreSQL answers COMMIT in a failed transaction with a plain `ROLLBACK` tag, which asyncpg drops: swallow one
    error inside a transaction, and a 2xx would go out for something that was never kept.
    """

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - asyncpg's
        """As in asyncpg; raises `CommitRefused` when COMMIT rolled back."""
        status = await super().execute(query, *args, timeout=timeout)
        if query == "COMMIT;" and status != "COMMIT":
            raise CommitRefused(f"COMMIT was answered by {status}: an earlier statement of this transaction had failed")
        return str(status)

    def get_reset_query(self) -> str:
        """Nothing: ours change no session (`SET LOCAL` and locks end with their transaction, LISTEN has its own).

        asyncpg's usual four statements would cost every use of a connection one more round trip.
        """
        return ""


class Database:
    """A pool on one database. `open` may raise `DatabaseAway`; from then on every use reconnects by itself."""

    def __init__(self, pool: asyncpg.Pool[Any], dsn: str) -> None:
        self._pool = pool
        self._dsn = dsn
        self._answering = True
        self._pulse = Pulse(lambda: self._connect("lienthong-pulse"))

    @classmethod
    async def open(
        cls, dsn: str, *, size: int = POOL_SIZE, statement_seconds: float = STATEMENT_SECONDS, name: str = "lienthong"
    ) -> Database:
        """Open a pool of up to `size` connections and make sure that the database answers.

        `statement_seconds` limits every statement; `name` is what the DBA sees in pg_stat_activity.
        Raises `DatabaseAway`, and asyncpg's error for a wrong password or a database that does not exist.
        """
        pool = asyncpg.create_pool(
            dsn,
            min_size=0,  # connections are made when needed, so a database that is away is noticed by who needs it
            max_size=size,
            connection_class=CheckedConnection,
            timeout=ANSWER_SECONDS,
            command_timeout=statement_seconds + COMMAND_MARGIN_SECONDS,
            server_settings=_session_settings(statement_seconds, name),
        )
        database = cls(await pool, dsn)
        try:
            await database.ping()
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close every connection; those in use are given a moment, then broken off."""
        await self._pulse.close()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._pool.close()
        except Exception:  # a server that is gone cannot be said goodbye to
            self._pool.terminate()

    async def ping(self) -> None:
        """Return when the database answers; raises `DatabaseAway` within a second."""
        async with self.acquire() as conn, asyncio.timeout(ANSWER_SECONDS):
            await conn.execute("SELECT 1")

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """Lend a connection without a transaction: each statement stands alone. Raises `DatabaseAway`.

        Within a second if the server is frozen, however long a statement may take while it is not.
        """
        use = Use()
        self._pulse.begin(use)
        try:
            conn = await self._take(use)
            try:
                yield conn
            except Exception as error:
                if not isinstance(error, DatabaseAway) and is_outage(error, closed=is_closed(conn)):
                    raise DatabaseAway(_summary(error)) from error
                raise
            finally:
                await self._note(answering=not is_closed(conn))
                await self._give_back(conn)
        finally:
            self._pulse.end(use)

    @asynccontextmanager
    async def transaction(self, *, read_only: bool = False) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction: committed with fsync when the block ends, rolled back on an error.

        Raises `DatabaseAway` (nothing was kept), `CommitUnknown` (it may have been kept), `CommitRefused` (a bug).
        """
        async with self.acquire() as conn:
            transaction = conn.transaction(readonly=read_only)
            await self._begin(conn, transaction)
            try:
                yield conn
            except BaseException:
                with suppress(Exception):  # a broken connection has rolled back by itself; the first error counts
                    await transaction.rollback()
                raise
            await _commit(conn, transaction)

    async def dedicated(self) -> asyncpg.Connection[Any]:
        """A connection of one's own, outside the pool and without statement limits, for LISTEN; the caller closes it.

        Raises `DatabaseAway`.
        """
        try:
            return await self._connect("lienthong-listen")
        except Exception as error:
            raise _outage(error, closed=True) from error

    async def _connect(self, name: str) -> asyncpg.Connection[Any]:
        settings = _session_settings(0, name)
        return await asyncpg.connect(self._dsn, timeout=ANSWER_SECONDS, server_settings=settings)

    async def guard(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float:
        """Seconds this machine's clock is ahead of the database's, after checking that the server is safe to use.

        Raises `DatabaseUnsafe` when it could lose what it confirmed (RELIABILITY P1), `DatabaseAway`.
        """
        async with self.acquire() as conn:
            before = now()
            row = await conn.fetchrow(
                """SELECT clock_timestamp() AS clock, current_setting('fsync') AS fsync,
                          current_setting('full_page_writes') AS full_page_writes,
                          current_setting('synchronous_commit') AS synchronous_commit,
                          current_setting('data_checksums') AS data_checksums"""
            )
            after = now()
        assert row is not None
        off = [name for name in SAFE_SETTINGS if row[name] == "off"]
        if off:
            raise DatabaseUnsafe(
                f"PostgreSQL runs with {', '.join(off)} off and could lose documents it has confirmed: turn it on "
                "(data_checksums: `pg_checksums --enable` on the stopped server)"
            )
        middle = before + (after - before) / 2
        return float((middle - row["clock"]).total_seconds())

    async def _take(self, use: Use) -> PoolConnectionProxy[Any]:
        wait = QUEUE_SECONDS if self._answering else AWAY_SECONDS
        try:
            async with asyncio.timeout(wait) as use.patience:
                use.conn = await self._pool.acquire()
            return use.conn
        except Exception as error:
            self._answering = False
            raise _outage(error, closed=True) from error

    async def _begin(self, conn: Connection, transaction: Any) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await transaction.start()
        except TimeoutError:
            with suppress(asyncpg.InterfaceError):  # taken back by the pool already
                conn.terminate()  # a cancel request would hang just as well
            raise

    async def _give_back(self, conn: PoolConnectionProxy[Any]) -> None:
        """Never raises: whether this connection can be used again says nothing about the work that was done with it."""
        with suppress(Exception):
            await self._pool.release(conn, timeout=ANSWER_SECONDS)

    async def _note(self, *, answering: bool) -> None:
        """Remember whether the database answered last time: how long a connection is waited for depends on it.

        One broken connection means that the server may have gone, so all the others are made anew when next used.
        """
        self._answering = answering
        if not answering:
            await self._pool.expire_connections()


async def _commit(conn: Connection, transaction: Any) -> None:
    if is_closed(conn):
        raise DatabaseAway("the connection broke before COMMIT: nothing was kept")
    try:
        await transaction.commit()
    except Exception as error:
        if is_unanswered(error, closed=is_closed(conn)):
            raise CommitUnknown("the connection broke while COMMIT was under way") from error
        raise


def _outage(error: Exception, *, closed: bool) -> Exception:
    """What to raise when no connection could be had: every error of the network is an outage, a wrong login is not."""
    if isinstance(error, OSError) or is_outage(error, closed=closed):
        return DatabaseAway(_summary(error))
    return error


def _summary(error: Exception) -> str:
    return f"the database is away ({type(error).__name__}: {error})"


def _session_settings(statement_seconds: float, name: str) -> dict[str, str]:
    milliseconds = {
        "statement_timeout": statement_seconds,
        "lock_timeout": LOCK_SECONDS,
        "idle_in_transaction_session_timeout": IDLE_SECONDS,
    }
    limits = {setting: str(int(seconds * 1000)) for setting, seconds in milliseconds.items()}
    return limits | {"application_name": name, "TimeZone": "UTC", "jit": "off"}  # jit costs more than our queries


async def ensure_database(dsn: str) -> None:
    """Create the database `dsn` names if its server (the embedded one) has none of that name. Raises `DatabaseAway`."""
    parts = urlsplit(dsn)
    name = unquote(parts.path.lstrip("/"))
    try:
        conn = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")), timeout=ANSWER_SECONDS)
    except Exception as error:
        raise _outage(error, closed=True) from error
    try:
        if not await conn.fetchval("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name):
            quoted = name.replace('"', '""')
            with suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):  # another process was faster
                await conn.execute(f"CREATE DATABASE \"{quoted}\" TEMPLATE template0 ENCODING 'UTF8'")
    finally:
        await conn.close()
