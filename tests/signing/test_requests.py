"""Requests for certificates: what OpenSSL reads, who they are of, and which are not granted."""

from __future__ import annotations

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from signing.key_rules import KeyUnusable
from signing.keys import KeyKind, new_key
from signing.requests import make_request, read_request, subject

NAME = "Sở Nội vụ"
LONG = "Ủy ban nhân dân phường Quy Nhơn Nam, thành phố Quy Nhơn, tỉnh Gia Lai (trụ sở số 2)"


def why(data: bytes, agency: str | None = None) -> str:
    with pytest.raises(KeyUnusable) as caught:
        read_request(data, agency=agency)
    return caught.value.fault.code


def built(key: object, name: x509.Name) -> bytes:
    """A request that some other program made."""
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    builder = x509.CertificateSigningRequestBuilder(subject_name=name)
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048", "rsa3072"])
def test_request_says_who_and_proves_the_key(kind: KeyKind) -> None:
    key = new_key(kind)
    data = make_request(key, agency="H08.02", name=NAME)
    found = read_request(data, agency="H08.02")
    assert (found.agency, found.name, found.public_key) == ("H08.02", NAME, key.public_key())
    words = ["openssl", "req", "-verify", "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus"]
    done = subprocess.run(words, input=data, capture_output=True, check=True, timeout=60)
    assert b"OK" in done.stderr
    assert done.stdout.decode().strip() == f"subject=C=VN,O={NAME},organizationIdentifier=H08.02,CN={NAME}"


def test_request_in_der_is_read() -> None:
    der = x509.load_pem_x509_csr(make_request(new_key("p256"), agency="H08.02", name=NAME)).public_bytes(Encoding.DER)
    assert read_request(der).agency == "H08.02"


def test_long_name_is_kept_whole_and_the_code_is_the_common_name() -> None:
    found = read_request(make_request(new_key("p256"), agency="H08.02.15", name=LONG))
    assert found.name == LONG
    assert [one.value for one in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["H08.02.15"]


@pytest.mark.parametrize("agency", ["", "H08 02", "Н08.02", "x" * 36])
def test_what_is_no_code_is_not_requested(agency: str) -> None:
    with pytest.raises(ValueError, match="agency code"):
        make_request(new_key("p256"), agency=agency, name=NAME)


def test_request_of_another_agency_is_not_granted() -> None:
    data = make_request(new_key("p256"), agency="H08.30", name=NAME)
    assert why(data, "H08.02") == "request.of_another"
    assert why(data, "h08.30") == "request.of_another"


def test_code_that_looks_like_another_is_not_granted() -> None:
    assert why(built(new_key("p256"), subject("Н08.02", NAME)), "Н08.02") == "request.of_another"


def test_altered_request_is_unproven() -> None:
    key, other = new_key("p256"), new_key("p256")
    der = x509.load_pem_x509_csr(make_request(key, agency="H08.02", name=NAME)).public_bytes(Encoding.DER)
    swapped = [one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for one in (key, other)]
    assert swapped[0] in der
    assert why(der.replace(*swapped)) == "request.unproven"
    assert why(der.replace(b"H08.02", b"H08.03")) == "request.unproven"


def test_request_without_a_name_or_a_code_is_not_granted() -> None:
    key, whole = new_key("p256"), list(subject("H08.02", NAME))
    for missing in (NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATION_IDENTIFIER):
        assert why(built(key, x509.Name([one for one in whole if one.oid != missing]))) == "request.nameless"
    twice = [*whole, x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, "H08.30")]
    assert why(built(key, x509.Name(twice))) == "request.nameless"


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(public_exponent=65537, key_size=1024),
        rsa.generate_private_key(public_exponent=3, key_size=2048),
        ec.generate_private_key(ec.SECP224R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["RSA-1024", "e=3", "P-224", "Ed25519"],
)
def test_weak_or_odd_key_gets_no_certificate(key: object) -> None:
    assert why(built(key, subject("H08.02", NAME))) == "request.key_weak"


@pytest.mark.parametrize("data", [b"", b"text", b"\x30\x03\x02\x01\x00", b"-----BEGIN CERTIFICATE REQUEST-----"])
def test_what_is_no_request_is_named(data: bytes) -> None:
    assert why(data) == "request.unreadable"
