"""Reading one attachment's base64 text as it streams: payload out, its layout recognised, a few hundred KiB held.

The text is looked at in blocks whose borders depend on the text alone, never on how it arrived. A layout is believed
only while it makes exactly the text that came; from the first block that differs, the text is kept verbatim. Nothing
runs byte by byte or line by line: a gigabyte passes here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol

from envelopes import base64_blocks as blocks
from envelopes import split_rules as rules
from envelopes.layout import RUN_LIMIT, WHITESPACE, Layout, LineBreaker

if TYPE_CHECKING:
    from hashlib import _Hash

BLOCK_BYTES = 256 * 1024
"""Text looked at in one go: large enough to make every step cheap, small enough to stay in the processor's cache."""

RESERVE_BYTES = 2 * RUN_LIMIT
"""Held back behind each block, so that padding and the white space after it are seen in the last block only."""


class PayloadSink(Protocol):
    """Where attachments go while they stream; `n` counts attachments from 1 in the order of the file."""

    def payload(self, n: int, data: bytes) -> None:
        """The next decoded bytes of attachment `n`."""

    def irregular(self, n: int, layout: Layout, text_size: int) -> _Hash:
        """Keep the text verbatim: so far it is the first `text_size` bytes that `layout` makes of the payload so far.

        Returns the SHA-256, still running, of that beginning.
        """

    def text(self, n: int, data: bytes) -> None:
        """The next verbatim text of attachment `n`, after `irregular`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    """What one text was. Sizes in bytes, digests raw; `text_sha256` only where the text was kept verbatim."""

    text_size: int
    size: int
    sha256: bytes
    layout: Layout | None
    text_sha256: bytes | None
    newlines: int


class TextReader:
    """Takes the text of attachment `n`, which begins at byte `start` of the file."""

    def __init__(self, n: int, start: int, sink: PayloadSink) -> None:
        self._n = n
        self._start = start
        self._sink = sink
        self._waiting = bytearray()
        self._step = BLOCK_BYTES
        self._shape: Layout | None = None  # what is known of it after the first block
        self._digest = hashlib.sha256()
        self._size = 0
        self._taken = 0  # bytes of text that are done with
        self._newlines = 0  # in the text kept verbatim
        self._text_digest: _Hash | None = None
        self._unfinished = b""  # verbatim text's characters since the last whole group of four
        self._reference = b""  # the beginning of one, at the end of the verbatim text
        self._padding: int | None = None  # where the first `=` stood in the file
        self._ended = False  # nothing may follow a padded group

    def feed(self, text: bytes) -> None:
        """Take the next piece of text. Raises `Refused` for what is not base64."""
        self._waiting += text
        if len(self._waiting) < self._step + RESERVE_BYTES:
            return
        at = 0
        with memoryview(self._waiting) as waiting:
            while len(waiting) - at >= self._step + RESERVE_BYTES:
                block = bytes(waiting[at : at + self._step])
                at += self._begin(block) if self._shape is None else self._go_on(block)
        del self._waiting[:at]

    @property
    def end(self) -> int:
        """The byte of the file up to which text was fed."""
        return self._start + self._taken + len(self._waiting)

    def close(self) -> ReadText:
        """The end of the text. Raises `Refused` for what is not base64 or not complete."""
        rest = bytes(self._waiting)
        if self._shape is None:
            rest = rest[self._begin(rest) :]
        layout = self._end(rest) if self._text_digest is None else None
        if layout is None:
            self._keep(rest)
            if self._unfinished or self._reference:
                self._refuse(self._reference, self._start + self._taken - len(self._reference))
        return ReadText(
            text_size=self._taken,
            size=self._size,
            sha256=self._digest.digest(),
            layout=layout,
            text_sha256=self._text_digest.digest() if self._text_digest else None,
            newlines=layout.newlines(self._size) if layout else self._newlines,
        )

    def _begin(self, text: bytes) -> int:
        """Learn the layout from the beginning of the text; returns how much of it is done with."""
        shape = blocks.shape_of(text)
        self._shape = shape or Layout()
        if shape is None:
            self._give_up()
            return 0
        if shape.line:
            self._step = BLOCK_BYTES // blocks.unit(shape) * blocks.unit(shape)
        self._taken = len(shape.lead)
        return self._taken

    def _go_on(self, block: bytes) -> int:
        """A block after which more is to come."""
        assert self._shape is not None
        payload = blocks.regular(block, self._shape) if self._text_digest is None else None
        if payload is None:
            self._keep(block)
        else:
            self._emit(payload)
            self._taken += len(block)
        return len(block)

    def _end(self, rest: bytes) -> Layout | None:
        """Take the last of a regular text and say its layout; None, and nothing taken, if it is not regular."""
        assert self._shape is not None
        shape = self._shape
        body = rest.rstrip(WHITESPACE)
        tail = rest[len(body) :]
        if not body and self._size:
            tail = shape.newline + tail  # the last whole line ended with it
        whole = max(0, len(body) - 1) // blocks.unit(shape) * blocks.unit(shape)
        first = blocks.regular(body[:whole], shape)
        last = blocks.last(body[whole:].translate(None, WHITESPACE))
        if first is None or last is None or len(tail) > RUN_LIMIT:
            return None
        characters = body[whole:].translate(None, WHITESPACE)
        if LineBreaker(Layout(line=shape.line, newline=shape.newline)).feed(characters) != body[whole:]:
            return None
        self._emit(first)
        self._emit(last)
        self._taken += len(rest)
        return Layout(lead=shape.lead, line=shape.line, newline=shape.newline, tail=tail)

    def _emit(self, payload: bytes) -> None:
        if payload:
            self._size += len(payload)
            self._digest.update(payload)
            self._sink.payload(self._n, payload)

    def _give_up(self) -> None:
        """Keep the text verbatim from here; what came before is regular and can be made from the payload."""
        assert self._shape is not None
        shape = self._shape
        before = (
            Layout(lead=shape.lead)
            if not self._size
            else Layout(lead=shape.lead, line=shape.line, newline=shape.newline, tail=shape.newline)
        )
        self._newlines = before.newlines(self._size)
        self._text_digest = self._sink.irregular(self._n, before, self._taken)

    def _keep(self, text: bytes) -> None:
        """Text that no layout makes: as it came to the sink, decoded to the payload."""
        if self._text_digest is None:
            self._give_up()
        assert self._text_digest is not None
        plain = blocks.without_references(self._reference + text)
        start = self._start + self._taken - len(self._reference)
        end = blocks.cut_reference(plain)
        plain, self._reference = plain[:end], plain[end:]
        if self._padding is None and b"=" in plain:
            self._padding = start + plain.index(b"=")
        payload = self._decoded(plain, start)
        self._text_digest.update(text)
        self._sink.text(self._n, text)
        self._emit(payload)
        self._newlines += text.count(b"\n")
        self._taken += len(text)

    def _decoded(self, text: bytes, start: int) -> bytes:
        """The payload of whole groups in text from byte `start`; a group that is not whole yet waits."""
        characters = self._unfinished + text.translate(None, WHITESPACE)
        whole = len(characters) - len(characters) % 4
        payload = blocks.decoded(characters[:whole])
        self._unfinished = characters[whole:]
        if payload is None or (characters and self._ended) or self._unfinished.translate(None, blocks.ALPHABET):
            self._refuse(text, start)
        self._ended = self._ended or characters[:whole].endswith(b"=")
        if self._ended and self._unfinished:
            self._refuse(text, start)
        return payload

    def _refuse(self, text: bytes, start: int) -> NoReturn:
        """Name the first byte that cannot be: a foreign character, else where padding began, else the end."""
        path = f"AttachmentEncoded/Attachment[{self._n}]/ContentTransferEncoded"
        foreign = blocks.FOREIGN.search(text)
        if foreign is not None:
            rules.GARBLED_CHARACTER.refuse(path, foreign[0], n=self._n, byte=start + foreign.start())
        end = start + len(text.rstrip(WHITESPACE))
        rules.GARBLED_PADDING.refuse(path, n=self._n, byte=end if self._padding is None else self._padding)
