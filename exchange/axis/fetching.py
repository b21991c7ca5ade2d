"""`getEdoc` and `downloadEdoc`: one waiting message, in base64 or as it is (axis client 4.7, 4.8)."""

from __future__ import annotations

import base64
from contextlib import aclosing
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from aiohttp import web

from exchange.api.downloads import checked, hand_out
from exchange.axis.answers import common, json_text
from exchange.download import open_envelope
from exchange.errors import NotThere

if TYPE_CHECKING:
    from exchange.axis.call import AxisCall
    from exchange.download import Download

log = structlog.get_logger()


def document_id(call: AxisCall, *names: str) -> UUID:
    """The receiver's id of the message, from the first of these parameters. Raises `NotThere` for any other text."""
    try:
        return UUID(call.head.get(*names))
    except ValueError:
        raise NotThere from None


async def download(call: AxisCall) -> web.StreamResponse:
    """The file's bytes; whatever goes wrong is an empty body."""
    found = await open_envelope(call.exchange, call.system, document_id(call, "docId", "docid"))
    return await hand_out(call.request, found, media_type="application/octet-stream")


async def get(call: AxisCall) -> web.StreamResponse:
    """The file in base64 inside JSON, streamed, so that memory does not grow with it."""
    found = await open_envelope(call.exchange, call.system, document_id(call, "docId", "docid"))
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    before = json_text({**common(), "data": ""}).removesuffix(b'"}')
    after = b'"}'
    response.content_length = len(before) + (found.size + 2) // 3 * 4 + len(after)
    return await _send(call, found, response, before, after)


async def _send(
    call: AxisCall, found: Download, response: web.StreamResponse, before: bytes, after: bytes
) -> web.StreamResponse:
    """What fails before the first byte is still answered properly; later only a broken connection tells the truth."""
    async with aclosing(checked(found, 0, found.size)) as chunks:
        kept = await anext(chunks)
        await response.prepare(call.request)
        try:
            await response.write(before)
            async for chunk in chunks:
                whole = len(kept) // 3 * 3
                await response.write(await call.exchange.threads.run(base64.b64encode, kept[:whole]))
                kept = kept[whole:] + chunk
            await response.write(base64.b64encode(kept) + after)
        except ConnectionError:
            return response  # the caller went away
        except Exception as error:
            log.error("download.broken", error=f"{type(error).__name__}: {error}")
            if call.request.transport is not None:
                call.request.transport.abort()
            response.force_close()
    return response
