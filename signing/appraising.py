"""What a signature says to somebody who has only the file: whose key made it, what was checked, and what was not.

The gate decides for the exchange, by the certificates of its directory. Here nobody vouches for a certificate unless
it was given, or leads to a root that was given; everything that was not looked at is named, and nothing unsigned, and
nothing signed by just anybody, is ever called verified.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from envelopes.limits import Words
from signing import gate, gate_rules, sign_rules
from signing.certificates import Bad, Trust, Unknown, describe
from signing.elements import PATH
from signing.leaf import date_faults, leaf_faults, load_der

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from envelopes.faults import Fault
    from envelopes.parts import Parts
    from signing.certificates import CertificateFacts
    from signing.coverage import Profile
    from signing.gate import Inspected


class Outcome(StrEnum):
    """What became of looking at a signature. `verified` alone means that somebody stands behind the certificate."""

    ABSENT = "absent"
    DECORATION = "decoration"
    UNEXAMINED = "unexamined"
    UNVERIFIED = "unverified"
    HELD = "held"
    VERIFIED = "verified"
    REFUSED = "refused"


SIGNATURE = Words(
    vi="chữ ký: tệp không kèm chứng thư nào; hãy cho --certificate",
    en="the signature: the file encloses no certificate; give --certificate",
)
WHOSE = Words(
    vi="chứng thư là của ai: nó lấy từ chính tệp này; hãy cho --certificate hoặc --roots",
    en="whose certificate it is: it comes from the file itself; give --certificate or --roots",
)
PATH_TO_ROOT = Words(
    vi="chứng thư do tổ chức chứng thực nào cấp; hãy cho --roots",
    en="which authority issued the certificate; give --roots",
)
LEADS_TO_ROOT = Words(
    vi="chứng thư có dẫn tới gốc đã cho không: chỉ biết chắc khi có --crl còn hiệu lực",
    en="whether the certificate leads to a given root: certain only with a --crl in force",
)
REVOCATION = Words(
    vi="chứng thư có bị thu hồi không; hãy cho --roots và --crl còn hiệu lực",
    en="whether the certificate is revoked; give --roots and a --crl in force",
)
REGISTRATION = Words(
    vi="chứng thư có được đăng ký cho đơn vị gửi không: chỉ trục biết",
    en="whether the certificate is registered for the sender: only the exchange knows",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the person who asks trusts (DER): certificates of signers, roots, revocation lists."""

    certificates: tuple[bytes, ...] = ()
    roots: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Appraisal:
    """What a signature says. `certificate` made it; `enclosed`: it came from the file, and nobody gave it.

    `parts` are made from the signed octets; `unchecked` names what was not looked at, `reason` why it was not.
    """

    outcome: Outcome
    profile: Profile | None = None
    certificate: CertificateFacts | None = None
    enclosed: bool = False
    reason: str = ""
    unchecked: tuple[Words, ...] = ()
    parts: Parts | None = None
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def appraise(skeleton: bytes, *, given: Given, at: datetime, whole: Callable[[], bytes]) -> Appraisal:
    """Look at the signature of a file of which the skeleton is in good order; `whole` gets all of it for profile W."""
    try:
        inspected = gate.inspect(skeleton)
    except Refused as refused:
        return Appraisal(outcome=Outcome.REFUSED, faults=refused.faults)
    if inspected.profile is None:
        outcome = Outcome.DECORATION if inspected.warnings else Outcome.ABSENT
        return Appraisal(outcome=outcome, warnings=inspected.warnings)
    begun = Appraisal(outcome=Outcome.UNEXAMINED, profile=inspected.profile, enclosed=not given.certificates)
    candidates = given.certificates or _enclosed(inspected)
    if not candidates:
        return replace(begun, unchecked=(SIGNATURE, PATH_TO_ROOT, REVOCATION, REGISTRATION))
    try:
        data = whole() if inspected.profile == "W" else None
        der, verified = gate.attribute(inspected, candidates=candidates, at=at, whole=data)
    except Refused as refused:
        return replace(begun, outcome=Outcome.REFUSED, faults=_in_own_words(refused.faults, len(candidates)))
    return _judge(replace(begun, certificate=describe(der), parts=verified.parts), der, given, at)


def _enclosed(inspected: Inspected) -> tuple[bytes, ...]:
    """The certificates in KeyInfo, which anybody may have put there."""
    return tuple(der for der in (inspected.info.certificates if inspected.info else ()) if _is_certificate(der))


def _is_certificate(der: bytes) -> bool:
    try:
        load_der(der)
    except Refused:
        return False
    return True


def _in_own_words(faults: Sequence[Fault], count: int) -> tuple[Fault, ...]:
    """The gate speaks of registered certificates, of which nothing is known here."""
    unmatched = sign_rules.UNMATCHED.at(PATH, count=count)
    return tuple(unmatched if fault.code == gate_rules.INVALID.code else fault for fault in faults)


def _judge(found: Appraisal, der: bytes, given: Given, at: datetime) -> Appraisal:
    """Whether the certificate that made the signature is to be believed, as far as that can be told."""
    if not given.roots:
        return _judge_alone(found, der, at)
    verdict = Trust(1, given.roots, given.crls).judge(der, at)
    if isinstance(verdict, Bad):
        return replace(found, outcome=Outcome.REFUSED, faults=(verdict.fault,))
    if isinstance(verdict, Unknown):
        return replace(
            found, outcome=Outcome.HELD, reason=verdict.reason, unchecked=(LEADS_TO_ROOT, REVOCATION, REGISTRATION)
        )
    return replace(found, outcome=Outcome.VERIFIED, unchecked=(REGISTRATION,))


def _judge_alone(found: Appraisal, der: bytes, at: datetime) -> Appraisal:
    certificate = load_der(der)
    faults = (*date_faults(certificate, at), *leaf_faults(certificate))
    if faults:
        return replace(found, outcome=Outcome.REFUSED, faults=faults)
    unchecked = (PATH_TO_ROOT, REVOCATION, REGISTRATION)
    if found.enclosed:
        return replace(found, outcome=Outcome.UNVERIFIED, unchecked=(WHOSE, *unchecked))
    return replace(found, outcome=Outcome.VERIFIED, unchecked=unchecked)
