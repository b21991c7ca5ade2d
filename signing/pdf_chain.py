"""Whether the certificate behind a PDF's signature is to be believed: own policy, path to a root, revocation.

Other than at the gate, anybody may have signed here, so the certificates on the way come from the file itself, and the
file may bring revocation data. That of the exchange is asked first; what the file brings only fills gaps.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import InsufficientRevinfoError, RevokedError
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule

from envelopes.faults import Refused
from envelopes.pdf_outcomes import Trust
from signing import certificate_rules, pdf_rules
from signing.leaf import date_faults, leaf_faults, link_faults, load_der, subject_of
from signing.revocation import RevocationList

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cryptography import x509

    from envelopes.faults import Fault

_REASON_LENGTH = 300
"""Characters of a library's explanation that are shown: it repeats names from the file."""

_NO_REVOCATION = CertRevTrustPolicy(
    RevocationCheckingPolicy(
        ee_certificate_rule=RevocationCheckingRule.NO_CHECK, intermediate_ca_cert_rule=RevocationCheckingRule.NO_CHECK
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What the exchange trusts: roots, authorities between, revocation lists and OCSP answers (all DER), and the moment
    of receipt (aware)."""

    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What the file itself brings: certificates, revocation lists and OCSP answers, none of them believed unproven."""

    certificates: tuple[asn1_x509.Certificate, ...] = ()
    crls: tuple[asn1_crl.CertificateList, ...] = ()
    ocsps: tuple[asn1_ocsp.OCSPResponse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """What became of a certificate, and everything that stands against it."""

    trust: Trust
    faults: tuple[Fault, ...] = ()


class Chains:
    """Judges certificates for one file."""

    def __init__(self, anchors: Anchors, brought: Brought, *, lists: Sequence[RevocationList] | None = None) -> None:
        """`lists` are those of `anchors`, taken apart already."""
        self._anchors = anchors
        self._brought = brought
        self._roots = [parsed(asn1_x509.Certificate, der) for der in anchors.roots]
        self._others = [*(parsed(asn1_x509.Certificate, der) for der in anchors.intermediates), *brought.certificates]
        self._lists = lists if lists is not None else [RevocationList(der) for der in anchors.crls]
        self._crls = [one.parsed for one in self._lists]
        self._authorities = [load_der(der) for der in (*anchors.roots, *anchors.intermediates)]
        self._ocsps = [parsed(asn1_ocsp.OCSPResponse, der) for der in anchors.ocsps]

    def with_more(self, certificates: Iterable[asn1_x509.Certificate]) -> Chains:
        """The same, knowing these certificates on the way as well."""
        brought = replace(self._brought, certificates=(*self._brought.certificates, *certificates))
        return Chains(self._anchors, brought, lists=self._lists)

    def context(self, at: datetime) -> ValidationContext:
        """For the library's own checks, which decide about timestamps: revocation is required there, too."""
        return self._context(at, self._brought, newer=False)

    def judge(self, der: bytes, at: datetime, *, stamp: bool = False) -> Appraisal:
        """Whether the certificate (DER) may be believed to have signed at `at` (aware), or to have stamped the time."""
        try:
            certificate = load_der(der)
        except Refused as refused:
            return Appraisal(trust=Trust.REFUSED, faults=refused.faults)
        purpose = certificate_rules.PURPOSE_WRONG.code  # a stamp's is checked by the library, and is another one
        faults = [fault for fault in leaf_faults(certificate) if not (stamp and fault.code == purpose)]
        dated = date_faults(certificate, at)
        trust, found = self._path(certificate, der, at) if not dated else self._bare_path(certificate, der)
        if trust is Trust.TRUSTED and dated:
            trust = Trust.NOT_IN_FORCE
        if trust in (Trust.TRUSTED, Trust.REVOCATION_UNKNOWN, Trust.NOT_IN_FORCE) and faults:
            trust = Trust.REFUSED
        return Appraisal(trust=trust, faults=(*faults, *dated, *found))

    def _path(self, certificate: x509.Certificate, der: bytes, at: datetime) -> tuple[Trust, list[Fault]]:
        """With the exchange's revocation data; where that does not suffice, with the file's as well."""
        # A list made since then says what was revoked by then, as long as it still speaks of the certificate: after
        # a certificate's end its authority may drop it.
        newer = certificate.not_valid_after_utc >= self._anchors.received_at
        for brought in (Brought(), self._brought):
            try:
                path = asyncio.run(_validated(der, self._context(at, brought, newer=newer)))
            except RevokedError as error:
                return Trust.REVOKED, [_revoked(certificate, error.failure_msg)]
            except InsufficientRevinfoError:
                continue
            except Exception as error:  # beside its own errors the validator leaks those of its parsers
                return _untrusted(certificate, error)
            if self.disowns(path, at):
                return Trust.REVOKED, [_revoked(certificate, "CRL")]
            return self._judge_path(certificate, path, at)
        trust, faults = self._bare_path(certificate, der, at)
        if trust is not Trust.TRUSTED:
            return trust, faults
        subject = subject_of(certificate)
        return Trust.REVOCATION_UNKNOWN, [pdf_rules.REVOCATION_UNKNOWN.at("certificate", subject=subject)]

    def _bare_path(
        self, certificate: x509.Certificate, der: bytes, at: datetime | None = None
    ) -> tuple[Trust, list[Fault]]:
        """Whether it leads to a root at all, revocation left aside; without `at` while it was in force."""
        moment = at or min(
            max(self._anchors.received_at, certificate.not_valid_before_utc), certificate.not_valid_after_utc
        )
        context = ValidationContext(
            trust_roots=self._roots, other_certs=self._others, moment=moment, revinfo_policy=_NO_REVOCATION
        )
        try:
            path = asyncio.run(_validated(der, context))
        except Exception as error:
            return _untrusted(certificate, error)
        return self._judge_path(certificate, path, moment)

    def _judge_path(
        self, leaf: x509.Certificate, path: list[asn1_x509.Certificate], at: datetime
    ) -> tuple[Trust, list[Fault]]:
        """What the path validator does not ask: that there is a link at all, the links' keys and dates."""
        if len(path) < 2:
            return _untrusted(leaf, "it is its own root")
        links = [load_der(dumped(link)) for link in path[:-1]]
        faults = [fault for link in links for fault in (*date_faults(link, at), *link_faults(link))]
        if faults:
            return Trust.UNTRUSTED, faults
        return Trust.TRUSTED, []

    def disowns(self, path: Iterable[asn1_x509.Certificate] | None, at: datetime) -> bool:
        """Whether one of the exchange's lists names a link of the path (from its root) as revoked or lost by `at`.

        An older answer in the file must not hide that, and the library knows nothing of when a key was lost.
        """
        links = [load_der(dumped(link)) for link in path or ()]
        return any(self._listed(link, issuer, at) for issuer, link in pairwise(links))

    def _listed(self, link: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
        signers = [issuer, *(one for one in self._authorities if one.subject == issuer.subject)]
        return any(
            since <= at
            for one in self._lists
            if one.facts.issuer == subject_of(issuer) and one.is_signed_by_one_of(signers)
            if (since := one.revoked_since(link)) is not None
        )

    def _context(self, at: datetime, brought: Brought, *, newer: bool) -> ValidationContext:
        return ValidationContext(
            trust_roots=self._roots,
            other_certs=self._others,
            crls=[*self._crls, *brought.crls],
            ocsps=[*self._ocsps, *brought.ocsps],
            moment=at,
            allow_fetching=False,
            revocation_mode="require",  # the other modes may never look at a list (SECURITY 2.7)
            retroactive_revinfo=newer,
        )


def parsed(kind: Any, der: bytes) -> Any:
    """The asn1crypto object the library wants; its loader has no types."""
    return kind.load(der)


def dumped(value: Any) -> bytes:
    """The DER of an asn1crypto object."""
    der: bytes = value.dump()
    return der


async def _validated(der: bytes, context: ValidationContext) -> list[asn1_x509.Certificate]:
    """The path from the root to the certificate itself."""
    validator = CertificateValidator(parsed(asn1_x509.Certificate, der), validation_context=context)
    return list(await validator.async_validate_path())


def _revoked(certificate: x509.Certificate, reason: str) -> Fault:
    return certificate_rules.REVOKED.at("certificate", subject=subject_of(certificate), reason=reason[:_REASON_LENGTH])


def _untrusted(certificate: x509.Certificate, why: object) -> tuple[Trust, list[Fault]]:
    reason = str(why)[:_REASON_LENGTH] or type(why).__name__
    fault = certificate_rules.UNTRUSTED.at("certificate", subject=subject_of(certificate), reason=reason)
    return Trust.UNTRUSTED, [fault]
