"""A real HTTP server that answers by a script: what a busy, broken or lying exchange does to a client."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ACCEPTED = "2026-11-23T02:15:00.123Z"

SUBMISSION: dict[str, Any] = {
    "id": "0199-envelope",
    "kind": "document",
    "operation": "new",
    "reference": "H08.02,2026/11/20,125/SNV-VP",
    "sender": "H08.02",
    "sha256": "ab" * 32,
    "size": 14321,
    "accepted_at": ACCEPTED,
    "signature": {"outcome": "verified", "profile": "P", "certificate": "cd" * 32},
    "deliveries": [{"id": "0199-delivery", "recipient": "H08.30", "state": "waiting"}],
    "undeliverable": [
        {
            "recipient": "H08.99",
            "fault": {"code": "recipient.unknown", "message": {"vi": "Không có đơn vị này", "en": "No such agency"}},
        }
    ],
    "warnings": [],
    "receipt": "/v1/envelopes/0199-envelope/receipt",
}

DELIVERY: dict[str, Any] = {
    "id": "0199-delivery",
    "envelope": "0199-envelope",
    "kind": "document",
    "operation": "new",
    "reference": "H08.02,2026/11/20,125/SNV-VP",
    "sender": "H08.02",
    "recipient": "H08.30",
    "number": "125",
    "notation": "SNV-VP",
    "subject": "V/v liên thông văn bản",
    "issued_on": "2026-11-20",
    "urgency": 1,
    "due_on": None,
    "state": "waiting",
    "sha256": "ab" * 32,
    "size": 14321,
    "accepted_at": ACCEPTED,
    "status": None,
    "attachments": [
        {
            "n": 1,
            "name": "125.pdf",
            "media_type": "application/pdf",
            "size": 10,
            "sha256": "ef" * 32,
            "pdf_signatures": {"state": "pending", "signatures": [], "reason": None},
            "removed": None,
        },
    ],
}

FAULTS: list[dict[str, Any]] = [
    {
        "code": "field.missing",
        "path": "edXMLHeader/MessageHeader/Subject",
        "class": "N",
        "value": "",
        "message": {"vi": "Thiếu trích yếu", "en": "The subject is missing"},
        "rule": "edXML 3",
    },
    {
        "code": "attachment.missing",
        "path": "edXMLBody/edXMLManifest/Reference[2]",
        "class": "M",
        "value": "cid:a2",
        "message": {"vi": "Thiếu tệp đính kèm", "en": "An attachment is missing"},
        "rule": "edXML 3",
    },
]


def problem(status: int, kind: str = "refused", *, pause: float | None = None, **more: Any) -> web.Response:
    """An error as API v1 says it."""
    body = {"type": f"about:blank#{kind}", "title": kind.title(), "status": status, "request_id": "r-1", **more}
    headers = {} if pause is None else {"Retry-After": f"{pause:g}"}
    return web.Response(status=status, text=json.dumps(body), content_type="application/problem+json", headers=headers)


def refused(status: int = 422) -> web.Response:
    """A refusal with two faults."""
    return problem(status, faults=FAULTS)


def file_answer(data: bytes, *, announced: bytes | None = None, status: int = 200, start: int = 0) -> web.Response:
    """A download that announces the digest of `announced` (its own content unless given)."""
    digest = hashlib.sha256(data if announced is None else announced).digest()
    headers = {"Repr-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:", "ETag": '"v1"'}
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
    return web.Response(status=status, body=data[start:], headers=headers)


@dataclass(slots=True, kw_only=True)
class Seen:
    """One request as it arrived, its body complete."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Peer:
    """The next answer for each request, in order; the last one again for every further request."""

    url: str = ""
    answers: list[web.Response | Handler] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    def script(self, *answers: web.Response | Handler) -> None:
        """What to answer from now on."""
        self.answers = list(answers)
        self.seen.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note the request and answer by the script."""
        body = await request.read()
        self.seen.append(
            Seen(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                headers=dict(request.headers),
                body=body,
            )
        )
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if not isinstance(answer, web.Response):
            return await answer(request)
        return _copied(answer)


def _copied(answer: web.Response) -> web.Response:
    """A response is sent once; a script may send it again."""
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def hang_up_after(data: bytes, full: bytes) -> Handler:
    """Announce the whole of `full`, send only `data`, and break the connection."""

    async def handle(request: web.Request) -> web.StreamResponse:
        whole = file_answer(full)
        response = web.StreamResponse(headers=whole.headers)
        response.content_length = len(full)
        await response.prepare(request)
        await response.write(data)
        assert request.transport is not None
        request.transport.close()
        return response

    return handle


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Break the connection without an answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@asynccontextmanager
async def listening_peer() -> AsyncIterator[Peer]:
    """A peer on a free port of loopback."""
    peer = Peer()
    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", peer.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        peer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield peer
    finally:
        await runner.cleanup()


def routes(**answers: web.Response | Handler) -> Handler:
    """Answer by what is asked for: inbox, envelope, receipt, delivery, file, attachment, confirm or submit."""

    async def handle(request: web.Request) -> web.StreamResponse:
        answer = answers[_asked(request)]
        return _copied(answer) if isinstance(answer, web.Response) else await answer(request)

    return handle


def _asked(request: web.Request) -> str:
    parts = request.path.strip("/").split("/")[1:]
    if request.method == "POST":
        return "submit" if parts == ["envelopes"] else "confirm"
    if len(parts) == 1:
        return parts[0]
    if parts[0] == "envelopes":
        return "envelope" if len(parts) == 2 else parts[2]
    return {2: "delivery", 3: "file", 4: "attachment"}[len(parts)]


@contextmanager
def peer_in_thread() -> Iterator[Peer]:
    """A peer beside the test, for programs that run a loop of their own."""
    ready: Future[Peer] = Future()
    done = asyncio.Event()

    async def serve() -> None:
        async with listening_peer() as peer:
            loops.append(asyncio.get_running_loop())
            ready.set_result(peer)
            await done.wait()

    loops: list[asyncio.AbstractEventLoop] = []
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield ready.result(10)
    finally:
        loops[0].call_soon_threadsafe(done.set)
        thread.join(10)
