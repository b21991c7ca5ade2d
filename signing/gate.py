"""The only place that says "this agency signed this" (SECURITY 1).

The steps are those of SECURITY 1.1, cheap and keyless ones first, so that strangers cannot buy time. `inspect` does
those up to 9, `verify` the rest. After the gate only `Verified.parts` is read: trees made from the octets that were
signed.

 1  size                                     `inspect`
 2  UTF-8, no NUL, declaration               `envelopes.dom.parse`
 3  limits in a stream, no DOCTYPE           `envelopes.splitting`, before the gate
 4  safe parser, no DOCTYPE                  `envelopes.dom.parse`
 5  root and path table                      `envelopes.parts.find_parts`
 6  one Signature at its place, its Object   `coverage.check_place`, `signed_info.read_signature`, `xades.read_object`
 7  unique ids                               `coverage.check_identifiers`
 8  allow-lists, strict base64               `signed_info.read_signature`, `weak.Tolerance`
 9  coverage, closed world                   `coverage.find_profile`, `coverage.check_closed_world`, `_check_manifest`
10  candidates of the claimed sender         `_order_candidates`
11  the one call into signxml                `_prove`, `proving.prove`
12  what was signed is what was gone by      `_read_signed`, `assembling`
13  last day of weak forms; certificate,     `weak.check_until`; `_judge`, `certificates.Trust`; `candidates` are
    path, revocation; delegation             certificates of the sender and of whoever may sign for it then
14  the same again                           `exchange.submit`, in the accepting transaction

Outcomes are `Verified`, `Held`, or `Refused` raised with its reasons; no library's exception leaves this module.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from envelopes.dom import parse
from envelopes.faults import Refused
from envelopes.limits import MAX_CANDIDATES, MAX_SKELETON_BYTES
from envelopes.part_rules import DECORATION
from envelopes.parts import ENVELOPE, HEADER, SIGNATURE, Parts, find_parts
from envelopes.split_rules import SKELETON_TOO_LARGE
from signing import assembling, coverage, weak
from signing import gate_rules as rules
from signing.algorithms import C14N, EXC_C14N, MISSPELT_EXC_C14N
from signing.certificates import Bad, Unknown
from signing.coverage import Profile
from signing.elements import PATH, XML_SPACE
from signing.leaf import load_der
from signing.proving import Signed, prove
from signing.signed_info import SignedInfo, read_signature

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from envelopes.faults import Fault
    from signing.certificates import Trust

LOCATION = f"./{ENVELOPE}/{HEADER}/"

_E = HEADER.removesuffix("edXMLHeader")

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inspected:
    """A file in good order, not yet verified. `profile` None: it carries no signature.

    `sender` is what the file claims; `parts` may be read only when the file is unsigned and policy allows that.
    """

    data: bytes
    parts: Parts
    profile: Profile | None
    sender: str
    warnings: tuple[Fault, ...] = ()
    info: SignedInfo | None = None

    @property
    def named(self) -> tuple[bytes, ...]:
        """Digests of the certificates that the signature shows or names, as a hint which to try."""
        if self.info is None:
            return ()
        shown = tuple(hashlib.sha256(der).digest() for der in self.info.certificates)
        return shown if self.info.properties is None else (self.info.properties.digest, *shown)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verified:
    """Agency `agency`, by its code in the signed `From`, signed this.

    `parts` comes from the signed octets; its traces, and under profile P the attachments' elements (matched by the
    signed manifest's digests), are the only ones that do not. `certificate` is the SHA-256 of the DER that verified,
    `identity` the digest of what was signed, whoever signed it and whatever stood around it. `weak`: by algorithms
    taken by exception, which counts as signed nowhere. `claimed_at` (aware) is the signer's own word for when.
    """

    agency: str
    parts: Parts
    profile: Profile
    certificate: bytes
    identity: bytes
    weak: bool = False
    evidence: tuple[bytes, ...] = ()
    claimed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Signed, but whether the certificate is revoked cannot be told now: neither accepted as signed nor refused."""

    reason: str
    verified: Verified


