"""From a streamed body to a message somebody vouches for: split, gate, read. Nothing is stored yet.

The application reads only what the gate returned (SECURITY 1.1); the order of steps is DESIGN section 3, 2 to 5.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, NoReturn

from envelopes.agency_codes import difference, likeness
from envelopes.examining import examine
from envelopes.faults import Refused
from envelopes.leniency import Notes
from envelopes.limits import LOCAL_TIME, MAX_FAULTS, MAX_WHOLE_BYTES, NS
from envelopes.matching import attachment_faults
from envelopes.model import Document, StatusMessage
from envelopes.reading import Attempt, attempt
from envelopes.splitting import Splitter
from exchange import rules, succession, vouching
from exchange.errors import Busy
from exchange.failpoints import failpoint
from exchange.judging import Judged, judged_by, judged_in_time
from exchange.spool import ROOM_SECONDS
from exchange.unpacking import LookedInto, look_into
from signing import gate
from signing.elements import XML_SPACE
from storage import certificates, envelopes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from envelopes.faults import Fault
    from envelopes.splitting import Split
    from exchange.exchange import Exchange
    from exchange.spool import Spool
    from signing.gate import Inspected
    from storage.certificates import Candidates
    from storage.directory import System

STEP_BYTES = 512 * 1024
"""Bytes given to a thread at once: a common letter needs one hop, a large one never waits in memory."""

HEAVY_BYTES = 4 * 2**20
"""Reading a file through once more takes longer than a letter should wait."""

_FROM = "edXMLHeader/MessageHeader/From/OrganId"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """A message with what is known of its bytes and of who vouches for it. Nothing in it is unverified but claimed."""

    system: System
    split: Split
    message: Document | StatusMessage
    warnings: tuple[Fault, ...]
    identity: bytes
    outcome: str = "absent"
    profile: str | None = None
    certificate: bytes | None = None
    signer: str | None = None
    weak: bool = False
    claimed_at: datetime | None = None
    judged: Judged | None = None
    held_reason: str | None = None
    evidence: tuple[bytes, ...] = ()
    looked: LookedInto


class TakenAlready(Exception):  # noqa: N818 - says what was found
    """The file would be refused now, but it was taken before, byte for byte, as `envelope` of `sender`."""

    def __init__(self, envelope: UUID, sender: str) -> None:
        super().__init__(str(envelope))
        self.envelope = envelope
        self.sender = sender


async def take_in(exchange: Exchange, system: System, spool: Spool, body: AsyncIterator[bytes]) -> Vouched:
    """Read the body to its end and return what it says, vouched for.

    Raises `Refused`, `TakenAlready`, `Busy`, `DatabaseAway`.
    """
    _need_room(exchange)
    split, inspected = await _receive(exchange, system, spool, body)
    failpoint("submit.after_spool")
    async with exchange.database.acquire() as conn:
        candidates = await certificates.candidates(conn, inspected.sender, named=inspected.named)
    if system.parent is not None:
        sender = vouching.sender_beyond(system.parent, inspected, candidates, split.sha256)
        on_its_word = vouching.may_be_unsigned(system.parent, inspected, candidates)
        system = replace(system, agencies=frozenset({sender}), allow_unsigned=on_its_word)
    else:
        sender = _own_code(system, inspected.sender, candidates)
    trust = await exchange.trust.current(candidates.trust_version)

    def judge() -> Vouched:
        verdict, instead = None, None
        if inspected.profile is not None:
            whole = _whole(split, spool) if inspected.profile == "W" else None
            verdict, instead = vouching.judge(inspected, system, candidates, trust, whole)
        policy = system if instead is None else replace(system, allow_unsigned=True)
        vouched = _read(exchange, policy, spool, split, inspected, verdict, candidates.now)
        if instead is not None:
            vouched = replace(vouched, warnings=(instead, *vouched.warnings))
        message = _sent_by(system, vouched.message, sender, claimed=inspected.sender)
        judged = judged_by(vouched.certificate, candidates, trust)
        return replace(vouched, message=message, signer=_delegate(vouched.certificate, candidates), judged=judged)

    threads = exchange.heavy if split.size > HEAVY_BYTES else exchange.threads
    try:
        return await judged_in_time(exchange, threads, spool, judge)
    except Refused:
        await _look_back(exchange, sender, inspected, split)
        raise


async def _look_back(exchange: Exchange, sender: str, inspected: Inspected, split: Split) -> None:
    """Raises `TakenAlready` when this very file was taken when its certificate and the rules still allowed it.

    Asked only of what is refused now: a sender that lost the first answer gets it, whatever happened since (P3).
    """
    reference = (inspected.parts.header.findtext(f"{{{NS}}}DocumentId") or "").strip(XML_SPACE)
    async with exchange.database.acquire() as conn:
        before = await envelopes.taken_as(conn, sender=sender, reference=reference, sha256=split.sha256)
    if before is not None:
        raise TakenAlready(before, sender)


async def _receive(
    exchange: Exchange, system: System, spool: Spool, body: AsyncIterator[bytes]
) -> tuple[Split, Inspected]:
    splitter = Splitter(spool)
    held: list[bytes] = []
    size = 0
    async for chunk in body:
        held.append(chunk)
        size += len(chunk)
        if size >= STEP_BYTES:
            _need_room(exchange)  # many bodies at once may have used up what was free when each began
            await exchange.threads.run(splitter.feed, b"".join(held))
            held, size = [], 0

    def finish() -> tuple[Split, Inspected]:
        splitter.feed(b"".join(held))
        split = splitter.close()
        spool.end()
        for content in split.contents:
            spool.touch(content.n)
        return split, _inspected(split, system)

    return await exchange.threads.run(finish)


def _inspected(split: Split, system: System) -> Inspected:
    """The file before its signature is verified; what the gate refuses does not hide what else is wrong (C04)."""
    try:
        return gate.inspect(split.skeleton, weak_forms=system.weak_until is not None)
    except Refused as refused:
        rest = examine(split, today=date.max, lenient=not system.strict)  # nothing is taken: no need to ask for the day
        raise Refused(*list(dict.fromkeys([*refused.faults, *rest.faults]))[:MAX_FAULTS]) from None


def _read(
    exchange: Exchange,
    system: System,
    spool: Spool,
    split: Split,
    inspected: Inspected,
    verdict: gate.Verified | gate.Held | None,
    now: datetime,
) -> Vouched:
    """Read the verified parts (all of them, if unsigned is allowed) and look at the attachments."""
    held = verdict if isinstance(verdict, gate.Held) else None
    verified = verdict.verified if isinstance(verdict, gate.Held) else verdict
    notes = Notes(lenient=not system.strict)
    notes.take(*inspected.warnings)
    reading = _reading(system, inspected, verified, now.astimezone(LOCAL_TIME).date(), notes)
    message = reading.message
    looked = LookedInto(opened={}, media_types={})
    if isinstance(message, Document):
        notes.take(*attachment_faults(message, split.contents))
        looked = look_into(spool, message, split, notes, limit=exchange.settings.max_unwrapped_bytes)
    notes.refuse()
    _prove_rebuilding(spool, split)
    spool.flush()
    return Vouched(
        system=system,
        split=split,
        message=message,
        warnings=tuple(notes.warnings),
        identity=verified.identity if verified else split.sha256,
        outcome=_outcome(verdict),
        profile=verified.profile if verified else None,
        certificate=verified.certificate if verified else None,
        weak=verified.weak if verified else False,
        claimed_at=verified.claimed_at if verified else None,
        held_reason=held.reason if held else None,
        evidence=verified.evidence if verified else (),
        looked=looked,
    )


def _outcome(verdict: gate.Verified | gate.Held | None) -> str:
    if verdict is None:
        return "absent"
    if isinstance(verdict, gate.Held):
        return "held"
    return "verified_weak" if verdict.weak else "verified"


def _reading(
    system: System, inspected: Inspected, verified: gate.Verified | None, today: date, notes: Notes
) -> Attempt:
    """What the message says; a missing signature is told together with whatever else is wrong."""
    if verified is None and not system.allow_unsigned:
        notes.note(rules.SIGNATURE_MISSING, "edXMLHeader/Signature", system=system.id)
    reading = attempt(verified.parts if verified else inspected.parts, today=today, lenient=not system.strict)
    notes.faults += reading.faults
    notes.warnings += reading.warnings
    return reading


def _whole(split: Split, spool: Spool) -> bytes:
    """The complete file, rebuilt in memory for profile W."""
    if split.size > MAX_WHOLE_BYTES:
        rules.WHOLE_TOO_LARGE.refuse("edXMLHeader/Signature", split.size, limit=MAX_WHOLE_BYTES)
    whole = io.BytesIO()
    spool.write_whole(split, whole.write)
    return whole.getvalue()


def _prove_rebuilding(spool: Spool, split: Split) -> None:
    """What will be kept gives the file back byte for byte, or it is not taken (DESIGN decision 4)."""
    digest = hashlib.sha256()
    spool.write_whole(split, digest.update)
    if digest.digest() != split.sha256:
        raise AssertionError("the file cannot be rebuilt from its parts")


def _own_code(system: System, claimed: str, candidates: Candidates) -> str:
    """The own code of the agency that the file says it is from, which the system must act for (conformance C25)."""
    agency, lapsed = candidates.agency, candidates.lapsed
    if lapsed is not None and lapsed.agency in system.agencies:
        succession.refuse_lapsed_sender(_FROM, lapsed)
    if agency is None or agency not in system.agencies:
        _refuse_sender(system, claimed, is_known=agency is not None)
    return agency


def _delegate(certificate: bytes | None, candidates: Candidates) -> str | None:
    """The agency whose certificate verified, when that is not the sender's own but one it delegates to (TM-13)."""
    owners = zip(candidates.ders, candidates.owners, strict=True)
    found = next((owner for der, owner in owners if hashlib.sha256(der).digest() == certificate), None)
    return None if found == candidates.agency else found


