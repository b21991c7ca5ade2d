"""What an envelope's certificate was found good by: the revocation lists and OCSP answers of that moment (TM-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange import directory_rules as rules
from storage import trust

if TYPE_CHECKING:
    from uuid import UUID

    from storage.database import Database
    from storage.trust import EvidenceRow


async def evidence_of(database: Database, envelope: UUID) -> list[EvidenceRow]:
    """The lists and answers (DER) that the envelope's outcome rests on; none when it is unsigned or held.

    Raises `Refused` when there is no such envelope.
    """
    async with database.acquire() as conn:
        digests = await trust.evidence_digests(conn, envelope)
        if digests is None:
            rules.ENVELOPE_UNKNOWN.refuse("envelope", str(envelope), envelope=str(envelope))
        return await trust.evidence(conn, digests)
