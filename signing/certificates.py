"""Certificates and revocation lists: what they say, and whether a signer's certificate is to be believed now."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
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
from signing.moments import Moment, Sources
from signing.ocsp import Answer, AnswerFacts
from signing.pem import parsed, the_one
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

REASON_LENGTH = 300
"""Characters of the path validator's reason: it repeats itself for every list and authority that it tried."""

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
        answers: Sequence[tuple[bytes, bytes]] = (),
        *,
        policy: Policy = DEFAULT_POLICY,
    ) -> None:
        """All in DER; `answers` are OCSP's, each after the SHA-256 of the certificate that it is about."""
        self.version = version
        self._policy = policy
        self._roots = [parsed(asn1_x509.Certificate, der) for der in roots]
        self._intermediates = [parsed(asn1_x509.Certificate, der) for der in intermediates]
        self._authorities = [load_der(der) for der in (*roots, *intermediates)]
        self._lists = [RevocationList(der) for der in crls]
        self._answers = dict(answers)
        self._above = [hashlib.sha256(der).digest() for der in intermediates]
        self._kept: dict[bytes, Good] = {}
        self._turn = threading.Lock()

    def judge(self, der: bytes, at: datetime) -> Verdict:
        """Whether the certificate (DER) may sign at `at` (aware), which is now: own policy, path, revocation.

        Whoever is on a list may not, whatever date stands there.
        """
        name = hashlib.sha256(der).digest()
        if kept := self._remembered(name, at):
            return kept
        certificate = self._alone(der, at)
        if isinstance(certificate, Bad):
            return certificate
        with self._turn:  # the parsed roots and lists are shared, and are parsed further while they are read
            if kept := self._remembered(name, at):  # by whoever was faster
                return kept
            verdict = self._judge(der, certificate, Moment(at=at))
            if isinstance(verdict, Good):
                if len(self._kept) >= MAX_KEPT:
                    self._kept.clear()
                self._kept[name] = verdict
        return verdict

    def _remembered(self, name: bytes, at: datetime) -> Good | None:
        kept = self._kept.get(name)
        return kept if kept is not None and kept.since <= at < kept.until else None

    def judge_past(self, der: bytes, received_at: datetime, now: datetime) -> Verdict:
        """Whether the certificate (DER) might sign at `received_at` (aware), by what is known `now`.

        Bad if it was revoked at or before that moment, or its key was lost by then (invalidityDate); revoked later is
        good. Lists made afterwards count, up to the certificate's own end: authorities drop what expired.
        """
        certificate = self._alone(der, received_at)
        if isinstance(certificate, Bad):
            return certificate
        with self._turn:
            return self._judge(der, certificate, Moment(at=received_at, now=now))

    def is_listed(self, der: bytes) -> bool:
        """Whether a list of its authority names the certificate (DER); nothing else is asked."""
        certificate = load_der(der)
        issuer = certificate.issuer.rfc4514_string()
        with self._turn:
            named = [one for one in self._authorities if subject_of(one) == issuer]
            lists = [one for one in self._lists if one.facts.issuer == issuer and one.is_signed_by_one_of(named)]
            return any(one.revoked_since(certificate) is not None for one in lists)

    def _alone(self, der: bytes, at: datetime) -> x509.Certificate | Bad:
        """The certificate, or what stands against it without a look at any other or at a list: nobody waits for it."""
        try:
            certificate = load_der(der)
        except Refused as refused:
            return Bad(refused.faults[0])
        faults = [*date_faults(certificate, at), *leaf_faults(certificate, self._policy)]
        return Bad(faults[0]) if faults else certificate

    def _judge(self, der: bytes, certificate: x509.Certificate, moment: Moment) -> Verdict:
        sources = self._sources(hashlib.sha256(der).digest(), certificate, moment)
        try:
            path = asyncio.run(self._path(der, moment, sources))
        except RevokedError as error:
            return Bad(
                rules.REVOKED.at("certificate", subject=subject_of(certificate), reason=_short(error.failure_msg))
            )
        except InsufficientRevinfoError as error:
            fault = rules.REVOCATION_UNTOLD.at(
                "certificate",
                subject=subject_of(certificate),
                issuer=certificate.issuer.rfc4514_string(),
                reason=_short(error.failure_msg),
            )
            return Unknown(f"{fault.vi} / {fault.en}")
        except Exception as error:  # beside its own errors the validator leaks those of its parsers
            return Bad(rules.UNTRUSTED.at("certificate", subject=subject_of(certificate), reason=_short(str(error))))
        return self._judge_path(certificate, path, moment, sources)

    def _sources(self, name: bytes, leaf: x509.Certificate, moment: Moment) -> Sources:
        """What may tell whether a link of the certificate's path is revoked. `name`: the certificate's SHA-256."""
        answers = [Answer(one, self._answers[one]) for one in (name, *self._above) if one in self._answers]
        return Sources(
            lists=tuple(one for one in self._lists if moment.counts(one.facts, leaf)),
            answers=tuple(one for one in answers if moment.counts(one.facts, leaf)),
        )

    async def _path(self, der: bytes, moment: Moment, sources: Sources) -> list[bytes]:
        """The authorities' certificates from root to leaf (without it), each proven good and not revoked."""
        context = ValidationContext(
            trust_roots=self._roots,
            other_certs=self._intermediates,
            crls=[one.parsed for one in sources.lists],
            ocsps=[one.parsed for one in sources.answers],
            moment=moment.at,
            allow_fetching=False,
            revocation_mode="require",  # the other modes may never look at a list (SECURITY 2.7)
            retroactive_revinfo=moment.is_past,
        )
        validator = CertificateValidator(parsed(asn1_x509.Certificate, der), validation_context=context)
        path = await validator.async_validate_path()
        return [link.dump() for link in path][:-1]

    def _judge_path(self, leaf: x509.Certificate, ders: list[bytes], moment: Moment, sources: Sources) -> Verdict:
        """What the path validator does not ask: the links' keys, the root's dates, that there is a link at all, and
        whether any list names one of them."""
        if not ders:
            reason = "it is its own root"
            return Bad(rules.UNTRUSTED.at("certificate", subject=subject_of(leaf), reason=reason))
        links = [load_der(der) for der in ders]
        faults = [fault for link in links for fault in (*date_faults(link, moment.at), *link_faults(link))]
        if faults:
            return Bad(faults[0])
        return self._judge_revocation([*links, leaf], moment, sources)

    def _judge_revocation(self, path: list[x509.Certificate], moment: Moment, sources: Sources) -> Verdict:
        """Every list about a link of the path is asked, also where the validator was content with an answer."""
        used: list[CrlFacts | AnswerFacts] = []
        for issuer, link in pairwise(path):
            used.extend(one.facts for one in sources.answers if one.facts.certificate == link.fingerprint(SHA256()))
            for one in sources.lists:
                if one.facts.issuer != subject_of(issuer) or not one.is_signed_by_one_of(self._named(issuer)):
                    continue
                since = one.revoked_since(link)
                if since is not None and moment.is_revoked(since):
                    reason = f"{since:%Y-%m-%dT%H:%M:%SZ}"
                    return Bad(rules.REVOKED.at("certificate", subject=subject_of(link), reason=reason))
                used.append(one.facts)
        since, until = moment.span(path, used)
        until = min(until, moment.at + GOOD_FOR)
        return Good(since, until, moment.evidence(used))

    def _named(self, issuer: x509.Certificate) -> list[x509.Certificate]:
        """The authorities of this name: one that renewed its key may sign its lists with either."""
        return [one for one in self._authorities if one.subject == issuer.subject]


def _short(reason: str) -> str:
    return reason if len(reason) <= REASON_LENGTH else reason[: REASON_LENGTH - 1] + "…"
