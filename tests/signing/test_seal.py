"""Receipts: what the exchange seals comes back as the same facts, and nothing else does."""

from __future__ import annotations

import base64
import dataclasses
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from envelopes.faults import Refused
from envelopes.limits import DS, XADES
from signing.authority import Authority
from signing.receipts import Policy, to_tree
from signing.seal import ReceiptFacts, Seal, check_receipt, check_sealed, enclosed_certificates
from signing.sign import Signer
from tests.signing.letters import status
from tests.signing.people import NOW, World, make_world

FACTS = ReceiptFacts(
    envelope=UUID("018f3a52-0000-7000-8000-000000000001"),
    kind="document",
    operation="new",
    reference="H08.02,2026/11/20,125/SNV-VP",
    sender="H08.02",
    system="snv",
    sha256="ab" * 32,
    size=14_321,
    accepted_at=datetime(2026, 11, 24, 2, 15, 0, 123_456, tzinfo=UTC),
    recipients=(
        (UUID("018f3a52-0000-7000-8000-000000000002"), "H08.30"),
        (UUID("018f3a52-0000-7000-8000-000000000003"), "H08.31"),
    ),
    undeliverable=(("H08.99", "recipient.unknown"),),
    attachments=((1, 'Phụ lục "một" <&>.pdf', 10_240, "cd" * 32), (2, "hai\tba.pdf", 0, "ef" * 32)),
    outcome="verified",
    profile="P",
    certificate="12" * 32,
)

RECEIPTS = Path(__file__).parent / "receipts"
SEAL = Seal(make_world().b.signer)


@pytest.fixture
def seal(world: World) -> Seal:
    return Seal(world.b.signer)


def test_sealed_facts_come_back(seal: Seal) -> None:
    assert check_receipt(seal.receipt(FACTS), seal.certificate_pem) == FACTS


def test_facts_of_an_unsigned_status_come_back(seal: Seal) -> None:
    facts = dataclasses.replace(
        FACTS, kind="status", operation=None, outcome="absent", profile=None, certificate=None,
        recipients=(), undeliverable=(), attachments=(),
    )  # fmt: skip
    assert check_receipt(seal.receipt(facts), seal.certificate_pem) == facts


def test_certificate_may_be_der_and_receipts_outlive_it() -> None:
    world = make_world()
    key, pem = world.root.issue("seal", now=NOW - timedelta(days=400))
    signer = Signer.load(key, pem)
    assert check_receipt(Seal(signer).receipt(FACTS), signer.certificate_der) == FACTS


def test_policy_comes_back(seal: Seal) -> None:
    for policy in (
        Policy(allow_unsigned=False, strict=True),
        Policy(allow_unsigned=True, strict=False, weak_until=date(2027, 6, 30)),
    ):
        facts = dataclasses.replace(FACTS, policy=policy)
        assert check_receipt(seal.receipt(facts), seal.certificate_pem) == facts


def test_receipt_is_xades_b_and_claims_the_time_of_acceptance(seal: Seal) -> None:
    root = etree.fromstring(seal.receipt(FACTS))
    names = {"ds": DS, "x": XADES}
    assert root.findtext(".//x:SigningTime", namespaces=names) == "2026-11-24T02:15:00.123456Z"
    digest = root.findtext(".//x:SigningCertificateV2/x:Cert/x:CertDigest/ds:DigestValue", namespaces=names)
    assert base64.b64decode(digest or "") == seal.certificate_sha256
    kinds = [one.get("Type") for one in root.findall(".//ds:Reference", names)]
    assert kinds == [None, "http://uri.etsi.org/01903#SignedProperties"]


def test_receipt_of_the_plain_form_stays_readable() -> None:
    """Sealed before receipts were XAdES-B; kept as it was written."""
    sealed = (RECEIPTS / "plain.xml").read_bytes()
    certificate = (RECEIPTS / "plain.pem").read_bytes()
    assert check_receipt(sealed, certificate) == dataclasses.replace(FACTS, version=1)
    with pytest.raises(Refused, match=r"signature\.altered"):
        check_receipt(sealed.replace(b"H08.30", b"H08.32"), certificate)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_form_and_version_belong_together(world: World, version: int) -> None:
    at = FACTS.accepted_at if version == 1 else None
    tree = to_tree(dataclasses.replace(FACTS, version=version))
    made = etree.tostring(world.b.signer.sign_enveloped(tree, at=at))
    with pytest.raises(Refused, match=r"receipt\.invalid"):
        check_receipt(made, world.b.certificate_pem)


def test_signing_time_is_the_time_of_acceptance(world: World) -> None:
    tree = to_tree(FACTS)
    made = etree.tostring(world.b.signer.sign_enveloped(tree, at=FACTS.accepted_at + timedelta(seconds=1)))
    with pytest.raises(Refused) as caught:
        check_receipt(made, world.b.certificate_pem)
    assert "SigningTime" in caught.value.faults[0].en


def test_certificate_of_the_same_key_that_was_not_named_does_not_vouch(world: World) -> None:
    """SigningCertificateV2 names the one certificate; another one over the same key may belong to somebody else."""
    twin = world.root.leaf_builder(world.b.signer.key, "somebody else").sign(world.root.key, SHA256())
    der = twin.public_bytes(Encoding.DER)
    sealed = Seal(world.b.signer).receipt(FACTS)
    with pytest.raises(Refused) as caught:
        check_receipt(sealed, der)
    assert "SigningCertificateV2" in caught.value.faults[0].en
    assert check_sealed(sealed, [der, world.b.der]).certificate == world.b.der


