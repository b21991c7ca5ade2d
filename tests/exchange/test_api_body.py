"""Bodies over a raw connection: counted, timed, never inflated, refused before they are read where that is possible."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from exchange.api.app import create_app
from exchange.api.runner import ApiRunner
from tests.support.raw import head, line
from tests.support.world import A, B, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.raw import Line
    from tests.support.world import World

LIMIT = 100_000


@pytest.fixture
async def small(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world that takes small files and little patience."""
    async with world_of(dsn, tmp_path, max_envelope_bytes=LIMIT, body_grace_seconds=0.3, body_min_rate=50_000) as made:
        yield made


@pytest.fixture
async def served(small: World) -> AsyncIterator[str]:
    """The same exchange behind `ApiRunner`."""
    runner = ApiRunner(create_app(small.exchange), head_seconds=0.4)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def submission(world: World, **headers: object) -> bytes:
    given = {"Content_Type": "application/xml"} | headers
    return head("POST", "/v1/envelopes", world.actors[A].credential, **given)


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def stored(world: World) -> int:
    async with world.exchange.database.acquire() as conn:
        count: int = await conn.fetchval("SELECT count(*) FROM envelopes")
    spool = world.exchange.settings.spool
    return count + (len(list(spool.iterdir())) if spool.exists() else 0)


async def test_body_with_length_and_body_in_chunks_are_taken(small: World) -> None:
    first, second = (small.envelope(small.document(A, B)).read_bytes() for _ in range(2))
    async with line(small.url) as wire:
        wire.send(submission(small, Content_Length=len(first)) + first)
        assert (await wire.answer()).status == 201
        wire.send(
            submission(small, Transfer_Encoding="chunked") + chunk(second[:100]) + chunk(second[100:]) + b"0\r\n\r\n"
        )
        assert (await wire.answer()).status == 201


async def test_announced_size_over_the_limit_is_refused_without_inviting_the_body(small: World) -> None:
    async with line(small.url) as wire:
        wire.send(submission(small, Content_Length=LIMIT + 1, Expect="100-continue"))
        answer = await wire.answer()
        assert (answer.status, answer.code) == (413, "body.too_large")
        assert answer.headers["connection"] == "close"


async def test_awaited_body_is_invited_once_it_is_wanted(small: World) -> None:
    data = small.envelope(small.document(A, B)).read_bytes()
    async with line(small.url) as wire:
        wire.send(submission(small, Content_Length=len(data), Expect="100-continue"))
        assert (await wire.answer(bodiless=True)).status == 100
        wire.send(data)
        assert (await wire.answer()).status == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "multipart/form-data; boundary=x"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/json"},
        {"Content_Encoding": "gzip"},
        {"Content_Encoding": "identity, br"},
    ],
    ids=lambda given: next(iter(given.values())),
)
async def test_other_content_is_refused_before_it_is_read(small: World, headers: dict[str, object]) -> None:
    async with line(small.url) as wire:
        wire.send(submission(small, Content_Length=50, Expect="100-continue", **headers))
        answer = await wire.answer()
        assert (answer.status, answer.code) == (415, "body.unsupported")


async def test_missing_content_type_is_refused(small: World) -> None:
    async with line(small.url) as wire:
        wire.send(head("POST", "/v1/envelopes", small.actors[A].credential, Content_Length=5) + b"<a/>\n")
        assert (await wire.answer()).status == 415


async def test_gzip_bomb_is_not_inflated(small: World) -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    async with line(small.url) as wire:
        wire.send(submission(small, Content_Length=len(bomb), Content_Encoding="gzip") + bomb)
        assert (await wire.answer()).status == 415
    assert await stored(small) == 0


async def test_endless_body_is_cut_at_the_limit(small: World) -> None:
    async with line(small.url) as wire:
        wire.send(submission(small, Transfer_Encoding="chunked") + chunk(b"<edXML" + b" " * LIMIT) + chunk(b" " * 1000))
        answer = await wire.answer()
        assert (answer.status, answer.code) == (413, "body.too_large")
    assert await stored(small) == 0


@pytest.mark.parametrize("so_far", [b"", b"<edXML", b"<edXML" + b" " * 60_000], ids=["nothing", "little", "much"])
async def test_stalled_body_is_ended_however_much_came_before(small: World, so_far: bytes) -> None:
    async with line(small.url) as wire:
        wire.send(submission(small, Content_Length=LIMIT) + so_far)
        answer = await wire.answer()
        assert (answer.status, answer.code) == (408, "body.too_slow")
    assert await stored(small) == 0


