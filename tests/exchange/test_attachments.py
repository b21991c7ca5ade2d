"""Attachments through the listening service: what each is, what a recipient gets, and how hard each system is taken."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import aiohttp
import pytest

from envelopes.media import MEDIA_TYPES
from envelopes.model import Trace
from exchange.api.downloads import HARMLESS
from exchange.client import ApiRefused, Client
from exchange.credentials import new_credential
from storage import credentials, directory
from tests.envelopes.files import COMPOUND, JPEG, NOISE, archive, as_java_leaves_it, office, pdf
from tests.support.field import DECORATION, Manner, message
from tests.support.world import A, B, C, D, letter, replaced, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from exchange.client_types import Delivery, Submission
    from tests.support.world import World

STEM = "5b0c7a4e-93d1-4c52-8a70-2f6f1f3c9d11"


@pytest.fixture
async def narrow(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world that unwraps 100,000 bytes of one envelope."""
    async with world_of(dsn, tmp_path, max_unwrapped_bytes=100_000) as made:
        yield made


async def strict_client(world: World, code: str, *, allow_unsigned: bool) -> Client:
    """Another system of this agency, which is refused what others are only warned of."""
    text, credential, digest = new_credential()
    system = f"strict.{code}"
    async with world.exchange.database.transaction() as conn:
        await directory.add_system(
            conn, system=system, agencies=[code], allow_unsigned=allow_unsigned, strict=True, axis_secret="unused"
        )
        await credentials.add_credential(
            conn, credential=credential, system=system, secret_sha256=digest, valid_days=None
        )
    return Client(world.url, text)


async def submitted(client: Client, data: bytes | Path) -> Submission:
    async with client as sender:
        return await sender.submit(data)


async def refused(client: Client, data: bytes | Path) -> list[str]:
    """The codes for which the file is refused."""
    with pytest.raises(ApiRefused) as raised:
        await submitted(client, data)
    return [fault.code for fault in raised.value.faults]


async def waiting(world: World, code: str = B) -> list[Delivery]:
    async with world.client(code) as recipient:
        return list((await recipient.inbox()).deliveries)


