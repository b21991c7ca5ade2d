"""Envelopes that wait until somebody can tell whether their certificate was revoked when they were received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from storage.envelopes import ENVELOPE_COLUMNS, EnvelopeRow, envelope_row
from storage.grounds import Grounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection

Place = tuple[datetime, UUID]
"""Where a walk through held envelopes stands: when the envelope was accepted, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCertificate:
    """A certificate that held envelopes rest on, with the times the first and the last of them were accepted.

    `der` is None when it is registered no more; `invalid_from` is set when it was taken out of use.
    """

    sha256: bytes
    der: bytes | None
    invalid_from: datetime | None
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEnvelope:
    """A held envelope as it is judged again."""

    id: UUID
    certificate: bytes
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLine:
    """A held envelope as a person looks at it. Times are UTC; `subject` of the certificate is None when it is gone."""

    id: UUID
    accepted_at: datetime
    kind: str
    sender: str
    sender_name: str
    reference: str
    subject: str
    recipients: tuple[str, ...]
    reason: str
    certificate: bytes
    certificate_subject: str | None
    certificate_der: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCount:
    """How many envelopes are held, and how long the oldest has been (0 when none is)."""

    number: int
    seconds: float


async def held_certificates(conn: Connection) -> list[HeldCertificate]:
    """Every certificate some held envelope rests on."""
    rows = await conn.fetch(
        """SELECT h.certificate AS sha256, c.der, c.invalid_from, h.first, h.last
           FROM (SELECT certificate, min(accepted_at) AS first, max(accepted_at) AS last
                 FROM envelopes WHERE outcome = 'held' AND certificate IS NOT NULL GROUP BY certificate) AS h
           LEFT JOIN certificates c ON c.sha256 = h.certificate ORDER BY h.certificate"""
    )
    return [HeldCertificate(**row) for row in rows]


async def held_under(
    conn: Connection, certificates: Sequence[bytes], *, after: Place | None, limit: int
) -> list[HeldEnvelope]:
    """Held envelopes under one of these certificates, oldest first, so that statuses take effect in their order."""
    rows = await conn.fetch(
        """SELECT id, certificate, accepted_at FROM envelopes
           WHERE outcome = 'held' AND certificate = ANY($1::bytea[])
             AND ($2::timestamptz IS NULL OR (accepted_at, id) > ($2, $3::uuid))
           ORDER BY accepted_at, id LIMIT $4""",
        list(certificates),
        *(after or (None, None)),
        limit,
    )
    return [HeldEnvelope(**row) for row in rows]


async def held_page(conn: Connection, *, after: Place | None, limit: int) -> list[HeldLine]:
    """Held envelopes as a person looks at them, oldest first, behind the given place."""
    rows = await conn.fetch(
        """SELECT e.id, e.accepted_at, e.kind, e.sender, a.name AS sender_name, e.reference, e.subject,
                  array(SELECT recipient FROM deliveries d WHERE d.envelope = e.id
                        ORDER BY recipient COLLATE "C") AS recipients,
                  e.held_reason AS reason, coalesce(e.certificate, '') AS certificate,
                  c.subject AS certificate_subject, c.der AS certificate_der
           FROM envelopes e JOIN agencies a ON a.code = e.sender
           LEFT JOIN certificates c ON c.sha256 = e.certificate
           WHERE e.outcome = 'held' AND ($1::timestamptz IS NULL OR (e.accepted_at, e.id) > ($1, $2::uuid))
           ORDER BY e.accepted_at, e.id LIMIT $3""",
        *(after or (None, None)),
        limit,
    )
    return [HeldLine(**{**row, "recipients": tuple(row["recipients"])}) for row in rows]


async def lock_held(conn: Connection, envelope_id: UUID) -> EnvelopeRow | None:
    """The envelope, kept from everybody else until the transaction ends; None when it is held no more."""
    record = await conn.fetchrow(
        f"SELECT {ENVELOPE_COLUMNS} FROM envelopes WHERE id = $1 AND outcome = 'held' FOR UPDATE", envelope_id
    )
    return envelope_row(record) if record else None


async def lock_grounds(conn: Connection, certificate: bytes) -> Grounds | None:
    """What a verdict about the certificate rests on, as of now; None when it is registered no more.

    Whoever would take it out of use waits until the transaction ends.
    """
    row = await conn.fetchrow(
        """SELECT invalid_from, (SELECT version FROM trust_version) AS trust_version
           FROM certificates WHERE sha256 = $1 FOR SHARE""",
        certificate,
    )
    return Grounds(**row) if row else None


async def write_reason(conn: Connection, certificate: bytes, reason: str) -> int:
    """Say why envelopes under this certificate are held; how many said something else before."""
    rows = await conn.fetch(
        """UPDATE envelopes SET held_reason = $2
           WHERE outcome = 'held' AND certificate = $1 AND held_reason <> $2 RETURNING id""",
        certificate,
        reason,
    )
    return len(rows)


async def held_count(conn: Connection) -> HeldCount:
    """How many envelopes are held and since when, by this database's clock."""
    row = await conn.fetchrow(
        """SELECT count(*) AS number,
                  coalesce(extract(epoch FROM clock_timestamp() - min(accepted_at)), 0)::float8 AS seconds
           FROM envelopes WHERE outcome = 'held'"""
    )
    assert row is not None  # an aggregate always answers
    return HeldCount(number=row["number"], seconds=row["seconds"])
