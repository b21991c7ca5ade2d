"""TM-09: the accept set is exactly the allow-list of SECURITY 1.3, also for genuine signatures (and see TM-08)."""

from __future__ import annotations

import pytest
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod

from envelopes.faults import Refused
from signing import gate
from signing.algorithms import C14N, C14N11, DIGEST_SIZES, EXC_C14N, SIGNATURE_METHODS
from tests.signing.forging import sign_with, with_ids
from tests.signing.letters import document
from tests.signing.people import Agency, World, agency

ENVELOPED = SignatureConstructionMethod.enveloped
SIZES = ("256", "384", "512")
ALLOWED = {
    method
    for method in SignatureMethod
    if method.name in {f"{kind}_SHA{size}" for kind in ("RSA", "ECDSA") for size in SIZES}
    or method.name in {f"SHA{size}_RSA_MGF1" for size in SIZES}
}
DIGESTS = {DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}


@pytest.fixture(scope="module")
def rsa(world: World) -> Agency:
    return agency(world.root, "H08.02", rsa=True)


def _code(world: World, file: bytes, *candidates: bytes) -> str:
    try:
        world.judge(file, *candidates)
    except Refused as refused:
        return refused.faults[0].code
    return "accepted"


def signed_by(world: World, rsa: Agency, method: SignatureMethod) -> tuple[bytes, Agency]:
    """The letter with a genuine value of this method, and whose it is; DSA has a genuine ECDSA value called so."""
    if "HMAC" in method.name:  # the certificate as the secret: a verifier once took a public key for a shared one
        return sign_with(with_ids(document()), world.a, method=method, key=world.a.certificate_pem), world.a
    if method.name.startswith("DSA_"):
        file = sign_with(with_ids(document()), world.a)
        return file.replace(SignatureMethod.ECDSA_SHA256.value.encode(), method.value.encode()), world.a
    signer = world.a if method.name.startswith("ECDSA") else rsa
    return sign_with(with_ids(document()), signer, method=method), signer


@pytest.mark.parametrize("method", list(SignatureMethod))
def test_signature_methods(world: World, rsa: Agency, method: SignatureMethod) -> None:
    file, signer = signed_by(world, rsa, method)
    assert method.value.encode() in file
    assert _code(world, file, signer.der) == ("accepted" if method in ALLOWED else "signature.algorithm")


def test_list_is_everything_the_library_knows() -> None:
    assert (len(SignatureMethod), len(ALLOWED)) == (30, 9)
    assert (len(DigestAlgorithm), len(DIGESTS)) == (9, 3)
    assert {method.value for method in ALLOWED} == SIGNATURE_METHODS
    assert {digest.value for digest in DIGESTS} == DIGEST_SIZES.keys()


@pytest.mark.parametrize("digest", list(DigestAlgorithm))
def test_digest_methods(world: World, digest: DigestAlgorithm) -> None:
    file = sign_with(with_ids(document()), world.a, digest=digest)
    assert _code(world, file) == ("accepted" if digest in DIGESTS else "signature.algorithm")


@pytest.mark.parametrize("method", list(CanonicalizationMethod))
def test_canonicalizations_under_parts(world: World, method: CanonicalizationMethod) -> None:
    """signxml uses one method for SignedInfo and references; by parts only exclusive c14n counts."""
    code = _code(world, sign_with(with_ids(document()), world.a, canonicalization=method.value))
    expected = {EXC_C14N: "accepted", C14N: "signature.transform", C14N11: "signature.transform"}
    assert code == expected.get(method.value, "signature.algorithm")


@pytest.mark.parametrize("method", list(CanonicalizationMethod))
def test_canonicalizations_under_the_whole_file(world: World, method: CanonicalizationMethod) -> None:
    file = sign_with(document(), world.a, canonicalization=method.value, construction=ENVELOPED, references=None)
    expected = {EXC_C14N: "accepted", C14N: "accepted", C14N11: "signature.transform"}
    assert _code(world, file) == expected.get(method.value, "signature.algorithm")


def test_whole_file_with_the_enveloped_transform_alone_is_accepted(world: World) -> None:
    file = sign_with(
        document(), world.a, canonicalization=C14N, construction=ENVELOPED, references=None,
        exclude_c14n_transform_element=True,
    )  # fmt: skip
    assert _code(world, file) == "accepted"


def test_parts_with_the_enveloped_transform_are_refused(world: World) -> None:
    file = sign_with(with_ids(document()), world.a, construction=ENVELOPED)
    assert _code(world, file) == "signature.transform"


@pytest.mark.parametrize(("count", "code"), [(1, "accepted"), (16, "accepted"), (17, "signature.malformed")])
def test_inclusive_prefixes_up_to_the_limit(world: World, count: int, code: str) -> None:
    prefixes = ["edXML", *(f"p{n}" for n in range(count - 1))]
    assert _code(world, sign_with(with_ids(document()), world.a, prefixes=prefixes)) == code


