"""Changes to a message that mostly leave it XML: the reader behind the parser is reached only by what parses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

ELEMENT = re.compile(rb"<([\w:.-]+)((?:\s[^<>]*)?)>([^<>]*)</\1\s*>")
"""An element without elements in it."""

START = re.compile(rb"<[\w:.-]+")

TEXTS = (
    *(b"", b" ", b"0", b"-1", b"999999999999", b"null", b"N/A", b"true"),
    *(b"2026/02/30", b"2026/11/20", b"2026/11/20 24:00:00", b"0001/01/01 00:00:00"),
    *("Mật".encode(), "Н08.02".encode(), b"cid:cid:a1", b"H" * 36, b"x" * 501, b"&#13;", b"&lt;", b"<![CDATA[x]]>"),
    *(
        b"13",
        b"16",
        b"07",
        b"QUJD",
        b"QUI=",
        b"=",
        b"../x",
        "e\u0301".encode(),
        b"<edXML:OrganId xmlns:edXML='urn:x'/>",
    ),
)
ATTRIBUTES = (
    *(b" Id='x'", b" xmlns='urn:x'", b" version='1.0'", b" a='&#9;'"),
    b" xmlns:lt='urn:lienthong:edxml:1' lt:size='1'",
)


def changed(data: bytes, chance: Random) -> bytes:
    """The message with one to four such changes."""
    for _ in range(chance.randint(1, 4)):
        found = list(ELEMENT.finditer(data))
        if not found:
            return data
        data = chance.choice((_text, _text, _drop, _double, _swap, _rename, _attribute))(data, found, chance)
    return data


def _put(data: bytes, begin: int, end: int, new: bytes) -> bytes:
    return data[:begin] + new + data[end:]


def _text(data: bytes, found: list[re.Match[bytes]], chance: Random) -> bytes:
    one = chance.choice(found)
    return _put(data, one.start(3), one.end(3), chance.choice((*TEXTS, chance.choice(found)[3])))


def _drop(data: bytes, found: list[re.Match[bytes]], chance: Random) -> bytes:
    one = chance.choice(found)
    return _put(data, one.start(), one.end(), b"")


def _double(data: bytes, found: list[re.Match[bytes]], chance: Random) -> bytes:
    """Beside itself or anywhere an element ends."""
    one, other = chance.choice(found), chance.choice(found)
    return _put(data, other.end(), other.end(), one[0])


def _swap(data: bytes, found: list[re.Match[bytes]], chance: Random) -> bytes:
    one, other = sorted((chance.choice(found), chance.choice(found)), key=lambda match: match.start())
    if one.start() == other.start():
        return data
    return data[: one.start()] + other[0] + data[one.end() : other.start()] + one[0] + data[other.end() :]


def _rename(data: bytes, found: list[re.Match[bytes]], chance: Random) -> bytes:
    one = chance.choice(found)
    name, attributes, text = chance.choice(found)[1], one[2], one[3]
    return _put(data, one.start(), one.end(), b"<" + name + attributes + b">" + text + b"</" + name + b">")


def _attribute(data: bytes, _: list[re.Match[bytes]], chance: Random) -> bytes:
    at = chance.choice(list(START.finditer(data))).end()
    return _put(data, at, at, chance.choice(ATTRIBUTES))
