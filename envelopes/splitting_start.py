"""How a file begins and where it breaks: stray bytes, encodings, and expat's complaints in words for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from envelopes import split_rules as rules
from envelopes.dom import BOM
from envelopes.positions import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.parsers.expat import ExpatError

DECLARATION = b"<?xml"
OPENING = re.compile(rb"<\?xml\s|<(?:[\w.-]+:)?edXML[\s>/]")
OTHER_ENCODINGS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"<\0\0\0", "UTF-32"),
    (b"\0\0\0<\0", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"<\0", "UTF-16"),
    (b"\0<\0", "UTF-16"),
)
"""With and without byte order mark. NULs before UTF-8 are stray bytes: a `<` of two or four has one behind it, too."""

BEGINNING = Place(line=1, column=1, byte=0)

JUNK = 9
UNFINISHED = frozenset({3, 5, 6, 20})
"""Expat's numbers for input that ends too early: no element, unclosed token, partial character, unclosed CDATA."""


def check(data: bytes) -> None:
    """Refuse a file that does not begin as UTF-8 XML: other encodings, stray bytes, something else altogether.

    `data` reaches to the file's first `>`, or is all there is. A UTF-8 byte order mark is skipped, once (TM-18): old
    systems write it, it cannot change what follows, and it stays in the bytes that are kept.
    """
    for mark, name in OTHER_ENCODINGS:
        if data.startswith(mark):
            rules.ENCODING.refuse(value=name, found_vi=f"mã {name}", found_en=name, byte=0)
    body = data.removeprefix(BOM)
    head, markup, _ = body.partition(b"<")
    if head.strip() or (head and body.startswith(DECLARATION, len(head))):
        opening = OPENING.search(body)
        if opening is not None:
            stray = body[: opening.start()]
            rules.JUNK_BEFORE.refuse(value=stray[:16].hex(" "), count=len(stray))
        _refuse_not_xml(BEGINNING, ("không bắt đầu bằng thẻ XML", "it does not begin with an XML tag"))
    if not markup:
        _refuse_not_xml(BEGINNING, ("không có thẻ XML nào", "there is no XML tag"))


def check_characters(piece: bytes, where: Callable[[int], Place], *, ended: bool) -> None:
    """Refuse a piece with a NUL or anything else that is not UTF-8; `where` tells the place of its bytes."""
    flaw = _flaw(piece)
    if flaw is None:
        return
    place = where(flaw[0])
    if ended:
        _refuse_junk_after(place)
    rules.ENCODING.refuse(found_vi=flaw[1], found_en=flaw[2], byte=place.byte)


def is_flawed(piece: bytes) -> bool:
    """True when some character of the piece is none of XML's in UTF-8."""
    return _flaw(piece) is not None


def _flaw(piece: bytes) -> tuple[int, str, str] | None:
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError as error:
        if not error.reason.startswith("unexpected end"):
            return error.start, "byte không hợp lệ", "invalid byte"
    nul = piece.find(b"\0")
    return (nul, "byte NUL", "a NUL byte") if nul >= 0 else None


def refuse(error: ExpatError, place: Place, *, ended: bool, size: int) -> NoReturn:
    """Say what expat complains of at `place` in a file of `size` bytes; `ended`: behind the root's end tag."""
    if ended or error.code == JUNK:
        _refuse_junk_after(place)
    if error.code in UNFINISHED:
        rules.TRUNCATED.refuse(byte=size)
    _refuse_not_xml(place, rules.MARKUP_REASONS.get(error.code, (str(error), str(error))))


def _refuse_junk_after(place: Place) -> NoReturn:
    rules.JUNK_AFTER.refuse(line=place.line, column=place.column, byte=place.byte)


def _refuse_not_xml(place: Place, words: tuple[str, str]) -> NoReturn:
    rules.NOT_XML.refuse(line=place.line, column=place.column, byte=place.byte, reason_vi=words[0], reason_en=words[1])
