"""How an attachment's base64 text was laid out, and the way back from payload bytes to exactly that text."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import Self

WHITESPACE = b" \t\r\n"
"""The four characters XML 1.0 counts as white space (production S)."""

RUN_LIMIT = 64
"""Bytes of one run of white space that a layout remembers: line ends with deep indentation fit, padding does not."""

STRIDED_LINE = 24
"""Lines up to this length are broken column by column, longer ones line by line: each way is the faster one there."""

_LETTERS = {" ": b" ", "t": b"\t", "r": b"\r", "n": b"\n"}
_NAMES = {0x20: " ", 0x09: "t", 0x0D: "r", 0x0A: "n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A regular text: `lead`, lines of `line` characters (0: all in one line) parted by `newline`, `tail`."""

    lead: bytes = b""
    line: int = 0
    newline: bytes = b""
    tail: bytes = b""

    def __post_init__(self) -> None:
        runs = (self.lead, self.newline, self.tail)
        if any(run.strip(WHITESPACE) or len(run) > RUN_LIMIT for run in runs):
            raise ValueError(f"a layout holds runs of at most {RUN_LIMIT} bytes of XML white space")
        if self.line < 0 or bool(self.line) != bool(self.newline):
            raise ValueError("a line length and a newline come together")

    def to_text(self) -> str:
        """The layout as `lead|line|newline|tail`, white space as the letters n, r, t and blank: `|76|rn|rn`."""
        lead, newline, tail = ("".join(_NAMES[byte] for byte in run) for run in (self.lead, self.newline, self.tail))
        return f"{lead}|{self.line}|{newline}|{tail}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The layout that `to_text` wrote; ValueError for anything else."""
        parts = text.split("|")
        if len(parts) != 4 or not parts[1].isdecimal() or not set("".join(parts[::2] + parts[3:])) <= set(_LETTERS):
            raise ValueError("not the text of a layout")
        lead, newline, tail = (b"".join(_LETTERS[letter] for letter in parts[at]) for at in (0, 2, 3))
        return cls(lead=lead, line=int(parts[1]), newline=newline, tail=tail)

    def newlines(self, size: int) -> int:
        """Line feeds in the text that this layout makes of `size` bytes of payload."""
        characters = (size + 2) // 3 * 4
        breaks = (characters - 1) // self.line if self.line and characters else 0
        return (self.lead + self.tail).count(b"\n") + breaks * self.newline.count(b"\n")


class LineBreaker:
    """Puts white space into base64 characters as a layout says, a piece at a time; the tail is the caller's."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._column = 0
        self._started = False

    def feed(self, characters: bytes) -> bytes:
        """The text of `characters`, which follow all characters fed before."""
        start = b"" if self._started else self._layout.lead
        self._started = True
        line = self._layout.line
        if not line or not characters:
            self._column += len(characters)
            return start + characters
        room = line - self._column
        if len(characters) <= room:
            self._column += len(characters)
            return start + characters
        first, rest = characters[:room], characters[room:]
        self._column = (len(rest) - 1) % line + 1
        return b"".join((start, first, self._layout.newline, self._broken(rest)))

    def _broken(self, characters: bytes) -> bytes:
        line, newline = self._layout.line, self._layout.newline
        if line > STRIDED_LINE:
            return newline.join([characters[at : at + line] for at in range(0, len(characters), line)])
        rows, period = len(characters) // line, line + len(newline)
        grid = bytearray(rows * period)
        for column in range(line):
            grid[column::period] = characters[column : rows * line : line]
        for column, byte in enumerate(newline, line):
            grid[column::period] = bytes((byte,)) * rows
        rest = characters[rows * line :]
        return bytes(grid) + rest if rest else bytes(grid[: -len(newline)])


class TextWriter:
    """Payload bytes in, the attachment's original base64 text out, in pieces of any size."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._lines = LineBreaker(layout)
        self._rest = b""

    def feed(self, payload: bytes) -> bytes:
        """The text that is certain once `payload` follows what was fed before."""
        data = self._rest + payload if self._rest else payload
        whole = len(data) - len(data) % 3
        self._rest = bytes(data[whole:])
        return self._lines.feed(binascii.b2a_base64(data[:whole], newline=False))

    def close(self) -> bytes:
        """The end of the text; the writer is of no use afterwards."""
        return self._lines.feed(binascii.b2a_base64(self._rest, newline=False)) + self._layout.tail
