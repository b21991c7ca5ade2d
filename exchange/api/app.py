"""The HTTP application: routes with their door, what stands around them, and how a server must be set up for them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from aiohttp import web

from exchange.api.around import add_headers, around
from exchange.api.call import SHARED, Call, Shared
from exchange.api.door import Shares, identify
from exchange.api.metrics import Metrics
from exchange.api.query import Query
from exchange.api.routes import ROUTES
from exchange.axis.app import facade_routes
from exchange.program_checks import check_parser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from exchange.api.routes import Route
    from exchange.exchange import Exchange

HEAD_LINE_BYTES = 64 * 1024
"""Longest line of a request's head: odd clients send large headers, and deserve an answer rather than silence."""

LINGER_SECONDS = 5.0
"""How long the rest of a refused body is read and thrown away, so that its sender gets to see the answer."""

RUNNER_OPTIONS: Mapping[str, object] = MappingProxyType(
    {
        "access_log": None,  # one line per business fact instead, see the handlers
        "auto_decompress": False,  # a compressed body is refused, never inflated (TM-32)
        "handler_cancellation": True,  # who went away no longer sleeps on an inbox; writing is finished all the same
        "lingering_time": LINGER_SECONDS,
        "max_line_size": HEAD_LINE_BYTES,
        "max_field_size": HEAD_LINE_BYTES,
    }
)
"""What every runner of this application must be given; `ApiRunner` gives it by itself."""


def create_app(exchange: Exchange) -> web.Application:
    """The application on an open exchange, which it does not close. Raises `Wrong` without aiohttp's C parser."""
    check_parser()
    app = web.Application(middlewares=[around], client_max_size=1)
    app[SHARED] = Shared(exchange=exchange, metrics=Metrics())
    shares = Shares(rate=exchange.settings.rate_per_second, connections=exchange.settings.connections_per_system)
    for route in ROUTES:
        app.router.add_routes([_definition(route, app[SHARED], shares)])
    app.router.add_routes(facade_routes(app[SHARED], shares))
    app.on_response_prepare.append(add_headers)
    app.cleanup_ctx.append(_attended)
    return app


def _definition(route: Route, shared: Shared, shares: Shares) -> web.RouteDef:
    handler = _public(route, shared) if route.public else _guarded(route, shared, shares)
    if route.method == "GET":
        return web.get(route.path, handler, allow_head=True, expect_handler=_expect)
    return web.route(route.method, route.path, handler, expect_handler=_expect)


def _public(route: Route, shared: Shared) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await route.handler(Call(request=request, shared=shared, query=Query(request.query, route.query)))

    return handle


def _guarded(route: Route, shared: Shared, shares: Shares) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        system = await identify(shared.exchange, request)
        with shares.taken(system.id):
            query = Query(request.query, route.query)
            return await route.handler(Call(request=request, shared=shared, query=query, caller=system))

    return handle


async def _expect(_request: web.Request) -> None:
    """Invite no body yet: who may not send it, or too much of it, is told so first (TM-41). See `body`."""


async def _attended(app: web.Application) -> AsyncIterator[None]:
    """Measure while the application runs; at its end wait for writing whose callers went away."""
    watch = asyncio.create_task(app[SHARED].metrics.watch_loop(), name="loop lag")
    yield
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch
    await app[SHARED].finish()
