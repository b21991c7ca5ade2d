"""Every seal the exchange has had: receipts are kept longer than keys, and each is checked by the seal that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.sealing import load_seal, make_anew
from signing.certificates import describe
from storage import seals as table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.settings import Settings
    from signing.certificates import CertificateFacts
    from signing.seal import Seal
    from storage.connection import Connection
    from storage.database import Database
    from storage.seals import SealRow


async def register_seal(database: Database, seal: Seal) -> CertificateFacts:
    """Know the seal this process makes receipts with, before it makes the first one. Raises `DatabaseAway`."""
    async with database.transaction() as conn:
        return await _add(conn, seal.certificate_der, seal.authorities)


async def add_seal(database: Database, certificate: bytes) -> CertificateFacts:
    """Know an earlier seal (PEM or DER) that no process of this database ever used. Raises `Refused`."""
    async with database.transaction() as conn:
        return await _add(conn, describe(certificate).der, ())


async def list_seals(database: Database) -> list[SealRow]:
    """Every seal known, newest first."""
    async with database.acquire() as conn:
        return await table.seals(conn)


async def renew_seal(database: Database, settings: Settings) -> Seal:
    """Make a new key for the seal in the data directory; processes use it from their next start.

    The one before stays known, and its private key is gone. Raises `SealWrong` when the settings name a seal.
    """
    await register_seal(database, load_seal(settings))
    make_anew(settings)
    seal = load_seal(settings)
    await register_seal(database, seal)
    return seal


async def _add(conn: Connection, certificate: bytes, authorities: Sequence[bytes]) -> CertificateFacts:
    facts = describe(certificate)
    await table.add_seal(
        conn,
        sha256=facts.sha256,
        der=facts.der,
        authorities=authorities,
        subject=facts.subject,
        not_before=facts.not_before,
        not_after=facts.not_after,
    )
    return facts
