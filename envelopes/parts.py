"""Finding the parts of an edXML file by namespace, in a closed world: what has no place in the tree is refused.

The table below is the whole tree outside the parts that a signature covers (SECURITY 1.2). What is inside
`MessageHeader`, `Bussiness` and `edXMLManifest` is read, and judged, by `reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from lxml import etree

from envelopes import part_rules as rules
from envelopes.faults import Refused
from envelopes.limits import DS, MAX_FAULTS, MAX_TRACES, NS
from envelopes.split_rules import NAMESPACE

if TYPE_CHECKING:
    from envelopes.faults import Fault, Rule

_E = "{" + NS + "}"
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"

ROOT, ENVELOPE, HEADER = _E + "edXML", _E + "edXMLEnvelope", _E + "edXMLHeader"
MESSAGE_HEADER, STATUS = _E + "MessageHeader", _E + "Status"
TRACES, TRACE, BUSINESS = _E + "TraceHeaderList", _E + "TraceHeader", _E + "Bussiness"
BODY, MANIFEST = _E + "edXMLBody", _E + "edXMLManifest"
ATTACHMENTS, ATTACHMENT, CONTENT = _E + "AttachmentEncoded", _E + "Attachment", _E + "ContentTransferEncoded"
SIGNATURE, DECORATION, EMPTY_SIGNATURE = "{" + DS + "}Signature", _E + "Signature", _E + "DigitalSignature"
STATUS_CODE = _E + "StatusCode"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """The elements of one message. `header` is `MessageHeader` or the other status shape's `Status`.

    `signature` is an XML signature, or the field's decoration of that name in edXML's own namespace.
    """

    header: etree._Element
    business: etree._Element | None = None
    manifest: etree._Element | None = None
    traces: tuple[etree._Element, ...] = ()
    attachments: tuple[etree._Element, ...] = ()
    signature: etree._Element | None = None

    @property
    def is_status(self) -> bool:
        """Whether this is a status message (SECURITY 1.2: its header has a StatusCode)."""
        return self.header.tag == STATUS or self.header.find(STATUS_CODE) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What may stand in an element: children (True: any number of them), attributes, text."""

    children: Mapping[str, bool] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    text: bool = False


_LEAF = _Place(text=True)
_TRACE_ATTRIBUTES = {"id", "version", "mustUnderstand", "actor", _SOAP + "mustUnderstand", _SOAP + "actor"}
_ATTACHMENT_LEAVES = ("ContentId", "AttachmentName", "Description", "FieldName", "MimeType", "ContentType")

_TREE: Mapping[str, _Place] = MappingProxyType(
    {
        ROOT: _Place(children={ENVELOPE: False, ATTACHMENTS: False}),
        ENVELOPE: _Place(children={HEADER: False, BODY: False}),
        HEADER: _Place(
            children=dict.fromkeys((MESSAGE_HEADER, STATUS, TRACES, SIGNATURE, DECORATION, EMPTY_SIGNATURE), False)
        ),
        TRACES: _Place(
            children={TRACE: True, BUSINESS: False, _E + "Paper": False}, attributes=frozenset(_TRACE_ATTRIBUTES)
        ),
        TRACE: _Place(children={_E + "OrganId": False, _E + "Timestamp": False}),
        BODY: _Place(children={MANIFEST: False}),
        ATTACHMENTS: _Place(children={ATTACHMENT: True}),
        ATTACHMENT: _Place(children={_E + name: False for name in _ATTACHMENT_LEAVES} | {CONTENT: False}),
        EMPTY_SIGNATURE: _Place(),
    }
)
_ELSEWHERE = frozenset({MESSAGE_HEADER, STATUS, BUSINESS, MANIFEST, SIGNATURE, DECORATION})
"""Elements whose inside is looked at by others: `reading`, the gate, or below."""

_ALGORITHM_NAMES = ("CanonicalizationMethod", "SignatureMethod", "Transforms", "Transform", "DigestMethod")
_KEY_NAMES = ("KeyInfo", "KeyName", "KeyValue", "RSAKeyValue", "Modulus", "Exponent", "X509Data", "X509SubjectName")
_CERTIFICATE_NAMES = ("X509Certificate", "X509IssuerSerial", "X509IssuerName", "X509SerialNumber", "X509SKI")
_DECORATION_NAMES = frozenset(
    ("SignedInfo", "Reference", "DigestValue", "SignatureValue", *_ALGORITHM_NAMES, *_KEY_NAMES, *_CERTIFICATE_NAMES)
)
"""What a decoration may hold. No OrganId or Token: credentials inside a file are never taken (edXML section 8)."""

_ONLY_UNSIGNED: Mapping[str, str] = MappingProxyType(
    {_E + "Paper": "edXMLHeader/TraceHeaderList", DECORATION: "edXMLHeader", EMPTY_SIGNATURE: "edXMLHeader"}
)
"""Met in the field beside no real signature, and covered by no part of profile P: a signed file has none of them."""


def find_parts(root: etree._Element) -> Parts:
    """The parts of the file; raises `Refused` with every structural fault (conformance C01, C04)."""
    parts, faults = survey(root)
    if faults or parts is None:
        raise Refused(*faults)
    return parts


def survey(root: etree._Element) -> tuple[Parts | None, list[Fault]]:
    """The parts as far as they are there, None without a header, and every structural fault.

    For explaining a file; what is taken comes from `find_parts`.
    """
    if root.tag != ROOT:
        return None, [NAMESPACE.at(value=root.tag, expected=ROOT, found=root.tag)]
    walk = _Walk()
    walk.look(root, "edXML")
    _check_whole(walk)
    return _parts(walk.found), walk.faults


