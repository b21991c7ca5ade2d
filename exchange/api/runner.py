"""The server side of a connection: nobody holds one open without asking, and even what is not HTTP gets an answer.

aiohttp has no limit on how long a request's head may take (TM-40); this adds one, through methods it lets override.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web
from aiohttp.client_exceptions import ClientPayloadError
from aiohttp.http_exceptions import HttpProcessingError

from exchange.api.app import RUNNER_OPTIONS
from exchange.api.around import CAUTION, SERVER
from exchange.api.errors import answer
from exchange.axis.strange import garbled, is_marked
from exchange.identifiers import uuid7

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_SECONDS = 10.0
"""From the first byte of a connection's life, or of a request, to the end of that request's head."""

HEAD_END = b"\r\n\r\n"

REST_SECONDS = 1.0
"""How long the rest of a head that nobody can read is waited for."""

BEGINNING = 4096
"""Bytes of a head that are remembered: its first line tells which operation it is of."""

LAST_SECONDS = 1.0
"""What aiohttp itself still waits for when a connection is shut down, after we have waited for its request."""

BROKEN_BODY = (HttpProcessingError, ClientPayloadError, web.RequestPayloadError)
"""What aiohttp raises out of a body that did not come as announced."""

log = structlog.get_logger()


class _Connection(web.RequestHandler):
    """One connection. Its head timer runs while a head is awaited or half arrived, not while a request is handled.

    aiohttp drops what arrives on a connection as soon as it is to be closed, also the rest of a body somebody waits
    for; here the request being handled gets its body and its answer first.
    """

    def __init__(self, *given: Any, head_seconds: float, **options: Any) -> None:
        super().__init__(*given, **options)
        self._head_seconds = head_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._handling = False
        self._closing = False
        self._ended: asyncio.Event | None = None
        self._begun = b""  # of the head under way: what cannot be parsed is answered in its sender's own form
        self._marked = False
        self._garbled = False
        self._rest: asyncio.Event = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first head is awaited."""
        super().connection_made(transport)
        self._start()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Nothing is awaited any more."""
        self._stop()
        self._end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A head has begun, unless this belongs to the request being handled."""
        if not self._handling:
            if self._timer is None:  # a new head begins
                self._begun, self._marked = b"", False
                self._start()
            self._note(data)
        elif self._garbled and HEAD_END in data:
            self._rest.set()
        super().data_received(data)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """The caller sends no more, but may listen: behind a body it hears what became of it or was wrong with it.

        Who only asked something has gone away: a sleeping inbox must not wait for nobody.
        """
        request = self.reading
        if request is None:
            return None
        if request.content.is_eof():
            self._closing = True  # no further request can come
            return True if request.method == "POST" else None
        request.content.set_exception(web.RequestPayloadError("the body was cut off"))
        return True  # keep the other direction open

    reading: web.BaseRequest | None = None

    def _note(self, data: bytes) -> None:
        """Remember how the head begins, and whether it is the axis client's, in however many pieces it comes."""
        self._marked = self._marked or is_marked(self._begun[-BEGINNING:] + data)
        self._begun = (self._begun + data)[:BEGINNING]
        if HEAD_END in data:
            self._rest.set()

    def head_complete(self, request: web.BaseRequest) -> None:
        """The head has arrived and the request is handled from here on."""
        self._handling = True
        self.reading = request
        self._stop()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """The request is over."""
        if self._closing:
            resp.force_close()
        if self._garbled:  # what is closed while the other side still sends is lost to it, the answer as well
            with suppress(TimeoutError):
                async with asyncio.timeout(REST_SECONDS):
                    await self._rest.wait()
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            self._end()
            if self._closing:
                super().close()

    def close(self) -> None:
        """Take no further request."""
        if self._handling:
            self._closing = True
        else:
            super().close()

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - aiohttp's
        """Close, once the request being handled has ended or `timeout` seconds are over."""
        if self._handling:
            self._ended = asyncio.Event()
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._ended.wait()
        await super().shutdown(LAST_SECONDS)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What the parser could not read is answered like everything else, and is no error of ours."""
        if not isinstance(exc, HttpProcessingError) or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        self._garbled = True
        request_id = str(uuid7())
        log.info("request.garbled", request_id=request_id, error=type(exc).__name__)
        response = (garbled(self._begun) if self._marked else None) or answer(exc, request_id)
        response.headers.update(CAUTION | {"Server": SERVER, "X-Request-Id": request_id})
        response.force_close()
        return response

    def log_exception(self, *given: Any, **more: Any) -> None:
        """A body that broke off or was no HTTP while its rest was thrown away is no error of ours either."""
        if isinstance(more.get("exc_info"), BROKEN_BODY):
            log.info("body.broken", error=type(more["exc_info"]).__name__)
        else:
            super().log_exception(*given, **more)

    def _end(self) -> None:
        self._handling = False
        self.reading = None
        if self._ended is not None:
            self._ended.set()

    def _start(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._head_seconds, self._late)

    def _stop(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _late(self) -> None:
        self._timer = None
        self.force_close()


class _Server(web.Server):
    def __init__(self, stock: web.Server, options: dict[str, Any]) -> None:
        super().__init__(stock.request_handler, request_factory=_noting(stock.request_factory), **options)
        self._options = {name: value for name, value in options.items() if name != "handler_cancellation"}

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), **self._options)


def _noting(factory: Callable[..., Any]) -> Callable[..., Any]:
    """Requests as `factory` makes them, telling their connection that the head is complete."""

    def make(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> Any:
        request = factory(message, payload, protocol, writer, task)
        protocol.head_complete(request)
        return request

    return make


class ApiRunner(web.AppRunner):
    """A runner for `create_app`'s application, with everything it must be given. `options` win over `RUNNER_OPTIONS`.

    `head_seconds`: how long the head of a request may take.
    """

    __slots__ = ("_options",)

    def __init__(
        self,
        app: web.Application,
        *,
        head_seconds: float = HEAD_SECONDS,
        shutdown_timeout: float = 60.0,
        **options: Any,
    ) -> None:
        self._options = {**RUNNER_OPTIONS, **options, "head_seconds": head_seconds}
        super().__init__(app, shutdown_timeout=shutdown_timeout)

    async def _make_server(self) -> web.Server:
        return _Server(await super()._make_server(), self._options)
