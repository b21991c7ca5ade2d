"""Reading an axis's answer while it arrives: the one large field `data` apart from the few small ones around it.

The fields come in any order (axis client section 4), so whether the answer is a success may be known only at its end:
whoever takes `data` while it arrives must be able to throw it away again.
"""

from __future__ import annotations

import binascii
import codecs
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_AROUND = 64 * 1024
"""Characters of an answer beside its data, and of one row of a list: an axis's error text is a line."""

_DATA = re.compile(r'(?<!\\)"data"\s*:\s*')
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_UNFINISHED = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?$")
_BLANKS = str.maketrans("-_", "+/", " \t\r\n")


class Garbled(Exception):  # noqa: N818 - says what the answer is
    """The answer is not what the protocol has in this place."""


class _Reading:
    """An answer split at its `data`: what was before, the data's own text, what came behind."""

    opening = ""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._around = ""
        self._place = "before"

    def _take(self, chunk: bytes, *, last: bool = False) -> None:
        try:
            self._text += self._decoder.decode(chunk, final=last)
        except UnicodeDecodeError:
            raise Garbled("không phải UTF-8 / not UTF-8") from None
        if self._place == "before":
            self._find_data()
        if self._place == "behind" or last:
            self._around += self._text
            self._text = ""
        if len(self._around) > MOST_AROUND or (self._place == "before" and len(self._text) > MOST_AROUND):
            raise Garbled("không phải câu trả lời của trục / no answer of an axis")

    def _find_data(self) -> None:
        found = _DATA.search(self._text)
        if found is None or found.end() == len(self._text):
            return
        if self._text[found.end()] == self.opening:
            self._around = self._text[: found.end()]
            self._text = self._text[found.end() + 1 :]
            self._place = "inside"

    def _leave(self, rest: str) -> None:
        """The data has ended; `rest` is what comes behind it."""
        self._around += '""'
        self._text = rest
        self._place = "behind"

    def fields(self) -> Mapping[str, Any]:
        """The fields beside the data, once everything has come. Raises `Garbled`."""
        self._take(b"", last=True)
        if self._place == "inside":
            raise Garbled("bị cắt giữa chừng / cut short")
        try:
            found = json.loads(self._around)
        except ValueError:
            raise Garbled("không phải JSON / no JSON") from None
        if not isinstance(found, dict):
            raise Garbled("không phải câu trả lời của trục / no answer of an axis")
        return found


class FileReading(_Reading):
    """An answer whose data is a file in base64 (axis client 4.7)."""

    opening = '"'

    def __init__(self) -> None:
        super().__init__()
        self._digits = ""

    def feed(self, chunk: bytes) -> bytes:
        """The file's bytes that are certain now. Raises `Garbled`."""
        self._take(chunk)
        if self._place != "inside":
            return b""
        text, quote, rest = self._text.partition('"')
        unfinished = _UNFINISHED.search(text)
        self._text = "" if unfinished is None or quote else unfinished[0]
        text = text[: len(text) - len(self._text)]
        digits = self._digits + _ESCAPE.sub(_unescaped, text).translate(_BLANKS)
        if quote:
            self._leave(rest)
            self._take(b"")
            self._digits = ""
            return _decoded(digits + "=" * (-len(digits) % 4))
        whole = len(digits) // 4 * 4
        self._digits = digits[whole:]
        return _decoded(digits[:whole])


class ListReading(_Reading):
    """An answer whose data is a list of objects (axis client 4.1 to 4.6)."""

    opening = "["

    def __init__(self) -> None:
        super().__init__()
        self._json = json.JSONDecoder()

    def feed(self, chunk: bytes) -> Iterator[Mapping[str, Any]]:
        """The rows that are complete now; what is no object is left out. Raises `Garbled`."""
        self._take(chunk)
        at = 0
        while self._place == "inside":
            at = _next(self._text, at)
            if self._text[at : at + 1] == "]":
                self._leave(self._text[at + 1 :])
                self._take(b"")
                return
            try:
                row, at = self._json.raw_decode(self._text, at)
            except ValueError:
                break
            if isinstance(row, dict):
                yield row
        if self._place == "inside":
            self._text = self._text[at:]
            if len(self._text) > MOST_AROUND:
                raise Garbled("không phải danh sách / no list")


def _next(text: str, at: int) -> int:
    """Where the next row, or the list's end, begins."""
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is not None:
        return chr(int(found[1], 16))
    return {"n": "\n", "r": "\r", "t": "\t"}.get(found[2], found[2])


def _decoded(digits: str) -> bytes:
    try:
        return binascii.a2b_base64(digits, strict_mode=True) if digits else b""
    except ValueError:
        raise Garbled("không phải base64 / no base64") from None
