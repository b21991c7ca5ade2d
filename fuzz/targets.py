"""What is fuzzed: each target takes bytes and raises for a broken promise only. Tests run them without the fuzzer."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from envelopes.contents import look_at
from envelopes.dom import parse
from envelopes.examining import Examiner
from envelopes.faults import Fault, Refused
from envelopes.file_names import safe_file_name
from envelopes.layout import Layout, TextWriter
from envelopes.leniency import Notes
from envelopes.matching import attachment_faults
from envelopes.model import AttachmentHead, Document, StatusMessage
from envelopes.packing import MAX_RATIO, unwrap
from envelopes.parts import find_parts
from envelopes.reading import read
from envelopes.rebuilding import pieces
from envelopes.splitting import Content, Split, Splitter
from envelopes.writing import write_document, write_status
from signing import gate

if TYPE_CHECKING:
    from hashlib import _Hash

TODAY = date(2026, 11, 24)

LARGEST = 2**20
"""Inflated bytes allowed to a wrapping here."""

NAME = "125.signed.pdf"


class Kept:
    """A sink in memory, which can give every text back."""

    def __init__(self) -> None:
        self.payloads: dict[int, bytearray] = {}
        self.texts: dict[int, bytearray] = {}

    def payload(self, n: int, data: bytes) -> None:
        """See `PayloadSink`."""
        self.payloads.setdefault(n, bytearray()).extend(data)

    def irregular(self, n: int, layout: Layout, text_size: int) -> _Hash:
        """See `PayloadSink`."""
        text = self._made(n, layout)[:text_size]
        assert len(text) == text_size
        self.texts[n] = bytearray(text)
        return hashlib.sha256(text)

    def text(self, n: int, data: bytes) -> None:
        """See `PayloadSink`."""
        self.texts[n] += data

    def text_of(self, content: Content) -> bytes:
        """The text of an attachment, from what was kept of it."""
        return bytes(self.texts[content.n]) if content.layout is None else self._made(content.n, content.layout)

    def _made(self, n: int, layout: Layout) -> bytes:
        writer = TextWriter(layout)
        return writer.feed(bytes(self.payloads.get(n, b""))) + writer.close()


def split(data: bytes, *cuts: int) -> tuple[Split, Kept] | tuple[Fault, ...]:
    """The file taken apart, given in pieces; the faults when it is refused."""
    kept = Kept()
    splitter = Splitter(kept)
    try:
        for begin, end in pairwise((0, *sorted(cuts), len(data))):
            splitter.feed(data[begin:end])
        return splitter.close(), kept
    except Refused as refused:
        return refused.faults


def splitting(data: bytes) -> None:
    """However a file is cut, it is the same file or the same faults, and it can be put together again."""
    found = split(data)
    step = max(len(data) // 7, 1)
    other = split(data, *range(step, len(data), step))
    if isinstance(found[0], Fault):
        assert found == other
        return
    first, kept = found  # type: ignore[misc]
    assert isinstance(first, Split)
    assert isinstance(kept, Kept)
    assert first == other[0]
    made = pieces(first.skeleton, first.contents)
    assert b"".join(one if isinstance(one, bytes) else kept.text_of(one) for one in made) == data
    for content in first.contents:
        payload = bytes(kept.payloads.get(content.n, b""))
        assert (len(payload), hashlib.sha256(payload).digest()) == (content.size, content.sha256)


def reading(data: bytes) -> None:
    """A file is read or refused; what was read can be written and read again; the gate never lets anything else out."""
    found = split(data)
    if isinstance(found[0], Fault):
        return
    taken = found[0]
    assert isinstance(taken, Split)
    for lenient in (True, False):
        try:
            message = read(find_parts(parse(taken.skeleton)), today=TODAY, lenient=lenient).message
        except Refused:
            continue
        if isinstance(message, Document):
            attachment_faults(message, taken.contents)
        if not lenient:
            _written_again(message)
    try:
        gate.inspect(taken.skeleton)
    except Refused as refused:
        for fault in refused.faults:
            assert fault.code != "signature.unreadable" or "Error" not in fault.value


def _written_again(message: Document | StatusMessage) -> None:
    """What strict reading takes is written so that it reads the same."""
    written = write_document(message) if isinstance(message, Document) else write_status(message)
    again = read(find_parts(parse(written)), today=TODAY).message
    assert again == message, (again, message)


def examining(data: bytes) -> None:
    """Explaining a file never raises, whatever the file is."""
    examiner = Examiner(Kept(), today=TODAY)
    examiner.feed(data)
    found = examiner.close()
    assert found.faults or found.message is not None


def packing(data: bytes) -> None:
    """A zip is kept, refused or unwrapped whole; looking at what an attachment holds never raises."""
    source = io.BytesIO(data)
    try:
        inside = unwrap(source, NAME, limit=LARGEST)
        file = io.BytesIO(b"".join(_bounded(inside, len(data)))) if inside is not None else None
    except Refused:
        return
    head = AttachmentHead(n=1, content_id="a1", name=NAME, content_type="application/pdf")
    assert look_at(Notes(lenient=True), head, source, file)


def _bounded(inside: Iterator[bytes], packed: int) -> Iterator[bytes]:
    size = 0
    for piece in inside:
        size += len(piece)
        assert size <= min(LARGEST, max(2**20, MAX_RATIO * packed))
        yield piece


def naming(data: bytes) -> None:
    """Whatever a file is called, the name given to it is one name in one folder, and stays itself."""
    name = safe_file_name(data.decode("utf-8", "replace"))
    assert name
    assert not set(name) & set("/\\\0\r\n")
    assert name not in {".", ".."}
    assert len(name.encode()) <= 255
    assert safe_file_name(name) == name


TARGETS: Mapping[str, Callable[[bytes], None]] = MappingProxyType(
    {"splitting": splitting, "reading": reading, "examining": examining, "packing": packing, "naming": naming}
)
