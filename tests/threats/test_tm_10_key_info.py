"""TM-10: KeyInfo is a hint and never a reason: whose key verified is told by the directory alone.

The attacker has a certificate of the same authority as the victim, and shows the victim's beside it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from signxml.verifier import SignatureConfiguration, XMLVerifier

from signing.certificates import describe
from tests.signing import odd_certificates
from tests.signing.forging import with_ids
from tests.signing.people import NOW, Agency, World, agency
from tests.support.canary import Canary
from tests.threats.forms import LETTER, shared_world, signed_letter
from tests.threats.own_signatures import BY_PARTS, WHOLE, sign_by_hand
from tests.threats.taking import code_of, take

FORMS = {"P": (BY_PARTS, with_ids(LETTER)), "W": (WHOLE, LETTER)}


@cache
def attacker() -> Agency:
    """Another agency of the same authority."""
    return agency(shared_world().root, "H08.99")


@cache
def victims() -> Mapping[str, bytes]:
    """Certificates that A has or had (DER); all of them are given to the gate as registered."""
    root = shared_world().root
    return {
        "expired": odd_certificates.certificate(root, begin=NOW - timedelta(9), end=NOW - timedelta(1)),
        "without key usage": odd_certificates.certificate(root, drop=(x509.KeyUsage,)),
        "for encryption": odd_certificates.certificate(root, add=(odd_certificates.usage(key_encipherment=True),)),
        "valid": shared_world().a.der,
    }


def shown(*certificates: bytes) -> str:
    inside = "".join(
        f"<ds:X509Certificate>{base64.b64encode(one).decode()}</ds:X509Certificate>" for one in certificates
    )
    return f"<ds:X509Data>{inside}</ds:X509Data>"


def forged(form: str, key_info: str) -> bytes:
    """The letter of A, signed by the attacker."""
    covered, data = FORMS[form]
    return sign_by_hand(data, attacker(), covered, key_info=key_info)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", ["expired", "without key usage", "for encryption", "valid"])
@pytest.mark.parametrize("first", ["victim", "attacker"])
def test_order_of_certificates_names_no_victim(world: World, form: str, which: str, first: str) -> None:
    """The four orderings: the attacker's own certificate first, and the victim's expired, useless or valid one."""
    pair = (victims()[which], attacker().der)
    file = forged(form, shown(*pair) if first == "victim" else shown(*reversed(pair)))
    assert code_of(world, file, *victims().values()) == "signature.invalid"
    assert code_of(world, file, *reversed(victims().values())) == "signature.invalid"


def test_the_attack_is_real(world: World, tmp_path: Path) -> None:
    """A verifier that trusts the authority accepts this; whoever reads the first certificate meets the victim."""
    file = forged("P", shown(victims()["without key usage"], attacker().der))
    (tmp_path / "root.pem").write_bytes(world.root.root_pem)
    expected = SignatureConfiguration(expect_references=3, verification_time=NOW)
    XMLVerifier().verify(file, ca_pem_file=tmp_path / "root.pem", expect_config=expected, id_attribute="Id")


ODD: Mapping[str, Callable[[], str]] = {
    "nothing": lambda: "<ds:KeyName>H08.02</ds:KeyName>",
    "the victim alone": lambda: shown(shared_world().a.der),
    "the attacker alone": lambda: shown(attacker().der),
    "a certificate that is none": lambda: shown(b"no certificate"),
    "victim and attacker in two blocks": lambda: shown(shared_world().a.der) + shown(attacker().der),
    "three": lambda: shown(shared_world().a.der, shared_world().b.der, attacker().der),
    "a bare key": lambda: _key_value(attacker()),
    "a bare key and the victim": lambda: _key_value(attacker()) + shown(shared_world().a.der),
    "the victim and a bare key": lambda: shown(shared_world().a.der) + _key_value(attacker()),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ODD)
def test_foreign_key_is_refused_whatever_is_shown(world: World, form: str, name: str) -> None:
    assert code_of(world, forged(form, ODD[name]())) == "signature.invalid"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name in ODD if "key" not in name])
def test_own_key_is_known_whatever_is_shown(world: World, form: str, name: str) -> None:
    """What KeyInfo says takes nothing away either: it is A's signature, by the certificate registered for A."""
    covered, data = FORMS[form]
    file = sign_by_hand(data, world.a, covered, key_info=ODD[name]())
    assert take(world, file, world.b.der, world.a.der).verified.certificate == describe(world.a.der).sha256


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name in ODD if "key" in name])
def test_key_shown_that_is_not_the_one_that_signed_is_refused(world: World, form: str, name: str) -> None:
    """A file that contradicts itself: another verifier would try the bare key."""
    covered, data = FORMS[form]
    assert code_of(world, sign_by_hand(data, world.a, covered, key_info=ODD[name]())) == "signature.invalid"


