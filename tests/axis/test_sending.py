"""`sendEdoc`: what is taken, under which id, and how each refusal is told."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exchange.axis.numbers import BY_CODE, BY_FAMILY, NOT_EDXML, number_of
from tests.axis.raw import call, fail, signed
from tests.support.world import A, B, C, D, secret_of

if TYPE_CHECKING:
    from exchange.client_types import Submission
    from tests.axis.conftest import Clients
    from tests.support.world import World


async def test_padded_and_unpadded_digests_are_taken(world: World, clients: Clients) -> None:
    file = world.envelope().read_bytes()
    bare = await clients(A).send(file, A)
    padded = await clients(A).send(file, A, **{"hash-file": hashlib.sha256(file).hexdigest()})
    assert bare.ok
    assert padded.doc_id == bare.doc_id


async def test_the_added_line_break_is_not_part_of_the_file(world: World, clients: Clients) -> None:
    file = world.envelope().read_bytes()
    await clients(A).send(file, A)
    [one] = await _sent(world)
    assert one.sha256 == hashlib.sha256(file).hexdigest()


async def test_a_file_that_ends_in_line_breaks_keeps_its_own(world: World, clients: Clients) -> None:
    file = world.envelope().read_bytes() + b"\r\n\r\n"
    assert (await clients(A).send(file, A)).ok
    [one] = await _sent(world)
    assert one.sha256 == hashlib.sha256(file).hexdigest()


async def test_a_body_without_the_line_break_is_taken_as_it_is(world: World) -> None:
    file = world.envelope().read_bytes()
    given = {"systemid": f"system.{A}", "from": A, "hash-file": hashlib.sha256(file).hexdigest()}
    answer = await call(world.url, "/sendEdoc", signed(given, secret_of(A)), body=file)
    assert b'"DocId"' in answer.body
    [one] = await _sent(world)
    assert one.sha256 == hashlib.sha256(file).hexdigest()


async def test_another_body_than_the_signed_digest_leaves_nothing(world: World, clients: Clients) -> None:
    file, other = world.envelope().read_bytes(), world.envelope().read_bytes()
    result = await clients(A).send(file, A, **{"hash-file": hashlib.sha256(other).hexdigest()})
    assert (result.status, result.code, result.doc_id) == ("FAIL", "10", "")
    assert await _sent(world) == []


async def test_a_body_whose_digest_nobody_signed_is_refused(world: World) -> None:
    given = {"systemid": f"system.{A}", "from": A}
    answer = await call(world.url, "/sendEdoc", signed(given, secret_of(A)), body=world.envelope().read_bytes())
    assert fail(answer) == "10"


async def test_a_sender_that_is_not_the_systems_is_refused_before_the_body(world: World, clients: Clients) -> None:
    file = world.envelope(world.document(B, C)).read_bytes()
    result = await clients(A).send(file, B)
    assert (result.status, result.code, result.doc_id) == ("FAIL", "19", "")
    assert f"Don vi gui {B} khong dung voi ma da dang ky: system.{A}" in (result.description or "")


async def test_a_signed_sender_of_another_system_is_refused(world: World, clients: Clients) -> None:
    """`from` says A, the signed file says B: what is signed decides."""
    result = await clients(A).send(world.envelope(world.document(B, C)).read_bytes(), A)
    assert (result.status, result.code) == ("FAIL", "19")


async def test_recipients_come_from_the_signed_file_whatever_the_parameters_say(world: World, clients: Clients) -> None:
    """TM-03: `to` is only a parameter."""
    sent = await clients(A).send(world.envelope(world.document(A, B)).read_bytes(), A, to=f'["{C}"]')
    assert sent.ok
    assert len((await clients(B).received()).data or []) == 1
    assert (await clients(C).received()).data == []


async def test_unknown_and_locked_recipients_have_their_numbers(world: World, clients: Clients) -> None:
    result = await clients(A).send(world.envelope(world.document(A, "H08.99")).read_bytes(), A)
    assert (result.status, result.code) == ("FAIL", "18")


async def test_an_unsigned_file_is_taken_only_from_who_may(world: World, clients: Clients) -> None:
    file = world.envelope(world.document(A, B), signed=False).read_bytes()
    assert (await clients(A).send(file, A)).code == "10"
    file = world.envelope(world.document(D, B), signed=False).read_bytes()
    assert (await clients(D).send(file, D)).ok


@pytest.mark.parametrize("file", [b"", b"x", b"<a/>", b"%PDF-1.4", b"\x00" * 100])
async def test_what_is_no_edxml_is_refused_with_a_number(world: World, clients: Clients, file: bytes) -> None:
    result = await clients(A).send(file, A)
    assert result.status == "FAIL"
    assert result.code in ("10", "21", "22")
    assert result.doc_id == ""


@pytest.mark.parametrize("path", ["", "/", "/XrdAdapter/adapter", "/XrdAdapter/adapter/"])
async def test_any_base_address_works(world: World, clients: Clients, path: str) -> None:
    client = clients(A, path=path)
    assert (await client.send(world.envelope().read_bytes(), A)).ok
    assert (await client.received()).data == []


async def test_other_content_under_a_reference_is_refused(world: World, clients: Clients) -> None:
    document = world.document(A, B, number="7")
    assert (await clients(A).send(world.envelope(document).read_bytes(), A)).ok
    other = world.envelope(document, world.attachment()).read_bytes()
    assert (await clients(A).send(other, A)).code == "10"


def test_every_fault_code_of_the_project_has_a_number() -> None:
    """One table for all: a code that no family claims is about the form of the edXML, and those are known."""
    families = {"agency", "attachment", "attribute", "body", "certificate", "code", "date", "document", "element"}
    families |= {"envelope", "field", "key", "manifest", "namespace", "number", "reason", "recipient", "reference"}
    families |= {
        "sender",
        "signature",
        "status",
        "steering",
        "text",
        "time",
        "trace",
        "axis",
        "delivery",
        "target",
        "recall",
        "request",
    }
    codes = {code for path in Path().glob("e*/**/*rules.py") for code in _codes(path)}
    assert len(codes) > 60
    assert all(number_of(code) in ("10", "18", "19", "21", "22", "23") for code in codes)
    assert {code.partition(".")[0] for code in BY_CODE} | set(BY_FAMILY) <= families
    assert number_of("element.missing") == NOT_EDXML


def _codes(path: Path) -> list[str]:
    import re

    return re.findall(r'Rule\(\s*"([a-z_]+\.[a-z_]+)"', path.read_text(encoding="utf-8"))


async def _sent(world: World) -> list[Submission]:
    async with world.client(A) as client:
        return list((await client.outbox()).envelopes)
