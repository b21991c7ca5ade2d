"""Who may come in, and how much at once: the credential first, then each system's own share (API v1, details).

Counted per process, since processes share nothing: with N processes a system has N shares.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.api.errors import TooMany
from exchange.door import enter
from exchange.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiohttp import web

    from exchange.exchange import Exchange
    from storage.directory import System

BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]{1,200}=*)", re.ASCII)
"""RFC 6750 section 2.1; anything else is turned away before it costs a question to the database."""

RETRY_SECONDS = 1.0
"""A full share is free again within this, as a rule."""


async def identify(exchange: Exchange, request: web.Request) -> System:
    """The system whose credential the request carries. Raises `Unauthenticated`, `DatabaseAway`."""
    given = request.headers.getall("Authorization", [])
    found = BEARER.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        raise Unauthenticated("no Authorization header of the form Bearer CREDENTIAL")
    return await enter(exchange, found[1])


@dataclass(slots=True)
class _Share:
    tokens: float
    at: float
    under_way: int = 0


class Shares:
    """Each system's requests a second (a burst of one second's worth is fine) and requests under way."""

    def __init__(self, *, rate: int, connections: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._connections = connections
        self._clock = clock
        self._shares: dict[str, _Share] = {}  # only systems that were let in, so the directory bounds it

    @contextmanager
    def taken(self, system: str) -> Iterator[None]:
        """Count one request while it runs. Raises `TooMany`."""
        share = self._shares.setdefault(system, _Share(self._rate, self._clock()))
        self._refill(share)
        if share.tokens < 1:
            raise TooMany("rate", seconds=RETRY_SECONDS)
        if share.under_way >= self._connections:
            raise TooMany("connections", seconds=RETRY_SECONDS)
        share.tokens -= 1
        share.under_way += 1
        try:
            yield
        finally:
            share.under_way -= 1

    def _refill(self, share: _Share) -> None:
        now = self._clock()
        share.tokens = min(self._rate, share.tokens + (now - share.at) * self._rate)
        share.at = now
