"""One streaming pass over an edXML file: the skeleton stays, attachments go to a sink, everything is hashed.

The skeleton is the file without the text of its attachments; it is small, and it alone meets an XML parser. Attachment
text is found by expat at its start tag and then read as bytes up to the next `<`, so memory does not grow with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers import expat

from envelopes import split_rules as rules
from envelopes import splitting_start as start
from envelopes.base64_text import PayloadSink, TextReader
from envelopes.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_NAMESPACES, MAX_SKELETON_BYTES, NS

if TYPE_CHECKING:
    from envelopes.layout import Layout

__all__ = ["Content", "PayloadSink", "Split", "SplitLimits", "Splitter"]

MAX_ATTACHMENTS = 64
"""Practice is 1 to 20 files in a message (edXML section 9); a manifest takes as many references (SECURITY 1.4)."""

ROOT = f"{NS} edXML"
CONTENT_PATH = tuple(f"{NS} {name}" for name in ("edXML", "AttachmentEncoded", "Attachment", "ContentTransferEncoded"))
ATTACHMENT_PATH = CONTENT_PATH[:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitLimits:
    """What a file may cost before anybody vouches for it (SECURITY 1.4)."""

    skeleton: int = MAX_SKELETON_BYTES
    depth: int = MAX_DEPTH
    elements: int = MAX_ELEMENTS
    attributes: int = MAX_ATTRIBUTES
    namespaces: int = MAX_NAMESPACES
    attachments: int = MAX_ATTACHMENTS


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


class Splitter:
    """Takes a file in pieces of any size; the outcome does not depend on how it was cut."""

    def __init__(self, sink: PayloadSink, *, limits: SplitLimits | None = None) -> None:
        self._sink = sink
        self._limits = limits or SplitLimits()
        self._digest = hashlib.sha256()
        self._size = 0
        self._skeleton = bytearray()
        self._rest = b""  # read, not yet given to expat: the beginning of a tag, or of the file
        self._started = False
        self._reader: TextReader | None = None
        self._contents: list[Content] = []
        self._tree = _Tree(self._limits)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file. Raises `Refused`; the splitter is of no use afterwards."""
        self._digest.update(data)
        self._size += len(data)
        if not self._started:
            self._rest += data
            if not start.is_decidable(self._rest):
                return
            self._begin()
            data, self._rest = self._rest, b""
        at = 0
        while at < len(data):
            at = self._markup(data, at) if self._reader is None else self._content(data, at)

    def close(self) -> Split:
        """What the file was. Raises `Refused` for an incomplete one."""
        if not self._started:
            if not self._rest.strip():
                rules.EMPTY.refuse()
            self._begin()
            data, self._rest = self._rest, b""
            self._markup(data, 0)
        if self._reader is not None or not self._tree.ended:
            self._parse(self._rest, final=True)
            rules.TRUNCATED.refuse(byte=self._size)
        self._parse(self._rest, final=True)
        return Split(
            skeleton=bytes(self._skeleton),
            size=self._size,
            sha256=self._digest.digest(),
            contents=tuple(self._contents),
        )

    def _begin(self) -> None:
        start.check(self._rest)
        self._started = True

    def _markup(self, data: bytes, at: int) -> int:
        """Give expat everything up to the next `>`, so that it never runs ahead into an attachment's text."""
        end = data.find(b">", at) + 1
        if end == 0:
            self._rest += data[at:]
            self._check_size(len(self._rest))
            return len(data)
        piece, self._rest = self._rest + data[at:end], b""
        self._check_size(len(piece))
        self._parse(piece)
        if self._tree.at_content:
            self._tree.at_content = False
            self._reader = TextReader(self._tree.attachments, len(self._skeleton) + self._tree.skipped.size, self._sink)
        return end

    def _content(self, data: bytes, at: int) -> int:
        """Give the reader everything up to the next `<`, which ends the text."""
        assert self._reader is not None
        end = data.find(b"<", at)
        text = data[at:] if end < 0 else data[at:end]
        if text:
            self._tree.skip(text)
            self._reader.feed(text)
        if end < 0:
            return len(data)
        read = self._reader.close()
        self._contents.append(
            Content(
                n=self._tree.attachments,
                cut=len(self._skeleton),
                text_size=read.text_size,
                size=read.size,
                sha256=read.sha256,
                layout=read.layout,
                text_sha256=read.text_sha256,
            )
        )
        self._reader = None
        return end

    def _parse(self, piece: bytes, *, final: bool = False) -> None:
        self._skeleton += piece
        try:
            self._tree.parser.Parse(piece, final)
        except expat.ExpatError as error:
            byte = self._tree.parser.ErrorByteIndex + self._tree.skipped.size
            start.refuse(error, piece, self._tree.skipped, byte=byte, ended=self._tree.ended, size=self._size)

    def _check_size(self, coming: int) -> None:
        if len(self._skeleton) + coming > self._limits.skeleton:
            rules.SKELETON_TOO_LARGE.refuse(limit=self._limits.skeleton)


