"""Who is calling: a bearer credential, judged against what the database keeps of it.

Only the digest of the secret is kept, and digests are compared in constant time (TM-51).
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.credentials import new_secret
from exchange.errors import Unauthenticated
from storage import credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.exchange import Exchange
    from storage.credentials import CredentialRow
    from storage.directory import System

REMEMBERED_SECONDS = 0.5
"""How long an answer of the database is believed: a revoked credential must be refused within a second (TM-51)."""

REMEMBERED = 10_000
"""Credentials remembered at once; beyond that all are forgotten, which costs one question each."""

NO_SECRET = bytes(32)
"""Compared when the id is unknown, so that both cases do the same work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    system: System
    until: float


class Door:
    """Remembers for half a second who was let in."""

    def __init__(self) -> None:
        self.no_secret = new_secret()  # checked where no system is, so that both cases do the same work
        self._known: dict[tuple[str, bytes], _Known] = {}

    def remembered(self, credential: str, digest: bytes) -> System | None:
        """The system that was let in with this credential a moment ago."""
        known = self._known.get((credential, digest))
        return known.system if known and known.until > time.monotonic() else None

    def remember(self, credential: str, digest: bytes, system: System) -> None:
        """Note that the system was let in."""
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[credential, digest] = _Known(system=system, until=time.monotonic() + REMEMBERED_SECONDS)


async def enter(exchange: Exchange, bearer: str) -> System:
    """The system whose credential `bearer` (`ID.SECRET`) is. Raises `Unauthenticated`, `DatabaseAway`."""
    credential, _, secret = bearer.partition(".")
    if not secret or len(bearer) > 200 or not bearer.isascii():
        raise Unauthenticated("no credential of the form ID.SECRET")
    digest = hashlib.sha256(secret.encode()).digest()
    known = exchange.door.remembered(credential, digest)
    if known is not None:
        return known
    async with exchange.database.acquire() as conn:
        row = await credentials.credential(conn, credential)
    same = hmac.compare_digest(digest, row.secret_sha256 if row else NO_SECRET)
    if row is None or not same or not _alive(row):
        raise Unauthenticated("the credential is not known or has ended")
    exchange.door.remember(credential, digest, row.system)
    return row.system


async def enter_with_secret(exchange: Exchange, name: str, proves: Callable[[str], bool]) -> System:
    """The system called `name`, if what came with the call `proves` its axis secret (axis client section 3.2).

    An unknown name costs the same work and gets the same answer; for whom the system acts, a whole country perhaps,
    is asked only once it has proven itself. Raises `Unauthenticated`, `DatabaseAway`.
    """
    async with exchange.database.acquire() as conn:
        secret = await credentials.axis_secret(conn, name)
    if not proves(secret or exchange.door.no_secret) or secret is None:
        raise Unauthenticated("the system is not known, or what it signed is not signed with its secret")
    digest = hashlib.sha256(secret.encode()).digest()
    known = exchange.door.remembered(f"axis {name}", digest)
    if known is not None:
        return known
    async with exchange.database.acquire() as conn:
        found = await credentials.axis_system(conn, name)
    if found is None or found.secret != secret:
        raise Unauthenticated("the system was changed or put out of use this moment")
    exchange.door.remember(f"axis {name}", digest, found.system)
    return found.system


def _alive(row: CredentialRow) -> bool:
    ended = row.expires_at is not None and row.expires_at <= row.now
    return not ended and row.revoked_at is None and row.disabled_at is None
