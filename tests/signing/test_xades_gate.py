"""XAdES-B under both profiles: what toolkits write is taken, and nothing about it is believed unseen."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from asn1crypto.tsp import IssuerSerial
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.xades.xades import XAdESSigner

from envelopes.faults import Refused
from envelopes.limits import DS, XADES
from signing.algorithms import C14N, C14N11, ENVELOPED, EXC_C14N
from signing.certificates import describe
from signing.places import find_places, splice
from signing.sign import Signer
from tests.signing import by_hand
from tests.signing.by_hand import TYPE, key_info, parts_references, properties, reference
from tests.signing.forging import with_ids
from tests.signing.letters import document
from tests.signing.people import NOW, Agency, World, agency

WHOLE = (reference("", ENVELOPED, EXC_C14N, identifier="r0"),)
OWN = reference("#props", EXC_C14N, kind=TYPE)
SIGNED_AT = datetime(2026, 11, 24, 2, 59, 30, tzinfo=UTC)


def signed(world: World, *changes: tuple[str, str], references: tuple[str, ...] | None = None) -> bytes:
    """A letter of A under profile P whose signature was changed in these places before it was made."""
    listed = references or (*parts_references(), OWN)
    text = by_hand.signature(listed, rest=key_info(world.a) + properties(world.a))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return by_hand.sign(with_ids(document()), text, world.a)


def refused(world: World, file: bytes, *candidates: bytes) -> str:
    with pytest.raises(Refused) as caught:
        world.judge(file, *candidates)
    [fault] = caught.value.faults
    return fault.code


@pytest.mark.parametrize("transforms", [(), (EXC_C14N,), (C14N11,)], ids=["none", "exclusive", "c14n11"])
@pytest.mark.parametrize("with_key_info", [True, False])
def test_parts_are_taken(world: World, transforms: tuple[str, ...], *, with_key_info: bool) -> None:
    extra = [reference("#props", *transforms, kind=TYPE)]
    extra += [reference("#key", *transforms)] if with_key_info else []
    verified = world.accepted(signed(world, references=(*parts_references(), *extra)))
    assert (verified.agency, verified.profile, verified.weak) == ("H08.02", "P", False)
    assert verified.claimed_at == SIGNED_AT
    assert verified.certificate == hashlib.sha256(world.a.der).digest()


@pytest.mark.parametrize("transforms", [(), (EXC_C14N,), (C14N11,)], ids=["none", "exclusive", "c14n11"])
def test_whole_file_is_taken(world: World, transforms: tuple[str, ...]) -> None:
    extra = (reference("#props", *transforms, kind=TYPE), reference("#key", *transforms))
    text = by_hand.signature((*WHOLE, *extra), rest=key_info(world.a) + properties(world.a))
    verified = world.accepted(by_hand.sign(document(content=True), text, world.a))
    assert (verified.profile, verified.claimed_at) == ("W", SIGNED_AT)
    assert verified.parts.signature is None


def test_rsa_key_is_taken(world: World) -> None:
    signer = agency(world.root, "H08.02", rsa=True)
    rest = key_info(signer) + properties(signer)
    text = by_hand.signature((*parts_references(), OWN), method=by_hand.RSA, rest=rest)
    world.accepted(by_hand.sign(with_ids(document()), text, signer), signer.der)


@pytest.mark.parametrize("whole", [False, True])
def test_own_signer_is_taken(world: World, *, whole: bool) -> None:
    sign = world.a.signer.sign_whole if whole else world.a.signer.sign_parts
    verified = world.accepted(sign(document(content=True), xades=True))
    assert verified.claimed_at is not None
    assert abs(verified.claimed_at - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("exclude", [False, True])
def test_toolkit_with_inclusive_canonicalization_is_taken(world: World, *, exclude: bool) -> None:
    """signxml's own XAdES, which leaves the transforms of its references out."""
    verified = world.accepted(_toolkit(world, C14N, exclude=exclude))
    assert verified.profile == "W"
    assert verified.claimed_at is not None


def test_toolkit_with_exclusive_canonicalization_is_refused(world: World) -> None:
    """signxml then digests what no standard makes of its references (SECURITY 2.4)."""
    assert refused(world, _toolkit(world, EXC_C14N)) == "signature.altered"


def _toolkit(world: World, canonicalization: str, *, exclude: bool = False) -> bytes:
    signer = XAdESSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod(canonicalization),
    )
    data = document(content=True)
    placeholder = f'<ds:Signature xmlns:ds="{DS}" Id="placeholder"/>'.encode()
    root = etree.fromstring(splice(data, [(find_places(data).end, placeholder)]))
    made = signer.sign(
        root,
        key=world.a.key_pem,
        cert=[world.a.signer.certificate],
        id_attribute="Id",
        always_add_key_value=False,
        exclude_c14n_transform_element=exclude,
    )
    return etree.tostring(made, encoding="utf-8", xml_declaration=True)


