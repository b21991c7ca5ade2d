"""The only place that says "this agency signed this" (SECURITY 1).

The steps carry the numbers of SECURITY 1.1. `inspect` does 1, 2 and 4 to 9: cheap, no key, so that strangers cannot
buy time; step 3 is the splitter's. `verify` does 10 to 13; step 14 belongs to the accepting transaction. After the
gate only `Verified.parts` is read: trees made from the octets that were signed.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from lxml import etree

from envelopes.dom import parse
from envelopes.faults import Refused
from envelopes.limits import MAX_CANDIDATES, MAX_SKELETON_BYTES
from envelopes.part_rules import DECORATION
from envelopes.parts import ENVELOPE, HEADER, SIGNATURE, Parts, find_parts
from envelopes.split_rules import SKELETON_TOO_LARGE
from signing import coverage
from signing import gate_rules as rules
from signing.algorithms import EXC_C14N
from signing.certificates import Bad, Unknown
from signing.coverage import Profile
from signing.leaf import load_der
from signing.proving import Signed, prove
from signing.signed_info import PATH, XML_SPACE, SignedInfo, read_signature

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verified:
    """The sender signed this. `parts` comes from the signed octets; its traces, and under profile P the attachments'
    elements (matched by the signed manifest's digests), are the only ones that do not.

    `certificate` is the SHA-256 of the DER that verified, `identity` names what was signed, whoever signed it and
    whatever stood around it. `weak` is for algorithms accepted by exception; none is at present.
    """

    parts: Parts
    profile: Profile
    certificate: bytes
    identity: bytes
    weak: bool = False


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
def inspect(skeleton: bytes) -> Inspected:
    """Steps 1 to 9 for a skeleton (the file without the attachments' text). Raises `Refused`."""
    if len(skeleton) > MAX_SKELETON_BYTES:
        SKELETON_TOO_LARGE.refuse(value=len(skeleton), limit=MAX_SKELETON_BYTES)
    return _inspect(skeleton)


@_refusing
def verify(
    inspected: Inspected, *, candidates: Sequence[bytes], trust: Trust, at: datetime, whole: bytes | None = None
) -> Verified | Held:
    """Steps 10 to 13: did the claimed sender sign this, with a certificate to be believed at `at`?

    `candidates` are the certificates (DER) registered to `inspected.sender` and active now; `whole` is the complete
    file, which profile W needs. For worker threads. Raises `Refused`.
    """
    certificate, verified = _attributed(inspected, candidates, at, whole)
    return _judge(verified, certificate, trust, at)


@_refusing
def attribute(
    inspected: Inspected, *, candidates: Sequence[bytes], at: datetime, whole: bytes | None = None
) -> tuple[bytes, Parts]:
    """Steps 10 to 12 alone: which candidate's key made the signature (DER), and the parts it signed.

    Whether that certificate is to be believed is not asked: for explaining a file, never for taking one.
    """
    certificate, verified = _attributed(inspected, candidates, at, whole)
    return certificate, verified.parts


def _attributed(
    inspected: Inspected, candidates: Sequence[bytes], at: datetime, whole: bytes | None
) -> tuple[bytes, Verified]:
    if inspected.profile == "W":
        inspected = _inspect_whole(inspected, whole)
    ordered = _order_candidates(inspected, candidates)
    certificate, signed = _prove(inspected, ordered, at)
    return certificate, _read_signed(inspected, certificate, signed)


def _inspect(data: bytes) -> Inspected:
    root = parse(data)  # steps 2 and 4
    parts = find_parts(root)  # step 5
    found = coverage.signatures(root)
    if not found:
        decorated = parts.signature is not None and parts.signature.tag != SIGNATURE
        warnings = (DECORATION.at(PATH),) if decorated else ()
        return Inspected(data=data, parts=parts, profile=None, sender=_sender(parts), warnings=warnings)
    signature = coverage.check_place(found, parts)  # step 6
    coverage.check_identifiers(root)  # step 7
    info = read_signature(signature)  # steps 6 and 8
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
    again = _inspect(whole)
    if again.profile != "W" or again.sender != inspected.sender:
        raise ValueError("the complete file is not the skeleton's")
    return again


def _check_manifest(parts: Parts) -> None:
    """The attachments are covered by the manifest's digests, or not at all; their names repeat it."""
    faults = [] if parts.manifest is None else coverage.manifest_faults(parts.manifest)
    faults += coverage.attachment_faults(parts.manifest, parts.attachments)
    if faults:
        raise Refused(*faults)


def _order_candidates(inspected: Inspected, candidates: Sequence[bytes]) -> list[bytes]:
    """Step 10: the registered certificates, those that KeyInfo shows first; the hint saves time and decides nothing."""
    if not candidates:
        rules.CERTIFICATE_UNREGISTERED.refuse(PATH, inspected.sender, sender=inspected.sender)
    hints = inspected.info.certificates if inspected.info else ()
    return sorted(candidates[:MAX_CANDIDATES], key=lambda der: der not in hints)


def _prove(inspected: Inspected, candidates: list[bytes], at: datetime) -> tuple[bytes, tuple[Signed, ...]]:
    """Step 11: the first candidate whose key made the signature, and what it signed."""
    references = len(inspected.info.references) if inspected.info else 0
    for der in candidates:
        certificate = load_der(der)
        signed = prove(inspected.data, certificate, location=LOCATION, references=references, at=at)
        if signed is not None:
            return der, signed
    raise Refused(rules.INVALID.at(PATH, inspected.sender, sender=inspected.sender, count=len(candidates)))


def _read_signed(inspected: Inspected, der: bytes, signed: tuple[Signed, ...]) -> Verified:
    """Step 12: the parts of the signed trees, and that they say what steps 5 to 10 went by."""
    profile = inspected.profile
    assert profile is not None
    parts = find_parts(signed[0].tree) if profile == "W" else _assemble(inspected.parts, signed)
    if profile == "P":
        _check_manifest(parts)
    if _sender(parts) != inspected.sender:
        rules.SENDER_DIFFERS.refuse(PATH, _sender(parts), signed=_sender(parts), claimed=inspected.sender)
    return Verified(
        parts=parts, profile=profile, certificate=hashlib.sha256(der).digest(), identity=_identity(inspected, signed)
    )


def _assemble(claimed: Parts, signed: tuple[Signed, ...]) -> Parts:
    """Profile P's parts, each the tree of its own reference; the order was checked in step 9."""
    trees = dict(zip(coverage.covered_parts(claimed), (one.tree for one in signed), strict=True))
    for element, tree in trees.items():
        if tree.tag != element.tag or tree.get("Id") != element.get("Id"):
            rules.ALTERED.refuse(PATH, part=str(element.tag))
    return Parts(
        header=trees[claimed.header],
        business=None if claimed.business is None else trees[claimed.business],
        manifest=None if claimed.manifest is None else trees[claimed.manifest],
        traces=claimed.traces,
        attachments=claimed.attachments,
        signature=claimed.signature,
    )


def _identity(inspected: Inspected, signed: tuple[Signed, ...]) -> bytes:
    """The digest of what was signed, in one canonical form, so that no choice of algorithms makes it another."""
    assert inspected.info is not None
    total = hashlib.sha256(f"{inspected.profile}\n".encode())
    for reference, one in zip(inspected.info.references, signed, strict=True):
        canonical = EXC_C14N in reference.transforms and not reference.prefixes
        plain = one.data if canonical else etree.tostring(one.tree, method="c14n", exclusive=True, with_comments=False)
        total.update(f"{reference.uri}\n{hashlib.sha256(plain).hexdigest()}\n".encode())
    return total.digest()


def _judge(verified: Verified, der: bytes, trust: Trust, at: datetime) -> Verified | Held:
    """Step 13: own policy, path and revocation of the certificate that verified."""
    verdict = trust.judge(der, at)
    if isinstance(verdict, Bad):
        raise Refused(verdict.fault)
    if isinstance(verdict, Unknown):
        return Held(reason=verdict.reason, verified=verified)
    return verified


def _sender(parts: Parts) -> str:
    """The agency code in `From/OrganId`; empty when there is not exactly one, which the reader will say."""
    found = parts.header.findall(f"{_E}From/{_E}OrganId")
    if len(found) != 1 or len(found[0]):
        return ""
    return (found[0].text or "").strip(XML_SPACE)
