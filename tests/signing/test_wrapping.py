"""TM-01: signature wrapping. A library calls most of these valid; the gate accepts none of them."""

from __future__ import annotations

import pytest
from signxml.algorithms import SignatureMethod
from signxml.verifier import SignatureConfiguration, XMLVerifier

from envelopes.faults import Refused
from tests.signing.forging import sign_with, with_ids
from tests.signing.letters import document
from tests.signing.people import NOW, World
from tests.signing.wrapping import EVIL, wrapped


@pytest.fixture(params=["P", "W"])
def signed(request: pytest.FixtureRequest, world: World) -> bytes:
    signer = world.a.signer
    return signer.sign_parts(document()) if request.param == "P" else signer.sign_whole(document())


@pytest.mark.parametrize("what", EVIL)
def test_no_wrapping_is_accepted(world: World, signed: bytes, what: str) -> None:
    attacks = list(wrapped(signed, EVIL[what]))
    assert [attack.number for attack in attacks] == list(range(1, 15))
    for attack in attacks:
        with pytest.raises(Refused) as caught:
            world.judge(attack.file)
        assert caught.value.faults[0].code != "signature.unreadable", attack.number  # refused by a rule, not by luck


def test_genuine_files_around_the_attacks_are_accepted(world: World, signed: bytes) -> None:
    world.accepted(signed)


def test_the_attacks_are_real(world: World) -> None:
    """A verifier left at its defaults takes these for valid: what keeps them out is the gate (SECURITY 6)."""
    believed = {
        attack.number
        for attack in wrapped(world.a.signer.sign_parts(document()), EVIL["recipient"])
        if _library_accepts(attack.file, world)
    }
    assert believed == {2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14}


def test_header_signed_alone_does_not_cover_the_rest(world: World) -> None:
    """Variant 9 with a signature made so: genuine key, body free to swap."""
    file = sign_with(with_ids(document()), world.a, references=["#MessageHeader"])
    assert _library_accepts(file, world)
    with pytest.raises(Refused, match=r"signature\.coverage"):
        world.judge(file)


@pytest.mark.parametrize(
    "references",
    [
        ["#Bussiness", "#MessageHeader", "#edXMLManifest"],
        ["#MessageHeader", "#edXMLManifest"],
        ["#MessageHeader", "#Bussiness"],
        ["#MessageHeader", "#MessageHeader", "#edXMLManifest"],
        ["#MessageHeader", "#Bussiness", "#edXMLManifest", "#MessageHeader"],
    ],
)
def test_other_cover_or_order_is_refused(world: World, references: list[str]) -> None:
    file = sign_with(with_ids(document()), world.a, references=references)
    with pytest.raises(Refused, match=r"signature\.coverage"):
        world.judge(file)


def test_id_on_another_element_is_refused(world: World) -> None:
    """`#MessageHeader` signs whatever carries that Id; here it is the sender's block alone."""
    data = with_ids(document()).replace(b'<edXML:MessageHeader Id="MessageHeader">', b"<edXML:MessageHeader>")
    file = sign_with(data.replace(b"<edXML:From>", b'<edXML:From Id="MessageHeader">'), world.a)
    assert _library_accepts(file, world)
    with pytest.raises(Refused, match=r"signature\.part_unnamed"):
        world.judge(file)


def test_prefix_rebound_on_the_way_is_refused(world: World) -> None:
    """The bytes of the covered parts stay; the prefix means another namespace (void for exclusive c14n)."""
    signed = world.a.signer.sign_parts(document())
    rebound = signed.replace(b'xmlns:edXML="http://www.mic.gov.vn', b'xmlns:edXML="http://www.evil.example', 1)
    with pytest.raises(Refused):
        world.judge(rebound)


def _library_accepts(file: bytes, world: World) -> bool:
    expected = SignatureConfiguration(
        expect_references=True, verification_time=NOW, signature_methods=frozenset(SignatureMethod)
    )
    try:
        XMLVerifier().verify(file, x509_cert=world.a.signer.certificate, expect_config=expected, id_attribute=None)
    except Exception:
        return False
    return True