_LESS = "<xades:SigningTime>2026-11-24T09:59:30+07:00</xades:SigningTime>"


@pytest.mark.parametrize(
    ("old", "new", "claimed"),
    [
        (_LESS, "", None),
        ("+07:00<", "Z<", datetime(2026, 11, 24, 9, 59, 30, tzinfo=UTC)),
        ("+07:00<", "<", SIGNED_AT),
        ("09:59:30+", "09:59:30.250+", SIGNED_AT + timedelta(milliseconds=250)),
        ("2026-11-24T", "1999-01-01T", datetime(1999, 1, 1, 2, 59, 30, tzinfo=UTC)),
        ("2026-11-24T", "2126-11-24T", datetime(2126, 11, 24, 2, 59, 30, tzinfo=UTC)),
        ("<ds:Object>", '<ds:Object Id="o">', SIGNED_AT),
        ("<xades:MimeType>", "<xades:Description>Công văn</xades:Description><xades:MimeType>", SIGNED_AT),
    ],
)
def test_claimed_time_decides_nothing(world: World, old: str, new: str, claimed: datetime | None) -> None:
    assert world.accepted(signed(world, (old, new))).claimed_at == claimed


def test_own_references_may_stand_first(world: World) -> None:
    world.accepted(signed(world, references=(OWN, reference("#key", EXC_C14N), *parts_references())))


def test_key_info_may_be_left_out(world: World) -> None:
    world.accepted(signed(world, (key_info(world.a), "")))


def test_form_of_the_signature_does_not_change_the_identity(world: World) -> None:
    first, later = signed(world), signed(world, ("09:59:30", "10:59:30"))
    plain = by_hand.sign(with_ids(document()), by_hand.signature(parts_references()), world.a)
    assert len({world.accepted(file).identity for file in (first, later, plain)}) == 1


def test_issuer_and_serial_of_the_certificate_are_taken_and_anothers_refused(world: World) -> None:
    own, other = (_issuer_serial(describe(one.certificate_pem).der) for one in (world.a, world.b))
    world.accepted(signed(world, _with_serial(own)))
    assert refused(world, signed(world, _with_serial(other))) == "signature.certificate_differs"
    assert refused(world, signed(world, _with_serial(b"0"))) == "signature.certificate_differs"


def test_chain_may_be_named_behind_the_certificate_and_not_before_it(world: World) -> None:
    cert = _cert(world.a.der)
    issuer = _cert(describe(world.root.root_pem).der)
    world.accepted(signed(world, (cert, cert + issuer)))
    assert refused(world, signed(world, (cert, issuer + cert))) == "signature.certificate_differs"
    assert refused(world, signed(world, (cert, cert + issuer * 3))) == "signature.properties"


def test_certificate_that_is_named_is_the_one_that_signed(world: World) -> None:
    """Two registered certificates of one key, as on renewal: the order of registration decides nothing."""
    renewed = _renewed(world)
    for one in (world.a, renewed):
        rest = key_info(world.a) + properties(one)
        text = by_hand.signature((*parts_references(), OWN), rest=rest)
        file = by_hand.sign(with_ids(document()), text, world.a)
        for candidates in ((world.a.der, renewed.der), (renewed.der, world.a.der)):
            assert world.accepted(file, *candidates).certificate == hashlib.sha256(one.der).digest()


def test_certificate_that_is_not_registered_must_not_be_named(world: World) -> None:
    """The key is A's, the name another certificate's: of the same key, of a stranger."""
    for one in (_renewed(world), world.b, world.c):
        text = by_hand.signature((*parts_references(), OWN), rest=properties(one))
        file = by_hand.sign(with_ids(document()), text, world.a)
        assert refused(world, file) == "signature.certificate_differs"


def test_strangers_key_is_no_ones_whatever_it_names(world: World) -> None:
    text = by_hand.signature((*parts_references(), OWN), rest=properties(world.a))
    assert refused(world, by_hand.sign(with_ids(document()), text, world.c)) == "signature.invalid"


