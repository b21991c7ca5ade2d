"""One HTTP call to the exchange and its one outcome: an answer, or one of the errors of `client_errors`."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from exchange.client_errors import ApiBusy, ApiFailed, ApiRefused, ApiTryLater, ApiUnknown, ApiUnreachable
from exchange.client_json import AnswerWrong, faults_in
from exchange.client_patience import Patience, persist, retry_after

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from types import TracebackType

    from exchange.client_body import Body

CONNECT_SECONDS = 10.0
"""A service that accepts no connection within this is away."""

ANSWER_SECONDS = 60.0
"""Silence after which an answer is given up; the exchange itself answers within seconds whatever the size."""

STALL_SECONDS = 60.0
"""A submission that moves no byte for this long is given up."""

ANSWER_LIMIT = 32 * 2**20
"""Bytes of a JSON answer or a receipt: 500 deliveries with their attachments stay well below."""

UNKNOWN = "about:blank#unknown"
"""The problem type of a lost commit answer (API v1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer of 2xx."""

    status: int
    data: bytes


class Transport:
    """A session with one exchange as one system."""

    def __init__(self, url: str, credential: str, patience: Patience) -> None:
        self._url = url.rstrip("/")
        self._credential = credential
        self.patience = patience
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._credential}", "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=ANSWER_SECONDS),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: Mapping[str, str] | None = None,
        wait: float = 0.0,
    ) -> Answer:
        """Ask for a short answer, again while that can help; the exchange may sleep `wait` seconds before it."""

        async def attempt() -> Answer:
            options: dict[str, Any] = {"params": params, "json": content}
            if wait:
                options["timeout"] = self._waiting(wait)
            async with self.answer(method, path, **options) as response:
                return await _complete(response)

        return await persist(self.patience, attempt)

    async def submit(self, path: str, body: Body) -> Answer:
        """Send `body`; the same again while that can help, unless it can be read only once."""

        async def attempt() -> Answer:
            return await self._send(path, body)

        return await attempt() if body.once else await persist(self.patience, attempt)

    async def _send(self, path: str, body: Body) -> Answer:
        headers = {"Content-Type": "application/xml"}
        if body.size is not None:
            headers["Content-Length"] = str(body.size)
        broken: list[Exception] = []
        try:
            async with asyncio.timeout(STALL_SECONDS) as deadline:
                chunks = _watched(body, deadline, broken)
                async with self.answer("POST", path, data=chunks, headers=headers) as response:
                    return await _complete(response)
        except TimeoutError:
            raise ApiUnreachable(f"nothing moved for {STALL_SECONDS:.0f} s") from None
        except ApiTryLater as error:
            raise (broken[0] if broken else error) from None

    @asynccontextmanager
    async def answer(self, method: str, path: str, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """One attempt; the response is of 2xx and its body not yet read. Raises the errors of `client_errors`."""
        if self._session is None:
            raise RuntimeError("the client is not open: use `async with Client(...)`")
        try:
            async with self._session.request(method, self._url + path, allow_redirects=False, **options) as response:
                if not 200 <= response.status < 300:
                    data = await _data(response)
                    response.close()  # the rest of a refused body is not sent, so the connection is of no further use
                    raise _trouble(response, data)
                yield response
        except TimeoutError as error:
            raise ApiUnreachable(f"{self._url} does not answer in time") from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise ApiUnreachable(f"{self._url}: {error or type(error).__name__}") from error

    def _waiting(self, seconds: float) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=ANSWER_SECONDS + seconds)


async def _watched(body: Body, deadline: asyncio.Timeout, broken: list[Exception]) -> AsyncIterator[bytes]:
    """The body's chunks, each moving the deadline; trouble in reading them is kept apart from the connection's."""
    loop = asyncio.get_running_loop()

    def allow(seconds: float) -> None:
        if not deadline.expired():
            deadline.reschedule(loop.time() + seconds)

    try:
        async for chunk in body.chunks():
            allow(STALL_SECONDS)
            yield chunk
        allow(STALL_SECONDS + ANSWER_SECONDS)
    except Exception as error:
        broken.append(error)
        raise


async def _complete(response: aiohttp.ClientResponse) -> Answer:
    return Answer(status=response.status, data=await _data(response))


async def _data(response: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > ANSWER_LIMIT:
            response.close()
            raise ApiFailed(response.status, f"the answer is longer than {ANSWER_LIMIT} bytes")
        parts.append(part)
    return b"".join(parts)


def _trouble(response: aiohttp.ClientResponse, data: bytes) -> Exception:
    status, problem = response.status, _problem(data)
    pause = retry_after(response.headers.get("Retry-After"))
    detail = str(problem.get("detail") or problem.get("title") or response.reason or "")
    if status == 503 and problem.get("type") == UNKNOWN:
        return ApiUnknown(pause)
    if status in (408, 429, 502, 503, 504, 507):  # 408: the line was too slow, which the same file is not to blame for
        return ApiBusy(status, pause, detail)
    if 400 <= status < 500:
        return _refused(status, problem, detail)
    request_id = str(problem["request_id"]) if "request_id" in problem else None
    where = response.headers.get("Location")
    return ApiFailed(status, f"redirected to {where}; use that address" if where else detail, request_id)


def _refused(status: int, problem: Mapping[str, Any], detail: str) -> ApiRefused:
    try:
        return ApiRefused(status, problem or {"title": detail}, faults_in(problem))
    except AnswerWrong:
        return ApiRefused(status, problem, ())


def _problem(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        return {}  # a proxy's page, say
    return value if isinstance(value, dict) else {}