def _refusing(function: Callable[P, R]) -> Callable[P, R]:
    """Whatever a library throws at foreign bytes is one refusal with a reason, never a leak (TM-20)."""

    @functools.wraps(function)
    def guarded(*args: P.args, **named: P.kwargs) -> R:
        try:
            return function(*args, **named)
        except Refused:
            raise
        except Exception as error:
            raise Refused(rules.UNREADABLE.at(PATH, reason=type(error).__name__)) from error

    return guarded


@_refusing
def inspect(skeleton: bytes, *, weak_forms: bool = False) -> Inspected:
    """Steps 1 to 9 for a skeleton (the file without the attachments' text). Raises `Refused`.

    `weak_forms`: the system that sent it may sign weakly until a date, which `verify` asks for.
    """
    if len(skeleton) > MAX_SKELETON_BYTES:
        SKELETON_TOO_LARGE.refuse(value=len(skeleton), limit=MAX_SKELETON_BYTES)
    return _inspect(skeleton, weak_forms=weak_forms)


@_refusing
def verify(
    inspected: Inspected,
    *,
    candidates: Sequence[bytes],
    trust: Trust,
    at: datetime,
    whole: bytes | None = None,
    weak_until: date | None = None,
) -> Verified | Held:
    """Steps 10 to 13: did the claimed sender sign this, with a certificate to be believed at `at`?

    `candidates` are the certificates (DER) registered to `inspected.sender` and active now; `whole` is the complete
    file, which profile W needs; `weak_until` is the last day on which weak forms count. For worker threads. Raises
    `Refused`.
    """
    weak.check_until(inspected.info.weak if inspected.info else (), weak_until, at)  # of step 13, and costs nothing
    certificate, verified = _attributed(inspected, candidates, at, whole)
    return _judge(verified, certificate, trust, at)


@_refusing
def attribute(
    inspected: Inspected, *, candidates: Sequence[bytes], at: datetime, whole: bytes | None = None
) -> tuple[bytes, Verified]:
    """Steps 10 to 12 alone: which candidate's key made the signature (DER), and what it signed.

    Whether that certificate is to be believed is not asked: for explaining a file, never for taking one.
    """
    return _attributed(inspected, candidates, at, whole)


def _attributed(
    inspected: Inspected, candidates: Sequence[bytes], at: datetime, whole: bytes | None
) -> tuple[bytes, Verified]:
    info, profile = inspected.info, inspected.profile
    if info is None or profile is None:
        raise ValueError("the file is not signed")
    if profile == "W":
        inspected = _inspect_whole(inspected, whole)
    ordered = _order_candidates(inspected, info, candidates)
    certificate, signed = _prove(inspected, info, ordered, at)
    return certificate, _read_signed(inspected, info, profile, certificate, signed)


def _inspect(data: bytes, *, weak_forms: bool) -> Inspected:
    root = parse(data)  # steps 2 and 4
    parts = find_parts(root)  # step 5
    found = coverage.signatures(root)
    if not found:
        decorated = parts.signature is not None and parts.signature.tag != SIGNATURE
        warnings = (DECORATION.at(PATH),) if decorated else ()
        return Inspected(data=data, parts=parts, profile=None, sender=_sender(parts), warnings=warnings)
    signature = coverage.check_place(found, parts)  # step 6
    coverage.check_identifiers(root)  # step 7
    info = read_signature(signature, weak=weak_forms)  # steps 6 and 8
    profile = coverage.find_profile(info, parts)  # step 9
    coverage.check_closed_world(root, profile)
    if profile == "P":
        _check_manifest(parts)
    return Inspected(data=data, parts=parts, profile=profile, sender=_sender(parts), info=info)