def _parts(found: Mapping[str, list[etree._Element]]) -> Parts | None:
    header = found.get(MESSAGE_HEADER) or found.get(STATUS)
    if header is None:
        return None
    return Parts(
        header=header[0],
        business=_first(found, BUSINESS),
        manifest=_first(found, MANIFEST),
        traces=tuple(found.get(TRACE, ())),
        attachments=tuple(found.get(ATTACHMENT, ())),
        signature=_first(found, SIGNATURE) if SIGNATURE in found else _first(found, DECORATION),
    )


def local_name(tag: object) -> str:
    """An element's name without its namespace, for a path."""
    return str(tag).rpartition("}")[2]


def _first(found: Mapping[str, list[etree._Element]], tag: str) -> etree._Element | None:
    elements = found.get(tag)
    return elements[0] if elements else None


class _Walk:
    """One pass over the tree outside the covered parts, gathering what was found and what is wrong."""

    def __init__(self) -> None:
        self.found: dict[str, list[etree._Element]] = {}
        self.faults: list[Fault] = []

    def note(self, rule: Rule, path: str, value: object = "", **named: object) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(rule.at(path, value, **named))

    def look(self, element: etree._Element, path: str) -> None:
        tag = str(element.tag)
        self.found.setdefault(tag, []).append(element)
        if tag in _ELSEWHERE:
            if tag == DECORATION:
                self._look_at_decoration(element, path)
            return
        place = _TREE.get(tag, _LEAF)
        for name in element.attrib:
            if name not in place.attributes:
                self.note(rules.ATTRIBUTE_UNKNOWN, path, element.attrib[name], name=local_name(name))
        if not place.text:
            self._look_for_text(element, path)
        self._look_at_children(element, place, path)

    def _look_for_text(self, element: etree._Element, path: str) -> None:
        for text in (element.text, *(child.tail for child in element)):
            if text and not text.isspace():
                self.note(rules.TEXT_STRAY, path, text.strip(), name=local_name(element.tag))

    def _look_at_children(self, element: etree._Element, place: _Place, path: str) -> None:
        counts: dict[str, int] = {}
        before = "" if element.tag in (ROOT, ENVELOPE) else path + "/"
        for child in element:
            tag = str(child.tag)
            counts[tag] = count = counts.get(tag, 0) + 1
            many = place.children.get(tag)
            inside = before + local_name(tag)
            if many:
                inside += f"[{count}]"
            if many is None:
                self._note_stranger(child, place, inside, local_name(element.tag))
            elif count > 1 and not many:
                self.note(rules.ELEMENT_REPEATED, f"{inside}[{count}]", name=local_name(tag))
            else:
                self.look(child, inside)

    def _note_stranger(self, child: etree._Element, place: _Place, path: str, parent: str) -> None:
        """An element without a place here: a known name in another namespace is told as such."""
        name = local_name(child.tag)
        if _E + name in place.children:
            self.note(rules.ELEMENT_NAMESPACE, path, child.tag, expected=_E + name, found=child.tag)
        else:
            self.note(rules.ELEMENT_UNKNOWN, path, child.tag, name=name, parent=parent)

    def _look_at_decoration(self, element: etree._Element, path: str) -> None:
        for inner in element.iterdescendants():
            if local_name(inner.tag) not in _DECORATION_NAMES:
                name = local_name(inner.tag)
                self.note(rules.ELEMENT_UNKNOWN, f"{path}/{name}", inner.tag, name=name, parent="Signature")


def _check_whole(walk: _Walk) -> None:
    """What only the file as a whole can tell: parts that must be there, and parts that exclude each other."""
    found = walk.found
    for tag, path in ((ENVELOPE, "edXMLEnvelope"), (HEADER, "edXMLHeader")):
        if tag not in found:
            if not any(fault.path == path for fault in walk.faults):
                walk.note(rules.ELEMENT_MISSING, path, name=tag)
            return
    _check_header(walk)
    if len(found.get(TRACE, ())) > MAX_TRACES:
        walk.note(rules.TRACES_TOO_MANY, "edXMLHeader/TraceHeaderList", len(found[TRACE]), limit=MAX_TRACES)
    if SIGNATURE in found:
        for tag, parent in _ONLY_UNSIGNED.items():
            if tag in found:
                name = local_name(tag)
                walk.note(rules.ELEMENT_UNKNOWN, f"{parent}/{name}", tag, name=name, parent=parent)


def _check_header(walk: _Walk) -> None:
    headers = [*walk.found.get(MESSAGE_HEADER, ()), *walk.found.get(STATUS, ())]
    if not headers:
        walk.note(rules.ELEMENT_MISSING, "edXMLHeader/MessageHeader", name=MESSAGE_HEADER)
    elif len(headers) > 1:
        walk.note(rules.ELEMENT_REPEATED, "edXMLHeader/Status", name="MessageHeader, Status")
    elif Parts(header=headers[0]).is_status:
        _check_status(walk)


def _check_status(walk: _Walk) -> None:
    """A status message has no Bussiness, no body and no attachments (SECURITY 1.2)."""
    for tag in (BUSINESS, BODY, ATTACHMENT):
        if tag in walk.found:
            walk.note(rules.STATUS_WITH_DOCUMENT, local_name(tag), name=local_name(tag))