def test_the_seal_among_several_is_found(seal: Seal, world: World) -> None:
    sealed = check_sealed(seal.receipt(FACTS), [world.a.der, world.c.der, seal.certificate_pem])
    assert (sealed.facts, sealed.certificate) == (FACTS, seal.certificate_der)
    with pytest.raises(Refused, match=r"receipt\.invalid"):
        check_sealed(seal.receipt(FACTS), [world.a.der, world.c.der])


def test_what_key_info_shows_decides_nothing(seal: Seal, world: World) -> None:
    """KeyInfo is not signed: without it, or with another certificate in it, the seal is found all the same."""
    root = etree.fromstring(seal.receipt(FACTS))
    shown = root.find(f".//{{{DS}}}X509Certificate")
    assert shown is not None
    shown.text = base64.b64encode(world.c.der).decode()
    assert enclosed_certificates(etree.tostring(root)) == (world.c.der,)
    assert check_sealed(etree.tostring(root), [world.c.der, seal.certificate_der]).certificate == seal.certificate_der


def test_authorities_between_seal_and_root_are_enclosed(world: World) -> None:
    between = Authority.make("between")  # self-signed: a root, which nobody needs to be shown
    link = world.root.leaf_builder(between.key, "link").sign(world.root.key, SHA256())
    sealed = Seal(world.b.signer, [link, world.root.certificate]).receipt(FACTS)
    assert enclosed_certificates(sealed) == (world.b.der, link.public_bytes(Encoding.DER))


def test_equal_facts_give_equal_text(seal: Seal) -> None:
    one, two = (seal.receipt(FACTS).partition(b"<ds:Signature") for _ in range(2))
    assert one[0] == two[0]
    assert one[0].startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<Receipt xmlns=\"urn:lienthong:receipt:1\"")
    assert "Phụ lục".encode() in one[0]


def test_another_certificate_does_not_vouch(seal: Seal, world: World) -> None:
    with pytest.raises(Refused, match=r"receipt\.invalid"):
        check_receipt(seal.receipt(FACTS), world.a.certificate_pem)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"H08.30", b"H08.32", "signature.altered"),
        (b'size="14321"', b'size="14322"', "signature.altered"),
        (b"<Sender", b"<!-- --><Sender", "envelope.comment"),
        (b"</Receipt>", b"<Recipient>H08.1</Recipient></Receipt>", "receipt.invalid"),
        (b"<Sender", b"<Recipient>H08.1</Recipient><Sender", "signature.altered"),
        (b"urn:lienthong:receipt:1", b"urn:lienthong:receipt:2", "receipt.invalid"),
        (b"ecdsa-sha256", b"ecdsa-sha1", "signature.algorithm"),
        (b'URI=""', b'URI="#x"', "receipt.invalid"),
        (b"</ds:Signature>", b"<ds:Object/></ds:Signature>", "signature.form_unsupported"),
        (b"SigningTime>2026-11-24T02:15:00", b"SigningTime>2026-11-24T02:14:00", "signature.altered"),
        (b'Target="#lt-signature"', b'Target="#another"', "signature.properties"),
        (b' Type="http://uri.etsi.org/01903#SignedProperties"', b"", "signature.properties"),
        (b'version="2"', b'version="1"', "signature.altered"),
    ],
)
def test_altered_receipt_is_refused(seal: Seal, old: bytes, new: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        check_receipt(seal.receipt(FACTS).replace(old, new), seal.certificate_pem)
    assert caught.value.faults[0].code == code


@pytest.mark.parametrize("name", ["Envelope", "Sender", "File", "Verification", "AcceptedAt"])
def test_sealed_nonsense_is_refused(world: World, name: str) -> None:
    """Sealed by the right key and still no receipt: a missing element is no receipt, and no crash."""
    tree = to_tree(FACTS)
    tree.remove(next(tree.iter("{*}" + name)))
    sealed = etree.tostring(world.b.signer.sign_enveloped(tree))
    with pytest.raises(Refused, match=r"receipt\.invalid"):
        check_receipt(sealed, world.b.certificate_pem)


@pytest.mark.parametrize("data", [b"", b"<a/>", b"\0", b"<Receipt xmlns='urn:lienthong:receipt:1'/>", b" " * 5_000_000])
def test_what_is_no_receipt_is_refused(world: World, data: bytes) -> None:
    with pytest.raises(Refused):
        check_receipt(data, world.b.certificate_pem)


def test_status_is_signed_by_the_exchange(seal: Seal, world: World) -> None:
    verified = world.accepted(seal.status(status()), world.b.der)
    assert verified.certificate == seal.certificate_sha256
    assert verified.parts.is_status


XML_TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"))


@given(reference=XML_TEXT, name=XML_TEXT, size=st.integers(0, 2**60), second=st.datetimes(timezones=st.just(UTC)))
def test_any_text_survives_the_seal(reference: str, name: str, size: int, second: datetime) -> None:
    facts = dataclasses.replace(
        FACTS, reference=reference, size=size, accepted_at=second, attachments=((1, name, size, "ab" * 32),)
    )
    assert check_receipt(SEAL.receipt(facts), SEAL.certificate_pem) == facts


def test_wrong_construction_is_no_receipt(world: World) -> None:
    """An envelope signed with the seal's key is not a receipt."""
    with pytest.raises(Refused, match=r"receipt\.invalid"):
        check_receipt(world.b.signer.sign_whole(status()), world.b.certificate_pem)
