"""Certificates made to measure: what an authority of ours would issue, with anything changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from signing.authority import Authority
from tests.signing.people import NOW

USAGE: dict[str, Any] = dict.fromkeys(
    ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
) | dict.fromkeys(("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)


def certificate(
    issuer: Authority,
    *,
    key: Any = None,
    begin: datetime = NOW - timedelta(days=1),
    end: datetime = NOW + timedelta(days=300),
    drop: tuple[type[x509.ExtensionType], ...] = (),
    add: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    name: str = "H08.02",
) -> bytes:
    """A leaf (DER) under `issuer`, with extensions dropped and added."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = issuer.leaf_builder(key, name, now=issuer.certificate.not_valid_before_utc)
    kept = [extension for extension in builder._extensions if not isinstance(extension.value, drop)]
    replaced = {type(value) for value, _ in add}
    fresh = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    for extension in kept:
        if type(extension.value) not in replaced:
            fresh = fresh.add_extension(extension.value, extension.critical)
    for value, critical in add:
        fresh = fresh.add_extension(value, critical)
    return fresh.sign(issuer.key, SHA256()).public_bytes(Encoding.DER)


def usage(**named: bool) -> tuple[x509.ExtensionType, bool]:
    return x509.KeyUsage(**(USAGE | named)), True


def purpose(*oids: x509.ObjectIdentifier) -> tuple[x509.ExtensionType, bool]:
    return x509.ExtendedKeyUsage(list(oids)), False


def weakly_signed(der: bytes, issuer: Authority) -> bytes:
    """The certificate signed anew with SHA-1, which cryptography no longer does."""
    made = asn1_x509.Certificate.load(der)
    assert isinstance(issuer.key, ec.EllipticCurvePrivateKey)
    for algorithm in (made["tbs_certificate"]["signature"], made["signature_algorithm"]):
        algorithm["algorithm"] = "sha1_ecdsa"
    made["signature_value"] = issuer.key.sign(made["tbs_certificate"].dump(force=True), ec.ECDSA(SHA1()))
    return bytes(made.dump(force=True))