async def test_trickling_body_is_ended(small: World) -> None:
    async def trickle(wire: Line) -> None:
        while True:
            wire.send(b" ")
            await asyncio.sleep(0.02)

    async with line(small.url) as wire:
        wire.send(submission(small, Content_Length=LIMIT) + b"<edXML")
        drip = asyncio.create_task(trickle(wire))
        answer = await wire.answer()
        drip.cancel()
        assert (answer.status, answer.code) == (408, "body.too_slow")


async def test_half_closed_sender_hears_that_its_body_was_cut_off(small: World, served: str) -> None:
    async with line(served) as wire:
        wire.send(submission(small, Content_Length=5000) + b"<edXML")
        wire.end()
        answer = await wire.answer()
        assert (answer.status, answer.code) == (400, "body.cut_off")
    assert await stored(small) == 0


async def test_vanished_sender_leaves_nothing(small: World) -> None:
    async with line(small.url) as wire:
        wire.send(submission(small, Content_Length=5000, Expect="100-continue"))
        await wire.answer(bodiless=True)
        wire.send(b"<edXML")
    async with asyncio.timeout(5):
        while await stored(small):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("garbage", [b"zz\r\n<a/>\r\n0\r\n\r\n", b"5\r\n<edXML>>>>\r\n0\r\n\r\n", b"-1\r\n\r\n"])
async def test_broken_chunks_are_a_clear_refusal(small: World, served: str, garbage: bytes) -> None:
    async with line(served) as wire:
        wire.send(submission(small, Transfer_Encoding="chunked") + garbage)
        answer = await wire.answer()
        assert answer.status == 400
        assert answer.code in {"body.garbled", "body.cut_off"}
    assert await stored(small) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"{}",
        b'{"sha256": 5}',
        b'{"sha256": "AB"}',
        b'{"sha256": null, "more": 1}',
        b"\xff\xfe",
    ],
)
async def test_odd_confirmations_are_refused_with_every_fault(small: World, body: bytes) -> None:
    path = "/v1/deliveries/0199b1f0-6d2c-7a41-9c53-2f8e5a7d1b10/confirmation"
    given = {"Content_Type": "application/json", "Content_Length": len(body)}
    async with line(small.url) as wire:
        wire.send(head("POST", path, small.actors[B].credential, **given) + body)
        answer = await wire.answer()
        assert answer.status in {400, 422}
        assert answer.code.startswith("json.")


async def test_confirmation_has_a_size_limit(small: World) -> None:
    path = "/v1/deliveries/0199b1f0-6d2c-7a41-9c53-2f8e5a7d1b10/confirmation"
    given = {"Content_Type": "application/json", "Content_Length": 10**9}
    async with line(small.url) as wire:
        wire.send(head("POST", path, small.actors[B].credential, **given))
        assert (await wire.answer()).status == 413


async def test_silent_connection_and_slow_head_are_closed(served: str) -> None:
    async with line(served) as silent, line(served) as slow:
        slow.send(b"GET /healthz HTTP/1.1\r\nHost:")
        assert await silent.closed() == b""
        assert await slow.closed() == b""


async def test_long_request_is_not_taken_for_a_slow_head(small: World, served: str) -> None:
    data = small.envelope(small.document(A, B)).read_bytes()
    async with line(served) as wire:
        wire.send(head("GET", "/v1/inbox?wait=0.9&kind=status", small.actors[A].credential))
        assert (await wire.answer()).status == 200
        wire.send(submission(small, Content_Length=len(data)) + data)
        assert (await wire.answer()).status == 201


SMUGGLED = {
    "length and chunks": b"POST /v1/envelopes HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST /v1/envelopes HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "odd coding": b"POST /v1/envelopes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "space before colon": b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
    "folded header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "bare line feed": b"GET /healthz HTTP/1.1\nHost: x\n\n",
    "NUL": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
    "negative length": b"POST /v1/envelopes HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "huge header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 70_000 + b"\r\n\r\n",
    "many headers": b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
}


@pytest.mark.parametrize("case", SMUGGLED)
async def test_ambiguous_heads_are_answered_once_and_closed(served: str, case: str) -> None:
    async with line(served) as wire:
        wire.send(SMUGGLED[case])
        answer = await wire.answer()
        assert answer.status == 400
        assert answer.problem["request_id"] == answer.headers["x-request-id"]
        assert await wire.closed() == b""


async def test_large_but_sane_header_is_taken(served: str) -> None:
    async with line(served) as wire:
        wire.send(head("GET", "/healthz", X_Odd="a" * 60_000))
        assert (await wire.answer()).status == 200