def test_digest_method_does_not_change_the_identity(world: World) -> None:
    data = with_ids(document())
    files = [sign_with(data, world.a, digest=digest) for digest in DIGESTS]
    files.append(sign_with(data, world.a, prefixes=["edXML"]))
    assert len({world.accepted(file).identity for file in files}) == 1


def test_canonicalization_does_not_change_the_identity_of_a_whole_file(world: World) -> None:
    files = [
        sign_with(document(), world.a, canonicalization=one, construction=ENVELOPED, references=None)
        for one in (EXC_C14N, C14N)
    ]
    assert len({world.accepted(file).identity for file in files}) == 1


@pytest.mark.parametrize(
    "uri",
    [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/TR/xml-exc-c14n#",
        "urn:unknown",
        "",
    ],
)
def test_other_transforms_are_refused_in_every_place(world: World, uri: str) -> None:
    """signxml skips unknown ones silently: a genuine signature over them would pass (SECURITY 2.2)."""
    exclusive = f'<ds:Transform Algorithm="{EXC_C14N}"/>'.encode()
    strange = f'<ds:Transform Algorithm="{uri}"/>'.encode()
    file = world.a.signer.sign_parts(document())
    for replacement in (strange, strange + exclusive, exclusive + strange):
        with pytest.raises(Refused, match=r"signature\.transform"):
            gate.inspect(file.replace(exclusive, replacement, 1))


def test_too_many_references_are_refused_before_any_key(world: World) -> None:
    file = world.a.signer.sign_parts(document())
    start, end = file.index(b"<ds:Reference "), file.index(b"</ds:Reference>") + len(b"</ds:Reference>")
    with pytest.raises(Refused, match=r"signature\.references_too_many"):
        gate.inspect(file[:start] + file[start:end] * 62 + file[start:])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("</ds:SignedInfo>", "</ds:SignedInfo><ds:SignedInfo/>", "signature.malformed"),
        ("<ds:SignatureValue>", "<ds:SignatureValue>!!", "signature.malformed"),
        ("<ds:DigestValue>", "<ds:DigestValue>A", "signature.malformed"),
        ("</ds:DigestValue>", "=</ds:DigestValue>", "signature.malformed"),
        ("<ds:DigestValue>", "<ds:DigestValue>AAAA", "signature.malformed"),
        ("<ds:DigestValue>", "<ds:DigestValue><!-- -->", "envelope.comment"),
        ("<ds:SignedInfo>", "<ds:SignedInfo>text", "signature.malformed"),
        ("<ds:SignedInfo>", '<ds:SignedInfo evil="1">', "signature.malformed"),
        ("</ds:Signature>", "<ds:Object/></ds:Signature>", "signature.form_unsupported"),
        ("</ds:Signature>", "<ds:Object/><ds:Object/></ds:Signature>", "signature.form_unsupported"),
        ("</ds:KeyInfo>", '<ds:RetrievalMethod URI="http://evil.example/"/></ds:KeyInfo>', "signature.key_info"),
        ("</ds:KeyInfo>", "<ds:KeyName>http://evil.example/</ds:KeyName></ds:KeyInfo>", "signature.key_info"),
        ("</ds:KeyInfo>", "<x xmlns='urn:x'/></ds:KeyInfo>", "signature.key_info"),
        (
            "</ds:X509Data>",
            "<ds:X509Certificate>AAAA</ds:X509Certificate>" * 3 + "</ds:X509Data>",
            "signature.key_info",
        ),
        ("</ds:X509Data>", "<ds:X509SKI>" + "A" * 40_000 + "</ds:X509SKI></ds:X509Data>", "signature.key_info"),
        ('URI="#Bussiness"', "URI=\"#xpointer(id('Bussiness'))\"", "signature.coverage"),
        ('URI="#Bussiness"', 'URI="http://evil.example/"', "signature.coverage"),
        (' URI="#Bussiness"', "", "signature.malformed"),
    ],
)
def test_other_shapes_of_a_signature_are_refused(world: World, old: str, new: str, code: str) -> None:
    file = world.a.signer.sign_parts(document()).replace(old.encode(), new.encode(), 1)
    with pytest.raises(Refused) as caught:
        gate.inspect(file)
    assert caught.value.faults[0].code == code


def test_line_breaks_inside_base64_are_accepted(world: World) -> None:
    """Java writes `&#13;` and line feeds into its values."""
    root = etree.fromstring(world.a.signer.sign_parts(document()))
    value = next(root.iter("{*}SignatureValue"))
    assert value.text
    value.text = value.text[:40] + "\r\n" + value.text[40:]
    world.accepted(etree.tostring(root))
