"""One facade call: who is let in, what is asked, and one answer for each way to fail."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from envelopes.faults import Refused
from exchange.api.body import json_intake, read_whole
from exchange.api.errors import TooMany
from exchange.axis.answers import failed
from exchange.axis.head import HeadWrong, read_head
from exchange.axis.numbers import FILE_INVALID, NOT_LET_IN, SENDER_UNREGISTERED, SYSTEM_FAILED, failure, failure_of
from exchange.door import enter_with_secret
from exchange.errors import Busy, NotAllowed, NotThere, Unauthenticated
from storage.objects import ObjectDamaged, ObjectMissing, ObjectsAway
from storage.outages import CommitUnknown, DatabaseAway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from exchange.api.call import Shared
    from exchange.api.door import Shares
    from exchange.axis.head import Head
    from exchange.axis.numbers import Failure
    from exchange.exchange import Exchange
    from exchange.settings import Settings
    from storage.directory import System

    Handler = Callable[["AxisCall"], Awaitable[web.StreamResponse]]

BODIES = frozenset({"sendEdoc", "registerAgency"})
"""Operations whose body says something; the others' is invited and thrown away, as the client waits for that."""

OUTAGES = (Busy, TooMany, CommitUnknown, DatabaseAway, ObjectsAway, ObjectMissing, ObjectDamaged, TimeoutError)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisCall:
    """A call whose head was proven: `system` made it, and `head` holds what it signed."""

    request: web.Request
    shared: Shared
    operation: str
    system: System
    head: Head

    @property
    def exchange(self) -> Exchange:
        """Everything a use case may touch."""
        return self.shared.exchange


def handling(
    operation: str, method: str, handler: Handler, shared: Shared, shares: Shares, *, seconds: float
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The whole of one operation as aiohttp calls it. The client waits for ever, so `seconds` bound it here."""

    async def within(request: web.Request) -> web.StreamResponse:
        if request.method != method:
            return failed(operation, failure(SYSTEM_FAILED, f"{operation} chỉ nhận {method}"))
        head = read_head(request.raw_headers)
        system = await enter_with_secret(shared.exchange, head.system, head.is_signed_with)
        with shares.taken(system.id):
            if operation not in BODIES:
                await _throw_away(request, shared.exchange.settings)
            call = AxisCall(request=request, shared=shared, operation=operation, system=system, head=head)
            return await handler(call)

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(seconds):
                return await within(request)
        except Exception as error:
            response = _refusal(request, operation, error)
        if not request.content.at_eof():
            response.force_close()
        return response

    return handle


async def _throw_away(request: web.Request, settings: Settings) -> None:
    if request.body_exists:
        await read_whole(request, replace(json_intake(settings), media_type=request.content_type))


def _refusal(request: web.Request, operation: str, error: Exception) -> web.StreamResponse:
    begun = request.writer.output_size > 0  # a second answer inside the first would lie
    if begun or (operation == "sendEdoc" and isinstance(error, OUTAGES)):
        # callers take 10 to 23 for final and a broken line for something to try again (decision 0025)
        log.warning("axis.dropped", operation=operation, error=f"{type(error).__name__}: {error}")
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)
    found = _known(error)
    if found is None:
        log.error("request.failed", exc_info=error)
        found = failure(SYSTEM_FAILED)
    log.info("axis.refused", operation=operation, number=found.number, reason=found.text)
    return failed(operation, found)


def _known(error: Exception) -> Failure | None:
    if isinstance(error, Refused):
        return failure_of(error.faults)
    if isinstance(error, HeadWrong):
        return failure(NOT_LET_IN, str(error))
    if isinstance(error, Unauthenticated):
        return failure(NOT_LET_IN)
    if isinstance(error, NotThere):
        return failure(FILE_INVALID, "không có văn bản này, hoặc không thuộc đơn vị của hệ thống")
    if isinstance(error, NotAllowed):
        return failure(SENDER_UNREGISTERED, str(error))
    if isinstance(error, OUTAGES):
        log.warning("outage.met", error=f"{type(error).__name__}: {error}")
        return failure(SYSTEM_FAILED, "tạm thời gián đoạn, hãy gọi lại")
    return None
