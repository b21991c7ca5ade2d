"""From a streamed body to a message somebody vouches for: split, gate, read. Nothing is stored yet.

The application reads only what the gate returned (SECURITY 1.1); the order of steps is DESIGN section 3, 2 to 5.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from envelopes.leniency import Notes
from envelopes.limits import LOCAL_TIME
from envelopes.matching import attachment_faults
from envelopes.model import Document, StatusMessage
from envelopes.reading import Attempt, attempt
from envelopes.splitting import Splitter
from exchange import rules
from exchange.errors import Busy
from exchange.failpoints import failpoint
from exchange.spool import ROOM_SECONDS
from exchange.unpacking import LookedInto, look_into
from signing import gate
from storage import certificates

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import date

    from envelopes.faults import Fault
    from envelopes.splitting import Split
    from exchange.exchange import Exchange
    from exchange.spool import Spool
    from signing.gate import Inspected
    from storage.directory import System

STEP_BYTES = 512 * 1024
"""Bytes given to a thread at once: a common letter needs one hop, a large one never waits in memory."""

HEAVY_BYTES = 4 * 2**20
"""Reading a file through once more takes longer than a letter should wait."""

MAX_WHOLE_BYTES = 64 * 2**20
"""Largest file verified under profile W, which needs all of it in memory (SECURITY 1.4)."""


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
    held_reason: str | None = None
    looked: LookedInto


async def take_in(exchange: Exchange, system: System, spool: Spool, body: AsyncIterator[bytes]) -> Vouched:
    """Read the body to its end and return what it says, vouched for. Raises `Refused`, `Busy`, `DatabaseAway`."""
    _need_room(exchange)
    split, inspected = await _receive(exchange, spool, body)
    failpoint("submit.after_spool")
    _check_sender(system, inspected.sender)
    async with exchange.database.acquire() as conn:
        candidates = await certificates.candidates(conn, inspected.sender)
    trust = await exchange.trust.current(candidates.trust_version)

    def judge() -> Vouched:
        verdict = None
        if inspected.profile is not None:
            whole = _whole(split, spool) if inspected.profile == "W" else None
            verdict = gate.verify(inspected, candidates=candidates.ders, trust=trust, at=candidates.now, whole=whole)
        return _read(exchange, system, spool, split, inspected, verdict, candidates.now)

    threads = exchange.heavy if split.size > HEAVY_BYTES else exchange.threads
    return await threads.run(judge)


async def _receive(exchange: Exchange, spool: Spool, body: AsyncIterator[bytes]) -> tuple[Split, Inspected]:
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
        return split, gate.inspect(split.skeleton)

    return await exchange.threads.run(finish)


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
    _check_sender(system, message.sender.code)
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
        held_reason=held.reason if held else None,
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


def _check_sender(system: System, sender: str) -> None:
    if sender not in system.agencies:
        agencies = ", ".join(sorted(system.agencies))
        path = "edXMLHeader/MessageHeader/From/OrganId"
        rules.SENDER_FOREIGN.refuse(path, sender, sender=sender, system=system.id, agencies=agencies)


def _need_room(exchange: Exchange) -> None:
    """Refuse before the disk is full, not after (TM-41)."""
    spool = exchange.settings.spool
    folder = spool if spool.exists() else exchange.settings.data_dir
    with suppress(FileNotFoundError):
        if shutil.disk_usage(folder).free < exchange.settings.spool_floor_bytes:
            raise Busy("the spool's disk is nearly full", seconds=ROOM_SECONDS)
