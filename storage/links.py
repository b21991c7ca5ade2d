"""What documents have to do with each other: recalls, updates, replacements and answers, and the threads they make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection

RECALLS, UPDATES, REPLACES, ANSWERS = "recalls", "updates", "replaces", "answers"

SEEN_FROM_TARGET = {
    RECALLS: "recalled_by",
    UPDATES: "updated_by",
    REPLACES: "replaced_by",
    ANSWERS: "answered_by",
}
"""What a link is called by the document that something is done to."""

MOST_OF_THREAD = 5000
"""Envelopes a conversation is followed through: a bound for what a hostile chain of answers can cost."""

Place = tuple[datetime, UUID]
"""Where a page of a conversation ended: when the envelope was accepted, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What the envelope `source` does to `target`, at one recipient or (None) as such."""

    source: UUID
    kind: str
    target: UUID
    recipient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLink:
    """A link as one of its ends shows it: the other end, and at which recipients (empty: as such).

    `delivery` is the looking agencies' own delivery of the other end, if they received it.
    """

    kind: str
    envelope: UUID
    delivery: UUID | None
    reference: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One document of a conversation; `delivery` as in `SeenLink`."""

    id: UUID
    delivery: UUID | None
    operation: str
    reference: str
    sender: str
    number: str
    notation: str
    subject: str
    issued_on: date | None
    accepted_at: datetime


# A document is seen by its sender, and by those for whom a delivery is neither held nor withdrawn. `$2`: who looks.
_OWN = """SELECT d.id FROM deliveries d WHERE d.envelope = o.id AND d.recipient = ANY($2::text[])
              AND NOT d.held AND d.withdrawn_at IS NULL ORDER BY d.id LIMIT 1"""
_SEEN = f"(o.sender = ANY($2::text[]) OR EXISTS ({_OWN}))"
_IN_FORCE = """(s.outcome NOT IN ('held', 'rejected') OR (s.outcome = 'held' AND s.sender = ANY($2::text[])))
           AND (l.recipient IS NULL OR s.sender = ANY($2::text[]) OR l.recipient = ANY($2::text[]))"""


async def insert_links(conn: Connection, links: Sequence[Link]) -> None:
    """Write what one envelope does to others; the same said twice counts once."""
    await conn.execute(
        """INSERT INTO links (source, kind, target, recipient)
           SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) ON CONFLICT DO NOTHING""",
        [link.source for link in links],
        [link.kind for link in links],
        [link.target for link in links],
        [link.recipient for link in links],
    )


async def links_of(conn: Connection, source: UUID) -> list[Link]:
    """What the envelope does to others."""
    rows = await conn.fetch("SELECT source, kind, target, recipient FROM links WHERE source = $1", source)
    return [Link(**row) for row in rows]


async def seen_links(
    conn: Connection, envelopes: Sequence[UUID], *, agencies: Sequence[str]
) -> dict[UUID, list[SeenLink]]:
    """The links of each envelope whose other end these agencies see, oldest first.

    A recipient is told of its own copies only, and nobody but the sender of what a held envelope would do.
    """
    rows = await conn.fetch(
        f"""SELECT l.here, l.kind, l.forward, l.other, o.reference, ({_OWN}) AS delivery,
                   array_remove(array_agg(l.recipient ORDER BY l.recipient COLLATE "C"), NULL) AS recipients
            FROM (SELECT *, source AS here, target AS other, true AS forward FROM links WHERE source = ANY($1::uuid[])
                  UNION ALL
                  SELECT *, target, source, false FROM links WHERE target = ANY($1::uuid[])) l
            JOIN envelopes s ON s.id = l.source JOIN envelopes o ON o.id = l.other
            WHERE {_SEEN} AND {_IN_FORCE}
            GROUP BY l.here, l.kind, l.forward, l.other, o.id ORDER BY o.accepted_at, o.id, l.kind""",
        list(envelopes),
        list(agencies),
    )
    found: dict[UUID, list[SeenLink]] = {}
    for row in rows:
        one = SeenLink(
            kind=row["kind"] if row["forward"] else SEEN_FROM_TARGET[row["kind"]],
            envelope=row["other"],
            delivery=row["delivery"],
            reference=row["reference"],
            recipients=tuple(row["recipients"]),
        )
        found.setdefault(row["here"], []).append(one)
    return found


async def find_document(
    conn: Connection,
    *,
    readers: Sequence[str],
    sender: str | None,
    reference: str | None,
    code: str,
    issued_on: date | None,
) -> UUID | None:
    """The document that one of `readers` sent or received and answers: by reference, else by number, notation and date.

    `sender` None: whoever's it is, which only a reference can tell. The first version is preferred.
    """
    found: UUID | None = await conn.fetchval(
        f"""SELECT o.id FROM envelopes o
            WHERE o.kind = 'document' AND o.operation <> 'recall' AND o.outcome NOT IN ('held', 'rejected')
              AND ($1::text IS NULL OR o.sender = $1)
              AND CASE WHEN $3::text IS NOT NULL THEN o.reference = $3
                       ELSE o.sender = $1 AND o.number || '/' || o.notation = $4 AND o.issued_on = $5 END
              AND {_SEEN}
            ORDER BY (o.operation = 'new') DESC, o.accepted_at DESC LIMIT 1""",
        sender,
        list(readers),
        reference,
        code,
        issued_on,
    )
    return found


async def conversation(
    conn: Connection, envelope: UUID, *, agencies: Sequence[str], after: Place | None, limit: int
) -> list[Message]:
    """The documents linked with this one, itself among them, oldest first, as far as these agencies see them.

    Empty when they do not see the envelope itself. What they do not see is not passed through, either.
    """
    rows = await conn.fetch(
        f"""WITH RECURSIVE thread (id) AS (
                SELECT o.id FROM envelopes o WHERE o.id = $1 AND o.kind = 'document' AND {_SEEN}
                UNION
                SELECT o.id FROM thread t
                JOIN links l ON l.source = t.id OR l.target = t.id
                JOIN envelopes s ON s.id = l.source
                JOIN envelopes o ON o.id = CASE WHEN l.source = t.id THEN l.target ELSE l.source END
                WHERE {_SEEN} AND {_IN_FORCE})
            SELECT o.id, ({_OWN}) AS delivery, o.operation, o.reference, o.sender, o.number, o.notation, o.subject,
                   o.issued_on, o.accepted_at
            FROM (SELECT id FROM thread LIMIT {MOST_OF_THREAD}) t JOIN envelopes o ON o.id = t.id
            WHERE $3::timestamptz IS NULL OR (o.accepted_at, o.id) > ($3, $4::uuid)
            ORDER BY o.accepted_at, o.id LIMIT $5""",
        envelope,
        list(agencies),
        *(after or (None, None)),
        limit,
    )
    return [Message(**row) for row in rows]
