"""One TraceHeader more on the copy that is handed on: this exchange was a hop (conformance C16).

Spliced into the bytes, outside everything a signature by parts covers; nothing else is altered (DESIGN decision 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers import expat
from xml.sax.saxutils import escape

from envelopes.limits import LOCAL_TIME, MAX_TRACES, NS

if TYPE_CHECKING:
    from datetime import datetime

_SEPARATOR = " "
_HEADER = ("edXML", "edXMLEnvelope", "edXMLHeader")
_LIST = (*_HEADER, "TraceHeaderList")
_TRACE = (*_LIST, "TraceHeader")
_MESSAGE = (*_HEADER, "MessageHeader")


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """Bytes to put into a file in place of the `instead_of` bytes at `byte`."""

    byte: int
    text: bytes
    instead_of: int = 0

    @property
    def grown(self) -> int:
        """How much longer the file becomes."""
        return len(self.text) - self.instead_of

    def within(self, at: int, chunk: bytes) -> bytes:
        """What becomes of `chunk`, at byte `at` of the file; it holds all of the replaced bytes or none."""
        place = self.byte - at
        if not 0 <= place <= len(chunk) or (place == len(chunk) and chunk):
            return chunk
        return chunk[:place] + self.text + chunk[place + self.instead_of :]


def trace_of(skeleton: bytes, code: str, at: datetime) -> Insertion | None:
    """A TraceHeader of this code and moment behind all others of the skeleton, which is in good order.

    None when it has as many as a reader takes.
    """
    places = _Places(skeleton)
    if places.count >= MAX_TRACES:
        return None
    text = f'<TraceHeader xmlns="{NS}"><OrganId>{escape(code)}</OrganId>'
    text += f"<Timestamp>{at.astimezone(LOCAL_TIME):%Y/%m/%d %H:%M:%S}</Timestamp></TraceHeader>"
    if places.list_end < 0:
        listed = f'<TraceHeaderList xmlns="{NS}">{text}</TraceHeaderList>'
        return Insertion(byte=places.message_end, text=listed.encode())
    tag = skeleton[places.list_start + 1 : places.list_end]
    if b"<" in tag or not tag.endswith(b"/>"):
        return Insertion(byte=places.list_end, text=text.encode())
    name = tag.removesuffix(b"/>").split()[0].decode()  # an empty list, `<TraceHeaderList/>`, is opened for it
    return Insertion(byte=places.list_end - 2, text=f">{text}</{name}>".encode(), instead_of=2)


class _Places:
    """Where the list ends (-1: there is none), where MessageHeader does, and how many hops there are."""

    def __init__(self, skeleton: bytes) -> None:
        self.list_start = self.list_end = self.message_end = -1
        self.count = 0
        self._data = skeleton
        self._path: list[str] = []
        self._parser = expat.ParserCreate("utf-8", _SEPARATOR)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.Parse(skeleton, True)

    def _start(self, name: str, _attributes: object) -> None:
        namespace, _, local = name.rpartition(_SEPARATOR)
        self._path.append(local if namespace == NS else f"?{local}")
        if tuple(self._path) == _LIST:
            self.list_start = self._parser.CurrentByteIndex

    def _end(self, _name: str) -> None:
        path, byte = tuple(self._path), self._parser.CurrentByteIndex
        if path == _LIST:
            self.list_end = byte
        elif path == _TRACE:
            self.count += 1
        elif path == _MESSAGE:
            self.message_end = self._data.index(b">", byte) + 1
        self._path.pop()
