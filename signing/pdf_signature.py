"""One signature inside a PDF: whether it is sound, what was added behind it, who made it and when."""

from __future__ import annotations

import asyncio
import hashlib
from codecs import BOM_UTF16_BE
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pyhanko.pdf_utils.misc import PdfStrictReadError
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel

from envelopes.moments import can_be_shown
from envelopes.pdf_outcomes import Changes, Coverage, PdfReason, PdfSignature, Trust, Verdict
from envelopes.readable import readable
from signing import pdf_rules as rules
from signing.pdf_chain import dumped
from signing.pdf_signer import signer_of

if TYPE_CHECKING:
    from datetime import datetime

    from pyhanko.pdf_utils.reader import PdfFileReader

    from envelopes.faults import Fault
    from signing.pdf_chain import Chains

DIGESTS = frozenset({"sha256", "sha384", "sha512"})
"""The digests of SECURITY 1.3; what older ones sign proves nothing."""

FORMS = frozenset({"/adbe.pkcs7.detached", "/ETSI.CAdES.detached", "/PBAD.PAdES"})
TIMESTAMP_FORM = "/ETSI.RFC3161"
"""Forms of signatures that can be checked (ISO 32000-2, table 255)."""

ANY_USAGE = KeyUsageConstraints(key_usage=set(), match_all_key_usages=False)
"""Key usage is our own leaf policy's (`leaf`), which says more than yes or no."""

TIMESTAMPED, CLAIMED = "timestamped", "claimed"
"""What the time of signing rests on."""

_NAME_LENGTH = 200
_NEVER = 10**9


@dataclass(frozen=True, slots=True)
class _Sound:
    """What the library says of the signature itself; `stamp_listed`: our own lists name who made its timestamp."""

    intact: bool
    valid: bool
    coverage: Any
    permitted: bool | None
    level: Any
    terms_kept: bool
    stamp: Any = None
    stamp_listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What stands against the whole file, and so against each of its signatures; `goes_on`: bytes behind its end."""

    faults: tuple[Fault, ...] = ()
    goes_on: bool = False


def appraise(
    reader: PdfFileReader, name: str, field: Any, chains: Chains, received_at: datetime, doubts: Doubts
) -> tuple[int, PdfSignature]:
    """The revision in which the signature was made, and what is to be said of it.

    Raises MemoryError, and `PdfStrictReadError` where the reader is strict.
    """
    shown = PdfSignature(field=_shown(name), verdict=Verdict.INVALID)
    try:
        found = EmbeddedPdfSignature(reader, field, name)
        form = str(found.sig_object.get("/SubFilter", "?"))
        if form not in FORMS | {TIMESTAMP_FORM}:
            return _NEVER, _with(shown, rules.UNSUPPORTED.at(form=_shown(form)))
        return found.signed_revision, _appraised(found, shown, chains, received_at, doubts)
    except (MemoryError, PdfStrictReadError):
        raise
    except Exception as error:  # the library leaks its parsers' exceptions
        reason = f"{type(error).__name__}: {error}"[:_NAME_LENGTH]
        return _NEVER, _with(shown, rules.SIGNATURE_MALFORMED.at(reason=reason))


def _appraised(
    found: EmbeddedPdfSignature, shown: PdfSignature, chains: Chains, received_at: datetime, doubts: Doubts
) -> PdfSignature:
    is_stamp = found.sig_object_type == "/DocTimeStamp"
    sound = _sound_stamp(found, chains, received_at) if is_stamp else _sound(found, chains, received_at)
    if not _one_gap(found):
        sound = replace(sound, coverage=SignatureCoverageLevel.UNCLEAR, permitted=False)
    if doubts.goes_on and sound.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        sound = replace(sound, permitted=False)
    der = dumped(found.signer_cert)
    if sound.stamp is not None and chains.disowns(sound.stamp.validation_path, received_at):
        sound = replace(sound, stamp_listed=True)
    signer, (signed_at, time) = signer_of(der), _time(found, sound, is_stamp=is_stamp)
    moment = min(signed_at, received_at) if signed_at and time == TIMESTAMPED else received_at  # never the mere claim
    judged = chains.with_more(found.other_embedded_certs).judge(der, moment, stamp=is_stamp)
    against = [*_against(found, sound), *doubts.faults, *judged.faults]
    idle = sound.stamp is not None and time == CLAIMED and not is_stamp  # a stamp that proves no time takes none away
    notes = [rules.TIME_UNPROVEN.at()] if idle else []
    return replace(
        shown,
        kind="timestamp" if is_stamp else "signature",
        certificate=hashlib.sha256(der).hexdigest(),
        signer=signer.name,
        organization=signer.organization,
        signer_type=signer.kind,
        signed_at=signed_at,
        time=time,
        intact=sound.intact and sound.valid,
        coverage=_coverage(sound.coverage),
        changes=_changes(sound),
        trust=judged.trust,
        verdict=_verdict(sound, judged.trust, doubted=bool(against)),
        reasons=tuple(reason_of(fault) for fault in (*against, *notes)),
    )


def _sound(found: EmbeddedPdfSignature, chains: Chains, at: datetime) -> _Sound:
    status = asyncio.run(
        async_validate_pdf_signature(
            found,
            signer_validation_context=chains.context(at),
            ts_validation_context=chains.context(at),
            key_usage_settings=ANY_USAGE,
        )
    )
    return _Sound(
        intact=status.intact,
        valid=status.valid,
        coverage=status.coverage,
        permitted=status.docmdp_ok,
        level=status.modification_level,
        terms_kept=status.seed_value_ok,
        stamp=status.timestamp_validity,
    )


def _sound_stamp(found: EmbeddedPdfSignature, chains: Chains, at: datetime) -> _Sound:
    status = asyncio.run(async_validate_pdf_timestamp(found, validation_context=chains.context(at)))
    return _Sound(
        intact=status.intact,
        valid=status.valid,
        coverage=status.coverage,
        permitted=isinstance(status.diff_result, DiffResult),
        level=status.modification_level,
        terms_kept=True,
        stamp=status,
    )


def _time(found: EmbeddedPdfSignature, sound: _Sound, *, is_stamp: bool) -> tuple[datetime | None, str | None]:
    """When it was signed: proven by a timestamp that verified, or else what the signer says."""
    stamp = sound.stamp
    proven = stamp is not None and stamp.valid and stamp.intact and stamp.trusted and not sound.stamp_listed
    if proven and can_be_shown(stamp.timestamp):
        return stamp.timestamp, TIMESTAMPED
    claimed = stamp.timestamp if is_stamp else found.self_reported_timestamp
    if claimed is None or not can_be_shown(claimed):
        return None, None
    return claimed, CLAIMED


def _against(found: EmbeddedPdfSignature, sound: _Sound) -> list[Fault]:
    """What stands against the signature itself."""
    faults = []
    if not sound.valid:
        faults.append(rules.WRONG.at())
    if not sound.intact:
        faults.append(rules.CONTENT_ALTERED.at())
    if _coverage(sound.coverage) is Coverage.PART:
        faults.append(rules.PART_ONLY.at())
    elif _changes(sound) is Changes.FORBIDDEN:
        faults.append(rules.CHANGED.at())
    if not sound.terms_kept:
        faults.append(rules.TERMS_BROKEN.at())
    algorithms = {found.md_algorithm, found.external_md_algorithm, _signature_hash(found)}
    if not algorithms <= DIGESTS:
        faults.append(rules.ALGORITHM_WEAK.at(algorithm=", ".join(sorted(algorithms - DIGESTS))))
    if sound.stamp is not None and not (sound.stamp.valid and sound.stamp.intact):
        faults.append(rules.STAMP_WRONG.at())
    return faults


def _signature_hash(found: EmbeddedPdfSignature) -> str:
    """The digest under the signature value; where the algorithm names none, the message digest's counts."""
    try:
        return str(found.signer_info["signature_algorithm"].hash_algo)
    except ValueError:
        return str(found.md_algorithm)


