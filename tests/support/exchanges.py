"""An exchange without its HTTP service, for what happens behind it."""

from __future__ import annotations

import hashlib
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from exchange.exchange import Exchange, open_exchange
from exchange.settings import load_settings
from exchange.worker import Worker
from storage import chores, objects_held

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from exchange.chores import Chore
    from storage.database import Database
    from storage.objects_held import ObjectRow
    from tests.support.databases import Template


@asynccontextmanager
async def exchange_of(dsn: str, folder: Path, **settings: object) -> AsyncIterator[Exchange]:
    """An exchange on this database, with everything else below `folder`."""
    given = {"data_dir": folder / "data", "database_url": dsn, "spool_floor_bytes": 0}
    async with open_exchange(load_settings({}, **(given | settings))) as exchange:
        yield exchange


async def stored(exchange: Exchange, content: bytes) -> str:
    """The digest of an object that is in the store, with nobody answering for it."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = exchange.settings.data_dir / f"source-{uuid.uuid4().hex}"
    path.write_bytes(content)
    try:
        await exchange.objects.put(sha256, path, len(content))
    finally:
        path.unlink()
    return sha256


async def announced(exchange: Exchange, sha256: str) -> uuid.UUID:
    """The envelope under which an upload of this object is announced."""
    envelope = uuid.uuid4()
    async with exchange.database.acquire() as conn:
        await objects_held.announce_uploads(conn, envelope=envelope, objects=[bytes.fromhex(sha256)])
    return envelope


async def recorded(exchange: Exchange, content: bytes) -> str:
    """The digest of an object that is in the store and that the exchange answers for."""
    sha256 = hashlib.sha256(content).hexdigest()
    envelope = await announced(exchange, sha256)
    await stored(exchange, content)
    async with exchange.database.transaction() as conn:
        held = [(bytes.fromhex(sha256), len(content))]
        await objects_held.record_objects(conn, envelope=envelope, objects=held)
    return sha256


async def object_row(exchange: Exchange, sha256: str) -> ObjectRow:
    """What is known of the object."""
    async with exchange.database.acquire() as conn:
        row = await objects_held.object_row(conn, bytes.fromhex(sha256))
    assert row is not None
    return row


async def execute(exchange: Exchange, statement: str, *arguments: object) -> None:
    """Bring about what time or an accident would."""
    async with exchange.database.transaction() as conn:
        await conn.execute(statement, *arguments)


def file_of(exchange: Exchange, sha256: str) -> Path:
    """Where a folder store keeps the object."""
    return exchange.settings.data_dir / "objects" / "sha256" / sha256[:2] / sha256[2:4] / sha256


def kept(exchange: Exchange, content: bytes) -> Path:
    """A kept copy of this content in the spool."""
    folder = exchange.settings.spool / "kept"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(content).hexdigest()
    path.write_bytes(content)
    return path


async def do(exchange: Exchange, chore: Chore) -> None:
    """Do a real chore to its end, now."""
    await Worker(exchange, []).attempt(chore, early=True)
    async with exchange.database.acquire() as conn:
        row = next(row for row in await chores.chores(conn) if row.name == chore.name)
    assert row.outcome == "done", row.outcome


@asynccontextmanager
async def closed_to_new(template: Template, database: Database) -> AsyncIterator[asyncpg.Connection]:
    """While this lasts, the server takes no new connection to the database; gives one to the server itself."""
    async with database.acquire() as conn:
        name = await conn.fetchval("SELECT current_database()")
    other = await asyncpg.connect(template.server)
    try:
        await other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        yield other
        await other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    finally:
        await other.close()


@asynccontextmanager
async def away(template: Template, database: Database) -> AsyncIterator[None]:
    """While this lasts, the database answers nobody: its connections are broken, new ones are refused."""
    async with database.acquire() as conn:
        name = await conn.fetchval("SELECT current_database()")
    async with closed_to_new(template, database) as server:
        await server.fetch("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", name)
        yield
