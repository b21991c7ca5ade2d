"""Cutting markup at the ends of its tags, so that expat is always given whole ones.

Since 2.6.0 expat may put off what it was given in halves; a start tag it has not told of yet would let an
attachment's text pass as markup. `>` inside quotes, comments and CDATA ends nothing.
"""

from __future__ import annotations

import re

_ENDS = (
    (b"<!--", b"-->"),
    (b"<![CDATA[", b"]]>"),
    (b"<?", b"?>"),
    (b"</", b">"),
    (b"<!", b">"),
)
"""How each kind of markup ends; a start tag, which is none of these, ends at the first `>` outside quotes."""

_START_TAG = rb"""[^!?/"'<>](?:[^"'<>]|"[^"<]*"|'[^'<]*')*+>"""
_MARKUP = rb"!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>|/[^<>]*>|![^-\[<>][^<>]*>|" + _START_TAG

_FAULTY = (b"<", b">")
_QUOTE = re.compile(rb"[\"']")
_QUOTE_ENDS = {b'"': re.compile(rb'["<]'), b"'": re.compile(rb"['<]")}


def markup_without(name: bytes) -> re.Pattern[bytes]:
    """Matches as many whole pieces of markup, with the text before each, as come before one whose tag holds `name`.

    What it matches can be given to expat at once; what it does not understand is left to a `Cutter`.
    """
    return re.compile(rb"(?:[^<]*+<(?!/?[^\s/>]*" + re.escape(name) + rb")(?:" + _MARKUP + rb"))*+", re.DOTALL)


class Cutter:
    """Takes bytes and gives them back in pieces: text and the one piece of markup behind it."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._open = -1  # where the markup begins
        self._kind: tuple[bytes, bytes] | None = None
        self._scanned = 0  # up to here quotes are known
        self._quote = b""

    def __len__(self) -> int:
        """Bytes held."""
        return len(self._held)

    def add(self, data: bytes, at: int) -> int:
        """Hold `data` from `at` up to the next `>` that is not in text; returns where that ends."""
        start = at
        if self._open < 0:
            start = data.find(b"<", at)
            self._open = len(self._held) + start - at if start >= 0 else -1
            self._scanned = self._open + 1
        end = data.find(b">", start) + 1 if start >= 0 else 0
        self._held += data[at : end or len(data)]
        return end or len(data)

    def is_whole(self) -> bool:
        """True when what is held ends with markup that is complete; to be asked after each `add`."""
        if self._open < 0 or not self._held.endswith(b">"):
            return False
        if self._kind is None:
            self._kind = next((kind for kind in _ENDS if self._held.startswith(kind[0], self._open)), None)
        if self._kind is None:
            return self._is_outside_quotes()
        start, end = self._kind
        return self._held.endswith(end) and len(self._held) - self._open >= len(start + end)

    def take(self) -> bytes:
        """What is held, which is forgotten."""
        held = bytes(self._held)
        self._held.clear()
        self._open, self._kind, self._quote = -1, None, b""
        return held

    def peek(self, size: int) -> bytes:
        """The beginning of what is held."""
        return bytes(self._held[:size])

    def _is_outside_quotes(self) -> bool:
        while True:
            wanted = _QUOTE_ENDS[self._quote] if self._quote else _QUOTE
            found = wanted.search(self._held, self._scanned)
            if found is None:
                self._scanned = len(self._held)
                return not self._quote
            if found[0] == b"<":  # no XML: expat tells best
                self._kind = _FAULTY
                return True
            self._quote = b"" if self._quote else found[0]
            self._scanned = found.end()
