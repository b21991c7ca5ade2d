"""What is held, for whoever can do something about it: since when, whose, why, and whose list is awaited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography import x509

from storage import envelopes, held

if TYPE_CHECKING:
    from storage.database import Database
    from storage.held import HeldCount, HeldLine, Place

PAGE = 100
"""Envelopes of one page: more are not read, they wait for the same few lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEnvelope:
    """One held envelope; `reason` is said in Vietnamese and English, `issuer` is the authority of its certificate.

    `certificate` is the SHA-256 in hex; times are UTC.
    """

    id: UUID
    accepted_at: datetime
    kind: str
    sender: str
    sender_name: str
    reference: str
    subject: str
    recipients: tuple[str, ...]
    reason: str
    certificate: str
    certificate_subject: str
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPage:
    """Some held envelopes, oldest first, how many there are in all, and the time of that; `newer`: where the next page
    begins."""

    envelopes: tuple[HeldEnvelope, ...]
    count: HeldCount
    now: datetime
    newer: Place | None


async def held_number(database: Database) -> int:
    """How many envelopes are held."""
    async with database.acquire() as conn:
        return (await held.held_count(conn)).number


async def held_page(database: Database, *, after: Place | None = None, limit: int = PAGE) -> HeldPage:
    """Held envelopes behind the given place."""
    async with database.transaction(read_only=True) as conn:
        lines = await held.held_page(conn, after=after, limit=limit + 1)
        count = await held.held_count(conn)
        now = await envelopes.clock(conn)
    shown = lines[:limit]
    newer = (shown[-1].accepted_at, shown[-1].id) if len(lines) > limit else None
    return HeldPage(envelopes=tuple(map(_envelope, shown)), count=count, now=now, newer=newer)


def _envelope(line: HeldLine) -> HeldEnvelope:
    issuer = x509.load_der_x509_certificate(line.certificate_der).issuer if line.certificate_der else None
    return HeldEnvelope(
        id=line.id,
        accepted_at=line.accepted_at,
        kind=line.kind,
        sender=line.sender,
        sender_name=line.sender_name,
        reference=line.reference,
        subject=line.subject,
        recipients=line.recipients,
        reason=line.reason,
        certificate=line.certificate.hex(),
        certificate_subject=line.certificate_subject or "",
        issuer=issuer.rfc4514_string() if issuer else "",
    )
