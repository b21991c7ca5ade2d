"""What an agency sent and received in a period, in the order the exchange accepted it, for an export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection

Place = tuple[datetime, UUID]
"""Where a page ended: when the envelope was accepted, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An agency's documents that were accepted from `begin` until before `end`."""

    agency: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One document to export; `delivery` is the agency's own when it received the document, None when it sent it."""

    envelope: UUID
    delivery: UUID | None
    accepted_at: datetime

    @property
    def place(self) -> Place:
        """Where the next page begins."""
        return self.accepted_at, self.envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFile:
    """A status message as it was submitted: it has no attachments, so its skeleton is the file."""

    envelope: UUID
    code: str
    sender: str
    file: bytes


_SENT = """FROM envelopes e WHERE e.kind = 'document' AND e.sender = $1 AND e.system IS NOT NULL
           AND e.accepted_at >= $2 AND e.accepted_at < $3"""
_RECEIVED = """FROM deliveries d JOIN envelopes e ON e.id = d.envelope
           WHERE d.kind = 'document' AND d.recipient = $1 AND NOT d.held AND d.withdrawn_at IS NULL
           AND e.accepted_at >= $2 AND e.accepted_at < $3"""


async def counts(conn: Connection, span: Span) -> tuple[int, int]:
    """How many documents the agency sent, and how many it received."""
    row = await conn.fetchrow(
        f"SELECT (SELECT count(*) {_SENT}) AS sent, (SELECT count(*) {_RECEIVED}) AS received",
        span.agency,
        span.begin,
        span.end,
    )
    assert row is not None
    return row["sent"], row["received"]


async def page(conn: Connection, span: Span, *, sent: bool, after: Place | None, limit: int) -> list[Item]:
    """Documents the agency sent, or received, oldest first, behind the given place; nothing it may not see."""
    found = f"NULL::uuid AS delivery {_SENT}" if sent else f"d.id AS delivery {_RECEIVED}"
    rows = await conn.fetch(
        f"""SELECT e.id AS envelope, e.accepted_at, {found}
            AND ($4::timestamptz IS NULL OR (e.accepted_at, e.id) > ($4, $5::uuid))
            ORDER BY e.accepted_at, e.id LIMIT $6""",
        span.agency,
        span.begin,
        span.end,
        *(after or (None, None)),
        limit,
    )
    return [Item(**row) for row in rows]


async def status_files(conn: Connection, envelopes: Sequence[UUID]) -> list[StatusFile]:
    """Those among the envelopes that are status messages, in the order they were accepted."""
    rows = await conn.fetch(
        """SELECT e.id AS envelope, d.status_code AS code, e.sender, e.skeleton AS file
           FROM envelopes e JOIN deliveries d ON d.envelope = e.id
           WHERE e.id = ANY($1::uuid[]) AND e.kind = 'status' ORDER BY e.accepted_at, e.id""",
        list(envelopes),
    )
    return [StatusFile(**row) for row in rows]
