"""Bad input at the door: a clear refusal that lists every fault in two languages, and nothing stored."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from exchange.client import ApiRefused
from exchange.client_files import write_envelope
from tests.support.world import A, B, C, D, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.support.world import World

QCVN = b"http://www.mic.gov.vn/TBT/QCVN_102_2016"


async def nothing_is_stored(world: World) -> None:
    async with world.exchange.database.acquire() as conn:
        for table in ("envelopes", "deliveries", "attachments", "objects", "upload_intents"):
            assert await conn.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    assert [stat async for stat in world.exchange.objects.list()] == []
    spool = world.exchange.settings.spool
    assert not spool.exists() or list(spool.iterdir()) == []


async def refusal(world: World, data: bytes, *, sender: str = A) -> ApiRefused:
    async with world.client(sender) as client:
        with pytest.raises(ApiRefused) as refused:
            await client.submit(data)
    for fault in refused.value.faults:
        assert fault.code
        assert fault.vi
        assert fault.en
        assert fault.vi != fault.en
    return refused.value


def good(world: World) -> bytes:
    return world.envelope(world.document(A, B), world.attachment()).read_bytes()


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return change


def repeated_attachment(data: bytes) -> bytes:
    found = re.search(rb"<Attachment>.*?</Attachment>", data, re.DOTALL)
    assert found
    return data.replace(found[0], found[0] * 2)


BAD = {
    "empty": (lambda _: b"", "envelope.empty"),
    "not XML": (lambda _: b"Kinh gui cac don vi", "envelope."),
    "PDF": (lambda _: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + b"\0" * 100, "envelope."),
    "truncated": (lambda data: data[: len(data) // 2], "envelope.truncated"),
    "truncated in the last tag": (lambda data: data.rstrip()[:-3], "envelope.truncated"),
    "junk before": (lambda data: b"abcd" + data, "envelope.junk_before"),
    "junk after": (lambda data: data + b"<more/>", "envelope.junk_after"),
    "wrong namespace": (lambda data: data.replace(QCVN, b"http://www.go.vn/eDoc"), "envelope.namespace"),
    "DOCTYPE": (
        swapped(b"<edXML ", b'<!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/passwd">]><edXML '),
        "envelope.doctype",
    ),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), "envelope.encoding"),
    "broken base64": (swapped(b"JVBERi0", b"JVBE*i0"), "attachment.garbled"),
    "one content id twice": (repeated_attachment, "attachment."),
    "altered subject": (swapped("liên thông".encode(), b"lien thong"), "signature."),
    "altered recipient": (swapped(b"H08.30", b"H08.31"), "signature."),
    "altered attachment": (swapped(b"eHh4", b"eXl5"), "attachment."),
    "comment": (swapped(b"<AttachmentEncoded>", b"<!-- x --><AttachmentEncoded>"), "envelope."),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_file_is_refused_and_leaves_nothing(world: World, case: str) -> None:
    change, code = BAD[case]
    refused = await refusal(world, change(good(world)))
    assert refused.status == 422
    assert refused.faults[0].code.startswith(code), refused.faults
    await nothing_is_stored(world)


async def test_every_fault_is_listed_at_once(world: World) -> None:
    document = replace(world.document(A, B), subject="", number="", notation="")
    refused = await refusal(world, world.envelope(document, signed=False).read_bytes())
    paths = {fault.path.rpartition("/")[2] for fault in refused.faults}
    assert {"Signature", "Subject", "CodeNumber", "CodeNotation"} <= paths
    assert {fault.code for fault in refused.faults} >= {"signature.missing"}
    await nothing_is_stored(world)


async def test_disorder_hides_nothing_else(world: World) -> None:
    """A stray element stops the gate before anything is read; the rest is told all the same."""
    data = world.envelope(replace(world.document(A, B), subject=""), world.attachment(), signed=False).read_bytes()
    data = swapped(b"<edXML:edXMLBody>", b"<edXML:Hidden/><edXML:edXMLBody>")(data)
    data = swapped(b"<ContentId>cid:a1<", b"<ContentId>cid:a9<")(data)
    refused = await refusal(world, data)
    assert [fault.code for fault in refused.faults] == [
        *("element.unknown", "field.missing", "attachment.missing", "attachment.unlisted"),
    ]
    await nothing_is_stored(world)


async def test_no_known_recipient_is_refused(world: World) -> None:
    refused = await refusal(world, world.envelope(world.document(A, "H08.98", "H08.99")).read_bytes())
    assert [fault.code for fault in refused.faults] == ["recipient.unknown"] * 2
    await nothing_is_stored(world)


async def test_stranger_cannot_sign_for_another(world: World) -> None:
    path = world.folder / "forged.edxml"
    write_envelope(world.document(A, B), [], path, signer=world.actors[C].signer)
    refused = await refusal(world, path.read_bytes())
    assert refused.faults[0].code.startswith("signature.")
    await nothing_is_stored(world)


async def test_body_over_the_limit_is_refused_before_it_is_read(world: World) -> None:
    limit = world.exchange.settings.max_envelope_bytes
    headers = {"Authorization": f"Bearer {world.actors[A].credential}", "Content-Type": "application/xml"}
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST /v1/envelopes HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {limit + 1}\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)
    assert b" 413 " in answer
    writer.close()


async def test_streamed_body_over_the_limit_is_refused(dsn: str, tmp_path: Path) -> None:
    async with world_of(dsn, tmp_path, max_envelope_bytes=100_000) as world:

        async def endless() -> AsyncIterator[bytes]:
            yield good(world)[:2000]
            while True:
                yield b" " * 65536

        async with world.client(A) as client:
            with pytest.raises(ApiRefused) as refused:
                await client.submit(endless())
        assert refused.value.status == 413
        await nothing_is_stored(world)


async def test_slow_body_is_cut_off(dsn: str, tmp_path: Path) -> None:
    async with world_of(dsn, tmp_path, body_grace_seconds=0.2) as world:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
        head = f"Authorization: Bearer {world.actors[A].credential}\r\nContent-Type: application/xml\r\n"
        writer.write(f"POST /v1/envelopes HTTP/1.1\r\nHost: x\r\n{head}Content-Length: 9999\r\n\r\n<edXML".encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)
        assert b" 408 " in answer
        writer.close()
        await nothing_is_stored(world)


DISAGREEING = {
    "attachment not in the manifest": (rb"<edXML:Reference .*?</edXML:Reference>", b"", "attachment.unlisted"),
    "manifest names what is not attached": (rb"<Attachment>.*?</Attachment>", b"", "attachment.missing"),
    "two attachments with one content id": (rb"(<Attachment>.*?</Attachment>)", rb"\1\1", "attachment.repeated"),
    "two manifest lines with one content id": (
        rb"(<edXML:Reference .*?</edXML:Reference>)",
        rb"\1\1",
        "manifest.repeated",
    ),
}


@pytest.mark.parametrize("case", DISAGREEING)
async def test_manifest_and_attachments_that_disagree_are_refused(world: World, case: str) -> None:
    pattern, instead, code = DISAGREEING[case]
    path = world.envelope(world.document(D, B), world.attachment(), signed=False)
    data, changed = re.subn(pattern, instead, path.read_bytes(), flags=re.DOTALL)
    assert changed == 1
    refused = await refusal(world, data, sender=D)
    assert code in {fault.code for fault in refused.faults}, refused.faults
    await nothing_is_stored(world)


async def test_endless_multipart_preamble_is_refused_at_once(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    head = f"Authorization: Bearer {world.actors[A].credential}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    writer.write(f"POST /v1/envelopes HTTP/1.1\r\nHost: x\r\n{head}Transfer-Encoding: chunked\r\n\r\n".encode())

    async def preamble() -> None:
        while True:
            writer.write(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
            await writer.drain()

    endless = asyncio.create_task(preamble())
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 1)
    assert b" 415 " in answer
    endless.cancel()
    with suppress(asyncio.CancelledError, ConnectionError):
        await endless
    writer.close()
    await nothing_is_stored(world)
