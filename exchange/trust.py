"""The roots and revocation lists in force, kept in memory and read anew as soon as the database knows others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from signing.certificates import Trust, describe
from signing.leaf import DEFAULT_POLICY
from storage import envelopes, trust

if TYPE_CHECKING:
    from signing.leaf import Policy
    from storage.database import Database
    from storage.trust import TrustMaterial


class TrustKeeper:
    """Every process asks for the version with each envelope, so a new list counts at once everywhere."""

    def __init__(self, database: Database, policy: Policy = DEFAULT_POLICY) -> None:
        self._database = database
        self._policy = policy
        self._turn = asyncio.Lock()
        self._trust: Trust | None = None

    async def current(self, version: int | None = None) -> Trust:
        """The trust material of `version` (None: of now), with its cache of judged certificates."""
        if self._trust is not None and self._trust.version == version:
            return self._trust
        async with self._turn, self._database.transaction(read_only=True) as conn:
            material = await trust.trust_material(conn)
            if self._trust is None or self._trust.version != material.version:
                self._trust = await asyncio.to_thread(_made, material, self._policy)
            return self._trust

    async def past(self, der: bytes) -> Trust:
        """What to judge a past use of this certificate (DER) by, see `Trust.judge_past`.

        That is `current` while the certificate lives; afterwards the last lists of its lifetime, because authorities
        drop from their lists what has expired. Raises `Refused` when it is no certificate.
        """
        end = describe(der).not_after
        async with self._database.transaction(read_only=True) as conn:
            if await envelopes.clock(conn) >= end:
                return await asyncio.to_thread(_made, await trust.trust_material(conn, until=end), self._policy)
        return await self.current()


def _made(material: TrustMaterial, policy: Policy) -> Trust:
    """The material taken apart: large lists take a second, hence in a thread."""
    return Trust(
        material.version,
        material.roots,
        material.lists,
        material.intermediates,
        material.answers,
        policy=policy,
    )
