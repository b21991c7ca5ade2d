"""Keeping revocation data fresh: lists from named addresses, and OCSP answers about every certificate in use (TM-12).

A failure is written down and tried again with growing waits; what is held already stays in force until it is stale.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from envelopes.faults import Refused
from exchange.authorities import take_list
from exchange.chores import Chore, unfenced
from exchange.fetching import FetchFailed, fetch
from exchange.questions import ask_due
from exchange.waits import again_seconds, retry_seconds
from signing.revocation import crl_facts
from storage import envelopes
from storage import revocation_sources as sources

if TYPE_CHECKING:
    from exchange.chores import Fence, Steps, Turn
    from exchange.exchange import Exchange
    from signing.revocation import CrlFacts
    from storage.database import Database
    from storage.revocation_sources import SourceRow

REST_SECONDS = 10.0
"""Between two looks for what is due: an address added now is fetched from within seconds."""

AT_ONCE = 8
"""Addresses asked at the same time: one that is silent keeps no other waiting."""

log = structlog.get_logger()


async def refresh(exchange: Exchange, turn: Turn) -> Steps:
    """Fetch every list and ask every question that is due."""
    async with exchange.database.acquire() as conn:
        due = await sources.due_sources(conn)
    for begin in range(0, len(due), AT_ONCE):
        batch = due[begin : begin + AT_ONCE]
        await asyncio.gather(*(fetch_list(exchange.database, url, fence=turn.hold) for url in batch))
        yield
    async for _ in ask_due(exchange.database, fence=turn.hold):
        yield


CHORE = Chore(name="revocation", steps=refresh, rest=lambda _exchange: REST_SECONDS)


async def fetch_all(database: Database) -> list[SourceRow]:
    """Fetch every list and ask what is due, now, because a person wants it; how each address does."""
    async with database.acquire() as conn:
        known = await sources.sources(conn)
    for begin in range(0, len(known), AT_ONCE):
        await asyncio.gather(*(fetch_list(database, one.url) for one in known[begin : begin + AT_ONCE]))
    async for _ in ask_due(database):
        pass
    async with database.acquire() as conn:
        return await sources.sources(conn)


async def fetch_list(database: Database, url: str, *, fence: Fence = unfenced) -> None:
    """Fetch from one address, keep the list if it is a trusted authority's, and write down how it went."""
    try:
        facts = await asyncio.to_thread(crl_facts, await fetch(url))
        await _keep(database, url, facts, fence)
    except (FetchFailed, Refused) as error:
        await _fail(database, url, _reason(error), fence)


async def _keep(database: Database, url: str, facts: CrlFacts, fence: Fence) -> None:
    """Raises `Refused` when no trusted authority signed the list, `FetchFailed` when it was stale on arrival."""
    async with database.transaction() as conn:
        await fence(conn)
        source = await sources.lock_source(conn, url)
        if source is None:  # removed meanwhile
            return
        is_new = await take_list(conn, facts)
        now = await envelopes.clock(conn)
        wait = again_seconds(now, facts.next_update, source.every_seconds)
        await sources.note_fetched(conn, url, issuer=facts.issuer, again_seconds=wait)
    if is_new:
        log.info("revocation_list.taken", url=url, issuer=facts.issuer, this_update=facts.this_update.isoformat())
    if facts.until <= now:
        raise FetchFailed(f"danh sách đã cũ / the list is stale: {facts.until:%Y-%m-%dT%H:%M:%SZ}")


async def _fail(database: Database, url: str, reason: str, fence: Fence) -> None:
    async with database.transaction() as conn:
        await fence(conn)
        source = await sources.lock_source(conn, url)
        if source is None:
            return
        wait = min(retry_seconds(source.failures + 1), source.every_seconds)
        await sources.note_failed(conn, url, outcome=reason, again_seconds=wait)
    log.warning("revocation_list.not_fetched", url=url, failures=source.failures + 1, reason=reason)


def _reason(error: FetchFailed | Refused) -> str:
    if isinstance(error, FetchFailed):
        return str(error)
    return f"{error.faults[0].vi} / {error.faults[0].en}"
