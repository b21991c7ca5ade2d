"""TM-22: a file whose bytes were changed and whose signature still holds is the same letter, not a new one.

An envelope's identity is the digest of what was signed; the bytes around it (KeyInfo, white space, traces) are not.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from tests.signing.people import World
from tests.support.world import A, B
from tests.threats.forms import FORMS, signed_letter
from tests.threats.taking import code_of, take
from tests.threats.test_tm_20_mutation import mutated

if TYPE_CHECKING:
    from tests.support.world import World as Exchange

HOP = b"<edXML:TraceHeader><edXML:OrganId>H08</edXML:OrganId></edXML:TraceHeader>"


def _without_key_info(file: bytes) -> bytes:
    return re.sub(rb"<ds:KeyInfo>.*?</ds:KeyInfo>", b"", file, flags=re.DOTALL)


ANYWHERE: Mapping[str, Callable[[bytes], bytes]] = {
    "without KeyInfo": _without_key_info,
    "another KeyInfo": lambda file: re.sub(
        rb"<ds:KeyInfo>.*?</ds:KeyInfo>", b"<ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo>", file, flags=re.DOTALL
    ),
    "lines of the value": lambda file: re.sub(
        rb"(<ds:SignatureValue>)([^<]{20})", rb"\1\2\r\n   ", file, flags=re.DOTALL
    ),
    "space around the signature's parts": lambda file: file.replace(
        b"<ds:SignatureValue", b"\n  <ds:SignatureValue", 1
    ),
    "end of the file": lambda file: file + b"\n\n  \t\r\n",
    "no declaration": lambda file: file[file.index(b"<edXML") :],
    "byte order mark": lambda file: b"\xef\xbb\xbf" + file,
    "quotes": lambda file: file.replace(b'encoding="UTF-8"', b"encoding='utf-8'", 1),
    "space in a tag": lambda file: file.replace(b"</edXML:From>", b"</edXML:From\n >", 1),
    "character reference": lambda file: file.replace(b"H08.30<", b"H08&#46;30<", 1),
}
"""Changes that no signature sees, under either profile."""

BY_PARTS: Mapping[str, Callable[[bytes], bytes]] = {
    "a hop more": lambda file: file.replace(b"<edXML:Bussiness", HOP + b"<edXML:Bussiness", 1),
    "no hop": lambda file: re.sub(rb"<edXML:TraceHeader>.*?</edXML:TraceHeader>", b"", file, flags=re.DOTALL),
    "space between the parts": lambda file: file.replace(b"<edXML:edXMLBody>", b"\n\n<edXML:edXMLBody>\n", 1),
    "a namespace nobody uses": lambda file: file.replace(b"<edXML ", b'<edXML xmlns:unused="urn:x" ', 1),
}
"""Under profile P alone."""


def changes_of(form: str) -> Mapping[str, Callable[[bytes], bytes]]:
    return {**ANYWHERE, **(BY_PARTS if form.startswith("P") else {})}


@pytest.mark.parametrize(("form", "name"), [(form, name) for form in FORMS for name in changes_of(form)])
def test_changed_bytes_around_the_signed_content_make_no_new_letter(world: World, form: str, name: str) -> None:
    file = signed_letter(form)
    changed = changes_of(form)[name](file)
    assert changed != file
    assert take(world, changed).verified.identity == take(world, file).verified.identity


@pytest.mark.parametrize("form", FORMS)
def test_random_changes_that_pass_make_no_new_letter(world: World, form: str) -> None:
    """Mutants of the signature's own text, where most of those that still verify come from (KeyInfo, white space)."""
    file = signed_letter(form)
    start = file.index(b"<ds:Signature ")
    end = file.index(b"</ds:Signature>") + 15
    genuine, chance, passed = take(world, file).verified.identity, random.Random(20261124), 0
    for _ in range(300):
        changed = file[:start] + mutated(file[start:end], chance) + file[end:]
        if code_of(world, changed) == "accepted":
            assert take(world, changed).verified.identity == genuine
            passed += 1
    assert passed


async def test_exchange_answers_changed_copies_with_the_first_receipt(exchange: Exchange) -> None:
    path = exchange.envelope(None, exchange.attachment())
    async with exchange.client(A) as sender, exchange.client(B) as recipient:
        first = await sender.submit(path)
        for name, change in changes_of("P").items():
            copy = path.with_suffix(".copy")
            copy.write_bytes(change(path.read_bytes()))
            again = await sender.submit(copy)
            assert (again.id, again.created) == (first.id, False), name
            assert await sender.receipt(again.id) == await sender.receipt(first.id)
        assert len((await recipient.inbox()).deliveries) == 1
