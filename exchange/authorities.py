"""Whom agencies' certificates must lead to, and the lists that say which of them are revoked."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from signing.certificates import CertificateFacts, CrlFacts, check_root, crl_facts, describe
from signing.intermediates import check_intermediate
from signing.revocation import FALLBACK, check_list
from storage import envelopes, revocation_sources, trust

if TYPE_CHECKING:
    from storage.connection import Connection
    from storage.database import Database
    from storage.revocation_sources import ResponderRow, SourceRow
    from storage.trust import AuthorityRow, ListRow


GIVEN_UP = timedelta(days=7)
"""A list stale for so long, beside another of its issuer in force, is one that the issuer makes no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """Every root and intermediate, the newest list of each issuer and scope, and where more come from, as of `now`."""

    now: datetime
    authorities: tuple[AuthorityRow, ...]
    lists: tuple[ListRow, ...]
    sources: tuple[SourceRow, ...]
    responders: tuple[ResponderRow, ...]

    def lists_of(self, subject: str) -> tuple[ListRow, ...]:
        """The lists of the authority of this name."""
        return tuple(one for one in self.lists if one.issuer == subject)

    def lists_needed(self) -> tuple[ListRow, ...]:
        """The lists of trusted authorities; without those of a scope that its issuer gave up for another one."""
        known = {one.subject for one in self.authorities}
        alive = {one.issuer for one in self.lists if self.seconds_left(one) >= 0}
        given_up = -GIVEN_UP.total_seconds()
        return tuple(
            one
            for one in self.lists
            if one.issuer in known and (self.seconds_left(one) > given_up or one.issuer not in alive)
        )

    def shortest(self) -> dict[str, float]:
        """For each authority, how many seconds its revocation data is in force: negative when it is stale, minus
        infinity without any. Authorities with a responder and without a list are left out."""
        left: dict[str, float] = {}
        for one in self.lists_needed():
            left[one.issuer] = min(left.get(one.issuer, math.inf), self.seconds_left(one))
        asked = {one.issuer for one in self.responders}
        return {one.subject: -math.inf for one in self.authorities if one.subject not in asked} | left

    def seconds_left(self, one: ListRow) -> float:
        """How long the list is in force; negative when it is stale."""
        return ((one.next_update or one.this_update + FALLBACK) - self.now).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A list that was taken. `newer` is the one that certificates are judged by instead, if it changes nothing; `ended`
    says that it was stale on arrival."""

    facts: CrlFacts
    newer: ListRow | None
    ended: bool


async def trust_root(database: Database, data: bytes) -> CertificateFacts:
    """Trust a root certificate (PEM or DER). Documents signed under it are held until its list comes (`add_crl`).

    Raises `Refused`.
    """
    facts = describe(data)
    check_root(facts.der)
    async with database.transaction() as conn:
        await trust.add_root(conn, sha256=facts.sha256, der=facts.der, subject=facts.subject)
    return facts


async def add_intermediate(database: Database, data: bytes) -> CertificateFacts:
    """Let paths go through an authority (PEM or DER) that a root, or an authority added before, issued.

    Raises `Refused`.
    """
    facts = describe(data)
    async with database.transaction() as conn:
        now = await envelopes.clock(conn)
        known = await trust.authorities(conn)
        check_intermediate(facts.der, [one.der for one in known], now)
        await trust.add_intermediate(conn, sha256=facts.sha256, der=facts.der, subject=facts.subject)
    return facts


async def add_crl(database: Database, data: bytes) -> CrlFacts:
    """Take a revocation list (PEM or DER); older ones are kept for judging past moments. Raises `Refused`."""
    return (await load_list(database, data)).facts


async def load_list(database: Database, data: bytes) -> Loaded:
    """The same, with what became of it."""
    facts = await asyncio.to_thread(crl_facts, data)
    async with database.transaction() as conn:
        await take_list(conn, facts)
        newest = await trust.newest_list(conn, issuer=facts.issuer, scope=facts.scope)
        now = await envelopes.clock(conn)
    newer = newest if newest is not None and newest.sha256 != facts.sha256 else None
    return Loaded(facts=facts, newer=newer, ended=facts.until <= now)


async def take_list(conn: Connection, facts: CrlFacts) -> bool:
    """Keep a list that a trusted authority signed; False when it is here already. Raises `Refused`.

    One that is older than the list in force is kept, too, and displaces nothing.
    """
    now = await envelopes.clock(conn)
    known = await trust.authorities(conn)
    await asyncio.to_thread(check_list, facts, [one.der for one in known], now)  # seconds for a large one
    return await trust.add_revocation_list(
        conn,
        sha256=facts.sha256,
        der=facts.der,
        issuer=facts.issuer,
        scope=facts.scope,
        this_update=facts.this_update,
        next_update=facts.next_update,
    )


async def list_trust(database: Database) -> Trusted:
    """Whom certificates may lead to, and how fresh the lists are."""
    async with database.acquire() as conn:
        return await trusted(conn)


async def trusted(conn: Connection) -> Trusted:
    """The same, on a connection."""
    return Trusted(
        now=await envelopes.clock(conn),
        authorities=tuple(await trust.authorities(conn)),
        lists=tuple(await trust.newest_lists(conn)),
        sources=tuple(await revocation_sources.sources(conn)),
        responders=tuple(await revocation_sources.responders(conn)),
    )
