"""Where things stand in the bytes of an edXML file, so that it can be signed without being written anew.

Moving nodes of a tree can rename prefixes and break digests (SECURITY 1.2, "Edit bytes, not trees"); expat tells the
byte at which every tag begins, and takes a file of any size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.parsers import expat

from envelopes import part_rules
from envelopes.faults import Refused
from envelopes.limits import NS
from envelopes.split_rules import DOCTYPE, NOT_XML

_SEPARATOR = " "
_HEADER = ("edXML", "edXMLEnvelope", "edXMLHeader")
_PARTS: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        (*_HEADER, "MessageHeader"): "MessageHeader",
        (*_HEADER, "TraceHeaderList", "Bussiness"): "Bussiness",
        ("edXML", "edXMLEnvelope", "edXMLBody", "edXMLManifest"): "edXMLManifest",
    }
)
_CONTENT = ("edXML", "AttachmentEncoded", "Attachment", "ContentTransferEncoded")
_TAG = re.compile(rb"<[^\s/>]+((?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*/?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A covered part: the byte where its tag's name ends, and its no-namespace `Id`, if it has one."""

    name: str
    byte: int
    identifier: str | None


@dataclass(slots=True, kw_only=True)
class Places:
    """`end` is the byte of edXMLHeader's end tag, `contents` the spans of the attachments' text."""

    parts: list[Place] = field(default_factory=list)
    end: int = -1
    contents: list[tuple[int, int]] = field(default_factory=list)


def find_places(data: bytes) -> Places:
    """The places in a whole file or a skeleton; raises `Refused` when it is no XML or has no edXMLHeader."""
    finder = _Finder(data)
    finder.parse()
    if finder.places.end < 0:
        name = "edXMLHeader"
        raise Refused(part_rules.ELEMENT_MISSING.at("edXMLEnvelope/edXMLHeader", name=name))
    return finder.places


def splice(data: bytes, insertions: list[tuple[int, bytes]]) -> bytes:
    """The bytes with each text put in at its byte of the original."""
    pieces, last = [], 0
    for byte, text in sorted(insertions):
        pieces += [data[last:byte], text]
        last = byte
    return b"".join([*pieces, data[last:]])


def cut(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    """The bytes without the spans."""
    pieces, last = [], 0
    for start, end in spans:
        pieces.append(data[last:start])
        last = end
    return b"".join([*pieces, data[last:]])


class _Finder:
    """One pass of expat; paths are of local names and count only where every element is in edXML's namespace."""

    def __init__(self, data: bytes) -> None:
        self.places = Places()
        self._data = data
        self._path: list[str] = []
        self._content = -1
        self._parser = expat.ParserCreate("utf-8", _SEPARATOR)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype

    def parse(self) -> None:
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code) or ""
            byte = self._parser.ErrorByteIndex
            NOT_XML.refuse(line=error.lineno, column=error.offset + 1, byte=byte, reason_vi=reason, reason_en=reason)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        namespace, _, local = name.rpartition(_SEPARATOR)
        self._path.append(local if namespace == NS else f"?{local}")
        path = tuple(self._path)
        if path in _PARTS:
            byte = self._parser.CurrentByteIndex
            tag = _TAG.match(self._data, byte)
            assert tag is not None
            self.places.parts.append(Place(name=_PARTS[path], byte=tag.start(1), identifier=attributes.get("Id")))
        elif path == _CONTENT:
            tag = _TAG.match(self._data, self._parser.CurrentByteIndex)
            assert tag is not None
            self._content = tag.end()

    def _end(self, _name: str) -> None:
        path = tuple(self._path)
        if path == _HEADER:
            self.places.end = self._parser.CurrentByteIndex
        elif path == _CONTENT and self._content < self._parser.CurrentByteIndex:
            self.places.contents.append((self._content, self._parser.CurrentByteIndex))
        self._path.pop()

    def _doctype(self, *_: object) -> None:
        DOCTYPE.refuse(line=self._parser.CurrentLineNumber, column=1, byte=self._parser.CurrentByteIndex)
