"""`getEdoc` and `downloadEdoc`: one waiting message, in base64 or as it is (axis client 4.7, 4.8)."""

from __future__ import annotations

import base64
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from aiohttp import web

from exchange.api.downloads import checked
from exchange.axis.answers import common, json_text
from exchange.download import open_envelope, trace_for
from exchange.errors import NotThere

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from envelopes.tracing import Insertion
    from exchange.axis.call import AxisCall
    from exchange.download import Download

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The file as this client gets it: as submitted, with the exchange's own hop where it may be added."""

    found: Download
    trace: Insertion | None

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.found.size + (self.trace.grown if self.trace else 0)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Its content; the last piece only once the submitted file was found undamaged."""
        at, kept = 0, b""
        async with aclosing(checked(self.found, 0, self.found.size)) as chunks:
            async for chunk in chunks:
                data, kept = kept + chunk, b""
                if self.trace and at < self.trace.byte + 2 and len(data) < self.trace.byte + 2 - at:
                    kept = data  # the few bytes before the hop stay together, so that it is put in once
                    continue
                yield self.trace.within(at, data) if self.trace else data
                at += len(data)
            if kept:
                yield self.trace.within(at, kept) if self.trace else kept


def document_id(call: AxisCall, *names: str) -> UUID:
    """The receiver's id of the message, from the first of these parameters. Raises `NotThere` for any other text."""
    try:
        return UUID(call.head.get(*names))
    except ValueError:
        raise NotThere from None


async def download(call: AxisCall) -> web.StreamResponse:
    """The file's bytes; whatever goes wrong is an empty body."""
    copy = await _copy(call)
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.content_length = copy.size
    return await _send(call, response, copy.chunks())


async def get(call: AxisCall) -> web.StreamResponse:
    """The file in base64 inside JSON, streamed, so that memory does not grow with it."""
    copy = await _copy(call)
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    before = json_text({**common(), "data": ""}).removesuffix(b'"}')
    after = b'"}'
    response.content_length = len(before) + (copy.size + 2) // 3 * 4 + len(after)
    return await _send(call, response, _in_base64(call, before, copy.chunks(), after))


async def _copy(call: AxisCall) -> Copy:
    delivery = document_id(call, "docId", "docid")
    found = await open_envelope(call.exchange, call.system, delivery)
    return Copy(found=found, trace=await trace_for(call.exchange, call.system, delivery))


async def _in_base64(
    call: AxisCall, before: bytes, chunks: AsyncIterator[bytes], after: bytes
) -> AsyncGenerator[bytes, None]:
    kept = await anext(chunks)  # what fails here comes before anything is sent
    yield before
    async for chunk in chunks:
        whole = len(kept) // 3 * 3
        yield await call.exchange.threads.run(base64.b64encode, kept[:whole])
        kept = kept[whole:] + chunk
    yield base64.b64encode(kept) + after


async def _send(
    call: AxisCall, response: web.StreamResponse, stream: AsyncGenerator[bytes, None]
) -> web.StreamResponse:
    """What fails before the first byte is still answered properly; later only a broken connection tells the truth."""
    async with aclosing(stream) as chunks:
        first = await anext(chunks)
        await response.prepare(call.request)
        try:
            await response.write(first)
            async for chunk in chunks:
                await response.write(chunk)
        except ConnectionError:
            return response  # the caller went away
        except Exception as error:
            log.error("download.broken", error=f"{type(error).__name__}: {error}")
            if call.request.transport is not None:
                call.request.transport.abort()
            response.force_close()
    return response
