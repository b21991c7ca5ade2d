"""What was found out about the signatures inside an attached PDF, as everybody says it: checker, database, API."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from envelopes.moments import can_be_shown

MAX_SIGNATURES = 32
"""Signatures told of one file: an official document has two, and a few more where others sign along."""


class PdfState(StrEnum):
    """How far the look at a PDF has come."""

    PENDING = "pending"
    CHECKED = "checked"
    NONE = "none"
    UNCHECKED = "unchecked"


class Verdict(StrEnum):
    """What one signature is worth, all in all. `unproven`: sound and unchanged, but who signed is not established."""

    VALID = "valid"
    UNPROVEN = "unproven"
    CHANGED = "changed"
    INVALID = "invalid"


class Coverage(StrEnum):
    """How much of the file the signature was made over."""

    FILE = "file"
    REVISION = "revision"
    PART = "part"


class Changes(StrEnum):
    """What was added to the file behind the signature. `permitted`: further signatures, filled fields, proofs."""

    NONE = "none"
    PERMITTED = "permitted"
    FORBIDDEN = "forbidden"


class Trust(StrEnum):
    """What is known of the signer's certificate at the time it is judged for."""

    TRUSTED = "trusted"
    REVOCATION_UNKNOWN = "revocation_unknown"
    NOT_IN_FORCE = "not_in_force"
    REFUSED = "refused"
    UNTRUSTED = "untrusted"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfReason:
    """Why something is not plainly good, in both languages."""

    code: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignature:
    """One signature inside a PDF. Times are aware UTC, the certificate is named by its SHA-256 in lower-case hex.

    `kind` is `signature`, or `timestamp` for one over the whole document. `signer` and `organization` are what the
    certificate says; `signer_type` is `person` or `organization` where it says so. `signed_at` is proven only where
    `time` is `timestamped`; `claimed` is the signer's own word. `trust` is None where no certificate could be read.
    """

    field: str
    kind: str = "signature"
    verdict: Verdict
    intact: bool = False
    coverage: Coverage = Coverage.PART
    changes: Changes = Changes.FORBIDDEN
    signer: str | None = None
    organization: str | None = None
    signer_type: str | None = None
    certificate: str | None = None
    trust: Trust | None = None
    signed_at: datetime | None = None
    time: str | None = None
    reasons: tuple[PdfReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfOutcome:
    """What is known of a PDF's signatures; `reason` says why one was left unchecked, and only then."""

    state: PdfState
    signatures: tuple[PdfSignature, ...] = ()
    reason: PdfReason | None = None


def outcome_json(outcome: PdfOutcome) -> dict[str, Any]:
    """The outcome in JSON's own types, as it is kept and sent between processes."""
    written = asdict(outcome)
    for one in written["signatures"]:
        one["signed_at"] = one["signed_at"].isoformat() if one["signed_at"] else None
    return written


def outcome_of(given: dict[str, Any]) -> PdfOutcome:
    """The outcome from JSON; raises ValueError, KeyError or TypeError for anything `outcome_json` does not write."""
    reason = given["reason"]
    return PdfOutcome(
        state=PdfState(given["state"]),
        signatures=tuple(_signature(one) for one in given["signatures"][:MAX_SIGNATURES]),
        reason=_reason(reason) if reason is not None else None,
    )


def _signature(given: dict[str, Any]) -> PdfSignature:
    trust, signed_at = given["trust"], _moment(given["signed_at"])
    return PdfSignature(
        field=str(given["field"]),
        kind=str(given["kind"]),
        verdict=Verdict(given["verdict"]),
        intact=given["intact"] is True,
        coverage=Coverage(given["coverage"]),
        changes=Changes(given["changes"]),
        signer=_text(given["signer"]),
        organization=_text(given["organization"]),
        signer_type=_text(given["signer_type"]),
        certificate=_text(given["certificate"]),
        trust=Trust(trust) if trust is not None else None,
        signed_at=signed_at,
        time=_text(given["time"]) if signed_at is not None else None,
        reasons=tuple(_reason(one) for one in given["reasons"]),
    )


def _moment(given: Any) -> datetime | None:
    """The time of signing; none where nobody could show it, for what was written down once is read for ever."""
    moment = None if given is None else datetime.fromisoformat(given)
    return moment if moment is not None and can_be_shown(moment) else None


def _reason(given: dict[str, Any]) -> PdfReason:
    return PdfReason(code=str(given["code"]), vi=str(given["vi"]), en=str(given["en"]))


def _text(given: Any) -> str | None:
    return None if given is None else str(given)
