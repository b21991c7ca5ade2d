"""Attachments that rules keep no longer: which there are, taking them away, and letting go of what nobody needs.

Only rows change here. An object that the exchange no longer answers for is an orphan, and the sweep removes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection

Place = tuple[datetime, UUID]
"""Where a walk stands: when the envelope was accepted, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """When an envelope's attachments were removed, by which rule, and who entered that rule."""

    at: datetime
    rule: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Documents of a type's key ('': of any) accepted from `begin` until before `end`.

    With any type, those of `others` are left out that were accepted at or after the moment given there.
    """

    document_type: str
    begin: datetime
    end: datetime
    others: Sequence[tuple[str, datetime]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An envelope whose attachments are kept no longer. `waits`: somebody has still to get them, so they stay."""

    id: UUID
    accepted_at: datetime
    sender: str
    reference: str
    document_type: str
    files: int
    bytes: int
    waits: bool

    @property
    def place(self) -> Place:
        """Where the next page begins."""
        return self.accepted_at, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSum:
    """How much is kept no longer: documents, files, bytes. `waiting`: documents that somebody has still to get."""

    documents: int
    waiting: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedLine:
    """One removal as a person looks at it; sizes in bytes."""

    envelope: UUID
    at: datetime
    rule: int
    by: str
    sender: str
    reference: str
    document_type: str
    files: int
    bytes: int


def removal_from(at: datetime | None, rule: int | None, by: str | None) -> Removal | None:
    """The removal in a row's columns; None where nothing was removed."""
    if at is None or rule is None or by is None:
        return None
    return Removal(at=at, rule=rule, by=by)


_NEEDED = """(e.outcome = 'held'
    OR EXISTS (SELECT FROM deliveries d WHERE d.envelope = e.id AND d.confirmed_at IS NULL AND d.withdrawn_at IS NULL
                      AND d.state <> 'refused'
                      AND NOT EXISTS (SELECT FROM upward u JOIN agencies a ON a.beyond = u.parent
                                      WHERE u.envelope = e.id AND a.code = d.recipient AND u.state = 'sent'))
    OR EXISTS (SELECT FROM upward u WHERE u.envelope = e.id AND u.state IN ('waiting', 'refused'))
    OR EXISTS (SELECT FROM pdf_checks c WHERE c.envelope = e.id AND c.state = 'pending'))"""
"""Whether somebody has still to get the attachments of `envelopes e`: a recipient, a parent axis, a check of ours."""


_DUE = f"""SELECT e.id, e.accepted_at, e.sender, e.reference, e.document_type, f.files, f.bytes, {_NEEDED} AS waits
    FROM envelopes e
    CROSS JOIN LATERAL (SELECT count(*)::int AS files, sum(size)::bigint AS bytes FROM attachments
                        WHERE envelope = e.id AND NOT removed) AS f
    WHERE e.kind = 'document' AND NOT e.attachments_removed AND e.document_type IS NOT NULL AND f.files > 0
      AND e.accepted_at >= $1 AND e.accepted_at < $2
      AND CASE WHEN $3 <> '' THEN e.document_type = $3
               ELSE NOT EXISTS (SELECT FROM unnest($4::text[], $5::timestamptz[]) AS own (type, since)
                                WHERE own.type = e.document_type AND e.accepted_at >= own.since) END"""


def _span(span: Span) -> tuple[object, ...]:
    kinds, since = [kind for kind, _ in span.others], [since for _, since in span.others]
    return span.begin, span.end, span.document_type, kinds, since


async def due_page(conn: Connection, span: Span, *, after: Place | None, limit: int) -> list[Due]:
    """Envelopes of the span that have attachments, oldest first, behind the given place."""
    rows = await conn.fetch(
        f"""{_DUE} AND ($6::timestamptz IS NULL OR (e.accepted_at, e.id) > ($6, $7))
            ORDER BY e.accepted_at, e.id LIMIT $8""",
        *_span(span),
        *(after or (None, None)),
        limit,
    )
    return [Due(**row) for row in rows]


async def due_sum(conn: Connection, span: Span) -> DueSum:
    """All of them together."""
    row = await conn.fetchrow(
        f"""SELECT count(*) FILTER (WHERE NOT waits) AS documents, count(*) FILTER (WHERE waits) AS waiting,
                   coalesce(sum(files) FILTER (WHERE NOT waits), 0)::bigint AS files,
                   coalesce(sum(bytes) FILTER (WHERE NOT waits), 0)::bigint AS bytes
            FROM ({_DUE}) AS due""",
        *_span(span),
    )
    assert row is not None
    return DueSum(**row)


