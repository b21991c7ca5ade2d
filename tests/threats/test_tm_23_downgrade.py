"""TM-23: a letter that lost its signature is no letter, and nothing that looks like one makes up for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from tests.support.world import A, B, C, D
from tests.threats.forms import FORMS
from tests.threats.through_service import agency_of, codes, stored, system_of, yesterdays_letter

if TYPE_CHECKING:
    from tests.support.world import World as Exchange

_SIGNATURE = re.compile(rb"<ds:Signature .*</ds:Signature>", re.DOTALL)
DECORATION = b"<edXML:Signature><edXML:SignedInfo/><edXML:SignatureValue>AAAA</edXML:SignatureValue></edXML:Signature>"


def _instead(text: bytes) -> Callable[[bytes], bytes]:
    return lambda file: _SIGNATURE.sub(text, file)


def _without(name: bytes) -> Callable[[bytes], bytes]:
    return lambda file: re.sub(rb"<ds:%b\b.*</ds:%b>" % (name, name), b"", file, flags=re.DOTALL)


def _moved(before: bytes) -> Callable[[bytes], bytes]:
    def shape(file: bytes) -> bytes:
        found = _SIGNATURE.search(file)
        assert found is not None
        return file.replace(found[0], b"").replace(before, found[0] + before, 1)

    return shape


STRIPPED: Mapping[str, tuple[Callable[[bytes], bytes], str]] = {
    "no signature": (_instead(b""), "signature.missing"),
    "a decoration": (_instead(DECORATION), "signature.missing"),
    "an empty DigitalSignature": (_instead(b"<edXML:DigitalSignature/>"), "signature.missing"),
    "an empty Signature": (
        _instead(b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'),
        "signature.malformed",
    ),
    "no value": (
        _without(b"SignatureValue"),
        "signature.malformed",
    ),
    "nothing covered": (
        _without(b"Reference"),
        "signature.malformed",
    ),
    "another namespace": (
        lambda file: file.replace(b"http://www.w3.org/2000/09/xmldsig#", b"urn:x"),
        "element.namespace",
    ),
    "first in the header": (_moved(b"<edXML:MessageHeader"), "signature.misplaced"),
    "behind the header": (_moved(b"<edXML:edXMLBody"), "element.unknown"),
    "at the end of the file": (_moved(b"</edXML>"), "element.unknown"),
}
"""What is done to the signature, and what the sender is told."""


@pytest.mark.parametrize("form", FORMS)
async def test_stripped_letter_is_refused_and_leaves_nothing(exchange: Exchange, form: str) -> None:
    file = FORMS[form](agency_of(exchange, A), yesterdays_letter())
    async with system_of(exchange, A) as sender:
        for name, (strip, code) in STRIPPED.items():
            answer = await sender.submit(strip(file))
            assert answer.status == 422, name
            assert code in codes(answer), (name, codes(answer))
    assert await stored(exchange) == {"envelopes": 0, "deliveries": 0}


async def test_system_that_may_send_unsigned_does_so_for_its_own_agency_alone(exchange: Exchange) -> None:
    stripped = _instead(b"")(agency_of(exchange, A).signer.sign_parts(yesterdays_letter()))
    async with system_of(exchange, D) as old:
        assert codes(await old.submit(stripped)) == ["sender.foreign"]


async def test_unsigned_letter_is_called_unsigned_everywhere(exchange: Exchange) -> None:
    file = exchange.envelope(exchange.document(D, B), exchange.attachment(), signed=False).read_bytes()
    async with system_of(exchange, D) as old, system_of(exchange, B) as recipient:
        taken = await old.submit(file)
        assert (taken.status, taken.json["signature"]["outcome"]) == (201, "absent")
        assert b'outcome="absent"' in (await old.ask(taken.json["receipt"])).body
        [arrived] = (await recipient.inbox()).json["deliveries"]
        assert arrived["signature"]["outcome"] == "absent"


async def test_bad_signature_is_refused_also_where_none_is_needed(exchange: Exchange) -> None:
    """Whoever may send unsigned cannot have a wrong signature taken for none."""
    document = exchange.document(D, B)
    file = exchange.envelope(document, signed=False).read_bytes()
    forged = exchange.actors[C].signer.sign_parts(file)
    altered = exchange.actors[D].signer.sign_parts(file).replace(b"SNV-VP</", b"UBND</", 1)
    async with system_of(exchange, D) as old:
        assert codes(await old.submit(forged)) == ["signature.invalid"]
        assert "signature.altered" in codes(await old.submit(altered))
    assert await stored(exchange) == {"envelopes": 0, "deliveries": 0}
