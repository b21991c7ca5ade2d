"""What receivers' transports say and ask, beside confirming: how much waits, and that fetching failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from storage.connection import Connection


async def count_waiting(conn: Connection, *, recipients: Sequence[str], kind: str) -> int:
    """How many deliveries of this kind wait for these agencies."""
    found: int = await conn.fetchval(
        """SELECT count(*) FROM deliveries
           WHERE recipient = ANY($1::text[]) AND confirmed_at IS NULL AND NOT held AND withdrawn_at IS NULL
             AND kind = $2""",
        list(recipients),
        kind,
    )
    return found


async def note(conn: Connection, delivery: UUID, *, event: str, by: str) -> None:
    """Write the line of history unless the last one says just this: transports repeat themselves with every poll."""
    await conn.execute(
        """INSERT INTO events (delivery, event, by)
           SELECT $1, $2, $3 WHERE (SELECT event FROM events WHERE delivery = $1 ORDER BY id DESC LIMIT 1)
                                   IS DISTINCT FROM $2""",
        delivery,
        event,
        by,
    )
