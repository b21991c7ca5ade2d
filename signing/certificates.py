"""Certificates and revocation lists: what they say, and whether a signer's certificate is to be believed now."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

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
from signing.leaf import (
    DEFAULT_POLICY,
    Policy,
    check_leaf,
    check_root,
    date_faults,
    leaf_faults,
    link_faults,
    load_der,
    subject_of,
)
from signing.pem import the_one
from signing.revocation import CrlFacts, RevocationList, crl_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envelopes.faults import Fault

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a certificate says of itself; times are UTC."""

    der: bytes
    sha256: bytes
    subject: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Good:
    """The certificate may sign, for any moment from `since` up to `until`.

    `evidence` names the revocation lists and OCSP answers that say so (SHA-256 of their DER), to be kept (TM-12).
    """

    since: datetime
    until: datetime
    evidence: tuple[bytes, ...] = ()


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
    certificate = the_one(data, b"CERTIFICATE", x509.load_pem_x509_certificates, rules.UNREADABLE)
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


def _parsed(kind: Any, der: bytes) -> Any:
    """The asn1crypto object the path validator wants; its loader has no types."""
    return kind.load(der)


class Trust:
    """The roots and revocation lists of one version, and what they say about each certificate, remembered.

    For any number of threads. `judge` and `judge_past` start an event loop of their own: for worker threads only.
    """

    def __init__(
        self,
        version: int,
        roots: Sequence[bytes],
        crls: Sequence[bytes],
        intermediates: Sequence[bytes] = (),
        *,
        policy: Policy = DEFAULT_POLICY,
    ) -> None:
        self.version = version
        self._policy = policy
        self._roots = [_parsed(asn1_x509.Certificate, der) for der in roots]
        self._intermediates = [_parsed(asn1_x509.Certificate, der) for der in intermediates]
        self._authorities = [load_der(der) for der in (*roots, *intermediates)]
        self._lists = [RevocationList(der) for der in crls]
        self._kept: dict[bytes, Good] = {}
        self._turn = threading.Lock()

    def judge(self, der: bytes, at: datetime) -> Verdict:
        """Whether the certificate (DER) may sign at `at` (aware), which is now: own policy, path, revocation.

        Whoever is on a list may not, whatever date stands there.
        """
        name = hashlib.sha256(der).digest()
        kept = self._kept.get(name)
        if kept is not None and kept.since <= at < kept.until:
            return kept
        with self._turn:  # the parsed roots and lists are shared, and are parsed further while they are read
            verdict = self._judge(der, _Moment(at=at))
            if isinstance(verdict, Good):
                if len(self._kept) >= MAX_KEPT:
                    self._kept.clear()
                self._kept[name] = verdict
        return verdict

    def judge_past(self, der: bytes, received_at: datetime, now: datetime) -> Verdict:
        """Whether the certificate (DER) might sign at `received_at` (aware), by what is known `now`.

        Bad if it was revoked at or before that moment, or its key was lost by then (invalidityDate); revoked later is
        good. Lists made afterwards count, up to the certificate's own end: authorities drop what expired.
        """
        with self._turn:
            return self._judge(der, _Moment(at=received_at, now=now))

    def _judge(self, der: bytes, moment: _Moment) -> Verdict:
        try:
            certificate = load_der(der)
        except Refused as refused:
            return Bad(refused.faults[0])
        faults = [*date_faults(certificate, moment.at), *leaf_faults(certificate, self._policy)]
        if faults:
            return Bad(faults[0])
        lists = [one for one in self._lists if moment.counts(one.facts, certificate)]
        try:
            path = asyncio.run(self._path(der, moment, lists))
        except RevokedError as error:
            return Bad(rules.REVOKED.at("certificate", subject=subject_of(certificate), reason=error.failure_msg))
        except InsufficientRevinfoError as error:
            return Unknown(error.failure_msg)
        except Exception as error:  # beside its own errors the validator leaks those of its parsers
            return Bad(rules.UNTRUSTED.at("certificate", subject=subject_of(certificate), reason=str(error)))
        return self._judge_path(certificate, path, moment, lists)

    async def _path(self, der: bytes, moment: _Moment, lists: Sequence[RevocationList]) -> list[bytes]:
        """The authorities' certificates from root to leaf (without it), each proven good and not revoked."""
        context = ValidationContext(
            trust_roots=self._roots,
            other_certs=self._intermediates,
            crls=[one.parsed for one in lists],
            moment=moment.at,
            allow_fetching=False,
            revocation_mode="require",  # the other modes may never look at a list (SECURITY 2.7)
            retroactive_revinfo=moment.is_past,
        )
        validator = CertificateValidator(_parsed(asn1_x509.Certificate, der), validation_context=context)
        path = await validator.async_validate_path()
        return [link.dump() for link in path][:-1]

    def _judge_path(
        self, leaf: x509.Certificate, ders: list[bytes], moment: _Moment, lists: Sequence[RevocationList]
    ) -> Verdict:
        """What the path validator does not ask: the links' keys, the root's dates, that there is a link at all, and
        whether any list names one of them."""
        if not ders:
            reason = "it is its own root"
            return Bad(rules.UNTRUSTED.at("certificate", subject=subject_of(leaf), reason=reason))
        links = [load_der(der) for der in ders]
        faults = [fault for link in links for fault in (*date_faults(link, moment.at), *link_faults(link))]
        if faults:
            return Bad(faults[0])
        return self._judge_revocation([*links, leaf], moment, lists)

    def _judge_revocation(
        self, path: list[x509.Certificate], moment: _Moment, lists: Sequence[RevocationList]
    ) -> Verdict:
        """Every list about a link of the path is asked, also where the validator was content with less."""
        used: list[CrlFacts] = []
        for issuer, link in pairwise(path):
            for one in lists:
                if one.facts.issuer != subject_of(issuer) or not one.is_signed_by_one_of(self._named(issuer)):
                    continue
                since = one.revoked_since(link)
                if since is not None and moment.is_revoked(since):
                    reason = f"{since:%Y-%m-%dT%H:%M:%SZ}"
                    return Bad(rules.REVOKED.at("certificate", subject=subject_of(link), reason=reason))
                used.append(one.facts)
        return _good(path, moment, used)

    def _named(self, issuer: x509.Certificate) -> list[x509.Certificate]:
        """The authorities of this name: one that renewed its key may sign its lists with either."""
        return [one for one in self._authorities if one.subject == issuer.subject]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """The moment a certificate is judged for; `now` is None when it is the present one."""

    at: datetime
    now: datetime | None = None

    @property
    def is_past(self) -> bool:
        return self.now is not None

    def counts(self, facts: CrlFacts, leaf: x509.Certificate) -> bool:
        """Whether the list may say something about that moment; whether it says enough is the validator's."""
        if self.now is None:
            return True
        is_late = facts.issuer == leaf.issuer.rfc4514_string() and facts.this_update > leaf.not_valid_after_utc
        return facts.this_update <= self.now and not is_late

    def is_revoked(self, since: datetime) -> bool:
        """Whether a certificate revoked since then was revoked at the moment."""
        return self.now is None or since <= self.at

    def is_current(self, facts: CrlFacts) -> bool:
        """Whether the list tells the state at the moment."""
        return facts.until > self.at and (self.is_past or facts.this_update <= self.at)


def _good(path: list[x509.Certificate], moment: _Moment, used: Sequence[CrlFacts]) -> Good:
    """How long the verdict holds: certificates and lists in force, one hour at most."""
    current = [facts for facts in used if moment.is_current(facts)]
    since = [*(link.not_valid_before_utc for link in path), *(facts.this_update for facts in current)]
    until = [*(link.not_valid_after_utc for link in path), *(facts.until for facts in current), moment.at + GOOD_FOR]
    evidence = tuple(sorted({facts.sha256 for facts in used}))
    return Good(max(since), min(until), evidence)
