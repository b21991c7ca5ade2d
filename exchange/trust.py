"""The roots and revocation lists in force, kept in memory and read anew as soon as the database knows others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from signing.certificates import Trust
from storage import certificates

if TYPE_CHECKING:
    from storage.database import Database


class TrustKeeper:
    """Every process asks for the version with each envelope, so a new list counts at once everywhere."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()
        self._trust: Trust | None = None

    async def current(self, version: int | None = None) -> Trust:
        """The trust material of `version` (None: of now), with its cache of judged certificates."""
        if self._trust is not None and self._trust.version == version:
            return self._trust
        async with self._turn, self._database.transaction(read_only=True) as conn:
            found, roots, lists = await certificates.trust_material(conn)
            if self._trust is None or self._trust.version != found:
                self._trust = Trust(version=found, roots=roots, crls=lists)
            return self._trust
