"""Walking through everything that was ever taken, a page at a time, for the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from storage.envelopes import ENVELOPE_COLUMNS, EnvelopeRow, envelope_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection

BEFORE_ALL = UUID(int=0)
"""Where the walk begins."""


async def freeze(conn: Connection) -> None:
    """See one state of the database for the rest of this transaction; must be its first statement."""
    await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


async def envelope_count(conn: Connection) -> int:
    """How many envelopes there are."""
    found: int = await conn.fetchval("SELECT count(*) FROM envelopes")
    return found


async def envelope_page(conn: Connection, *, after: UUID, limit: int) -> list[EnvelopeRow]:
    """Envelopes in the order of their ids, behind `after`."""
    records = await conn.fetch(
        f"SELECT {ENVELOPE_COLUMNS} FROM envelopes WHERE id > $1 ORDER BY id LIMIT $2", after, limit
    )
    return [envelope_row(record) for record in records]


async def receipts(conn: Connection, envelopes: Sequence[UUID]) -> dict[UUID, bytes]:
    """The sealed receipts of these envelopes."""
    rows = await conn.fetch("SELECT id, receipt FROM envelopes WHERE id = ANY($1::uuid[])", list(envelopes))
    return {row["id"]: row["receipt"] for row in rows}


async def object_sizes(conn: Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    """The sizes under which the exchange answers for these objects; those it does not answer for are left out."""
    rows = await conn.fetch("SELECT sha256, size FROM objects WHERE sha256 = ANY($1::bytea[])", list(digests))
    return {row["sha256"]: row["size"] for row in rows}
