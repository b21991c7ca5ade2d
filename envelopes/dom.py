"""The hardened parser: bytes of a skeleton in, a tree without DOCTYPE, comments or processing instructions out."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

from lxml import etree

from envelopes import split_rules, tree_limits
from envelopes.faults import Fault, FaultClass, Refused, Rule
from envelopes.limits import MAX_FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMENT = Rule(
    "envelope.comment",
    FaultClass.BAD_VALUE,
    "Tệp có chú thích XML (<!-- -->) tại dòng {line}; edXML trên trục không cho phép. Hãy bỏ chú thích.",
    "The file has an XML comment (<!-- -->) at line {line}, which is not allowed. Remove the comment.",
    "SECURITY 1.2",
)
INSTRUCTION = Rule(
    "envelope.instruction",
    FaultClass.BAD_VALUE,
    "Tệp có chỉ thị xử lý (<?{name} ?>) tại dòng {line}; edXML trên trục không cho phép. Hãy bỏ chỉ thị này.",
    "The file has a processing instruction (<?{name} ?>) at line {line}, which is not allowed. Remove it.",
    "SECURITY 1.2",
)

ENTITY = Rule(
    "envelope.entity",
    FaultClass.BAD_VALUE,
    "Tệp dùng thực thể XML tự định nghĩa tại dòng {line}; edXML không cho phép. Hãy thay bằng chính nội dung đó.",
    "The file uses an XML entity of its own at line {line}, which is not allowed. Write its content instead.",
    "SECURITY 2.5",
)

VERSION = Rule(
    "envelope.version",
    FaultClass.BAD_VALUE,
    "Tệp khai báo XML {found}; edXML dùng XML 1.0. Hãy sửa phần khai báo ở đầu tệp.",
    "The file declares XML {found}; edXML is XML 1.0. Correct the declaration at its start.",
    "XML 1.0 section 2.8",
)

BOM = b"\xef\xbb\xbf"
"""Old systems write it before UTF-8; it says nothing else and is skipped once."""

_DECLARED = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"']*)")

_DOCTYPE = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
"""From the file's first tag on; a declaration stands nowhere else."""

_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "huge_tree": False,
    "recover": False,
    "remove_comments": False,  # seen and refused, not silently dropped: they split values (TM-17)
    "remove_pis": False,
    "strip_cdata": True,
    "collect_ids": True,  # without, libxml2 2.14 opens the file that a DOCTYPE names, whatever `load_dtd` says
    "decompress": False,
}


def safe_parser() -> etree.XMLParser:
    """A parser without DTDs, entities, network or decompression (SECURITY 2.1); one for each call or thread."""
    return etree.XMLParser(**_OPTIONS)


def parse(data: bytes) -> etree._Element:
    """The root element of `data`; raises `Refused` for anything but plain UTF-8 XML (SECURITY 1.1, steps 2 and 4)."""
    root = _parsed(data)
    faults = [_annotation_fault(node) for node in islice(_annotations(root), MAX_FAULTS)]
    if faults:
        raise Refused(*faults)
    return root


def parse_noting(data: bytes) -> tuple[etree._Element, list[Fault]]:
    """As `parse`, but comments, processing instructions and entities are only told, and gone from the tree.

    For explaining a file; what is taken comes from `parse`.
    """
    root = _parsed(data)
    faults = [_annotation_fault(node) for node in islice(_annotations(root), MAX_FAULTS)]
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction, etree.Entity)
    return root, faults


def _parsed(data: bytes) -> etree._Element:
    if not data.strip():
        split_rules.EMPTY.refuse()
    _check_encoding(data)
    if _DOCTYPE.match(data.removeprefix(BOM)):  # told before a parser sees it
        _refuse_doctype(data)
    try:
        root = etree.fromstring(data, safe_parser())
    except etree.XMLSyntaxError as error:
        _refuse_syntax(data, error)
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None:
        _refuse_doctype(data)
    if info.xml_version != "1.0":
        VERSION.refuse(value=info.xml_version, found=info.xml_version)
    tree_limits.check(root, data)
    return root


def _check_encoding(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_encoding("byte không hợp lệ", "invalid byte", error.start)
    if (nul := data.find(b"\0")) >= 0:
        _refuse_encoding("byte NUL", "a NUL byte", nul)
    declared = _DECLARED.match(data.removeprefix(BOM))
    if declared and declared[1].lower() != b"utf-8":
        name = declared[1].decode("ascii", "replace")
        _refuse_encoding(f"khai báo {name}", f"it declares {name}", declared.start(1))


def _refuse_encoding(vi: str, en: str, byte: int) -> NoReturn:
    split_rules.ENCODING.refuse(found_vi=vi, found_en=en, byte=byte)


def _refuse_doctype(data: bytes) -> NoReturn:
    place = max(data.find(b"<!DOCTYPE"), 0)
    line_start = data.rfind(b"\n", 0, place) + 1
    split_rules.DOCTYPE.refuse(line=data.count(b"\n", 0, place) + 1, column=place - line_start + 1, byte=place)


def _refuse_syntax(data: bytes, error: etree.XMLSyntaxError) -> NoReturn:
    line, column = error.position
    before = b"".join(data.splitlines(keepends=True)[: line - 1])
    reason = error.msg or "syntax error"
    split_rules.NOT_XML.refuse(
        line=line, column=column, byte=len(before) + column - 1, reason_vi=reason, reason_en=reason
    )


def _annotations(root: etree._Element) -> Iterator[etree._Element]:
    """Comments, processing instructions and entities, also those beside the root."""
    yield from root.itersiblings(preceding=True)
    yield from root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity)
    yield from root.itersiblings()


def _annotation_fault(node: Any) -> Fault:
    line = node.sourceline or 0
    if node.tag is etree.Comment:
        return COMMENT.at(value=node.text or "", line=line)
    if node.tag is etree.ProcessingInstruction:
        return INSTRUCTION.at(value=node.text or "", name=node.target, line=line)
    return ENTITY.at(value=node.text or "", line=line)
