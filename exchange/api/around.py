"""What stands around every handler: a request id, one answer for each way to fail, figures, headers of caution."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from exchange.api.call import SHARED
from exchange.api.errors import answer
from exchange.axis.strange import unknown
from exchange.identifiers import uuid7

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

REQUEST_ID = web.RequestKey("request_id", str)
"""Names the request in answers and logs."""

SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
"""A caller's own request id is taken when it is of this form; anything else could forge lines in a log (TM-50)."""

SERVER = "lienthong"
"""Names no version of any software."""

CAUTION = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""On every answer unless it says otherwise: what is answered is for the caller alone."""


@web.middleware
async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every request of ours; sub-applications (pages) answer their own errors."""
    request_id = _request_id(request)
    request[REQUEST_ID] = request_id
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        if len(request.match_info.apps) > 1:
            return await handler(request)
        return await _counted(request, handler, request_id)


async def _counted(request: web.Request, handler: Handler, request_id: str) -> web.StreamResponse:
    metrics = request.app[SHARED].metrics
    method = request.method if request.method in KNOWN_METHODS else "other"
    route, began, status = _route(request), time.perf_counter(), 499
    metrics.active.inc()
    try:
        response = await _answered(request, handler, request_id)
        status = response.status
        return response
    finally:  # 499: the caller went away
        metrics.active.dec()
        metrics.requests.labels(method, route, str(status)).inc()
        metrics.seconds.labels(method, route).observe(time.perf_counter() - began)


KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Anybody can invent a method; it must not become a label."""


async def _answered(request: web.Request, handler: Handler, request_id: str) -> web.StreamResponse:
    try:
        return await handler(request)
    except asyncio.CancelledError:
        raise
    except web.HTTPException as error:
        response = unknown(request) or answer(error, request_id)
    except Exception as error:
        response = answer(error, request_id)
    if not request.content.at_eof():  # the rest of the body is of no use, so the connection is not either
        response.force_close()
    return response


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """A signal of aiohttp's: just before an answer's head is sent."""
    if REQUEST_ID in request:
        response.headers["X-Request-Id"] = request[REQUEST_ID]
    response.headers["Server"] = SERVER
    for name, value in CAUTION.items():
        response.headers.setdefault(name, value)


def _request_id(request: web.Request) -> str:
    given = request.headers.get("X-Request-Id", "")
    return given if SANE_ID.fullmatch(given) else str(uuid7())


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
