"""Certificates registered for agencies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from envelopes.limits import MAX_CANDIDATES

if TYPE_CHECKING:
    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """A certificate registered for an agency; times are UTC."""

    sha256: bytes
    agency: str
    der: bytes
    subject: str
    not_before: datetime
    not_after: datetime
    added_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What the gate needs to judge a claimed sender: certificates, the trust version and the database's time.

    `agency` is the own code of the agency whose code was claimed; None when nobody has it.
    """

    agency: str | None
    ders: tuple[bytes, ...]
    trust_version: int
    now: datetime


async def candidates(conn: Connection, code: str) -> Candidates:
    """The certificates registered to the agency of this code, whichever of its codes that is, and not revoked,
    newest first."""
    row = await conn.fetchrow(
        """SELECT version, clock_timestamp() AS now, k.agency,
                  array(SELECT der FROM certificates c WHERE c.agency = k.agency AND c.revoked_at IS NULL
                        ORDER BY c.added_at DESC LIMIT $2) AS ders
           FROM trust_version LEFT JOIN agency_codes k ON k.code = $1""",
        code,
        MAX_CANDIDATES,
    )
    assert row is not None  # the table holds exactly one row
    return Candidates(agency=row["agency"], ders=tuple(row["ders"]), trust_version=row["version"], now=row["now"])


async def add_certificate(
    conn: Connection,
    *,
    sha256: bytes,
    agency: str,
    der: bytes,
    subject: str,
    not_before: datetime,
    not_after: datetime,
) -> bool:
    """Register the certificate; False when it is registered already (to whomever)."""
    done = await conn.fetchval(
        """INSERT INTO certificates (sha256, agency, der, subject, not_before, not_after)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING RETURNING true""",
        sha256,
        agency,
        der,
        subject,
        not_before,
        not_after,
    )
    return bool(done)


async def certificates(conn: Connection, agency: str | None = None) -> list[CertificateRow]:
    """Registered certificates, of one agency or of all."""
    rows = await conn.fetch(
        """SELECT sha256, agency, der, subject, not_before, not_after, added_at, revoked_at FROM certificates
           WHERE $1::text IS NULL OR agency = $1 ORDER BY agency, added_at""",
        agency,
    )
    return [CertificateRow(**row) for row in rows]


async def revoke_certificate(conn: Connection, sha256: bytes) -> bool:
    """Take a certificate out of use from now on; False when it is unknown."""
    done = await conn.fetchval(
        """UPDATE certificates SET revoked_at = coalesce(revoked_at, clock_timestamp())
           WHERE sha256 = $1 RETURNING true""",
        sha256,
    )
    return bool(done)
