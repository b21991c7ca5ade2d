"""Handing out bytes over HTTP: digest and ETag, ranges, conditions, and headers that keep a browser from running it.

A stream that fails in the middle breaks the connection: it never ends as if it were whole.
"""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import aclosing
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

import structlog
from aiohttp import web

from envelopes.file_names import safe_file_name
from exchange.api.around import REQUEST_ID
from exchange.api.errors import answer
from storage.objects import ObjectDamaged

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from exchange.download import Download

CAUTION = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Whatever the bytes are, they run nowhere and nobody else keeps them (TM-34)."""

_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))", re.ASCII)

log = structlog.get_logger()


async def hand_out(request: web.Request, download: Download, *, media_type: str) -> web.StreamResponse:
    """Answer GET or HEAD with the bytes, a part of them, or that the caller has them already."""
    etag = f'"{download.sha256.hex()}"'
    headers = CAUTION | {
        "ETag": etag,
        "Repr-Digest": f"sha-256=:{base64.b64encode(download.sha256).decode()}:",
        "Content-Disposition": disposition(download.name),
        "Content-Type": media_type,
    }
    if _has_it(request, etag):
        return web.Response(status=304, headers=headers)
    wanted = _range(request, etag, download.size)
    if wanted is None:
        return await _send(request, download, 0, download.size, web.StreamResponse(headers=headers))
    start, length = wanted
    if length == 0:
        refused = web.HTTPRequestRangeNotSatisfiable()
        response = answer(refused, request[REQUEST_ID])
        response.headers["Content-Range"] = f"bytes */{download.size}"
        return response
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{download.size}"
    return await _send(request, download, start, length, web.StreamResponse(status=206, headers=headers))


async def _send(
    request: web.Request, download: Download, start: int, length: int, response: web.StreamResponse
) -> web.StreamResponse:
    response.content_length = length
    if request.method == "HEAD" or length == 0:
        await response.prepare(request)
        return response
    async with aclosing(checked(download, start, length)) as chunks:
        first = await anext(chunks)  # what fails here can still be answered properly
        await response.prepare(request)
        try:
            await response.write(first)
            async for chunk in chunks:
                await response.write(chunk)
        except ConnectionError:
            return response  # the caller went away
        except Exception as error:
            log.error("download.broken", error=f"{type(error).__name__}: {error}")
            _break(request)
            response.force_close()
    return response


async def checked(download: Download, start: int, length: int) -> AsyncGenerator[bytes, None]:
    """The asked-for bytes; the last ones only once the length, and the digest of a whole file, are right."""
    whole = start == 0 and length == download.size
    digest, left, held = hashlib.sha256(), length, b""
    stream = cast("AsyncGenerator[bytes, None]", download.read(start, None if whole else length))
    async with aclosing(stream):
        async for chunk in stream:
            left -= len(chunk)
            if whole:
                digest.update(chunk)
            if held:
                yield held
            held = chunk
    if left or (whole and digest.digest() != download.sha256):
        raise ObjectDamaged(
            f"{download.sha256.hex()} was read as {length - left} of {length} bytes, or with other content"
        )
    yield held


def _break(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _has_it(request: web.Request, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    return etag in tags or "*" in tags


def _range(request: web.Request, etag: str, size: int) -> tuple[int, int] | None:
    """Start and length of the one range asked for, length 0 if there is nothing in it; None: all of it.

    Several ranges, other units and malformed ones are answered with everything (RFC 9110, 14.2).
    """
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    if found is None or request.headers.get("If-Range", etag) != etag:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        length = min(int(suffix), size)
        return size - length, length
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    return start, max(0, end - start + 1)


def disposition(name: str) -> str:
    """`Content-Disposition` of RFC 6266: always to be saved, the name in UTF-8 and a plain form of it."""
    safe = safe_file_name(name)
    plain = "".join(c if c.isascii() and c != "%" else "_" for c in safe)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def harmless(media_type: str) -> str:
    """The type an attachment is served as: PDF and zip as they are, everything else as mere bytes (TM-34)."""
    return media_type if media_type in HARMLESS else "application/octet-stream"


HARMLESS = frozenset({"application/pdf", "application/zip"})
"""What no browser runs in the page's place."""
