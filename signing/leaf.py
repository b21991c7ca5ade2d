"""Our own certificate policy: what a certificate must be to sign documents, whatever a library would accept.

SECURITY 4 and TM-11. No library asked whether the key is big enough, or whether an authority signs letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from envelopes.faults import Refused
from signing import certificate_rules as rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envelopes.faults import Fault

RSA_BITS = 2048
RSA_EXPONENT = 65537
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
HASHES = frozenset({"sha256", "sha384", "sha512"})

SEAL_PURPOSE = x509.ObjectIdentifier("2.25.147695093480434259456840491701929591230")
"""Extended key usage of an exchange's seal. It tells the seal from every other certificate under the same root, none
of which may write receipts; whoever issues one for an exchange puts it in. An OID made from a UUID (X.667)."""

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336

PURPOSES = frozenset(
    oid.dotted_string
    for oid in (
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        DOCUMENT_SIGNING,
        x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # Microsoft document signing
        x509.ObjectIdentifier("1.2.840.113583.1.1.5"),  # Adobe authentic documents
    )
)
"""Web servers and program code are not documents. What the government authorities write is not known yet
(SECURITY 9), hence `Policy`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What SECURITY 4 leaves to the exchange: each is a setting.

    `purposes` are the extended key usages (dotted) of which a signer's certificate has at least one, if it has any.
    `non_repudiation_alone`: a key that may do nothing but non-repudiation signs documents.
    """

    purposes: frozenset[str] = PURPOSES
    non_repudiation_alone: bool = True


DEFAULT_POLICY = Policy()

KNOWN_CRITICAL = frozenset(
    oid.dotted_string
    for oid in (
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
    )
)


def check_leaf(der: bytes, *, at: datetime | None = None, policy: Policy = DEFAULT_POLICY) -> None:
    """Refuse a certificate (DER) that could never verify: at registration, with every fault.

    Expired at `at` (aware; None: now) is a fault; not yet valid is none, so that a successor is registered in time.
    """
    certificate = load_der(der)
    faults = [*leaf_faults(certificate, policy), *_expiry(certificate, at or datetime.now(UTC))]
    if faults:
        raise Refused(*faults)


def check_root(der: bytes) -> None:
    """Refuse a certificate (DER) that cannot be a trusted root: no authority, or too weak a key."""
    certificate = load_der(der)
    faults = list(_key(certificate))
    if not _is_authority(certificate):
        faults.append(rules.NOT_AUTHORITY.at("certificate", subject=subject_of(certificate)))
    if faults:
        raise Refused(*faults)


def is_seal(certificate: x509.Certificate) -> bool:
    """Whether its authority issued it for the seal of an exchange."""
    try:
        return SEAL_PURPOSE in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False


def load_der(der: bytes) -> x509.Certificate:
    """The certificate with its extensions parsed; raises `Refused` when it is none."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.extensions, certificate.subject
    except Exception as error:
        raise Refused(rules.UNREADABLE.at("certificate", reason=str(error) or type(error).__name__)) from error
    return certificate


def leaf_faults(certificate: x509.Certificate, policy: Policy = DEFAULT_POLICY) -> list[Fault]:
    """Everything that keeps the certificate from signing documents at any time."""
    return [
        *_key(certificate),
        *_hash(certificate),
        *_authority(certificate),
        *_usage(certificate, policy),
        *_purpose(certificate, policy),
        *_critical_extensions(certificate),
    ]


def link_faults(certificate: x509.Certificate) -> list[Fault]:
    """What disqualifies an authority's certificate on the way to the root; the rest is the path validator's."""
    return list(_key(certificate))


def date_faults(certificate: x509.Certificate, at: datetime) -> list[Fault]:
    """Whether the certificate is valid at `at`, said with the date."""
    if at < certificate.not_valid_before_utc:
        date = _when(certificate.not_valid_before_utc)
        return [rules.NOT_YET_VALID.at("certificate", date, subject=subject_of(certificate), date=date)]
    return list(_expiry(certificate, at))


def subject_of(certificate: x509.Certificate) -> str:
    """The subject's name as RFC 4514 text."""
    return certificate.subject.rfc4514_string()


def _expiry(certificate: x509.Certificate, at: datetime) -> Iterator[Fault]:
    if at > certificate.not_valid_after_utc:
        date = _when(certificate.not_valid_after_utc)
        yield rules.EXPIRED.at("certificate", date, subject=subject_of(certificate), date=date)


def _when(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _key(certificate: x509.Certificate) -> Iterator[Fault]:
    try:
        key = certificate.public_key()
    except Exception:
        yield rules.KEY_WEAK.at("certificate", subject=subject_of(certificate), key="?")
        return
    if isinstance(key, rsa.RSAPublicKey):
        exponent = key.public_numbers().e
        if key.key_size < RSA_BITS or exponent < RSA_EXPONENT:
            name = f"RSA-{key.key_size}, e={exponent}"
            yield rules.KEY_WEAK.at("certificate", name, subject=subject_of(certificate), key=name)
    elif not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES)):
        name = key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__
        yield rules.KEY_WEAK.at("certificate", name, subject=subject_of(certificate), key=name)


def _hash(certificate: x509.Certificate) -> Iterator[Fault]:
    try:
        algorithm = certificate.signature_hash_algorithm
    except Exception:
        algorithm = None
    name = algorithm.name if algorithm else certificate.signature_algorithm_oid.dotted_string
    if name not in HASHES:
        yield rules.HASH_WEAK.at("certificate", name, subject=subject_of(certificate), hash=name)


def _authority(certificate: x509.Certificate) -> Iterator[Fault]:
    if _is_authority(certificate):
        yield rules.AUTHORITY_AS_SIGNER.at("certificate", subject=subject_of(certificate))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _usage(certificate: x509.Certificate, policy: Policy) -> Iterator[Fault]:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    may_sign = usage and (usage.digital_signature or (policy.non_repudiation_alone and usage.content_commitment))
    if not may_sign:
        yield rules.USAGE_WRONG.at("certificate", subject=subject_of(certificate))


def _purpose(certificate: x509.Certificate, policy: Policy) -> Iterator[Fault]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    purposes = [oid.dotted_string for oid in found]
    if policy.purposes.isdisjoint(purposes):
        shown = ", ".join(purposes)
        yield rules.PURPOSE_WRONG.at("certificate", shown, subject=subject_of(certificate), purposes=shown)


def _critical_extensions(certificate: x509.Certificate) -> Iterator[Fault]:
    for extension in certificate.extensions:
        oid = extension.oid.dotted_string
        if extension.critical and oid not in KNOWN_CRITICAL:
            yield rules.EXTENSION_UNKNOWN.at("certificate", oid, subject=subject_of(certificate), oid=oid)