def _sent_by(
    system: System, message: Document | StatusMessage, agency: str, *, claimed: str
) -> Document | StatusMessage:
    """The message under its sender's own code: duplicates are told by it, whichever code the file names (C07)."""
    if message.sender.code != claimed:  # what was verified is not what the certificates were looked up for
        _refuse_sender(system, message.sender.code, is_known=True)
    return replace(message, sender=replace(message.sender, code=agency))


def _refuse_sender(system: System, claimed: str, *, is_known: bool) -> NoReturn:
    agencies = sorted(system.agencies)
    meant = next((own for own in agencies if likeness(own) == likeness(claimed)), None)
    if meant is not None and not is_known:
        vi, en = difference(claimed, meant)
        rules.SENDER_CONFUSABLE.refuse(_FROM, claimed, code=claimed, known=meant, found_vi=vi, found_en=en)
    rules.SENDER_FOREIGN.refuse(_FROM, claimed, sender=claimed, system=system.id, agencies=", ".join(agencies))


def _need_room(exchange: Exchange) -> None:
    """Refuse before the disk is full, not after (TM-41)."""
    spool = exchange.settings.spool
    folder = spool if spool.exists() else exchange.settings.data_dir
    with suppress(FileNotFoundError):
        if shutil.disk_usage(folder).free < exchange.settings.spool_floor_bytes:
            raise Busy("the spool's disk is nearly full", seconds=ROOM_SECONDS)
