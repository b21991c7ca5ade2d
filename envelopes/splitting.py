"""One streaming pass over an edXML file: the skeleton stays, attachments go to a sink, everything is hashed.

The skeleton is the file without the text of its attachments; it is small, and it alone meets an XML parser. Attachment
text is found by expat at its start tag and then read as bytes up to the next `<`, so memory does not grow with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError

from envelopes import split_rules as rules
from envelopes import splitting_start as start
from envelopes.base64_text import PayloadSink, TextReader
from envelopes.cutting import Cutter, markup_without
from envelopes.dom import BOM
from envelopes.markup import CONTENT, Markup, SplitLimits
from envelopes.positions import Gap, Positions

if TYPE_CHECKING:
    from envelopes.layout import Layout

__all__ = ["Content", "PayloadSink", "Split", "SplitLimits", "Splitter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content of attachment `n`: its text of `text_size` bytes stood at byte `cut` of the skeleton.

    `size` and `sha256` are the decoded payload's; `layout` None says that the text was kept verbatim (`text_sha256`).
    """

    n: int
    cut: int
    text_size: int
    size: int
    sha256: bytes
    layout: Layout | None
    text_sha256: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A file taken apart: `size` and `sha256` (raw) are the whole file's, `contents` in the order of the file."""

    skeleton: bytes
    size: int
    sha256: bytes
    contents: tuple[Content, ...]


PLAIN = markup_without(CONTENT.encode())


class Splitter:
    """Takes a file in pieces of any size; the outcome does not depend on how it was cut."""

    def __init__(self, sink: PayloadSink, *, limits: SplitLimits | None = None) -> None:
        self._sink = sink
        self._limits = limits or SplitLimits()
        self._digest = hashlib.sha256()
        self._size = 0
        self._positions = Positions()
        self._markup = Markup(self._limits, self._positions)
        self._cutter = Cutter()
        self._reader: TextReader | None = None
        self._behind = 0  # bytes of the reader's text after its last line feed
        self._in_text = False
        self._contents: list[Content] = []

    @property
    def skeleton(self) -> bytes:
        """The skeleton so far, also when the rest of the file was refused."""
        return bytes(self._positions.skeleton)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file. Raises `Refused`; the splitter is of no use afterwards."""
        self._digest.update(data)
        self._size += len(data)
        at = 0
        while at < len(data):
            at = self._take_text(data, at) if self._in_text else self._take_markup(data, at)

    def close(self) -> Split:
        """What the file was. Raises `Refused` for an incomplete one."""
        rest = self._cutter.take()
        skeleton = self._positions.skeleton
        if not skeleton and not rest.removeprefix(BOM).strip():
            rules.EMPTY.refuse()
        if self._reader is not None:
            rules.TRUNCATED.refuse(byte=self._size)
        self._take_piece(rest, final=True)
        self._markup.tell_strays()
        return Split(
            skeleton=bytes(skeleton),
            size=self._size,
            sha256=self._digest.digest(),
            contents=tuple(self._contents),
        )

    def _take_markup(self, data: bytes, at: int) -> int:
        end = self._plain_end(data, at)
        if end > at:
            self._take_piece(data[at:end])
            return end
        at = self._cutter.add(data, at)
        self._check_size(len(self._cutter))
        if self._cutter.is_whole():
            self._take_piece(self._cutter.take())
        return at

    def _plain_end(self, data: bytes, at: int) -> int:
        """Where whole markup ends that can start no content, so that a common head costs one call of expat."""
        room = self._limits.skeleton - len(self._positions.skeleton)
        if len(self._cutter) or self._reader is not None or not self._positions.skeleton or room <= 0:
            return at
        found = PLAIN.match(data, at, at + room)
        if found is None or start.is_flawed(found[0]):  # piece by piece, so that the first fault is told first
            return at
        return found.end()

    def _take_text(self, data: bytes, at: int) -> int:
        """Give the reader everything up to the next `<`, which ends the text."""
        assert self._reader is not None
        end = data.find(b"<", at)
        self._in_text = end < 0
        text = data[at:] if end < 0 else data[at:end]
        feed = text.rfind(b"\n")
        self._behind = len(text) - feed - 1 if feed >= 0 else self._behind + len(text)
        self._reader.feed(text)
        return at + len(text)

    def _take_piece(self, piece: bytes, *, final: bool = False) -> None:
        """A piece that ends with whole markup, or the last of the file."""
        if not self._positions.skeleton:
            start.check(piece)
        if self._reader is not None:
            self._end_text(self._reader, piece)
        self._parse(piece, final=final)
        if self._markup.contents > len(self._contents):
            assert CONTENT.encode() in piece
            self._begin_text()

    def _begin_text(self) -> None:
        byte = len(self._positions.skeleton) + self._positions.skipped
        self._reader = TextReader(self._markup.attachments, byte, self._sink)
        self._behind = 0
        self._in_text = self._markup.in_content
        if not self._in_text:  # <ContentTransferEncoded/>
            self._end_text(self._reader, b"</")

    def _end_text(self, reader: TextReader, piece: bytes) -> None:
        n = self._markup.attachments
        if not piece.startswith(b"</"):
            path = f"{self._markup.attachment_path()}/{CONTENT}"
            rules.GARBLED_MARKUP.refuse(path, n=n, byte=reader.end)
        read = reader.close()
        cut = len(self._positions.skeleton)
        self._positions.add(Gap(cut=cut, size=read.text_size, newlines=read.newlines, behind=self._behind))
        self._contents.append(
            Content(
                n=n,
                cut=cut,
                text_size=read.text_size,
                size=read.size,
                sha256=read.sha256,
                layout=read.layout,
                text_sha256=read.text_sha256,
            )
        )
        self._reader = None

    def _parse(self, piece: bytes, *, final: bool) -> None:
        before, ended = len(self._positions.skeleton), self._markup.ended
        self._positions.skeleton += piece
        start.check_characters(piece, lambda at: self._positions.place(before + at), ended=ended)
        try:
            self._markup.feed(piece, final=final)
        except ExpatError as error:
            place = self._positions.place(self._markup.error_index())
            start.refuse(error, place, ended=self._markup.ended, size=self._size)

    def _check_size(self, coming: int) -> None:
        """Refuse a skeleton that grows too large; a file that is no XML at all is told as that instead."""
        if len(self._positions.skeleton) + coming <= self._limits.skeleton:
            return
        if not self._positions.skeleton:
            start.check(self._cutter.peek(self._limits.skeleton + 1))
        rules.SKELETON_TOO_LARGE.refuse(limit=self._limits.skeleton)
