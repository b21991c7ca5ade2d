"""The copies of a document: every version of it at every recipient, and moving them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from storage.deliveries import WAITING_COLUMNS, Waiting, waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection
    from storage.links import Link
    from storage.reported import Named


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One version of a document at one recipient, under the reference it was asked for by."""

    asked: str
    envelope: UUID
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRecipient:
    """What one recipient has under a reference. `asks`: it takes other copies back, and is no document to handle."""

    found: Waiting
    asks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a delivery goes; `withdrawn`: it waits no more, and its recipient gets nothing of it."""

    delivery: UUID
    state: str
    state_before: str | None = None
    withdrawn: bool = False


async def lock_sender(conn: Connection, sender: str) -> None:
    """Keep other recalls, updates and replacements of this sender waiting until the transaction ends.

    Without it a recall could miss the copies of an update that is being written.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('sender ' || $1::text, 0))", sender)


async def copies(conn: Connection, sender: str, references: Sequence[str]) -> list[Copy]:
    """Every copy of the sender's documents of these references, later versions after earlier ones.

    A later version is what updates an earlier one, under whichever reference. Recalls are no versions.
    """
    rows = await conn.fetch(
        """WITH RECURSIVE versions (asked, id) AS (
               SELECT reference, id FROM envelopes
               WHERE sender = $1 AND reference = ANY($2::text[]) AND kind = 'document'
                 AND operation <> 'recall' AND outcome <> 'rejected'
               UNION
               SELECT v.asked, l.source FROM versions v JOIN links l ON l.target = v.id AND l.kind = 'updates'
               JOIN envelopes s ON s.id = l.source AND s.outcome <> 'rejected')
           SELECT v.asked, d.envelope, d.recipient
           FROM versions v JOIN deliveries d ON d.envelope = v.id
           WHERE NOT EXISTS (SELECT 1 FROM links l
                             WHERE l.source = d.envelope AND l.kind = 'recalls' AND l.recipient = d.recipient)
           ORDER BY d.accepted_at, d.id""",
        sender,
        list(references),
    )
    return [Copy(**row) for row in rows]


async def lock_targets(conn: Connection, links: Sequence[Link]) -> list[tuple[Link, Waiting]]:
    """The copy that each link to a recipient speaks of, kept from everybody else until the transaction ends."""
    about: dict[tuple[UUID, str], list[Link]] = {}
    for link in links:
        if link.recipient is not None:
            about.setdefault((link.target, link.recipient), []).append(link)
    if not about:
        return []
    records = await conn.fetch(
        f"""SELECT {WAITING_COLUMNS}
            FROM unnest($1::uuid[], $2::text[]) AS n (target, recipient)
            JOIN deliveries d ON d.envelope = n.target AND d.recipient = n.recipient
            JOIN envelopes e ON e.id = d.envelope ORDER BY d.id FOR UPDATE OF d""",
        [target for target, _ in about],
        [recipient for _, recipient in about],
    )
    found = [waiting(record) for record in records]
    return [(link, one) for one in found for link in about[one.envelope.id, one.delivery.recipient]]


async def lock_copies_at(conn: Connection, named: Named, about: UUID) -> list[AtRecipient]:
    """What the recipient has under this reference, oldest first, kept from everybody else until the transaction ends:
    all versions, the recalls of them, and what a recall of this reference takes back. Held ones are among them, and
    `about`, whatever became of it."""
    records = await conn.fetch(
        f"""WITH RECURSIVE named (id) AS (
                SELECT id FROM envelopes
                WHERE sender = $1 AND reference = $2 AND kind = 'document' AND outcome <> 'rejected'
                UNION
                SELECT CASE WHEN l.source = n.id THEN l.target ELSE l.source END
                FROM named n JOIN links l ON (l.target = n.id AND l.kind IN ('updates', 'recalls'))
                                          OR (l.source = n.id AND l.kind = 'recalls')
                WHERE l.recipient IS NULL OR l.recipient = $3)
            SELECT {WAITING_COLUMNS},
                   EXISTS (SELECT 1 FROM links l
                           WHERE l.source = d.envelope AND l.kind = 'recalls' AND l.recipient = d.recipient) AS asks
            FROM deliveries d JOIN envelopes e ON e.id = d.envelope
            WHERE d.recipient = $3 AND (d.id = $4 OR d.envelope IN (SELECT id FROM named) AND e.outcome <> 'rejected')
            ORDER BY d.id FOR UPDATE OF d""",
        named.sender,
        named.reference,
        named.recipient,
        about,
    )
    return [
        AtRecipient(found=waiting(record), asks=record["asks"] or record["operation"] == "recall") for record in records
    ]


async def move_all(conn: Connection, moves: Sequence[Move]) -> None:
    """Put deliveries, which the transaction has locked, into other states."""
    if not moves:
        return
    await conn.execute(
        """UPDATE deliveries d SET state = m.state, state_before = m.before,
               withdrawn_at = CASE WHEN m.withdrawn THEN coalesce(d.withdrawn_at, clock_timestamp())
                                   ELSE d.withdrawn_at END
           FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[]) AS m (id, state, before, withdrawn)
           WHERE d.id = m.id""",
        [move.delivery for move in moves],
        [move.state for move in moves],
        [move.state_before for move in moves],
        [move.withdrawn for move in moves],
    )
