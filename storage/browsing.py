"""Documents and their deliveries as a person turns their pages: newest first, with the names of both agencies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from storage.connection import Connection

Place = tuple[datetime, UUID]
"""Where a page ended: when the document was accepted, and the delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One document to one recipient. Times are UTC; `outcome` is what the gate said of the signature."""

    id: UUID
    envelope: UUID
    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    operation: str
    number: str
    notation: str
    subject: str
    issued_on: date | None
    urgency: int
    due_on: date | None
    state: str
    held: bool
    outcome: str
    accepted_at: datetime
    confirmed_at: datetime | None
    late_to_receive_since: datetime | None
    overdue_since: datetime | None


_SELECT = """SELECT d.id, d.envelope, e.sender, s.name AS sender_name, d.recipient, r.name AS recipient_name,
       e.operation, e.number, e.notation, e.subject, e.issued_on, e.urgency, e.due_on, d.state, d.held, e.outcome,
       e.accepted_at, d.confirmed_at, d.late_to_receive_since, d.overdue_since
  FROM deliveries d JOIN envelopes e ON e.id = d.envelope
  JOIN agencies s ON s.code = e.sender JOIN agencies r ON r.code = d.recipient
 WHERE d.kind = 'document'"""


async def incoming(conn: Connection, agency: str, *, before: Place | None, limit: int) -> list[Line]:
    """Documents to the agency. Held and withdrawn ones are not shown to it, as in its inbox."""
    records = await conn.fetch(
        f"""{_SELECT} AND d.recipient = $1 AND NOT d.held AND d.withdrawn_at IS NULL
            AND ($2::timestamptz IS NULL OR (d.accepted_at, d.id) < ($2, $3::uuid))
            ORDER BY d.accepted_at DESC, d.id DESC LIMIT $4""",
        agency,
        *(before or (None, None)),
        limit,
    )
    return [Line(**record) for record in records]


async def outgoing(conn: Connection, agency: str, *, before: Place | None, limit: int) -> list[Line]:
    """Documents of the agency, one line for each recipient."""
    records = await conn.fetch(
        f"""{_SELECT} AND e.sender = $1
            AND ($2::timestamptz IS NULL OR (e.accepted_at <= $2 AND (e.accepted_at, d.id) < ($2, $3::uuid)))
            ORDER BY e.accepted_at DESC, d.id DESC LIMIT $4""",
        agency,
        *(before or (None, None)),
        limit,
    )
    return [Line(**record) for record in records]


async def everything(conn: Connection, *, before: Place | None, limit: int) -> list[Line]:
    """Documents of every agency, in the order of ids (UUIDv7, so of time), which needs no index of its own."""
    records = await conn.fetch(
        f"{_SELECT} AND ($1::uuid IS NULL OR d.id < $1) ORDER BY d.id DESC LIMIT $2",
        before[1] if before else None,
        limit,
    )
    return [Line(**record) for record in records]


async def one(conn: Connection, delivery_id: UUID, *, agency: str | None) -> Line | None:
    """The line, if the agency (None: any) sent it or receives it and it is not held back from it."""
    record = await conn.fetchrow(
        f"""{_SELECT} AND d.id = $1
            AND ($2::text IS NULL OR e.sender = $2 OR (d.recipient = $2 AND NOT d.held AND d.withdrawn_at IS NULL))""",
        delivery_id,
        agency,
    )
    return Line(**record) if record else None
