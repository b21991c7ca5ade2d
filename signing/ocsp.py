"""Asking a responder about one certificate (RFC 6960), and reading what it answers.

An answer is checked before it is kept, since the newest one displaces the others: that it is about this certificate and
signed by the authority or by whom it appointed. Whether it is believed at a moment is the path validator's to say.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from envelopes.faults import Refused
from signing import certificate_rules as rules
from signing.intermediates import issued
from signing.leaf import load_der, subject_of
from signing.pem import parsed
from signing.revocation import BEGUN_EARLY, FALLBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts:
    """What an answer says about the certificate with this SHA-256; times are UTC. `status`: good, revoked, unknown."""

    der: bytes
    sha256: bytes
    certificate: bytes
    status: str
    this_update: datetime
    next_update: datetime | None

    @property
    def until(self) -> datetime:
        """When the answer is stale."""
        return self.next_update or self.this_update + FALLBACK


def names_responder(der: bytes) -> bool:
    """Whether the certificate (DER) names a responder; the path validator asks for no answers about others."""
    try:
        found = load_der(der).extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return False
    return any(one.access_method == AuthorityInformationAccessOID.OCSP for one in found)


def question(der: bytes, issuer: bytes) -> bytes:
    """The request (DER) about a certificate of this issuer (both DER).

    With SHA-1, which here only names the issuer: it is the one digest every responder knows (RFC 5019, 2.1.1).
    """
    builder = ocsp.OCSPRequestBuilder().add_certificate(load_der(der), load_der(issuer), SHA1())  # noqa: S303
    return builder.build().public_bytes(Encoding.DER)


def answer_facts(data: bytes, der: bytes, issuer: bytes, now: datetime) -> AnswerFacts:
    """What a fresh answer (DER) says about the certificate of this issuer (both DER). Raises `Refused`.

    A responder that does not know the certificate has not answered: that must not displace what it said before.
    """
    certificate, authority = load_der(der), load_der(issuer)
    try:
        answer, single = _opened(data)
        facts = _facts(data, single, hashlib.sha256(der).digest())
        is_about = single.serial_number == certificate.serial_number and _names_issuer(single, authority)
        is_signed = _is_signed(answer, authority, now)
    except Exception as error:
        raise Refused(rules.ANSWER_UNREADABLE.at("ocsp", reason=str(error) or type(error).__name__)) from error
    if not is_about:
        rules.ANSWER_OTHER.refuse("ocsp", subject_of(certificate), subject=subject_of(certificate))
    if not is_signed:
        rules.ANSWER_FORGED.refuse("ocsp", subject_of(authority), issuer=subject_of(authority))
    if facts.status == "unknown" or facts.this_update > now + BEGUN_EARLY:
        reason = f"{facts.status}, thisUpdate {facts.this_update:%Y-%m-%dT%H:%M:%SZ}"
        rules.ANSWER_UNREADABLE.refuse("ocsp", reason=reason)
    return facts


class Answer:
    """A kept answer taken apart: `parsed` for the path validator, `facts` for how long it counts."""

    def __init__(self, certificate: bytes, der: bytes) -> None:
        self.facts = _facts(der, _opened(der)[1], certificate)
        self.parsed = parsed(asn1_ocsp.OCSPResponse, der)


def _opened(data: bytes) -> tuple[ocsp.OCSPResponse, ocsp.OCSPSingleResponse]:
    """The answer and the one thing it says. Raises ValueError."""
    answer = ocsp.load_der_ocsp_response(data)
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise ValueError(answer.response_status.name.lower())
    [single] = answer.responses
    return answer, single


def _facts(data: bytes, single: ocsp.OCSPSingleResponse, certificate: bytes) -> AnswerFacts:
    return AnswerFacts(
        der=data,
        sha256=hashlib.sha256(data).digest(),
        certificate=certificate,
        status=single.certificate_status.name.lower(),
        this_update=single.this_update_utc,
        next_update=single.next_update_utc,
    )


def _names_issuer(single: ocsp.OCSPSingleResponse, authority: x509.Certificate) -> bool:
    """Whether the answer is about a certificate of this authority: by the digests of its name and key."""
    request = ocsp.OCSPRequestBuilder().add_certificate(authority, authority, single.hash_algorithm).build()
    return (single.issuer_name_hash, single.issuer_key_hash) == (request.issuer_name_hash, request.issuer_key_hash)


def _is_signed(answer: ocsp.OCSPResponse, authority: x509.Certificate, now: datetime) -> bool:
    """Whether the authority, or somebody it appointed who is still in office, signed the answer."""
    appointed = [one for one in answer.certificates if _is_appointed(one, authority, now)]
    return any(_made(answer, one.public_key()) for one in (authority, *appointed))


def _is_appointed(certificate: x509.Certificate, authority: x509.Certificate, now: datetime) -> bool:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    in_office = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes and in_office and issued(authority, certificate)


def _made(answer: ocsp.OCSPResponse, key: Any) -> bool:
    digest = answer.signature_hash_algorithm
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and digest is not None:
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), digest)
        else:
            return False
    except Exception:  # made by another key, or in a way this kind of key does not sign
        return False
    return True
