"""Deliveries: one document or status message to one recipient; the waiting list; the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from storage.envelopes import ENVELOPE_COLUMNS, EnvelopeRow, envelope_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One delivery. `state_before`: where a refused recall goes back to; `about`: the delivery a status speaks of;
    `withdrawn_at`: since when it waits no more and its recipient gets nothing of it; `due_on`: by when it is to be
    handled; the last two: since when it was late, None while it is not."""

    id: UUID
    envelope: UUID
    recipient: str
    kind: str
    state: str
    urgency: int
    accepted_at: datetime
    held: bool = False
    state_before: str | None = None
    fetched_at: datetime | None = None
    confirmed_at: datetime | None = None
    about: UUID | None = None
    status_code: str | None = None
    status_text: str | None = None
    reported_at: datetime | None = None
    withdrawn_at: datetime | None = None
    due_on: date | None = None
    late_to_receive_since: datetime | None = None
    overdue_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a delivery's history."""

    delivery: UUID
    event: str
    at: datetime | None = None
    code: str | None = None
    by: str | None = None
    description: str | None = None
    flagged: bool = False
    envelope: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A delivery together with the envelope it brings."""

    delivery: DeliveryRow
    envelope: EnvelopeRow


_FIELDS = DeliveryRow.__slots__
_PLACES = ", ".join(f"${n}" for n in range(1, len(_FIELDS) + 1))
_DELIVERY = ", ".join(f"d.{name} AS d_{name}" for name in _FIELDS)
_ENVELOPE = ", ".join(f"e.{name}" for name in ENVELOPE_COLUMNS.split(", "))

WAITING_COLUMNS = f"{_DELIVERY}, {_ENVELOPE}"
"""What `waiting` reads, of `deliveries d` and its `envelopes e`."""


def _delivery(record: Any) -> DeliveryRow:
    return DeliveryRow(**{name: record[f"d_{name}"] for name in _FIELDS})


def waiting(record: Any) -> Waiting:
    """The row as a type."""
    return Waiting(delivery=_delivery(record), envelope=envelope_row(record))


async def insert_deliveries(conn: Connection, rows: Sequence[DeliveryRow]) -> None:
    """Write the deliveries of one envelope, however many, in one statement."""
    await conn.executemany(
        f"INSERT INTO deliveries ({', '.join(_FIELDS)}) VALUES ({_PLACES})",
        [tuple(getattr(row, name) for name in _FIELDS) for row in rows],
    )


async def open_deliveries(conn: Connection, rows: Sequence[DeliveryRow], first: Event) -> None:
    """Write a new document's deliveries, each with the first line of its history, and ring for those that wait.

    One statement, however many recipients (TM-42): all rows agree in what does not depend on the recipient.
    """
    one = rows[0]
    await conn.execute(
        """WITH opened AS (
               INSERT INTO deliveries (id, envelope, recipient, kind, urgency, held, accepted_at, due_on,
                                       state, state_before, withdrawn_at)
               SELECT id, $3, recipient, $4, $5, $6, $7, $14, state, before, withdrawn_at
               FROM unnest($1::uuid[], $2::text[], $11::text[], $12::text[], $13::timestamptz[])
                    AS new (id, recipient, state, before, withdrawn_at)
               RETURNING id, recipient, withdrawn_at),
           told AS (
               INSERT INTO events (delivery, event, by, description) SELECT id, $8, $9, $10 FROM opened)
           SELECT pg_notify('inbox', recipient) FROM opened WHERE NOT $6 AND withdrawn_at IS NULL""",
        [row.id for row in rows],
        [row.recipient for row in rows],
        one.envelope,
        one.kind,
        one.urgency,
        one.held,
        one.accepted_at,
        first.event,
        first.by,
        first.description,
        [row.state for row in rows],
        [row.state_before for row in rows],
        [row.withdrawn_at for row in rows],
        one.due_on,
    )


async def insert_events(conn: Connection, events: Sequence[Event]) -> None:
    """Add lines to the history, stamped by the database's clock."""
    await conn.executemany(
        """INSERT INTO events (delivery, event, code, by, description, flagged, envelope)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        [(e.delivery, e.event, e.code, e.by, e.description, e.flagged, e.envelope) for e in events],
    )


async def ring(conn: Connection, agencies: Sequence[str]) -> None:
    """Wake whoever sleeps on these agencies' inboxes, once this transaction is committed."""
    await conn.execute("SELECT pg_notify('inbox', agency) FROM unnest($1::text[]) AS agency", list(agencies))


async def inbox_page(
    conn: Connection,
    *,
    recipients: Sequence[str],
    kind: str | None,
    after: tuple[int, datetime, UUID] | None,
    limit: int,
) -> list[Waiting]:
    """Waiting deliveries, most urgent first, then oldest, behind the given place."""
    records = await conn.fetch(
        f"""SELECT {WAITING_COLUMNS} FROM deliveries d JOIN envelopes e ON e.id = d.envelope
            WHERE d.recipient = ANY($1::text[]) AND d.confirmed_at IS NULL AND NOT d.held AND d.withdrawn_at IS NULL
              AND ($2::text IS NULL OR d.kind = $2)
              AND ($3::smallint IS NULL OR (-d.urgency, d.accepted_at, d.id) > (-$3::smallint, $4, $5))
            ORDER BY d.urgency DESC, d.accepted_at, d.id LIMIT $6""",
        list(recipients),
        kind,
        *(after or (None, None, None)),
        limit,
    )
    return [waiting(record) for record in records]


async def delivery(conn: Connection, delivery_id: UUID, *, recipients: Sequence[str]) -> Waiting | None:
    """The delivery, if it goes to one of `recipients` and is not held. It may be withdrawn."""
    record = await conn.fetchrow(
        f"""SELECT {WAITING_COLUMNS} FROM deliveries d JOIN envelopes e ON e.id = d.envelope
            WHERE d.id = $1 AND d.recipient = ANY($2::text[]) AND NOT d.held""",
        delivery_id,
        list(recipients),
    )
    return waiting(record) if record else None


async def deliveries_of(conn: Connection, envelopes: Sequence[UUID]) -> dict[UUID, list[DeliveryRow]]:
    """The deliveries of each envelope, in the order of recipients' codes, whatever language the server sorts in."""
    records = await conn.fetch(
        f"""SELECT {_DELIVERY} FROM deliveries d WHERE d.envelope = ANY($1::uuid[])
            ORDER BY d.envelope, d.recipient COLLATE "C", d.id""",
        list(envelopes),
    )
    found: dict[UUID, list[DeliveryRow]] = {}
    for record in records:
        row = _delivery(record)
        found.setdefault(row.envelope, []).append(row)
    return found


async def events_of(conn: Connection, deliveries: Sequence[UUID]) -> dict[UUID, list[Event]]:
    """The history of each delivery, oldest line first."""
    records = await conn.fetch(
        """SELECT delivery, event, at, code, by, description, flagged, envelope FROM events
           WHERE delivery = ANY($1::uuid[]) ORDER BY delivery, id""",
        list(deliveries),
    )
    found: dict[UUID, list[Event]] = {}
    for record in records:
        found.setdefault(record["delivery"], []).append(Event(**dict(record)))
    return found


async def lock_delivery(conn: Connection, delivery_id: UUID) -> Waiting | None:
    """The delivery with its envelope, kept from everybody else until the transaction ends."""
    record = await conn.fetchrow(
        f"""SELECT {WAITING_COLUMNS} FROM deliveries d JOIN envelopes e ON e.id = d.envelope
            WHERE d.id = $1 FOR UPDATE OF d""",
        delivery_id,
    )
    return waiting(record) if record else None


async def note_fetched(conn: Connection, delivery_id: UUID) -> bool:
    """Remember when the recipient first read it; nothing else changes. False when it was withdrawn just before."""
    done = await conn.fetchval(
        """UPDATE deliveries SET fetched_at = coalesce(fetched_at, clock_timestamp())
           WHERE id = $1 AND withdrawn_at IS NULL RETURNING true""",
        delivery_id,
    )
    return bool(done)


async def confirm(conn: Connection, delivery_id: UUID, *, state: str, state_before: str | None) -> datetime:
    """Take the delivery, which the transaction has locked, off the waiting list; when that was."""
    at: datetime = await conn.fetchval(
        """UPDATE deliveries SET confirmed_at = clock_timestamp(), state = $2, state_before = $3
           WHERE id = $1 RETURNING confirmed_at""",
        delivery_id,
        state,
        state_before,
    )
    return at


async def unhold(conn: Connection, envelope: UUID) -> list[str]:
    """Let held deliveries of the envelope be seen; to whom they go."""
    rows = await conn.fetch(
        "UPDATE deliveries SET held = false WHERE envelope = $1 AND held RETURNING recipient", envelope
    )
    return [row["recipient"] for row in rows]


async def refuse_held(conn: Connection, envelope: UUID) -> list[UUID]:
    """End the held deliveries of the envelope as refused; they stay unseen by those they were for. Which they are."""
    rows = await conn.fetch(
        "UPDATE deliveries SET state = 'refused' WHERE envelope = $1 AND held RETURNING id", envelope
    )
    return [row["id"] for row in rows]


async def waiting_counts(conn: Connection) -> dict[str, int]:
    """How many deliveries wait, by kind, and how many are held; for metrics."""
    rows = await conn.fetch(
        """SELECT CASE WHEN held THEN 'held' ELSE kind END AS what, count(*) AS number FROM deliveries
           WHERE confirmed_at IS NULL AND withdrawn_at IS NULL AND NOT (held AND state = 'refused') GROUP BY 1"""
    )
    return {row["what"]: row["number"] for row in rows}
