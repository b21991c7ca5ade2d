"""Envelopes that wait until somebody can tell whether their certificate is revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from storage.envelopes import ENVELOPE_COLUMNS, EnvelopeRow, envelope_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCertificate:
    """A certificate that held envelopes rest on; `der` is None when it is registered no more."""

    sha256: bytes
    der: bytes | None
    revoked_at: datetime | None


async def held_certificates(conn: Connection) -> list[HeldCertificate]:
    """Every certificate some held envelope rests on."""
    rows = await conn.fetch(
        """SELECT h.certificate AS sha256, c.der, c.revoked_at
           FROM (SELECT DISTINCT certificate FROM envelopes WHERE outcome = 'held') AS h
           LEFT JOIN certificates c ON c.sha256 = h.certificate ORDER BY h.certificate"""
    )
    return [HeldCertificate(**row) for row in rows if row["sha256"] is not None]


async def held_under(conn: Connection, certificates: Sequence[bytes], *, limit: int) -> list[UUID]:
    """Held envelopes under one of these certificates, oldest first, so that statuses take effect in their order."""
    rows = await conn.fetch(
        """SELECT id FROM envelopes WHERE outcome = 'held' AND certificate = ANY($1::bytea[])
           ORDER BY accepted_at, id LIMIT $2""",
        list(certificates),
        limit,
    )
    return [row["id"] for row in rows]


async def lock_held(conn: Connection, envelope_id: UUID) -> EnvelopeRow | None:
    """The envelope, kept from everybody else until the transaction ends; None when it is held no more."""
    record = await conn.fetchrow(
        f"SELECT {ENVELOPE_COLUMNS} FROM envelopes WHERE id = $1 AND outcome = 'held' FOR UPDATE", envelope_id
    )
    return envelope_row(record) if record else None


async def write_reason(conn: Connection, certificate: bytes, reason: str) -> int:
    """Say why envelopes under this certificate are held; how many said something else before."""
    rows = await conn.fetch(
        """UPDATE envelopes SET held_reason = $2
           WHERE outcome = 'held' AND certificate = $1 AND held_reason <> $2 RETURNING id""",
        certificate,
        reason,
    )
    return len(rows)


async def held_seconds(conn: Connection) -> float:
    """How long the oldest held envelope has been waiting; 0 when none is."""
    found: float = await conn.fetchval(
        """SELECT coalesce(extract(epoch FROM clock_timestamp() - min(accepted_at)), 0)::float8
           FROM envelopes WHERE outcome = 'held'"""
    )
    return found