async def handed_out(
    world: World, delivery: str, n: int, form: str = "", who: str = B
) -> tuple[aiohttp.ClientResponse, bytes]:
    """One attachment over plain HTTP."""
    url = f"{world.url}/v1/deliveries/{delivery}/attachments/{n}{form}"
    headers = {"Authorization": f"Bearer {world.actors[who].credential}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer, await answer.read()


def sent(world: World, *files: tuple[str, bytes], number: str = "125") -> Path:
    """A's signed letter to B with these files."""
    traces = (Trace(agency=A, at=datetime(2026, 1, 1, tzinfo=UTC)),)
    document = replaced(letter(A, (B,), number), traces=traces)
    return world.envelope(document, *(world.attachment(name, content) for name, content in files))


SLOPPY = ["signature.decoration", "field.too_long", "code.odd", "date.odd", "field.absent", "agency.odd"]


def sloppy() -> bytes:
    """D's letter as an old program writes it: much is wrong, nothing is in doubt, and a picture is called PDF."""
    manner = Manner(signature=DECORATION, trace="null", document_type="18", left_out=("other", "due"))
    data = message(manner, sender=D, recipient=B, number="77")
    data = data.replace(
        b"</edXML:From>", b"<edXML:Website>http://www.sxd.example.gov.vn</edXML:Website></edXML:From>", 1
    )
    data = data.replace(b"<edXML:Subject>", b"<edXML:DueDate>N/A</edXML:DueDate><edXML:Subject>", 1)
    return data.replace(base64.b64encode(manner.payload), base64.b64encode(JPEG))


async def test_same_file_is_warned_of_from_a_lenient_system_and_refused_from_a_strict_one(world: World) -> None:
    strict = await strict_client(world, D, allow_unsigned=True)
    codes = await refused(strict, sloppy())
    assert await waiting(world) == []
    taken = await submitted(world.client(D), sloppy())
    warned = [warning.code for warning in taken.warnings]
    assert sorted([*codes, "document.sent_late"]) == sorted(warned), (
        "a letter of March 2025 comes late, and is still taken"
    )
    assert sorted(codes) == sorted([*SLOPPY, "attachment.mistyped"])
    async with world.client(D) as sender:
        kept = await sender.envelope(taken.id)
    assert [warning.code for warning in kept.warnings] == [warning.code for warning in taken.warnings]


async def test_strict_system_is_told_of_a_missing_signature_with_everything_else(world: World) -> None:
    strict = await strict_client(world, D, allow_unsigned=False)
    codes = await refused(strict, sloppy())
    assert sorted(codes) == sorted([*SLOPPY, "attachment.mistyped", "signature.missing"])


async def test_what_our_own_library_writes_is_taken_from_a_strict_system_without_a_word(world: World) -> None:
    strict = await strict_client(world, A, allow_unsigned=False)
    files = (("125.signed.pdf", pdf()), ("Phụ lục.docx", office("word")), ("Biểu.xls", COMPOUND), ("a.zip", archive()))
    taken = await submitted(strict, sent(world, *files))
    assert (taken.created, taken.warnings, taken.signature.outcome) == (True, (), "verified")


@pytest.mark.parametrize("name", ["125.signed.pdf", "Tờ trình.doc", "Ảnh.jpg", "Hồ sơ.zip"])
async def test_file_once_taken_for_text_is_refused_by_both_and_nothing_is_kept(world: World, name: str) -> None:
    whole = {"pdf": pdf(), "doc": COMPOUND, "jpg": JPEG, "zip": archive(("a.bin", NOISE))}[name.rpartition(".")[2]]
    path = sent(world, ("sound.pdf", pdf()), (name, as_java_leaves_it(whole)))
    for client in (world.client(A), await strict_client(world, A, allow_unsigned=False)):
        with pytest.raises(ApiRefused) as raised:
            await submitted(client, path)
        [fault] = raised.value.faults
        assert (fault.code, fault.path) == (
            "attachment.damaged",
            "AttachmentEncoded/Attachment[2]/ContentTransferEncoded",
        )
        assert name in fault.vi
    assert await waiting(world) == []
    objects = world.exchange.settings.data_dir / "objects"
    assert [path for path in objects.rglob("*") if path.is_file() and len(path.name) == 64] == []
    assert [path.name for path in world.exchange.settings.spool.iterdir() if path.name != "kept"] == []


FILES: Sequence[tuple[str, bytes, bytes, str]] = (
    ("125.signed.pdf", archive((f"{STEM}.pdf", pdf())), pdf(), "application/pdf"),
    ("125.pdf", pdf(), pdf(), "application/pdf"),
    ("Bảng.xlsx", archive((f"{STEM}.xlsx", office("xl"))), office("xl"), MEDIA_TYPES["xlsx"]),
    ("Tờ trình.docx", office("word"), office("word"), MEDIA_TYPES["docx"]),
    ("Hồ sơ.zip", archive(("a.pdf", pdf())), archive(("a.pdf", pdf())), "application/zip"),
    ("1896_QD-TTg.doc", archive((f"{STEM}.edxml", b"<x/>")), archive((f"{STEM}.edxml", b"<x/>")), "application/zip"),
    ("Ảnh.pdf", JPEG, JPEG, "image/jpeg"),
    ("Ghi chú.txt", archive((f"{STEM}.txt", b"Xin ch\xc3\xa0o")), b"Xin ch\xc3\xa0o", "text/plain"),
    ("khóa.p7s", NOISE, NOISE, "application/octet-stream"),
)


async def test_inbox_describes_each_attachment_as_it_is_handed_out_and_both_forms_are_there(world: World) -> None:
    taken = await submitted(world.client(A), sent(world, *((name, octets) for name, octets, _, _ in FILES)))
    assert [warning.code for warning in taken.warnings] == ["attachment.mistyped"] * 2
    [delivery] = await waiting(world)
    assert len(delivery.attachments) == len(FILES)
    for said, (name, octets, opened, media_type) in zip(delivery.attachments, FILES, strict=True):
        assert (said.name, said.media_type) == (name, media_type)
        assert (said.size, said.sha256) == (len(opened), hashlib.sha256(opened).hexdigest())
        answer, data = await handed_out(world, delivery.id, said.n)
        assert data == opened
        assert answer.headers["ETag"] == f'"{said.sha256}"'
        assert answer.headers["Content-Type"] == (media_type if media_type in HARMLESS else "application/octet-stream")
        assert unquote(answer.headers["Content-Disposition"].rpartition("''")[2]) == said.name
        answer, data = await handed_out(world, delivery.id, said.n, "?form=transferred")
        assert data == octets
        digest = base64.b64encode(hashlib.sha256(octets).digest()).decode()
        assert answer.headers["Repr-Digest"] == f"sha-256=:{digest}:"
        if octets != opened:
            assert answer.headers["Content-Type"] == "application/zip"


async def test_neither_form_is_a_strangers(world: World) -> None:
    await submitted(world.client(A), sent(world, ("125.pdf", archive((f"{STEM}.pdf", pdf())))))
    [delivery] = await waiting(world)
    for form in ("", "?form=transferred"):
        for who in (A, C):
            answer, data = await handed_out(world, delivery.id, 1, form, who)
            assert answer.status == 404
            assert pdf() not in data


async def test_many_small_bombs_are_one_large_one(narrow: World) -> None:
    """The limit on unwrapped bytes is for all of an envelope's attachments together."""

    def packed(count: int) -> list[tuple[str, bytes]]:
        return [(f"{n}.txt", archive((f"{STEM}.txt", b"x" * 40_000))) for n in range(count)]

    assert await refused(narrow.client(A), sent(narrow, *packed(3), number="3")) == ["attachment.bomb"]
    assert (await submitted(narrow.client(A), sent(narrow, *packed(2), number="2"))).warnings == ()


async def test_every_bad_attachment_is_told_at_once(narrow: World) -> None:
    bomb = archive((f"{STEM}.pdf", bytes(200_000)))
    path = sent(narrow, ("1.pdf", bomb), ("2.pdf", as_java_leaves_it(pdf())), ("3.pdf", bomb), ("4.pdf", JPEG))
    assert await refused(narrow.client(A), path) == ["attachment.bomb", "attachment.damaged", "attachment.bomb"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        (unicodedata.normalize("NFD", "Quyết định số 125.signed.pdf"), "Quyết định số 125.signed.pdf"),
        ("Công văn\u202efdp.exe", "Công văn_fdp.exe"),
        ("con.pdf", "_con.pdf"),
        ("Công văn.pdf" + " " * 60 + ".exe", "Công văn.pdf .exe"),
    ],
)
async def test_name_is_safe_in_the_list_in_the_header_and_kept_as_signed_in_the_file(
    world: World, name: str, safe: str
) -> None:
    path = sent(world, (name, pdf()))
    await submitted(world.client(A), path)
    [delivery] = await waiting(world)
    assert [one.name for one in delivery.attachments] == [safe]
    answer, _ = await handed_out(world, delivery.id, 1)
    assert unquote(answer.headers["Content-Disposition"].rpartition("''")[2]) == safe
    target = world.folder / "in.edxml"
    async with world.client(B) as recipient:
        await recipient.fetch_envelope(delivery.id, target)
    assert target.read_bytes() == path.read_bytes()
