"""The development authority in the data directory: for first steps and demos, never for real signatures."""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import shutil
from typing import TYPE_CHECKING

from cryptography import x509

from exchange.authorities import add_crl, trust_root
from exchange.certification import list_certificates
from signing.authority import Authority, Revocation

if TYPE_CHECKING:
    from pathlib import Path

    from signing.certificates import CrlFacts
    from storage.certificates import CertificateRow
    from storage.database import Database

CRL_DAYS = 30
"""How long its revocation list holds; `lienthong ca dev` makes the next one."""


def open_authority(folder: Path) -> Authority:
    """The authority kept in `folder`, made by whichever process comes first. Blocking.

    Its name has random digits: two authorities of one name would displace each other's revocation lists.
    Raises OSError and ValueError when the folder holds something else.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            aside = folder.with_name(f"{folder.name}.new")
            shutil.rmtree(aside, ignore_errors=True)
            Authority.make(f"Lienthong development CA {secrets.token_hex(4)}").save(aside)
            aside.rename(folder)
        return Authority.load(folder)
    finally:
        os.close(lock)


async def renew(database: Database, authority: Authority, *, days: int = CRL_DAYS) -> CrlFacts:
    """Trust the authority's root and take a fresh revocation list, which names what was revoked here, and from when."""
    await trust_root(database, authority.root_pem)
    listed = [_revocation(row, authority) for row in await list_certificates(database)]
    revoked = [one for one in listed if one is not None]
    return await add_crl(database, await asyncio.to_thread(authority.crl, days, revoked))


def _revocation(row: CertificateRow, authority: Authority) -> Revocation | None:
    certificate = x509.load_der_x509_certificate(row.der)
    if row.invalid_from is None or certificate.issuer != authority.certificate.subject:
        return None
    return Revocation(serial=certificate.serial_number, at=row.invalid_from)
