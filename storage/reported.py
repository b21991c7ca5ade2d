"""Which delivery a status speaks of, and what was said of it before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.deliveries import Event, events_of

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a document is known by at one recipient."""

    sender: str
    recipient: str
    reference: str


async def find_answered(
    conn: Connection,
    *,
    owner: str,
    recipient: str,
    reference: str | None,
    code: str,
    issued_on: date | None,
    with_held: bool = False,
) -> UUID | None:
    """The delivery a status speaks of: by reference, else by number/notation and issue date; never without the year.

    The original document is preferred over a later recall, update or replacement under the same reference (edXML 7).
    What a dissolved agency sent or got is its successor's, too, after what that one sent or got itself.
    `with_held`: also one that its recipient does not see yet.
    """
    found: UUID | None = await conn.fetchval(
        """SELECT d.id FROM envelopes e JOIN deliveries d ON d.envelope = e.id
           WHERE e.kind = 'document' AND e.sender = ANY($1::text || forebears(array[$1::text]))
             AND d.recipient = ANY($2::text || forebears(array[$2::text]))
             AND e.outcome <> 'rejected' AND ($6 OR NOT d.held)
             AND CASE WHEN $3::text IS NOT NULL THEN e.reference = $3
                      ELSE e.number || '/' || e.notation = $4 AND e.issued_on = $5 END
           ORDER BY e.sender = $1 DESC, d.recipient = $2 DESC, (e.operation = 'new') DESC, e.accepted_at DESC
           LIMIT 1""",
        owner,
        recipient,
        reference,
        code,
        issued_on,
        with_held,
    )
    return found


async def named_by(conn: Connection, delivery_id: UUID) -> Named:
    """Whose document the delivery brings, to whom, and under which reference."""
    row = await conn.fetchrow(
        """SELECT e.sender, d.recipient, e.reference FROM deliveries d JOIN envelopes e ON e.id = d.envelope
           WHERE d.id = $1""",
        delivery_id,
    )
    assert row is not None  # deliveries are never deleted
    return Named(**row)


async def withdrawn_by(conn: Connection, delivery_id: UUID) -> Event | None:
    """The line of history that says who took the delivery back, and why."""
    records = await events_of(conn, [delivery_id])
    lines = [one for one in records.get(delivery_id, []) if one.event == "withdrawn"]
    return lines[-1] if lines else None


async def is_told(conn: Connection, delivery_id: UUID, code: str) -> bool:
    """Whether this status stands in the delivery's history already."""
    found = await conn.fetchval("SELECT true FROM events WHERE delivery = $1 AND code = $2 LIMIT 1", delivery_id, code)
    return bool(found)
