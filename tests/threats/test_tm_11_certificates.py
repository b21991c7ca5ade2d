"""TM-11: a genuine signature with a key or a certificate that may not sign is refused, though it was registered.

The table of certificates and NIST's paths stand beside the path module; here they go through the whole gate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from signing.sign import Signer
from tests.signing import odd_certificates as odd
from tests.signing.people import Agency, World
from tests.threats.forms import FORMS, LETTER, shared_world
from tests.threats.taking import code_of

_UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


def _curve() -> Any:
    return ec.generate_private_key(ec.SECP256R1())


SHAPES: Mapping[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "good": (_curve, {}, "accepted"),
    "RSA-2048": (lambda: rsa.generate_private_key(65537, 2048), {}, "accepted"),
    "RSA-1024": (lambda: rsa.generate_private_key(65537, 1024), {}, "certificate.key_weak"),
    "RSA, e=3": (lambda: rsa.generate_private_key(3, 2048), {}, "certificate.key_weak"),
    "for encryption": (_curve, {"add": (odd.usage(key_encipherment=True),)}, "certificate.usage"),
    "without usage": (_curve, {"drop": (x509.KeyUsage,)}, "certificate.usage"),
    "an authority": (_curve, {"add": ((x509.BasicConstraints(True, None), True),)}, "certificate.authority"),
    "a web server": (_curve, {"add": (odd.purpose(Purpose.SERVER_AUTH),)}, "certificate.purpose"),
    "unknown critical extension": (_curve, {"add": ((_UNKNOWN, True),)}, "certificate.extension"),
}


@cache
def signer(name: str) -> Agency:
    """Agency A with such a certificate."""
    make, named, _ = SHAPES[name]
    key = make()
    der = odd.certificate(shared_world().root, key=key, **named)
    pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Agency(Signer.load(key_pem, pem), key_pem, pem)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SHAPES)
def test_certificate_that_may_not_sign_is_refused_whatever_it_signed(world: World, form: str, name: str) -> None:
    who = signer(name)
    assert code_of(world, FORMS[form](who, LETTER), who.der) == SHAPES[name][2]


@pytest.mark.parametrize("name", [name for name, (_, _, code) in SHAPES.items() if code != "accepted"])
def test_good_certificate_beside_it_does_not_help(world: World, name: str) -> None:
    """The certificate that is judged is the one whose key signed, not the best that is registered."""
    who = signer(name)
    assert code_of(world, FORMS["P"](who, LETTER), world.a.der, who.der) == SHAPES[name][2]


def test_strangers_root_is_not_trusted(world: World) -> None:
    assert code_of(world, FORMS["P"](world.c, LETTER), world.c.der) == "certificate.untrusted"


def test_leaf_that_issues_leaves_is_no_authority(world: World) -> None:
    key = _curve()
    builder = world.root.leaf_builder(key, "H08.02", now=world.root.certificate.not_valid_before_utc)
    issuer = world.a.signer
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "H08.02")]))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issuer.certificate.not_valid_before_utc)
        .not_valid_after(issuer.certificate.not_valid_after_utc)
    )
    for extension in builder._extensions:
        certificate = certificate.add_extension(extension.value, extension.critical)
    pem = certificate.sign(issuer.key, odd.SHA256()).public_bytes(Encoding.PEM)
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    who = Agency(Signer.load(key_pem, pem), key_pem, pem)
    assert code_of(world, FORMS["P"](who, LETTER), who.der) == "certificate.untrusted"
