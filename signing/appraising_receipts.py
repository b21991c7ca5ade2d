"""What a receipt says to somebody who has only the receipt, and perhaps a root: for years after the exchange's word.

The seal's certificate stands in the receipt itself, where anybody may have put it. It is believed when it was given
beforehand, or leads to a given root at the time of acceptance; without either nothing is called verified.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from asn1crypto import x509 as asn1_x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext

from envelopes.faults import Refused
from envelopes.limits import Words
from signing import certificate_rules
from signing.appraising import SIGNATURE, WHOSE, Outcome
from signing.certificates import Bad, Trust, Unknown, describe
from signing.leaf import date_faults, is_seal, leaf_faults, link_faults, load_der, subject_of
from signing.pem import parsed
from signing.revocation import RevocationList
from signing.seal import check_sealed, enclosed_certificates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509

    from envelopes.faults import Fault
    from signing.appraising import Given
    from signing.certificates import CertificateFacts
    from signing.receipts import ReceiptFacts

SEAL_OF_THE_EXCHANGE = Words(
    vi="con dấu có đúng là của trục không: chứng thư kèm theo không ghi là con dấu, nên chứng thư nào dưới gốc này "
    "cũng viết được biên nhận ấy; hãy lấy con dấu từ trục (`lienthong seal show --out seal.pem`) "
    "và cho --certificate seal.pem",
    en="whether the seal is the exchange's: the enclosed certificate does not say that it is a seal, so any "
    "certificate under that root could have written this; get the seal from the exchange "
    "(`lienthong seal show --out seal.pem`) and give --certificate seal.pem",
)
SEAL_LOST = Words(
    vi="con dấu đã bị thu hồi từ {since}: ai giữ khóa cũng viết được biên nhận lùi ngày; hãy so với bản trục lưu",
    en="the seal is revoked since {since}: whoever has its key could have written a receipt of an earlier date; "
    "compare it with the one that the exchange keeps",
)
SEAL_PATH = Words(
    vi="con dấu do tổ chức nào cấp, còn hạn lúc đóng dấu không; hãy cho --roots",
    en="who issued the seal's certificate, and whether it was in force then; give --roots",
)
SEAL_REVOCATION = Words(
    vi="con dấu có bị thu hồi trước lúc đóng dấu không; hãy cho --crl của tổ chức cấp",
    en="whether the seal had been revoked by then; give the authority's --crl",
)
THE_TIME = Words(
    vi="thời điểm nhận: theo lời của chính trục, không có dấu thời gian của bên thứ ba",
    en="the time: it is the exchange's own word, with no third party's timestamp",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealAppraisal:
    """What a receipt's seal is worth. `facts` are what was sealed, by the key of `certificate`.

    `enclosed`: the certificate comes from the receipt, and nobody gave it. `unchecked` names what was not looked at.
    """

    outcome: Outcome
    facts: ReceiptFacts | None = None
    certificate: CertificateFacts | None = None
    enclosed: bool = False
    reason: str = ""
    unchecked: tuple[Words, ...] = ()
    faults: tuple[Fault, ...] = ()


def appraise_receipt(data: bytes, *, given: Given, now: datetime) -> SealAppraisal:
    """Look at a receipt (XML) with what is `given`; `now` (aware) is when, for the revocation lists. Blocking."""
    begun = SealAppraisal(outcome=Outcome.UNEXAMINED, enclosed=not given.certificates)
    try:
        shown = enclosed_certificates(data)
        candidates = given.certificates or shown
        if not candidates:
            return replace(begun, unchecked=(SIGNATURE, SEAL_PATH, SEAL_REVOCATION, THE_TIME))
        sealed = check_sealed(data, candidates)
    except Refused as refused:
        return replace(begun, outcome=Outcome.REFUSED, faults=refused.faults)
    found = replace(begun, facts=sealed.facts, certificate=describe(sealed.certificate))
    at = sealed.facts.accepted_at
    if given.roots:
        return _judge(found, sealed.certificate, shown, given, at, now)
    faults = leaf_faults(load_der(sealed.certificate))
    if faults:
        return replace(found, outcome=Outcome.REFUSED, faults=tuple(faults))
    if found.enclosed:
        unchecked = (WHOSE, SEAL_PATH, SEAL_REVOCATION, THE_TIME)
        return replace(found, outcome=Outcome.UNVERIFIED, unchecked=unchecked)
    lost = _lost(found, load_der(sealed.certificate), given)
    return lost or replace(found, outcome=Outcome.VERIFIED, unchecked=(SEAL_PATH, SEAL_REVOCATION, THE_TIME))


def _judge(
    found: SealAppraisal, der: bytes, shown: Sequence[bytes], given: Given, at: datetime, now: datetime
) -> SealAppraisal:
    """Whether the seal's certificate led to a given root at `at`, and what the given lists say of it."""
    between = [one for one in shown if one != der]
    faults = _path_faults(der, between, given.roots, at)
    if faults:
        return replace(found, outcome=Outcome.REFUSED, faults=tuple(faults))
    leaf = load_der(der)
    if found.enclosed and not is_seal(leaf):
        unchecked: tuple[Words, ...] = (SEAL_OF_THE_EXCHANGE, SEAL_REVOCATION, THE_TIME)
        return replace(found, outcome=Outcome.UNVERIFIED, unchecked=unchecked)
    if not given.crls:
        return replace(found, outcome=Outcome.VERIFIED, unchecked=(SEAL_REVOCATION, THE_TIME))
    verdict = Trust(1, given.roots, given.crls, between).judge_past(der, at, now)
    if isinstance(verdict, Bad):
        return replace(found, outcome=Outcome.REFUSED, faults=(verdict.fault,))
    if isinstance(verdict, Unknown):
        reason = verdict.reason
        return replace(found, outcome=Outcome.HELD, reason=reason, unchecked=(SEAL_REVOCATION, THE_TIME))
    return _lost(found, leaf, given) or replace(found, outcome=Outcome.VERIFIED, unchecked=(THE_TIME,))


