"""Certificates that are wrong in one way each: the rows of SECURITY 4, and the harmless variations beside them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

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


def sha1(root: Authority) -> bytes:
    """A leaf signed with SHA-1, which cryptography no longer makes."""
    made = asn1_x509.Certificate.load(certificate(root))
    assert isinstance(root.key, ec.EllipticCurvePrivateKey)
    for algorithm in (made["tbs_certificate"]["signature"], made["signature_algorithm"]):
        algorithm["algorithm"] = "sha1_ecdsa"
    made["signature_value"] = root.key.sign(made["tbs_certificate"].dump(force=True), ec.ECDSA(SHA1()))
    return bytes(made.dump(force=True))


def good(root: Authority) -> dict[str, bytes]:
    """Certificates that must be accepted."""
    return {
        "good": certificate(root),
        "P-384": certificate(root, key=ec.generate_private_key(ec.SECP384R1())),
        "P-521": certificate(root, key=ec.generate_private_key(ec.SECP521R1())),
        "RSA-2048": certificate(root, key=rsa.generate_private_key(65537, 2048)),
        "non-repudiation only": certificate(root, add=(usage(content_commitment=True),)),
        "no basic constraints": certificate(root, drop=(x509.BasicConstraints,)),
        "no authority identifier": certificate(root, drop=(x509.AuthorityKeyIdentifier,)),
        "e-mail protection": certificate(root, add=(purpose(Purpose.EMAIL_PROTECTION),)),
    }


def bad(root: Authority) -> dict[str, tuple[bytes, str]]:
    """Certificates that must be refused, and the code they are refused with."""
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    return {
        "key encipherment only": (certificate(root, add=(usage(key_encipherment=True),)), "certificate.usage"),
        "no key usage": (certificate(root, drop=(x509.KeyUsage,)), "certificate.usage"),
        "RSA-1024": (certificate(root, key=rsa.generate_private_key(65537, 1024)), "certificate.key_weak"),
        "RSA, e=3": (certificate(root, key=rsa.generate_private_key(3, 2048)), "certificate.key_weak"),
        "P-192": (certificate(root, key=ec.generate_private_key(ec.SECP192R1())), "certificate.key_weak"),
        "P-224": (certificate(root, key=ec.generate_private_key(ec.SECP224R1())), "certificate.key_weak"),
        "brainpool": (certificate(root, key=ec.generate_private_key(ec.BrainpoolP256R1())), "certificate.key_weak"),
        "Ed25519": (certificate(root, key=ed25519.Ed25519PrivateKey.generate()), "certificate.key_weak"),
        "SHA-1": (sha1(root), "certificate.hash_weak"),
        "authority": (certificate(root, add=((x509.BasicConstraints(True, None), True),)), "certificate.authority"),
        "web server": (certificate(root, add=(purpose(Purpose.SERVER_AUTH),)), "certificate.purpose"),
        "code signing": (certificate(root, add=(purpose(Purpose.CODE_SIGNING),)), "certificate.purpose"),
        "unknown critical": (certificate(root, add=((unknown, True),)), "certificate.extension"),
        "expired": (certificate(root, begin=NOW - timedelta(9), end=NOW - timedelta(1)), "certificate.expired"),
    }