@pytest.mark.parametrize("form", FORMS)
def test_missing_key_info_is_no_difference(world: World, form: str) -> None:
    file = signed_letter(form)
    start, end = file.index(b"<ds:KeyInfo>"), file.index(b"</ds:KeyInfo>") + len(b"</ds:KeyInfo>")
    bare = file[:start] + file[end:]
    assert take(world, bare).verified.identity == take(world, file).verified.identity


POINTERS = {
    "retrieval method": '<ds:RetrievalMethod URI="http://HOST/key"/>',
    "retrieval method of a file": '<ds:RetrievalMethod URI="file://FILE"/>',
    "retrieval method inside": '<ds:RetrievalMethod URI="#MessageHeader"/>',
    "key name": "<ds:KeyName>http://HOST/key</ds:KeyName>",
    "key name, file": "<ds:KeyName>file://FILE</ds:KeyName>",
    "subject": "<ds:X509Data><ds:X509SubjectName>http://HOST/</ds:X509SubjectName></ds:X509Data>",
    "reference of 1.1": '<d:KeyInfoReference xmlns:d="http://www.w3.org/2009/xmldsig11#" URI="http://HOST/key"/>',
    "foreign element": '<x xmlns="urn:x" href="http://HOST/"/>',
    "encrypted key": '<e:EncryptedKey xmlns:e="http://www.w3.org/2001/04/xmlenc#"/>',
    "management data": "<ds:MgmtData>x</ds:MgmtData>",
    "four certificates": None,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", POINTERS)
def test_pointer_in_key_info_is_refused_and_not_followed(bird: Canary, form: str, name: str) -> None:
    world = shared_world()
    pointer = POINTERS[name]
    inside = shown(*[world.a.der] * 4) if pointer is None else shown(world.a.der) + bird.fill(pointer)
    covered, data = FORMS[form]
    assert code_of(world, sign_by_hand(data, world.a, covered, key_info=inside)) == "signature.key_info"


def _key_value(whose: Agency) -> str:
    """The bare public key, as anybody may show one."""
    numbers = whose.signer.certificate.public_key().public_numbers()
    point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    return (
        '<ds:KeyValue><d:ECKeyValue xmlns:d="http://www.w3.org/2009/xmldsig11#">'
        '<d:NamedCurve URI="urn:oid:1.2.840.10045.3.1.7"/>'
        f"<d:PublicKey>{base64.b64encode(point).decode()}</d:PublicKey></d:ECKeyValue></ds:KeyValue>"
    )


_SAID = "  Duyệt chi: tài khoản 123 ".encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<ds:KeyInfo>", b"<ds:KeyInfo>" + _SAID),
        (b"<ds:X509Data>", b"<ds:X509Data>" + _SAID),
        (b"</ds:X509Certificate>", b"</ds:X509Certificate>" + _SAID),
        (b"</ds:X509Data>", b"</ds:X509Data>" + _SAID),
        (b"</ds:X509Data>", b"</ds:X509Data>http://evil.example/"),
        (b"</ds:X509Data>", b"</ds:X509Data><ds:X509Data>" + _SAID + b"</ds:X509Data>"),
        (b"</ds:X509Data>", b"</ds:X509Data><ds:KeyValue>" + _SAID + b"</ds:KeyValue>"),
    ],
    ids=["in front", "in the data", "behind the certificate", "behind", "address", "data of text", "key of text"],
)
@pytest.mark.parametrize("form", FORMS)
def test_tm_10_nothing_is_said_between_the_elements_of_key_info(form: str, old: bytes, new: bytes) -> None:
    """Nobody signs KeyInfo under P, so whatever stands there was written by anybody."""
    file = signed_letter(form)
    assert file.count(old) == 1
    assert code_of(shared_world(), file.replace(old, new)) == "signature.malformed"
