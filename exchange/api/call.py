"""One request on its way to a use case: who calls, what is asked, and what the application shares."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from aiohttp import web

from exchange.api.errors import answer
from exchange.errors import NotThere

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from exchange.api.metrics import Metrics
    from exchange.api.query import Query
    from exchange.exchange import Exchange
    from storage.directory import System

    Handler = Callable[["Call"], Awaitable[web.StreamResponse]]

Answer = TypeVar("Answer")

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_N = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(slots=True, kw_only=True)
class Shared:
    """What all requests of one application share. Owned by the application, opened and closed with it."""

    exchange: Exchange
    metrics: Metrics
    writing: set[asyncio.Task[object]] = field(default_factory=set)

    async def whole(self, work: Coroutine[object, object, Answer]) -> Answer:
        """Do `work` to its end even if the caller goes away meanwhile: what writes is never cut in the middle."""
        task = asyncio.ensure_future(work)
        self.writing.add(task)
        task.add_done_callback(self._forget)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_tell)
            raise

    async def finish(self) -> None:
        """Wait for writing whose callers went away."""
        await asyncio.gather(*self.writing, return_exceptions=True)

    def _forget(self, task: asyncio.Task[object]) -> None:
        self.writing.discard(task)


def _tell(task: asyncio.Task[Answer]) -> None:
    """Who went away does not hear of it, and the use case has rolled back by itself; the log is told as always."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, Exception):
        answer(error, "")


SHARED = web.AppKey("shared", Shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request with its checked query and, unless the route is public, the system that asks."""

    request: web.Request
    shared: Shared
    query: Query
    caller: System | None = None

    @property
    def exchange(self) -> Exchange:
        """Everything a use case may touch."""
        return self.shared.exchange

    @property
    def system(self) -> System:
        """The system that was let in; only public routes have none."""
        assert self.caller is not None
        return self.caller

    def id(self) -> UUID:
        """The id in the path. Raises `NotThere` for a text that is no id: nothing has it."""
        text = self.request.match_info["id"]
        if not _ID.fullmatch(text):
            raise NotThere
        return UUID(text)

    def n(self) -> int:
        """The attachment's number in the path, from 1. Raises `NotThere`."""
        text = self.request.match_info["n"]
        if not _N.fullmatch(text):
            raise NotThere
        return int(text)