def _inspect_whole(inspected: Inspected, whole: bytes | None) -> Inspected:
    """Profile W covers what the skeleton lacks, so every step is done again on the complete file."""
    if whole is None:
        raise ValueError("profile W is verified on the complete file")
    coverage.check_text_length(whole)
    again = _inspect(whole, weak_forms=bool(inspected.info and inspected.info.weak))
    if (again.profile, again.sender, again.info) != (inspected.profile, inspected.sender, inspected.info):
        raise ValueError("the complete file is not the skeleton's")
    return again


def _check_manifest(parts: Parts) -> None:
    """The attachments are covered by the manifest's digests, or not at all; their names repeat it."""
    faults = [] if parts.manifest is None else coverage.manifest_faults(parts.manifest)
    faults += coverage.attachment_faults(parts.manifest, parts.attachments)
    if faults:
        raise Refused(*faults)


def _order_candidates(inspected: Inspected, info: SignedInfo, candidates: Sequence[bytes]) -> list[bytes]:
    """Step 10: the registered certificates, those that the signature names first; hints save time, decide nothing.

    XAdES names one of several certificates of one key, and then that one must be asked first.
    """
    if not candidates:
        rules.CERTIFICATE_UNREGISTERED.refuse(PATH, inspected.sender, sender=inspected.sender)
    named = info.properties
    ordered = sorted(
        candidates, key=lambda der: (named is not None and not named.names(der), der not in info.certificates)
    )
    return ordered[:MAX_CANDIDATES]


def _prove(
    inspected: Inspected, info: SignedInfo, candidates: list[bytes], at: datetime
) -> tuple[bytes, tuple[Signed, ...]]:
    """Step 11: the first candidate whose key made the signature, and what it signed."""
    misspelt = any(MISSPELT_EXC_C14N in reference.transforms for reference in info.references)
    for der in candidates:
        signed = prove(
            inspected.data,
            load_der(der),
            location=LOCATION,
            references=len(info.references),
            at=at,
            weak=bool(info.weak),
            unnamed=EXC_C14N if misspelt else C14N,
        )
        if signed is not None:
            return der, signed
    raise Refused(rules.INVALID.at(PATH, inspected.sender, sender=inspected.sender, count=len(candidates)))


def _read_signed(
    inspected: Inspected, info: SignedInfo, profile: Profile, der: bytes, signed: tuple[Signed, ...]
) -> Verified:
    """Step 12: the parts of the signed trees, and that they say what steps 5 to 10 went by."""
    content = assembling.content_of(info, signed)
    parts = find_parts(content[0].tree) if profile == "W" else assembling.assemble(inspected.parts, content)
    if profile == "P":
        _check_manifest(parts)
    if _sender(parts) != inspected.sender:
        rules.SENDER_DIFFERS.refuse(PATH, _sender(parts), signed=_sender(parts), claimed=inspected.sender)
    properties = assembling.check_properties(info, signed, der)
    return Verified(
        agency=inspected.sender,
        parts=parts,
        profile=profile,
        certificate=hashlib.sha256(der).digest(),
        identity=assembling.identity_of(profile, info, content),
        weak=bool(info.weak),
        claimed_at=properties.claimed_at if properties else None,
    )


def _judge(verified: Verified, der: bytes, trust: Trust, at: datetime) -> Verified | Held:
    """Step 13: own policy, path and revocation of the certificate that verified."""
    verdict = trust.judge(der, at)
    if isinstance(verdict, Bad):
        raise Refused(verdict.fault)
    if isinstance(verdict, Unknown):
        return Held(reason=verdict.reason, verified=verified)
    return replace(verified, evidence=verdict.evidence)


def _sender(parts: Parts) -> str:
    """The agency code in `From/OrganId`; empty when there is not exactly one, which the reader will say."""
    found = parts.header.findall(f"{_E}From/{_E}OrganId")
    if len(found) != 1 or len(found[0]):
        return ""
    return (found[0].text or "").strip(XML_SPACE)