async def remove_attachments(conn: Connection, envelope: UUID, rule: int, *, description: str) -> bool:
    """Write down that the envelope's attachments are removed, in the history of every copy too; digests stay.

    False when they are needed after all or were removed before. What they rested on is let go by `let_go`.
    """
    free = await conn.fetchval(
        f"SELECT true FROM envelopes e WHERE e.id = $1 AND NOT e.attachments_removed AND NOT {_NEEDED} FOR UPDATE OF e",
        envelope,
    )
    if not free:
        return False
    await conn.execute(
        """WITH gone AS (
               UPDATE attachments SET removed = true WHERE envelope = $1 AND NOT removed
               RETURNING size, array_remove(ARRAY[object, text_object, opened_object], NULL) AS objects),
           marked AS (UPDATE envelopes SET attachments_removed = true WHERE id = $1),
           written AS (INSERT INTO removals (envelope, rule, files, bytes)
               SELECT $1, $2, count(*), coalesce(sum(size), 0) FROM gone),
           left_behind AS (INSERT INTO objects_let_go (sha256)
               SELECT DISTINCT object FROM gone, unnest(objects) AS object ON CONFLICT DO NOTHING)
           INSERT INTO events (delivery, event, description)
           SELECT id, 'attachments_removed', $3 FROM deliveries WHERE envelope = $1""",
        envelope,
        rule,
        description,
    )
    return True


async def objects_let_go(conn: Connection, *, after: bytes, limit: int) -> list[bytes]:
    """Objects that an attachment rested on until it was removed, behind `after`."""
    rows = await conn.fetch(
        "SELECT sha256 FROM objects_let_go WHERE sha256 > $1 ORDER BY sha256 LIMIT $2", after, limit
    )
    return [row["sha256"] for row in rows]


async def let_go(conn: Connection, sha256: bytes) -> bool:
    """Answer for the object no more, unless an attachment rests on it; True when nobody does any longer.

    An upload under way may be about to rest on it: then the next look decides. The key is locked as the sweep locks it,
    and what is being submitted announces its objects under that lock before it relies on them.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 0))", sha256)
    row = await conn.fetchrow(
        """WITH uploading AS (SELECT FROM upload_intents WHERE object = $1),
           gone AS (
               DELETE FROM objects WHERE sha256 = $1 AND NOT EXISTS (SELECT FROM uploading)
                   AND NOT EXISTS (SELECT FROM attachments WHERE kept_object = $1)
                   AND NOT EXISTS (SELECT FROM attachments WHERE kept_text_object = $1)
                   AND NOT EXISTS (SELECT FROM attachments WHERE kept_opened_object = $1)
               RETURNING true AS gone),
           seen AS (DELETE FROM objects_let_go WHERE sha256 = $1 AND NOT EXISTS (SELECT FROM uploading))
           SELECT EXISTS (SELECT FROM gone) AS gone""",
        sha256,
    )
    return bool(row and row["gone"])


async def removed_page(conn: Connection, *, limit: int) -> list[RemovedLine]:
    """What was removed, the newest first."""
    rows = await conn.fetch(
        """SELECT r.envelope, r.at, r.rule, u.entered_by AS by, e.sender, e.reference, e.document_type, r.files, r.bytes
           FROM removals r JOIN retention_rules u ON u.id = r.rule JOIN envelopes e ON e.id = r.envelope
           ORDER BY r.at DESC, r.envelope DESC LIMIT $1""",
        limit,
    )
    return [RemovedLine(**row) for row in rows]


async def removed_count(conn: Connection) -> int:
    """How many attachments were removed."""
    found: int = await conn.fetchval("SELECT coalesce(sum(files), 0)::bigint FROM removals")
    return found


async def untyped_page(conn: Connection, *, after: UUID, limit: int) -> list[tuple[UUID, bytes]]:
    """Documents whose type is not known, with their skeletons, in the order of their ids."""
    rows = await conn.fetch(
        """SELECT id, skeleton FROM envelopes
           WHERE kind = 'document' AND document_type IS NULL AND id > $1 ORDER BY id LIMIT $2""",
        after,
        limit,
    )
    return [(row["id"], row["skeleton"]) for row in rows]


async def write_types(conn: Connection, found: Sequence[tuple[UUID, str]]) -> None:
    """Remember the types of documents."""
    await conn.execute(
        """UPDATE envelopes e SET document_type = t.type FROM unnest($1::uuid[], $2::text[]) AS t (id, type)
           WHERE e.id = t.id AND e.document_type IS NULL""",
        [one for one, _ in found],
        [kind for _, kind in found],
    )