_X = f' xmlns:xades="{XADES}"'
_CERTIFICATE_END = "</xades:SigningCertificateV2>"
_SIGNATURE_END = "</xades:SignedSignatureProperties>"
_QUALIFYING_END = "</xades:QualifyingProperties>"
_FORMATS_END = "</xades:SignedDataObjectProperties>"
_PROPERTIES_END = "</xades:SignedProperties>"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (f' Type="{TYPE}"', "", "signature.properties"),
        (f' Type="{TYPE}"', f' Type="{TYPE}2"', "signature.properties"),
        (f' Type="{TYPE}"', f' Type="{XADES}SignedProperties"', "signature.properties"),
        (' URI="#MessageHeader"', f' URI="#MessageHeader" Type="{TYPE}"', "signature.properties"),
        (
            ' URI="#Bussiness"',
            ' URI="#Bussiness" Type="http://uri.etsi.org/01903#CountersignedSignature"',
            "signature.properties",
        ),
        (OWN, "", "signature.properties"),
        (OWN, OWN + OWN, "signature.properties"),
        (OWN, OWN + reference("#key") * 2, "signature.properties"),
        (OWN, OWN + reference("#sig", EXC_C14N), "signature.coverage"),
        (OWN, reference("#props", ENVELOPED, kind=TYPE), "signature.transform"),
        (OWN, reference("#props", C14N, kind=TYPE), "signature.transform"),
        (OWN, reference("#props", EXC_C14N, C14N11, kind=TYPE), "signature.transform"),
        (OWN, reference("#props", "urn:unknown", kind=TYPE), "signature.transform"),
        (OWN, OWN.replace("<ds:Transforms>", "<ds:Transforms/><ds:Transforms>"), "signature.malformed"),
        (' Target="#sig"', "", "signature.properties"),
        (' Target="#sig"', ' Target="sig"', "signature.properties"),
        (' Target="#sig"', ' Target="#props"', "signature.properties"),
        (' Target="#sig"', ' Target=""', "signature.properties"),
        (f'xmlns:ds="{DS}" Id="sig"', f'xmlns:ds="{DS}"', "signature.properties"),
        (' Id="props"', "", "signature.properties"),
        (' Id="props"', ' Id="MessageHeader"', "signature.id_repeated"),
        (' Id="key"', ' Id="props"', "signature.id_repeated"),
        (' Id="sig"', ' Id="props"', "signature.id_repeated"),
        ("<ds:Object>", '<ds:Object MimeType="text/xml">', "signature.malformed"),
        ("<ds:Object>", "<ds:Object>text", "signature.malformed"),
        ("<ds:Object>", "<ds:Object><ds:Manifest/>", "signature.form_unsupported"),
        ("<ds:Object>", "<ds:Object/><ds:Object>", "signature.form_unsupported"),
        ("</ds:Object>", f"<xades:QualifyingProperties{_X}/></ds:Object>", "signature.form_unsupported"),
        (_QUALIFYING_END, "<xades:UnsignedProperties/>" + _QUALIFYING_END, "signature.properties"),
        (_QUALIFYING_END, '<xades:SignedProperties Id="p2"/>' + _QUALIFYING_END, "signature.properties"),
        (_QUALIFYING_END, '<ds:Object xmlns:ds="urn:x"/>' + _QUALIFYING_END, "signature.properties"),
        (_PROPERTIES_END, "<xades:UnsignedProperties/>" + _PROPERTIES_END, "signature.properties"),
        (_CERTIFICATE_END, _CERTIFICATE_END + "<xades:SignaturePolicyIdentifier/>", "signature.properties"),
        (_CERTIFICATE_END, _CERTIFICATE_END + "<xades:SignerRoleV2/>", "signature.properties"),
        (_CERTIFICATE_END, _CERTIFICATE_END + "<xades:SigningCertificate/>", "signature.properties"),
        (_SIGNATURE_END, _LESS + _SIGNATURE_END, "signature.properties"),
        ("xades:SigningCertificateV2>", "xades:SigningCertificate>", "signature.properties"),
        ("2026-11-24T", "2026-13-24T", "signature.properties"),
        ("+07:00<", "+99:99<", "signature.properties"),
        ("2026-11-24T09:59:30+07:00", "hôm nay", "signature.properties"),
        ("2026-11-24T09:59:30+07:00", "0001-01-01T00:00:00+23:59", "signature.properties"),
        ("2026-11-24T09:59:30+07:00", "0001-01-01T00:00:00", "signature.properties"),
        ("2026-11-24T09:59:30+07:00", "9999-12-31T23:59:59-23:59", "signature.properties"),
        ("2026-11-24T09:59:30+07:00", "9999-12-31T23:59:59Z", "signature.properties"),
        ("2026-11-24T09:59:30+07:00", "", "signature.properties"),
        ("<xades:CertDigest>", '<xades:CertDigest><ds:DigestMethod Algorithm="urn:x"/>', "signature.properties"),
        ("</xades:CertDigest>", "</xades:CertDigest><xades:CertDigest/>", "signature.properties"),
        ("<xades:Cert>", '<xades:Cert URI="http://evil.example/">', "signature.malformed"),
        ("<xades:SigningTime>", '<xades:SigningTime Id="t">', "signature.malformed"),
        ('ObjectReference="#r0"', 'ObjectReference="#props"', "signature.properties"),
        ('ObjectReference="#r0"', 'ObjectReference="r0"', "signature.properties"),
        (' ObjectReference="#r0"', "", "signature.properties"),
        ("<xades:MimeType>", "<xades:ObjectIdentifier/><xades:MimeType>", "signature.properties"),
        (_FORMATS_END, "<xades:AllDataObjectsTimeStamp/>" + _FORMATS_END, "signature.properties"),
        (_FORMATS_END, "<xades:CommitmentTypeIndication/>" + _FORMATS_END, "signature.properties"),
    ],
)
def test_other_shapes_are_refused_though_genuinely_signed(world: World, old: str, new: str, code: str) -> None:
    changes = [(old, new)]
    if old == "xades:SigningCertificateV2>":
        changes *= 2
    assert refused(world, signed(world, *changes)) == code


