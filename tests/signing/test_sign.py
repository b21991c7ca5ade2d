"""Signing edits bytes: the file stays what it was, and leaves only as the gate would take it."""

from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from envelopes.faults import Refused
from signing.places import cut, find_places, splice
from signing.sign import Signer
from tests.signing.forging import with_ids
from tests.signing.letters import NS, Attachment, document, status
from tests.signing.people import NOW, World, agency

SIGNATURE = re.compile(rb"<ds:Signature .*</ds:Signature>", re.DOTALL)


def test_every_other_byte_stays_under_the_whole_file(world: World) -> None:
    plain = document(content=True)
    signed = world.a.signer.sign_whole(plain)
    assert SIGNATURE.sub(b"", signed) == plain


def test_only_missing_ids_are_put_in_under_parts(world: World) -> None:
    plain = document(content=True)
    signed = SIGNATURE.sub(b"", world.a.signer.sign_parts(plain))
    assert signed == with_ids(plain)
    again = SIGNATURE.sub(b"", world.a.signer.sign_parts(with_ids(plain)))
    assert again == with_ids(plain)


def test_signature_is_the_headers_last_child(world: World) -> None:
    for signed in (world.a.signer.sign_parts(document()), world.a.signer.sign_whole(document())):
        assert b"</ds:Signature></edXML:edXMLHeader>" in signed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("edXML:", "e:"),
        ("\n", "\r\n"),
        ("<?xml version", "\ufeff<?xml version"),
        ("<edXML:MessageHeader>", "<edXML:MessageHeader\n  >"),
        ('<edXML:edXMLManifest version="1.0"', "<edXML:edXMLManifest version='1.0' "),
        ("Sở Nội vụ", "S&#7903; N&#x1ED9;i vụ"),
        ("<edXML:TraceHeaderList>", "<edXML:TraceHeaderList actor='a>b'>"),
    ],
)
def test_unusual_spelling_of_the_xml_is_signed_as_it_is(world: World, old: str, new: str) -> None:
    plain = document(content=True).replace(old.encode(), new.encode())
    plain = plain.replace(b"xmlns:edXML=", b"xmlns:e=") if old == "edXML:" else plain
    signed = world.a.signer.sign_parts(plain)
    world.accepted(signed)
    assert re.sub(rb' Id="\w+"', b"", SIGNATURE.sub(b"", signed)) == plain


def test_file_in_one_prefixless_namespace_is_signed(world: World) -> None:
    plain = document().replace(b"edXML:", b"").replace(b" xmlns:edXML=", b" xmlns:unused=")
    world.accepted(world.a.signer.sign_parts(plain))
    world.accepted(world.a.signer.sign_whole(plain))


def test_large_attachment_is_signed_without_being_parsed(world: World) -> None:
    """More text than the parser takes at all: the parts do not hold it."""
    large = Attachment(payload=bytes(9_000_000))
    signed = world.a.signer.sign_parts(document(attachments=(large,), content=True))
    world.accepted(signed)


def test_rsa_key_signs_too(world: World) -> None:
    signer = agency(world.root, "H08.02", rsa=True)
    world.accepted(signer.signer.sign_parts(document()), signer.der)
    world.accepted(signer.signer.sign_whole(document()), signer.der)


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1()])
def test_longer_curves_sign_with_longer_hashes(world: World, curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    certificate = world.root.leaf_builder(key, "H08.02", now=NOW).sign(world.root.key, SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signer = Signer.load(pem, certificate.public_bytes(Encoding.PEM))
    world.accepted(signer.sign_parts(document()), signer.certificate_der)


def test_manifest_without_digests_is_not_signed_by_parts(world: World) -> None:
    with pytest.raises(Refused) as caught:
        world.a.signer.sign_parts(document(attachments=(Attachment(digests=False),)))
    assert [fault.code for fault in caught.value.faults] == ["signature.manifest_bare"] * 2


def test_signed_file_is_not_signed_again(world: World) -> None:
    for signed in (world.a.signer.sign_parts(document()), world.a.signer.sign_whole(document())):
        for sign in (world.b.signer.sign_parts, world.b.signer.sign_whole):
            with pytest.raises(Refused, match=r"signature\.present"):
                sign(signed)


def test_other_id_on_a_part_is_not_overwritten(world: World) -> None:
    plain = document().replace(b"<edXML:MessageHeader>", b'<edXML:MessageHeader Id="m1">')
    with pytest.raises(Refused, match=r"signature\.part_unnamed"):
        world.a.signer.sign_parts(plain)


def test_id_taken_by_another_element_is_not_signed(world: World) -> None:
    plain = document().replace(b"<edXML:Subject>", b'<edXML:Subject id="MessageHeader">')
    with pytest.raises(Refused, match=r"signature\.id_repeated"):
        world.a.signer.sign_parts(plain)


@pytest.mark.parametrize("data", [b"", b"<a", b"<a/>", b"text", b"\0", b"<!DOCTYPE a><a/>", document()[:-20]])
def test_what_is_no_envelope_is_not_signed(world: World, data: bytes) -> None:
    for sign in (world.a.signer.sign_parts, world.a.signer.sign_whole):
        with pytest.raises(Refused):
            sign(data)


def test_file_that_the_gate_would_refuse_is_not_signed(world: World) -> None:
    plain = document().replace(b"<edXML:edXMLHeader>", b"<edXML:edXMLHeader><edXML:ErrorList/>")
    with pytest.raises(Refused, match=r"element\.unknown"):
        world.a.signer.sign_parts(plain)


def test_key_with_a_password_is_opened_with_it(world: World) -> None:
    key, pem = world.root.issue("H08.02", now=NOW)
    locked = _locked(key, "bí mật".encode())
    assert Signer.load(locked, pem, "bí mật".encode()).certificate_pem == pem
    for password in (None, b"wrong"):
        with pytest.raises(ValueError, match=r"."):
            Signer.load(locked, pem, password)


def test_key_of_another_certificate_is_not_loaded(world: World) -> None:
    with pytest.raises(ValueError, match="belong together"):
        Signer.load(world.a.key_pem, world.b.certificate_pem)


def test_key_of_another_kind_is_not_loaded(world: World) -> None:
    for key in (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP192R1())):
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(ValueError, match="neither RSA nor ECDSA"):
            Signer.load(pem, world.a.certificate_pem)


def test_chain_in_the_certificate_file_begins_with_the_signer(world: World) -> None:
    signer = Signer.load(world.a.key_pem, world.a.certificate_pem + world.root.root_pem)
    assert signer.certificate_der == world.a.der
    assert signer.sign_parts(status()).count(b"<ds:X509Certificate>") == 1


def test_places_ignore_names_in_other_namespaces_and_other_depths() -> None:
    data = document().replace(
        b"<edXML:Subject>", b'<edXML:Subject><x:edXMLHeader xmlns:x="urn:x"/><edXML:edXMLHeader/>'
    )
    places = find_places(data)
    assert data[places.end :].startswith(b"</edXML:edXMLHeader>\n  <edXML:edXMLBody>")
    assert [part.name for part in places.parts] == ["MessageHeader", "Bussiness", "edXMLManifest"]


def test_cut_and_splice_are_inverse() -> None:
    assert cut(b"abcdef", [(1, 3), (4, 5)]) == b"adf"
    assert splice(b"adf", [(2, b"e"), (1, b"bc")]) == b"abcdef"
    assert NS.encode() in cut(document(content=True), find_places(document(content=True)).contents)


def _locked(pem: bytes, password: bytes) -> bytes:
    key = load_pem_private_key(pem, password=None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
