"""Which database errors mean "not now" rather than "wrong": the one place where drivers' errors become outages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from storage.connection import Connection

AWAY_CLASSES = ("08", "53", "58")
"""SQLSTATE classes connection exception, insufficient resources (disk full, too many connections), system error."""

AWAY_STATES = frozenset({"57P01", "57P02", "57P03", "57P05", "57014", "55P03", "25P03", "25P04", "40001", "40P01"})
"""Shutdown, crash, starting up; time limits of session, statement, lock and transaction; "try again" conflicts."""

UNANSWERED_CLASSES = ("08", "57P")
"""SQLSTATEs that, coming instead of COMMIT's answer, leave open whether it happened."""


class DatabaseAway(Exception):  # noqa: N818 - says what is the case
    """The database cannot answer now; nothing of the transaction was kept. Asking again later is right."""


class CommitUnknown(DatabaseAway):
    """The connection broke while COMMIT was under way: it may or may not have happened (RELIABILITY section 2).

    Never repeat the work blindly; ask the database what is there.
    """


class CommitRefused(Exception):  # noqa: N818 - says what happened
    """COMMIT was answered by a rollback: an earlier statement had failed and its error was swallowed. A bug."""


class DatabaseUnsafe(Exception):  # noqa: N818 - says what it is
    """The server is set up so that it can lose what it confirmed (RELIABILITY P1); the text says what to change."""


def is_closed(conn: Connection) -> bool:
    """True when the connection is broken; the pool then takes it back at once and it answers nothing any more."""
    try:
        return bool(conn.is_closed())
    except asyncpg.InterfaceError:
        return True


def is_outage(error: Exception, *, closed: bool) -> bool:
    """True when `error` says the database is away; `closed` tells whether its connection is."""
    if isinstance(error, asyncpg.PostgresError):
        state = str(error.sqlstate or "")
        return state.startswith(AWAY_CLASSES) or state in AWAY_STATES
    if isinstance(error, (TimeoutError, ConnectionError)):
        return True
    return closed and isinstance(error, (asyncpg.InterfaceError, asyncpg.InternalClientError))


def is_unanswered(error: Exception, *, closed: bool) -> bool:
    """True when `error`, raised by COMMIT, leaves open whether the transaction was kept."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "").startswith(UNANSWERED_CLASSES)
    return closed or isinstance(error, (TimeoutError, ConnectionError))