class _Tree:
    """What expat sees: where in the tree it is, and what of it breaks a limit."""

    def __init__(self, limits: SplitLimits) -> None:
        self._limits = limits
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartNamespaceDeclHandler = self._namespace
        self.parser.XmlDeclHandler = self._declaration
        self.parser.CommentHandler = self.parser.ProcessingInstructionHandler = self._stray
        self.parser.StartCdataSectionHandler = self._stray
        self.skipped = start.Skipped()
        self.attachments = 0
        self.at_content = False
        self.ended = False
        self._path: list[str] = []
        self._elements = 0
        self._namespaces = 0
        self._contents = 0
        self._inside = False

    def skip(self, text: bytes) -> None:
        """Text that expat is not shown."""
        self.skipped.add(text, self.parser.CurrentLineNumber)

    def position(self) -> tuple[int, int, int]:
        """Line and column from 1 and byte from 0 of the file."""
        return self.skipped.place(
            self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber, self.parser.CurrentByteIndex
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path and name != ROOT:
            found = name.replace(" ", "}", 1)
            rules.NAMESPACE.refuse(
                value=name.partition(" ")[0] if " " in name else "",
                expected=f"{{{NS}}}edXML",
                found="{" + found if "}" in found else found,
            )
        if self._inside:
            self._garbled()
        self._path.append(name)
        self._elements += 1
        self._check_limits(attributes)
        path = tuple(self._path) if len(self._path) in {3, 4} else ()
        if path == ATTACHMENT_PATH:
            self.attachments += 1
            self._contents = 0
            if self.attachments > self._limits.attachments:
                rules.TOO_MANY_ATTACHMENTS.refuse(self._attachment(), limit=self._limits.attachments)
        elif path == CONTENT_PATH:
            self._contents += 1
            if self._contents > 1:
                rules.CONTENT_REPEATED.refuse(self._attachment(), n=self.attachments)
            self.at_content = self._inside = True

    def _end(self, name: str) -> None:
        path = tuple(self._path) if len(self._path) in {3, 4} else ()
        if path == ATTACHMENT_PATH and self._contents == 0:
            rules.CONTENTLESS.refuse(self._attachment(), n=self.attachments)
        if path == CONTENT_PATH:
            self._inside = False
        self._path.pop()
        self.ended = not self._path

    def _check_limits(self, attributes: dict[str, str]) -> None:
        limits, line = self._limits, self.position()[0]
        if len(self._path) > limits.depth:
            rules.TOO_DEEP.refuse(limit=limits.depth, line=line)
        if self._elements > limits.elements:
            rules.TOO_MANY_ELEMENTS.refuse(limit=limits.elements)
        if len(attributes) > limits.attributes:
            rules.TOO_MANY_ATTRIBUTES.refuse(limit=limits.attributes, line=line)

    def _namespace(self, _prefix: str | None, _uri: str | None) -> None:
        self._namespaces += 1
        if self._namespaces > self._limits.namespaces + self.attachments:  # real files bind the prefix in each of them
            rules.TOO_MANY_NAMESPACES.refuse(limit=self._limits.namespaces)

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            found = (f"khai báo {encoding}", f"it declares {encoding}")
            rules.ENCODING.refuse(value=encoding, found_vi=found[0], found_en=found[1], byte=self.position()[2])

    def _doctype(self, *_: object) -> None:
        line, column, byte = self.position()
        rules.DOCTYPE.refuse(line=line, column=column, byte=byte)

    def _stray(self, *_: object) -> None:
        if self._inside:
            self._garbled()

    def _garbled(self) -> None:
        path = f"{self._attachment()}/ContentTransferEncoded"
        rules.GARBLED_MARKUP.refuse(path, n=self.attachments, byte=self.position()[2])

    def _attachment(self) -> str:
        return f"AttachmentEncoded/Attachment[{self.attachments}]"
