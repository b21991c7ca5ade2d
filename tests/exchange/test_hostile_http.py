"""What strangers send instead of HTTP is answered as theirs: no 500, and no line of error in the log."""

from __future__ import annotations

import asyncio
import logging
import resource
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.raw import head, line
from tests.support.service import Service
from tests.support.world import A, B

if TYPE_CHECKING:
    from tests.support.raw import Answer
    from tests.support.world import World


@pytest.fixture(autouse=True)
def no_error_is_logged(caplog: pytest.LogCaptureFixture) -> object:
    """Whoever can write errors into the log hides the real ones."""
    yield
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


def submission(world: World, **headers: object) -> bytes:
    given = {"Content_Type": "application/xml"} | headers
    return head("POST", "/v1/envelopes", world.actors[A].credential, **given)


async def answer(world: World, sent: bytes, *, end: bool = False) -> Answer:
    """The answer to these bytes, after which nothing is left open that should be closed."""
    async with line(world.url) as connection:
        connection.send(sent)
        if end:
            connection.end()
        found = await connection.answer()
        if end:
            await connection.closed()
        return found


@pytest.mark.parametrize("name", ["Content-Type", "Content-Encoding"])
async def test_header_that_is_no_text_is_refused_with_its_name(world: World, name: str) -> None:
    sent = submission(world, X_Mark="1", Content_Length=5).replace(b"X-Mark: 1", name.encode() + b": \xff\xfe")
    if name == "Content-Type":
        sent = sent.replace(b"Content-Type: application/xml\r\n", b"")
    refused = await answer(world, sent + b"abcde")
    assert refused.status == 415
    assert refused.problem["faults"][0]["path"] == name
    assert refused.problem["faults"][0]["value"] == "??"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content_Length": 100}, b"<edXML"),
        ({"Transfer_Encoding": "chunked"}, b"100\r\n<edXML"),
        ({"Transfer_Encoding": "chunked"}, b"100\r\n"),
    ],
)
async def test_body_that_breaks_off_is_told_and_no_error_of_ours(
    world: World, headers: dict[str, object], body: bytes
) -> None:
    refused = await answer(world, submission(world, **headers) + body, end=True)
    assert (refused.status, refused.code) == (400, "body.cut_off")


async def test_sender_that_ends_its_side_behind_a_whole_body_still_gets_its_receipt(world: World) -> None:
    data = world.envelope(document := world.document(), world.attachment()).read_bytes()
    async with line(world.url) as connection:
        connection.send(submission(world, Content_Length=len(data)) + data)
        connection.end()
        taken = await connection.answer()
        assert (taken.status, taken.headers["connection"]) == (201, "close")
        assert await connection.closed() == b""
    async with world.client(B) as recipient:
        [waiting] = (await recipient.inbox()).deliveries
    assert waiting.reference == document.reference


async def test_rest_of_a_refused_body_that_turns_to_garbage_is_no_error_of_ours(world: World) -> None:
    sent = head("POST", "/v1/envelopes", "c1.x", Content_Type="application/xml", Transfer_Encoding="chunked")
    async with line(world.url) as connection:
        connection.send(sent)
        assert (await connection.answer()).status == 401
        connection.send(b"5\r\nabcde\r\nZZ\r\n")
        await connection.closed()


FEW = 256
"""Descriptors a program may be started with."""


async def test_idle_flood_shuts_nobody_out_where_programs_start_with_few_descriptors(dsn: str, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, before[1]))
    try:
        service = await asyncio.to_thread(Service, data_dir=tmp_path, database_url=dsn)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    with service:
        opened = [await asyncio.open_connection("127.0.0.1", service.port) for _ in range(FEW + 100)]
        async with line(service.url) as connection:
            connection.send(head("GET", "/healthz"))
            assert (await connection.answer()).status == 200
        assert len(list(Path(f"/proc/{service.process.pid}/fd").iterdir())) > FEW
        for _, writer in opened:
            writer.close()
        assert await asyncio.to_thread(service.stop) == 0
