"""Bringing a database to the schema this version needs, or writing that down as SQL for a DBA to review."""

from __future__ import annotations

import io
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import asyncpg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage.outages import DatabaseAway, is_outage

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from sqlalchemy import Connection

    Answer = TypeVar("Answer")

CONNECT_SECONDS = 5
"""A migration is run by a person or at start; it may wait a little longer for its connection than a request may."""

LOCK_TIMEOUT = "30s"
"""A revision that cannot lock a table within this gives up rather than queue every reader behind itself."""

MIGRATION_LOCK = 7_231_845_001
"""Number of the advisory lock that keeps two migrations of one database apart; any number only we use."""


class SchemaUnknown(Exception):  # noqa: N818 - says what is the case
    """The database is at a revision this version does not know: it was migrated by a newer one. Install that one."""


async def upgrade(dsn: str) -> None:
    """Bring the database to `head`, all revisions in one transaction; does nothing when it is there already.

    Raises `SchemaUnknown` and `DatabaseAway`; any other error leaves the database as it was.
    """
    await _connected(dsn, _upgrade)


async def current(dsn: str) -> str | None:
    """The revision the database is at; None for an empty one. Raises `DatabaseAway`."""
    return await _connected(dsn, lambda connection: MigrationContext.configure(connection).get_current_revision())


async def pending(dsn: str) -> tuple[str, ...]:
    """Revisions the database lacks, in the order they will run. Raises `SchemaUnknown` and `DatabaseAway`."""
    at = await current(dsn)
    try:
        revisions = [script.revision for script in _scripts().iterate_revisions("head", at)]
    except (CommandError, RevisionError) as error:
        raise _unknown(at) from error
    return tuple(reversed(revisions))


def head() -> str:
    """The revision this version of the program needs."""
    revision = _scripts().get_current_head()
    assert revision is not None
    return revision


def offline_sql() -> str:
    """Every revision from an empty database to `head` as one SQL script, `alembic_version` included."""
    written = io.StringIO()
    with _environment() as environment:
        environment.configure(dialect_name="postgresql", as_sql=True, output_buffer=written)
        with environment.begin_transaction():
            environment.run_migrations()
    return written.getvalue()


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    at = MigrationContext.configure(connection).get_current_revision()
    try:
        with _environment() as environment:
            environment.configure(connection=connection)
            environment.run_migrations()
    except (CommandError, RevisionError) as error:
        raise _unknown(at) from error
    connection.commit()


def _unknown(at: str | None) -> SchemaUnknown:
    return SchemaUnknown(
        f"the database is at revision {at}, which this version does not know: install the newer version"
    )


def _environment() -> EnvironmentContext:
    scripts = _scripts()

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return scripts._upgrade_revs("head", revision)  # what alembic's own `upgrade` command calls

    return EnvironmentContext(Config(), scripts, fn=steps, as_sql=False, destination_rev="head")


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(files("storage.migrations")))


async def _connected(dsn: str, work: Callable[[Connection], Answer]) -> Answer:
    async def connect() -> asyncpg.Connection[Any]:
        return await asyncpg.connect(dsn, timeout=CONNECT_SECONDS)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    except (OSError, asyncpg.PostgresError) as error:
        if isinstance(error, OSError) or is_outage(error, closed=True):
            raise DatabaseAway(f"the database is away ({type(error).__name__}: {error})") from error
        raise
    finally:
        await engine.dispose()
