"""How a file begins and where it breaks: stray bytes, encodings, and expat's complaints in words for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from envelopes import split_rules as rules
from envelopes.dom import BOM

if TYPE_CHECKING:
    from xml.parsers.expat import ExpatError

LOOK_BYTES = 1024
"""Where a `<` must have come: an edXML file begins with one; anything else is no XML."""

DECLARATION = b"<?xml"
OPENINGS = (DECLARATION, b"<edXML")
OTHER_ENCODINGS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"<\0", "UTF-16"), (b"\0<", "UTF-16"))
XML_SPACE = b" \t\r\n"

_INVALID_TOKEN, _JUNK = 4, 9
_UNFINISHED = frozenset({3, 5, 6, 20})
"""Expat's numbers for input that ends too early: no element, unclosed token, partial character, unclosed CDATA."""


def is_decidable(data: bytes) -> bool:
    """True when enough is there to tell how the file begins, however it was cut."""
    place = data.find(b"<")
    return len(data) >= LOOK_BYTES or (place >= 0 and len(data) >= place + len(OPENINGS[-1]))


def check(data: bytes) -> None:
    """Refuse a file that does not begin as UTF-8 XML: other encodings, stray bytes, something else altogether."""
    for mark, name in OTHER_ENCODINGS:
        if data.startswith(mark):
            rules.ENCODING.refuse(value=name, found_vi=f"mã {name}", found_en=name, byte=0)
    head, markup, _ = data.removeprefix(BOM).partition(b"<")
    rest = data.removeprefix(BOM)[len(head) :]
    if head.strip(XML_SPACE) or (head and rest.startswith(DECLARATION)):
        if markup and rest.startswith(OPENINGS):
            rules.JUNK_BEFORE.refuse(value=head.hex(" "), count=len(head))
        _refuse_not_xml(1, 1, 0, ("không bắt đầu bằng thẻ XML", "it does not begin with an XML tag"))
    if not markup:
        _refuse_not_xml(1, 1, 0, ("không có thẻ XML nào", "there is no XML tag"))


@dataclass(slots=True)
class Skipped:
    """Attachment text that expat was not shown, so that places in the file can still be told."""

    size: int = 0
    lines: int = 0
    _line: int = field(default=0)
    _columns: int = field(default=0)

    def add(self, text: bytes, line: int) -> None:
        """Note text skipped while expat stood on `line`."""
        if line != self._line:
            self._line, self._columns = line, 0
        newlines = text.count(b"\n")
        self.size += len(text)
        self.lines += newlines
        self._columns = len(text) - text.rfind(b"\n") - 1 if newlines else self._columns + len(text)

    def place(self, line: int, column: int, byte: int) -> tuple[int, int, int]:
        """Expat's line (from 1), column and byte (from 0) as line, column (from 1) and byte of the file."""
        behind = self._columns if line == self._line else 0
        return line + self.lines, column + behind + 1, byte + self.size


def refuse(error: ExpatError, piece: bytes, skipped: Skipped, *, byte: int, ended: bool, size: int) -> NoReturn:
    """Say what expat complains of in `piece`, at `byte` of a file of which `size` bytes have come."""
    line, column, _ = skipped.place(error.lineno, error.offset, 0)
    if error.code == _JUNK or ended:
        rules.JUNK_AFTER.refuse(line=line, column=column, byte=byte)
    if error.code in _UNFINISHED:
        rules.TRUNCATED.refuse(byte=size)
    if b"\0" in piece:
        rules.ENCODING.refuse(found_vi="byte NUL", found_en="a NUL byte", byte=byte)
    if error.code == _INVALID_TOKEN and not _is_utf8(piece):
        rules.ENCODING.refuse(found_vi="byte không hợp lệ", found_en="invalid byte", byte=byte)
    words = rules.MARKUP_REASONS.get(error.code)
    _refuse_not_xml(line, column, byte, words or (str(error), str(error)))


def _is_utf8(piece: bytes) -> bool:
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _refuse_not_xml(line: int, column: int, byte: int, words: tuple[str, str]) -> NoReturn:
    rules.NOT_XML.refuse(line=line, column=column, byte=byte, reason_vi=words[0], reason_en=words[1])
