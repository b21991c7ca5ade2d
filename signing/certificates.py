"""Certificates and revocation lists: what they say, and whether a signer's certificate is to be believed now."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    RevokedError,
)

from envelopes.faults import Refused
from signing import certificate_rules as rules
from signing.leaf import check_leaf, check_root, date_faults, leaf_faults, link_faults, load_der, subject_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envelopes.faults import Fault, Rule

__all__ = [
    "Bad",
    "CertificateFacts",
    "CrlFacts",
    "Good",
    "Trust",
    "Unknown",
    "check_leaf",
    "check_root",
    "crl_facts",
    "describe",
]

GOOD_FOR = timedelta(hours=1)
"""A good verdict is kept so long at most, and never past a revocation list's nextUpdate (SECURITY 1.5)."""

MAX_KEPT = 20_000
"""Verdicts kept: every agency of a province has a few certificates; beyond it the memory starts anew."""

Loaded = TypeVar("Loaded")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a certificate says of itself; times are UTC."""

    der: bytes
    sha256: bytes
    subject: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlFacts:
    """What a revocation list says of itself; times are UTC."""

    der: bytes
    sha256: bytes
    issuer: str
    this_update: datetime
    next_update: datetime | None


@dataclass(frozen=True, slots=True)
class Good:
    """The certificate may sign, for any moment from `since` up to `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Bad:
    """The certificate may not sign, and why."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether the certificate is revoked cannot be told now: hold what it signed (TM-12)."""

    reason: str


Verdict = Good | Bad | Unknown


def describe(data: bytes) -> CertificateFacts:
    """The facts of one certificate in PEM or DER; raises `Refused` for anything else."""
    certificate = _load(data, b"CERTIFICATE", x509.load_pem_x509_certificates, rules.UNREADABLE)
    if certificate is None:
        certificate = load_der(data)
    der = certificate.public_bytes(Encoding.DER)
    return CertificateFacts(
        der=der,
        sha256=hashlib.sha256(der).digest(),
        subject=subject_of(load_der(der)),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def crl_facts(data: bytes) -> CrlFacts:
    """The facts of one revocation list in PEM or DER; raises `Refused` for anything else."""
    try:
        found = _load(data, b"X509 CRL", lambda pem: [x509.load_pem_x509_crl(pem)], rules.LIST_UNREADABLE)
        if found is None:  # not `or`: a list without entries is false
            found = x509.load_der_x509_crl(data)
        der = found.public_bytes(Encoding.DER)
        return CrlFacts(
            der=der,
            sha256=hashlib.sha256(der).digest(),
            issuer=found.issuer.rfc4514_string(),
            this_update=found.last_update_utc,
            next_update=found.next_update_utc,
        )
    except ValueError as error:
        raise Refused(rules.LIST_UNREADABLE.at("revocation_list", reason=str(error))) from error


def _load(data: bytes, label: bytes, load: Callable[[bytes], list[Loaded]], rule: Rule) -> Loaded | None:
    """The one object of a PEM text; None when the data is no PEM."""
    begins = data.count(b"-----BEGIN " + label + b"-----")
    if begins == 0:
        return None
    try:
        found = load(data)
    except ValueError as error:
        raise Refused(rule.at(reason=str(error))) from error
    if begins > 1 or len(found) != 1:
        raise Refused(rule.at(reason=f"{begins} × {label.decode()}"))
    return found[0]


def _parsed(kind: Any, der: bytes) -> Any:
    """The asn1crypto object the path validator wants; its loader has no types."""
    return kind.load(der)


class Trust:
    """The roots and revocation lists of one version, and what they say about each certificate, remembered.

    For any number of threads. `judge` starts an event loop of its own and is for worker threads only.
    """

    def __init__(
        self, version: int, roots: Sequence[bytes], crls: Sequence[bytes], intermediates: Sequence[bytes] = ()
    ) -> None:
        self.version = version
        self._roots = [_parsed(asn1_x509.Certificate, der) for der in roots]
        self._intermediates = [_parsed(asn1_x509.Certificate, der) for der in intermediates]
        self._crls = [_parsed(asn1_crl.CertificateList, der) for der in crls]
        self._spans = [(facts.issuer, facts.this_update, facts.next_update) for facts in map(crl_facts, crls)]
        self._kept: dict[bytes, Good] = {}
        self._turn = threading.Lock()

    def judge(self, der: bytes, at: datetime) -> Verdict:
        """Whether the certificate (DER) may sign at `at` (aware): own policy, path to a root, revocation."""
        name = hashlib.sha256(der).digest()
        kept = self._kept.get(name)
        if kept is not None and kept.since <= at < kept.until:
            return kept
        with self._turn:  # the parsed roots and lists are shared, and are parsed further while they are read
            verdict = self._judge(der, at)
            if isinstance(verdict, Good):
                if len(self._kept) >= MAX_KEPT:
                    self._kept.clear()
                self._kept[name] = verdict
        return verdict

    def _judge(self, der: bytes, at: datetime) -> Verdict:
        try:
            certificate = load_der(der)
        except Refused as refused:
            return Bad(refused.faults[0])
        faults = [*date_faults(certificate, at), *leaf_faults(certificate)]
        if faults:
            return Bad(faults[0])
        try:
            path = asyncio.run(self._path(der, at))
        except RevokedError as error:
            return Bad(rules.REVOKED.at("certificate", subject=subject_of(certificate), reason=error.failure_msg))
        except InsufficientRevinfoError as error:
            return Unknown(error.failure_msg)
        except Exception as error:  # beside its own errors the validator leaks those of its parsers
            return Bad(rules.UNTRUSTED.at("certificate", subject=subject_of(certificate), reason=str(error)))
        return self._judge_path(certificate, path, at)

    async def _path(self, der: bytes, at: datetime) -> list[bytes]:
        """The authorities' certificates from root to leaf (without it), each proven good and not revoked."""
        context = ValidationContext(
            trust_roots=self._roots,
            other_certs=self._intermediates,
            crls=self._crls,
            moment=at,
            allow_fetching=False,
            revocation_mode="require",  # the other modes may never look at a list (SECURITY 2.7)
        )
        validator = CertificateValidator(_parsed(asn1_x509.Certificate, der), validation_context=context)
        path = await validator.async_validate_path()
        return [link.dump() for link in path][:-1]

    def _judge_path(self, leaf: x509.Certificate, ders: list[bytes], at: datetime) -> Verdict:
        """What the path validator does not ask: the links' keys, the root's dates, that there is a link at all."""
        if not ders:
            reason = "it is its own root"
            return Bad(rules.UNTRUSTED.at("certificate", subject=subject_of(leaf), reason=reason))
        links = [load_der(der) for der in ders]
        faults = [fault for link in links for fault in (*date_faults(link, at), *link_faults(link))]
        if faults:
            return Bad(faults[0])
        return self._good([leaf, *links], at)

    def _good(self, path: list[x509.Certificate], at: datetime) -> Good:
        """How long the verdict holds: certificates and lists in force, one hour at most."""
        issuers = {subject_of(link) for link in path[1:]}
        since = [link.not_valid_before_utc for link in path]
        until = [at + GOOD_FOR, *(link.not_valid_after_utc for link in path)]
        for issuer, this_update, next_update in self._spans:
            if issuer in issuers and this_update <= at and (next_update is None or next_update > at):
                since.append(this_update)
                until.extend([next_update] if next_update else [])
        return Good(max(since), min(until))
