"""What this project makes of a file, by the very steps of taking one in, up to where the directory would be asked."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from envelopes.contents import look_at
from envelopes.faults import Fault, Refused
from envelopes.leniency import Notes
from envelopes.matching import attachment_faults
from envelopes.model import AttachmentHead, Document, Message
from envelopes.packing import unwrap
from envelopes.reading import attempt
from envelopes.splitting import Splitter
from signing import gate
from tests.envelopes.splits import Kept
from tests.vectors.cases import TODAY
from tests.vectors.signing_keys import NOW, certificate, trust

if TYPE_CHECKING:
    from signing.gate import Inspected

UNWRAPPED_LIMIT = 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The outcome: faults, or the message with its warnings, its attachments and those a person opens otherwise."""

    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    message: Message | None = None
    contents: tuple[bytes, ...] = ()
    opened: tuple[tuple[int, bytes], ...] = ()
    profile: str | None = None


def judge(data: bytes, *, lenient: bool = True, today: date = TODAY) -> Judged:
    """The outcome of one file."""
    notes = Notes(lenient=lenient)
    try:
        judged = _taken(data, notes, lenient=lenient, today=today)
        notes.refuse()
    except Refused as refused:
        return Judged(faults=refused.faults)
    return judged


def _taken(data: bytes, notes: Notes, *, lenient: bool, today: date) -> Judged:
    kept = Kept()
    splitter = Splitter(kept)
    splitter.feed(data)
    split = splitter.close()
    inspected = gate.inspect(split.skeleton)
    verified = _verified(inspected, data)
    notes.take(*inspected.warnings)
    reading = attempt(verified.parts if verified else inspected.parts, today=today, lenient=lenient)
    notes.faults += reading.faults
    notes.warnings += reading.warnings
    contents = tuple(kept.payload_of(one) for one in split.contents)
    opened: list[tuple[int, bytes]] = []
    if isinstance(reading.message, Document):
        notes.take(*attachment_faults(reading.message, split.contents))
        for head, content in zip(reading.message.attachments, contents, strict=True):
            inside = _looked_into(notes, head, content)
            opened += [] if inside is None else [(head.n, inside)]
    return Judged(
        profile=verified.profile if verified else None,
        warnings=tuple(notes.warnings),
        message=reading.message,
        contents=contents,
        opened=tuple(opened),
    )


def _verified(inspected: Inspected, data: bytes) -> gate.Verified | None:
    """What the signature covers; A's certificate of the vectors is registered for every sender in them."""
    if inspected.profile is None:
        return None
    verdict = gate.verify(inspected, candidates=[certificate()], trust=trust(), at=NOW, whole=data)
    assert isinstance(verdict, gate.Verified)
    return verdict


def _looked_into(notes: Notes, head: AttachmentHead, content: bytes) -> bytes | None:
    """The file inside a one-entry zip, if it is one; what is wrong with either is noted."""
    try:
        pieces = unwrap(io.BytesIO(content), head.name, limit=UNWRAPPED_LIMIT)
        inside = None if pieces is None else b"".join(pieces)
    except Refused as refused:
        notes.take(*refused.faults)
        return None
    look_at(notes, head, io.BytesIO(content), None if inside is None else io.BytesIO(inside))
    return inside