def _lost(found: SealAppraisal, leaf: x509.Certificate, given: Given) -> SealAppraisal | None:
    """The verdict on a seal that a given list names, if one does: the receipt's time is whoever has the key's word."""
    since = _revoked_since(leaf, given.crls)
    if since is None:
        return None
    told = (text.format(since=f"{since:%Y-%m-%dT%H:%M:%SZ}") for text in (SEAL_LOST.vi, SEAL_LOST.en))
    return replace(found, outcome=Outcome.HELD, reason=" / ".join(told), unchecked=(THE_TIME,))


def _revoked_since(leaf: x509.Certificate, crls: Sequence[bytes]) -> datetime | None:
    """When a given list of its issuer's says that the certificate was revoked, even if that was afterwards."""
    lists = (RevocationList(crl) for crl in crls)
    issuer = leaf.issuer.rfc4514_string()
    found = [one.revoked_since(leaf) for one in lists if one.facts.issuer == issuer]
    return min((since for since in found if since is not None), default=None)


def _path_faults(der: bytes, between: Sequence[bytes], roots: Sequence[bytes], at: datetime) -> list[Fault]:
    """What keeps the certificate from leading to a root at `at`: own policy and path; revocation is asked apart."""
    leaf = load_der(der)
    faults = [*date_faults(leaf, at), *leaf_faults(leaf)]
    if faults:
        return faults
    try:
        links = asyncio.run(_links(der, between, roots, at))
    except Exception as error:  # beside its own errors the validator leaks those of its parsers
        return [certificate_rules.UNTRUSTED.at("certificate", subject=subject_of(leaf), reason=str(error))]
    if not links:
        return [certificate_rules.UNTRUSTED.at("certificate", subject=subject_of(leaf), reason="it is its own root")]
    return [fault for link in links for fault in (*date_faults(link, at), *link_faults(link))]


async def _links(der: bytes, between: Sequence[bytes], roots: Sequence[bytes], at: datetime) -> list[x509.Certificate]:
    """The authorities from root to seal. The one place that asks for no revocation: often nobody has the list."""
    context = ValidationContext(
        trust_roots=[parsed(asn1_x509.Certificate, one) for one in roots],
        other_certs=[parsed(asn1_x509.Certificate, one) for one in between],
        moment=at,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    path = await CertificateValidator(
        parsed(asn1_x509.Certificate, der), validation_context=context
    ).async_validate_path()
    return [load_der(link.dump()) for link in path][:-1]
