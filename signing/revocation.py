"""Revocation lists: what one says of itself, who signed it, and since when a certificate counts as revoked by it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from asn1crypto import crl as asn1_crl
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from envelopes.faults import Refused
from signing import certificate_rules as rules
from signing.pem import parsed, the_one

if TYPE_CHECKING:
    from collections.abc import Iterable

FALLBACK = timedelta(minutes=30)
"""How long a list or an answer without nextUpdate counts; the path validator gives it no longer either."""

BEGUN_EARLY = timedelta(minutes=5)
"""An authority's clock may be ahead by this much; a list further in the future would hold documents until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlFacts:
    """What a revocation list says of itself; times are UTC.

    `scope` is the SHA-256 of which of the issuer's certificates it is about (key and distribution point): an issuer
    may have several lists in force at once, and the newest of one scope displaces only those of the same.
    """

    der: bytes
    sha256: bytes
    issuer: str
    scope: bytes
    this_update: datetime
    next_update: datetime | None

    @property
    def until(self) -> datetime:
        """When the list is stale."""
        return self.next_update or self.this_update + FALLBACK


def crl_facts(data: bytes) -> CrlFacts:
    """The facts of one revocation list in PEM or DER; raises `Refused` for anything else, and for a delta list."""
    try:
        found = the_one(data, b"X509 CRL", lambda pem: [x509.load_pem_x509_crl(pem)], rules.LIST_UNREADABLE)
        if found is None:  # not `or`: a list without entries is false
            found = x509.load_der_x509_crl(data)
        der = found.public_bytes(Encoding.DER)
        facts = CrlFacts(
            der=der,
            sha256=hashlib.sha256(der).digest(),
            issuer=found.issuer.rfc4514_string(),
            scope=_scope(found),
            this_update=found.last_update_utc,
            next_update=found.next_update_utc,
        )
        is_delta = _value(found, x509.DeltaCRLIndicator) is not None
    except ValueError as error:
        raise Refused(rules.LIST_UNREADABLE.at("revocation_list", reason=str(error))) from error
    if is_delta:
        rules.LIST_DELTA.refuse("revocation_list", facts.issuer, issuer=facts.issuer)
    return facts


def check_list(facts: CrlFacts, authorities: Iterable[bytes], now: datetime) -> None:
    """Refuse a list that no trusted authority (DER) of its name signed, or that begins only after `now` (aware).

    The newest list of a scope displaces the others, so either would hold every document under that authority.
    """
    named = [one for one in map(x509.load_der_x509_certificate, authorities) if _subject(one) == facts.issuer]
    if not named:
        rules.LIST_STRANGE.refuse("revocation_list", facts.issuer, issuer=facts.issuer)
    if not RevocationList(facts.der).is_signed_by_one_of(named):
        rules.LIST_FORGED.refuse("revocation_list", facts.issuer, issuer=facts.issuer)
    if facts.this_update > now + BEGUN_EARLY:
        date = f"{facts.this_update:%Y-%m-%dT%H:%M:%SZ}"
        rules.LIST_EARLY.refuse("revocation_list", date, issuer=facts.issuer, date=date)


class RevocationList:
    """A list taken apart once: `parsed` for the path validator, the rest for quick look-ups. Not for many threads."""

    def __init__(self, der: bytes) -> None:
        self.facts = crl_facts(der)
        self.parsed = parsed(asn1_crl.CertificateList, der)
        self._list = x509.load_der_x509_crl(der)
        self._signed: dict[bytes, bool] = {}

    def is_signed_by_one_of(self, authorities: Iterable[x509.Certificate]) -> bool:
        """Whether the key of one of these made the list's signature."""
        return any(self._is_signed_by(one) for one in authorities)

    def revoked_since(self, certificate: x509.Certificate) -> datetime | None:
        """Since when the certificate is not to be believed: when it was revoked, or earlier if its key was known to
        be lost earlier (invalidityDate). None: it is not on the list."""
        entry = self._list.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is None:
            return None
        try:
            lost = entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc
        except x509.ExtensionNotFound:
            return entry.revocation_date_utc
        return min(lost, entry.revocation_date_utc)

    def _is_signed_by(self, authority: x509.Certificate) -> bool:
        name = authority.tbs_certificate_bytes
        if name not in self._signed:
            try:
                key: Any = authority.public_key()
                self._signed[name] = self._list.is_signature_valid(key)
            except (TypeError, ValueError):  # another kind of key than the signature's
                self._signed[name] = False
        return self._signed[name]


def distribution_points(der: bytes) -> tuple[str, ...]:
    """The web addresses at which a certificate (DER) says its revocation list is; none when it names none."""
    try:
        found = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    names = [name.value for point in found for name in point.full_name or ()]
    return tuple(name for name in names if isinstance(name, str) and name.lower().startswith(("http://", "https://")))


def _scope(found: x509.CertificateRevocationList) -> bytes:
    """The list's key and distribution point, as one digest."""
    key = _value(found, x509.AuthorityKeyIdentifier)
    place = _value(found, x509.IssuingDistributionPoint)
    key_name = (key.key_identifier or b"") if key else b""
    return hashlib.sha256(key_name + b"|" + (place.public_bytes() if place else b"")).digest()


def _value(found: x509.CertificateRevocationList, kind: Any) -> Any:
    """An extension's value; None when the list has none of that kind."""
    try:
        return found.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()
