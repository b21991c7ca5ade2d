"""Requests for certificates (PKCS 10): an agency says who it is and proves that it has the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from envelopes.limits import AGENCY_CODE
from signing import key_rules as rules
from signing.key_rules import KeyUnusable
from signing.keys import RSA_EXPONENT, hash_for, kind_of
from signing.leaf import CURVES, RSA_BITS

if TYPE_CHECKING:
    from signing.keys import Key, PublicKey

LONGEST_COMMON_NAME = 64
"""Characters (X.520, ub-common-name); names of agencies are longer at times."""

_COUNTRY = "VN"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """What a request states, and the key that it was proven with."""

    agency: str
    name: str
    subject: x509.Name
    public_key: PublicKey


def make_request(key: Key, *, agency: str, name: str) -> bytes:
    """A request (PEM) for a certificate that signs documents of the agency with this code and name.

    Raises ValueError for what cannot be a code or a name, and `KeyUnusable` when a token does not sign.
    """
    if not AGENCY_CODE.fullmatch(agency):
        raise ValueError(f"{agency} is not an agency code")
    builder = x509.CertificateSigningRequestBuilder(subject_name=subject(agency, name))
    return builder.sign(key, hash_for(key)).public_bytes(Encoding.PEM)


def read_request(data: bytes, *, agency: str | None = None) -> CertificateRequest:
    """The request in PEM or DER, if it may be granted: proven, complete, its key strong, and of `agency` if given.

    Raises `KeyUnusable`.
    """
    found = _load(data)
    public_key = found.public_key()
    if not found.is_signature_valid:
        raise KeyUnusable(rules.REQUEST_UNPROVEN.at("request"))
    stated = _stated(found.subject, NameOID.ORGANIZATION_IDENTIFIER, "organizationIdentifier")
    if not AGENCY_CODE.fullmatch(stated) or agency not in (None, stated):
        raise KeyUnusable(rules.REQUEST_OF_ANOTHER.at("request", stated, found=stated, wanted=agency or "AGENCY"))
    name = _stated(found.subject, NameOID.ORGANIZATION_NAME, "organizationName")
    return CertificateRequest(agency=stated, name=name, subject=subject(stated, name), public_key=_strong(public_key))


def subject(agency: str, name: str) -> x509.Name:
    """The name that a certificate of the agency bears: its code as organizationIdentifier (X.520, 2.5.4.97)."""
    common = name if len(name) <= LONGEST_COMMON_NAME else agency
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, _COUNTRY),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, agency),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _load(data: bytes) -> x509.CertificateSigningRequest:
    try:
        load = x509.load_pem_x509_csr if b"-----BEGIN " in data else x509.load_der_x509_csr
        found = load(data)
        _ = found.subject, found.public_key()
    except Exception as error:  # whatever the library throws at foreign bytes
        reason = str(error).partition(". ")[0] or type(error).__name__
        raise KeyUnusable(rules.REQUEST_UNREADABLE.at("request", reason=reason)) from error
    return found


def _stated(name: x509.Name, oid: x509.ObjectIdentifier, field: str) -> str:
    found = [str(one.value) for one in name.get_attributes_for_oid(oid) if one.value]
    if len(found) != 1:
        raise KeyUnusable(rules.REQUEST_NAMELESS.at("request", field=field))
    return found[0]


def _strong(key: object) -> PublicKey:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size >= RSA_BITS and key.public_numbers().e >= RSA_EXPONENT:
            return key
    elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES):
        return key
    raise KeyUnusable(rules.REQUEST_KEY_WEAK.at("request", kind_of(key), key=kind_of(key)))
