"""Looking at a file to explain it: every fault that can still be found, whatever was found before. Nothing is taken.

The steps are those of taking a file in: splitting, structure, reading, attachments. Where taking in stops at the first
step that refuses, this goes on as far as there is something to look at.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from xml.parsers import expat

from envelopes.dom import parse_noting
from envelopes.faults import Refused
from envelopes.limits import NS
from envelopes.matching import attachment_faults
from envelopes.model import Document
from envelopes.parts import survey
from envelopes.reading import attempt
from envelopes.splitting import PayloadSink, Split, Splitter

if TYPE_CHECKING:
    from datetime import date

    from envelopes.faults import Fault
    from envelopes.model import Message
    from envelopes.parts import Parts

_NAME = re.compile(rb"<([^\s/>]+)")
_ENVELOPE = (f"{NS} edXML", f"{NS} edXMLEnvelope")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examined:
    """What a file is, as far as it could be told, and everything wrong with it, signatures apart.

    `split` None: the file could not be taken apart to its end, and nothing is known of its attachments. `message` may
    hold what is usual where the faults say that something is missing. `orderly`: the tree is as it should be.
    """

    orderly: bool

    split: Split | None
    parts: Parts | None
    message: Message | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


class Examiner:
    """Takes a file in pieces, as `Splitter`, but never refuses."""

    def __init__(self, sink: PayloadSink, *, today: date, lenient: bool = True) -> None:
        self._splitter = Splitter(sink)
        self._today = today
        self._lenient = lenient
        self._refusal: tuple[Fault, ...] = ()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file."""
        if self._refusal:
            return
        try:
            self._splitter.feed(data)
        except Refused as refused:
            self._refusal = refused.faults

    def close(self) -> Examined:
        """What the file was."""
        split = self._split()
        skeleton = split.skeleton if split else head_of(self._splitter.skeleton)
        found = _examined(skeleton, split, today=self._today, lenient=self._lenient)
        return replace(found, faults=tuple(dict.fromkeys([*self._refusal, *found.faults])))  # some are seen twice

    def _split(self) -> Split | None:
        if self._refusal:
            return None
        try:
            return self._splitter.close()
        except Refused as refused:
            self._refusal = refused.faults
            return None


def examine(split: Split, *, today: date, lenient: bool = True) -> Examined:
    """What a file is that was taken apart already."""
    return _examined(split.skeleton, split, today=today, lenient=lenient)


def _examined(skeleton: bytes, split: Split | None, *, today: date, lenient: bool) -> Examined:
    parts, faults = _structure(skeleton)
    orderly = split is not None and not faults
    reading = attempt(parts, today=today, lenient=lenient) if parts else None
    message = reading.message if reading else None
    if reading is not None:
        faults += reading.faults
    if split is not None and isinstance(message, Document):
        faults += attachment_faults(message, split.contents)
    return Examined(
        orderly=orderly,
        split=split,
        parts=parts,
        message=message,
        faults=tuple(faults),
        warnings=reading.warnings if reading else (),
    )


def _structure(skeleton: bytes) -> tuple[Parts | None, list[Fault]]:
    if not skeleton:
        return None, []
    try:
        root, faults = parse_noting(skeleton)
    except Refused as refused:
        return None, list(refused.faults)
    parts, found = survey(root)
    return parts, faults + found


def head_of(skeleton: bytes) -> bytes:
    """The beginning of a skeleton up to the end of its envelope, made whole; empty when it does not reach so far."""
    if b"<!DOCTYPE" in skeleton:
        return b""
    parser = expat.ParserCreate("utf-8", " ")
    path: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def start(name: str, _: object) -> None:
        if not path:
            starts.append(parser.CurrentByteIndex)
        path.append(name)

    def end(_: str) -> None:
        at = parser.CurrentByteIndex
        if tuple(path) == _ENVELOPE and skeleton.startswith(b"</", at):  # an empty one says nothing
            ends.append(at)
        path.pop()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    with suppress(expat.ExpatError):  # what stands before it was seen
        parser.Parse(skeleton, False)
    closed = skeleton.find(b">", ends[0]) if ends else -1
    name = _NAME.match(skeleton, starts[0]) if closed >= 0 else None
    return skeleton[: closed + 1] + b"</" + name[1] + b">" if name else b""
