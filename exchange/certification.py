"""Certificates of agencies: who may vouch for a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange import directory_rules as rules
from exchange.directory import own_codes
from signing.certificates import CertificateFacts, check_leaf, describe
from storage import certificates

if TYPE_CHECKING:
    from storage.certificates import CertificateRow
    from storage.connection import Connection
    from storage.database import Database

SHORTEST_PREFIX = 8
"""Digits of a certificate's SHA-256 that name it; fewer are more likely a slip than a name."""


async def add_certificate(database: Database, code: str, data: bytes) -> CertificateFacts:
    """Register a certificate (PEM or DER) for an agency; doing it again changes nothing. Raises `Refused`."""
    facts = describe(data)
    check_leaf(facts.der)
    async with database.transaction() as conn:
        [agency] = await own_codes(conn, [code])
        added = await certificates.add_certificate(
            conn,
            sha256=facts.sha256,
            agency=agency,
            der=facts.der,
            subject=facts.subject,
            not_before=facts.not_before,
            not_after=facts.not_after,
        )
        if not added:
            await _check_own(conn, agency, facts)
    return facts


async def _check_own(conn: Connection, code: str, facts: CertificateFacts) -> None:
    """A certificate that is there already must be this agency's and in use."""
    own = [row for row in await certificates.certificates(conn, code) if row.sha256 == facts.sha256]
    if not own:
        rules.CERTIFICATE_TAKEN.refuse("certificate", facts.sha256.hex(), subject=facts.subject)
    if own[0].revoked_at is not None:
        rules.CERTIFICATE_REVOKED.refuse("certificate", facts.sha256.hex(), subject=facts.subject)


async def list_certificates(database: Database, agency: str | None = None) -> list[CertificateRow]:
    """Registered certificates, of one agency or of all, also those taken out of use."""
    async with database.acquire() as conn:
        return await certificates.certificates(conn, agency)


async def revoke_certificate(database: Database, sha256: str) -> CertificateRow:
    """Take the certificate whose SHA-256 begins with these digits out of use, from now on. Raises `Refused`."""
    wanted = sha256.lower()
    async with database.transaction() as conn:
        rows = [row for row in await certificates.certificates(conn) if row.sha256.hex().startswith(wanted)]
        if not rows or len(wanted) < SHORTEST_PREFIX:
            rules.CERTIFICATE_UNKNOWN.refuse("sha256", sha256, sha256=sha256)
        if len(rows) > 1:
            rules.CERTIFICATE_AMBIGUOUS.refuse("sha256", sha256, sha256=sha256, count=len(rows))
        await certificates.revoke_certificate(conn, rows[0].sha256)
    return rows[0]
