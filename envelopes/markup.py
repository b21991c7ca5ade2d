"""What expat sees of an edXML file: where in its tree it is, and what breaks a limit of SECURITY 1.4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers import expat

from envelopes import split_rules as rules
from envelopes.dom import COMMENT, INSTRUCTION, VERSION
from envelopes.faults import Fault, Refused
from envelopes.limits import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_FAULTS,
    MAX_NAMESPACES,
    MAX_SKELETON_BYTES,
    NS,
)

if TYPE_CHECKING:
    from envelopes.positions import Place, Positions

MAX_ATTACHMENTS = 64
"""Practice is 1 to 20 files in a message (edXML section 9); a manifest takes as many references (SECURITY 1.4)."""

ROOT = f"{NS} edXML"
CONTENT = "ContentTransferEncoded"
CONTENT_PATH = tuple(f"{NS} {name}" for name in ("edXML", "AttachmentEncoded", "Attachment", CONTENT))
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


class Markup:
    """Takes the skeleton in whole pieces of markup. Everything it finds wrong is raised as `Refused`.

    `attachments` counts those begun, `in_content` is true between the tags of an attachment's content, `contents`
    counts the contents begun, `ended` is true behind the root's end tag.
    """

    def __init__(self, limits: SplitLimits, positions: Positions) -> None:
        self.attachments = self.contents = 0
        self.in_content = self.ended = False
        self._limits = limits
        self._positions = positions
        self._path: list[str] = []
        self._elements = 0
        self._namespaces: set[tuple[str | None, str | None]] = set()
        self._declared = 0  # namespace declarations of the element to come
        self._strays: list[Fault] = []
        self._parser = self._made_parser()

    def feed(self, piece: bytes, *, final: bool = False) -> None:
        """Take the next piece. Raises `Refused`, or ExpatError for what is no XML."""
        self._parser.Parse(piece, final)

    def tell_strays(self) -> None:
        """Raise `Refused` for all comments and processing instructions so far (SECURITY 1.2)."""
        if self._strays:
            raise Refused(*self._strays)

    def attachment_path(self) -> str:
        """Where the attachment last begun is, for faults."""
        return f"AttachmentEncoded/Attachment[{self.attachments}]"

    def error_index(self) -> int:
        """The byte of the skeleton that expat last complained of."""
        return self._parser.ErrorByteIndex

    def _made_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate("utf-8", " ")
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CommentHandler = self._comment
        parser.ProcessingInstructionHandler = self._instruction
        return parser

    def _here(self) -> Place:
        return self._positions.place(self._parser.CurrentByteIndex)

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            byte = self._positions.skeleton.find(encoding.encode())
            found_vi, found_en = f"khai báo {encoding}", f"it declares {encoding}"
            rules.ENCODING.refuse(value=encoding, found_vi=found_vi, found_en=found_en, byte=max(byte, 0))
        if version != "1.0":
            VERSION.refuse(value=version, found=version)

    def _doctype(self, *_: object) -> None:
        skeleton = self._positions.skeleton
        here = self._positions.place(max(skeleton.find(b"<!DOCTYPE"), 0))
        rules.DOCTYPE.refuse(line=here.line, column=here.column, byte=here.byte)

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self._declared += 1
        self._namespaces.add((prefix, uri))  # real files repeat theirs on each attachment's content
        if len(self._namespaces) > self._limits.namespaces:
            rules.TOO_MANY_NAMESPACES.refuse(limit=self._limits.namespaces)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path and name != ROOT:
            found = _clark(name)
            rules.NAMESPACE.refuse(value=found, expected=_clark(ROOT), found=found)
        self._path.append(name)
        self._elements += 1
        self._check_limits(len(attributes) + self._declared)
        self._declared = 0
        path = tuple(self._path) if len(self._path) in {3, 4} else ()
        if path == ATTACHMENT_PATH:
            self._begin_attachment()
        elif path == CONTENT_PATH:
            self._begin_content()

    def _begin_attachment(self) -> None:
        self.attachments += 1
        if self.attachments > self._limits.attachments:
            rules.TOO_MANY_ATTACHMENTS.refuse(self.attachment_path(), limit=self._limits.attachments)

    def _begin_content(self) -> None:
        self.tell_strays()  # before a large attachment is taken for nothing
        self.contents += 1
        if self.contents > self.attachments:
            rules.CONTENT_REPEATED.refuse(self.attachment_path(), n=self.attachments)
        self.in_content = True

    def _end(self, _name: str) -> None:
        path = tuple(self._path) if len(self._path) in {3, 4} else ()
        if path == ATTACHMENT_PATH and self.contents < self.attachments:
            rules.CONTENTLESS.refuse(self.attachment_path(), n=self.attachments)
        if path == CONTENT_PATH:
            self.in_content = False
        self._path.pop()
        self.ended = not self._path

    def _check_limits(self, attributes: int) -> None:
        limits = self._limits
        if len(self._path) > limits.depth:
            rules.TOO_DEEP.refuse(limit=limits.depth, line=self._here().line)
        if self._elements > limits.elements:
            rules.TOO_MANY_ELEMENTS.refuse(limit=limits.elements)
        if attributes > limits.attributes:
            rules.TOO_MANY_ATTRIBUTES.refuse(limit=limits.attributes, line=self._here().line)

    def _comment(self, text: str) -> None:
        self._note(COMMENT.at(value=text, line=self._here().line))

    def _instruction(self, target: str, text: str) -> None:
        self._note(INSTRUCTION.at(value=text, name=target, line=self._here().line))

    def _note(self, fault: Fault) -> None:
        self._strays.append(fault)
        if len(self._strays) == MAX_FAULTS:
            self.tell_strays()


def _clark(name: str) -> str:
    namespace, found, local = name.rpartition(" ")
    return f"{{{namespace}}}{local}" if found else name