def test_certificate_digest_by_sha1_is_refused(world: World) -> None:
    text = by_hand.signature((*parts_references(), OWN), rest=properties(world.a, method=by_hand.SHA1))
    assert refused(world, by_hand.sign(with_ids(document()), text, world.a)) == "signature.algorithm"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("09:59:30", "09:59:31", "signature.altered"),
        ("application/xml", "text/html", "signature.altered"),
        (_QUALIFYING_END, "<xades:UnsignedProperties/>" + _QUALIFYING_END, "signature.properties"),
        ("V/v", "V/V", "signature.altered"),
    ],
)
def test_change_after_signing_is_refused(world: World, old: str, new: str, code: str) -> None:
    file = signed(world).replace(old.encode(), new.encode(), 1)
    assert refused(world, file) == code


def test_certificate_renamed_after_signing_is_refused(world: World) -> None:
    file = signed(world).replace(_digest(world.a.der).encode(), _digest(world.b.der).encode())
    assert refused(world, file) == "signature.altered"
    assert refused(world, file, world.b.der, world.a.der) == "signature.altered"


def test_properties_taken_away_leave_no_plain_signature(world: World) -> None:
    file = signed(world)
    start, end = file.index(b"<ds:Object>"), file.index(b"</ds:Object>") + len(b"</ds:Object>")
    assert refused(world, file[:start] + file[end:]) == "signature.form_unsupported"


def test_properties_of_a_plain_signature_are_refused(world: World) -> None:
    """Put beside it later, nobody signed them."""
    plain = by_hand.sign(with_ids(document()), by_hand.signature(parts_references()), world.a)
    added = properties(world.a).encode()
    assert refused(world, plain.replace(b"</ds:Signature>", added + b"</ds:Signature>")) == "signature.properties"


def test_key_info_covered_by_a_plain_signature_is_refused(world: World) -> None:
    text = by_hand.signature((*parts_references(), reference("#key", EXC_C14N)), rest=key_info(world.a))
    assert refused(world, by_hand.sign(with_ids(document()), text, world.a)) == "signature.coverage"


@pytest.mark.parametrize("kept", [parts_references()[:2], parts_references()[1:], ()], ids=["two", "last two", "none"])
def test_parts_left_uncovered_are_refused_beside_properties(world: World, kept: tuple[str, ...]) -> None:
    """Three references are no three parts: XAdES's own count for nothing."""
    said = properties(world.a)
    formats = said[said.index("<xades:SignedDataObject") : said.index(_FORMATS_END) + len(_FORMATS_END)]
    listed = (*kept, OWN, reference("#key", EXC_C14N))
    assert refused(world, signed(world, (formats, ""), references=listed)) == "signature.coverage"


def _digest(der: bytes) -> str:
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def _cert(der: bytes) -> str:
    return (
        f'<xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="{by_hand.SHA256}"/>'
        f"<ds:DigestValue>{_digest(der)}</ds:DigestValue></xades:CertDigest></xades:Cert>"
    )


def _with_serial(value: bytes) -> tuple[str, str]:
    text = base64.b64encode(value).decode()
    return "</xades:CertDigest>", f"</xades:CertDigest><xades:IssuerSerialV2>{text}</xades:IssuerSerialV2>"


def _issuer_serial(der: bytes) -> bytes:
    serial: Any = IssuerSerial
    names: Any = asn1_x509
    certificate = names.Certificate.load(der)
    name = names.GeneralName("directory_name", certificate.issuer)
    made: bytes = serial({"issuer": [name], "serial_number": certificate.serial_number}).dump()
    return made


def _renewed(world: World) -> Agency:
    """A's next certificate, of the same key."""
    key = load_pem_private_key(world.a.key_pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    builder = world.root.leaf_builder(key, "H08.02", now=NOW - timedelta(hours=1))
    pem = builder.sign(world.root.key, SHA256()).public_bytes(Encoding.PEM)
    return Agency(Signer.load(world.a.key_pem, pem), world.a.key_pem, pem)
