"""Reading a body without trusting it: counted while it arrives, under a deadline, never decompressed (TM-30, 32, 40).

aiohttp's own size limit does not cover a streamed body, and it has no deadline at all.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.client_exceptions import ClientPayloadError
from aiohttp.http_exceptions import HttpProcessingError

from envelopes.faults import Refused
from exchange.api.rules import BODY_GARBLED, JSON_TOO_LARGE, JSON_UNSUPPORTED
from exchange.rules import BODY_CUT_OFF, BODY_TOO_LARGE, BODY_TOO_SLOW, MEDIA_TYPE_UNSUPPORTED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from envelopes.faults import Rule
    from exchange.settings import Settings

MAX_JSON_BYTES = 16 * 1024
"""The longest JSON any route takes is a digest in quotes."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What one kind of body may be: its media type, its size in bytes, and how slowly it may come."""

    media_type: str
    limit: int
    grace: float
    rate: int
    unsupported: Rule
    too_large: Rule


def envelope_intake(settings: Settings) -> Intake:
    """An edXML file."""
    return Intake(
        media_type="application/xml",
        limit=settings.max_envelope_bytes,
        grace=settings.body_grace_seconds,
        rate=settings.body_min_rate,
        unsupported=MEDIA_TYPE_UNSUPPORTED,
        too_large=BODY_TOO_LARGE,
    )


def json_intake(settings: Settings) -> Intake:
    """A few fields of JSON."""
    return Intake(
        media_type="application/json",
        limit=MAX_JSON_BYTES,
        grace=settings.body_grace_seconds,
        rate=settings.body_min_rate,
        unsupported=JSON_UNSUPPORTED,
        too_large=JSON_TOO_LARGE,
    )


def read_body(request: web.Request, intake: Intake) -> AsyncIterator[bytes]:
    """The body's bytes as they arrive. Refuses at once, before reading, what its head already rules out.

    Raises `Refused`, here for a wrong type or an announced size over the limit, later for what arrives.
    """
    _check_head(request, intake)
    return _Reading(request, intake).chunks()


async def read_whole(request: web.Request, intake: Intake) -> bytes:
    """A short body. Raises `Refused`."""
    return b"".join([chunk async for chunk in read_body(request, intake)])


def _check_head(request: web.Request, intake: Intake) -> None:
    encodings = {part.strip().lower() for part in request.headers.get("Content-Encoding", "identity").split(",")}
    if len(request.headers.getall("Content-Type", [])) != 1 or request.content_type != intake.media_type:
        intake.unsupported.refuse("Content-Type", request.headers.get("Content-Type", ""))
    if encodings != {"identity"}:
        intake.unsupported.refuse("Content-Encoding", request.headers["Content-Encoding"])
    announced = request.content_length
    if announced is not None and announced > intake.limit:
        intake.too_large.refuse("Content-Length", announced, limit=intake.limit)


class _Reading:
    """One body while it arrives. Only time spent waiting for the sender counts against the sender.

    The allowance starts at the grace, shrinks while nothing comes and grows with what comes, never beyond the grace:
    a body slower than the rate and a stall longer than the grace both end, however much came before.
    """

    def __init__(self, request: web.Request, intake: Intake) -> None:
        self._request = request
        self._intake = intake
        self._received = 0
        self._waited = 0.0
        self._allowance = intake.grace

    async def chunks(self) -> AsyncIterator[bytes]:
        await self._invite()
        content = self._request.content
        while not content.at_eof():
            chunk = await self._next()
            self._received += len(chunk)
            if self._received > self._intake.limit:
                self._intake.too_large.refuse(value=self._received, limit=self._intake.limit)
            if chunk:
                yield chunk

    async def _invite(self) -> None:
        """Tell a sender that asked first that its body is wanted (RFC 9110, 10.1.1)."""
        if self._request.headers.get("Expect", "").lower() == "100-continue" and self._request.version >= (1, 1):
            transport = self._request.transport
            if transport is not None:
                transport.write(CONTINUE)

    async def _next(self) -> bytes:
        clock = asyncio.get_running_loop()
        began = clock.time()
        try:
            async with asyncio.timeout(self._allowance):
                chunk = await self._request.content.readany()
        except TimeoutError:
            self._waited += self._allowance
            self._slow()
        except HttpProcessingError:
            raise Refused(BODY_GARBLED.at()) from None
        except (ClientPayloadError, web.RequestPayloadError, ConnectionError, asyncio.IncompleteReadError) as error:
            if isinstance(error.__cause__, HttpProcessingError):
                raise Refused(BODY_GARBLED.at()) from None
            raise Refused(BODY_CUT_OFF.at(value=self._received, received=self._received)) from None
        except ValueError:  # aiohttp: a chunk header or line that is too long
            raise Refused(BODY_GARBLED.at()) from None
        waited = clock.time() - began
        self._waited += waited
        self._allowance = min(self._intake.grace, self._allowance - waited + len(chunk) / self._intake.rate)
        if self._allowance <= 0:
            self._slow()
        return chunk

    def _slow(self) -> None:
        raise Refused(
            BODY_TOO_SLOW.at(
                value=self._received, seconds=round(self._waited, 1), received=self._received, rate=self._intake.rate
            )
        )