def _one_gap(found: EmbeddedPdfSignature) -> bool:
    """Whether the range leaves out exactly as much as the signature value takes; the library only adds lengths up."""
    start, length, again, _ = found.byte_range
    return bool(start == 0 and again - length == 2 * len(found.pkcs7_content) + 2)


def _coverage(level: Any) -> Coverage:
    if level == SignatureCoverageLevel.ENTIRE_FILE:
        return Coverage.FILE
    return Coverage.REVISION if level == SignatureCoverageLevel.ENTIRE_REVISION else Coverage.PART


def _changes(sound: _Sound) -> Changes:
    if not sound.permitted or sound.level in (None, ModificationLevel.OTHER, ModificationLevel.ANNOTATIONS):
        return Changes.FORBIDDEN
    return Changes.NONE if sound.coverage == SignatureCoverageLevel.ENTIRE_FILE else Changes.PERMITTED


def _verdict(sound: _Sound, trust: Trust, *, doubted: bool) -> Verdict:
    """The worst that was found decides; `valid` is what is left when nothing was."""
    if not sound.valid or trust is Trust.REVOKED:
        return Verdict.INVALID
    if not sound.intact or _changes(sound) is Changes.FORBIDDEN:
        return Verdict.CHANGED
    return Verdict.UNPROVEN if doubted or trust is not Trust.TRUSTED else Verdict.VALID


def _with(shown: PdfSignature, fault: Fault) -> PdfSignature:
    return replace(shown, reasons=(reason_of(fault),))


def reason_of(fault: Fault) -> PdfReason:
    """The fault as it is kept with an outcome; it may repeat what stands in the file."""
    return PdfReason(code=fault.code, vi=readable(fault.vi), en=readable(fault.en))


def _shown(text: str | bytes) -> str:
    """A name out of the file; the library leaves bytes that are no text of PDF as they are."""
    if isinstance(text, bytes):
        text = text.decode("utf-16" if text.startswith(BOM_UTF16_BE) else "latin-1", errors="replace")
    return readable(text[:_NAME_LENGTH])
