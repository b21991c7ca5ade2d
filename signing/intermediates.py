"""Who issued a certificate, and whether one may stand between the roots and the agencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from envelopes.faults import Refused
from signing import certificate_rules as rules
from signing.leaf import check_root, date_faults, load_der, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def check_intermediate(der: bytes, authorities: Iterable[bytes], at: datetime) -> None:
    """Refuse a certificate (DER) that is no authority in force at `at`, or that none of `authorities` issued.

    Whether it is revoked is asked with every path that goes through it.
    """
    check_root(der)
    certificate = load_der(der)
    if certificate.subject == certificate.issuer:
        rules.INTERMEDIATE_ROOT.refuse("certificate", subject_of(certificate), subject=subject_of(certificate))
    faults = date_faults(certificate, at)
    if faults:
        raise Refused(*faults)
    if not any(issued(load_der(one), certificate) for one in authorities):
        issuer = certificate.issuer.rfc4514_string()
        rules.INTERMEDIATE_STRAY.refuse("certificate", issuer, subject=subject_of(certificate), issuer=issuer)


def issuer_among(der: bytes, authorities: Iterable[bytes]) -> bytes | None:
    """The authority (DER) that issued the certificate (DER); None when none of these did."""
    certificate = load_der(der)
    return next((one for one in authorities if issued(load_der(one), certificate)), None)


def issued(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether the certificate names this authority and bears its signature."""
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # another name, another kind of key, a wrong signature
        return False
    return True
