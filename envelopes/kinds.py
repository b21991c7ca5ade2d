"""What kind of file its first bytes show, and which kinds belong under which name (conformance C19).

Cheap looks only: a few kilobytes at the start and, for zips, at the end. Whether the file is sound is not said.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import BinaryIO

from envelopes.limits import Words
from envelopes.media import MEDIA_TYPES, UNKNOWN, extension

HEAD_BYTES = 4096
"""Every mark stands in here; PDF readers look for theirs in the first 1,024 bytes."""

TAIL_BYTES = 64 * 1024
"""Where a zip's directory lists the names inside; 800 of them fit."""


class Kind(StrEnum):
    """Kinds of files that can be told by their bytes."""

    PDF = "pdf"
    COMPOUND = "compound"
    ZIP = "zip"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    ODT = "odt"
    ODS = "ods"
    RTF = "rtf"
    PNG = "png"
    JPEG = "jpeg"
    TIFF = "tiff"
    RAR = "rar"
    SEVEN_ZIP = "7z"
    PROGRAM = "program"
    TEXT = "text"
    EMPTY = "empty"
    UNKNOWN = "unknown"


MARKS: tuple[tuple[Kind, re.Pattern[bytes]], ...] = tuple(
    (kind, re.compile(mark, re.DOTALL))
    for kind, mark in (
        (Kind.COMPOUND, rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        (Kind.ZIP, rb"PK(?:\x03\x04|\x05\x06|\x07\x08)"),
        (Kind.RAR, rb"Rar!\x1a\x07(?:\x00|\x01\x00)"),
        (Kind.SEVEN_ZIP, rb"7z\xbc\xaf\x27\x1c"),
        (Kind.PNG, rb"\x89PNG\r\n\x1a\n"),
        (Kind.JPEG, rb"\xff\xd8\xff"),
        (Kind.TIFF, rb"II[\x2a\x2b]\x00|MM\x00[\x2a\x2b]"),
        (Kind.RTF, rb"\{\\rtf"),
        (Kind.PROGRAM, rb"\x7fELF|MZ.{0,60}\x00"),
        (Kind.PDF, rb".{0,1019}%PDF-"),
    )
)
"""Marks at the start of a file, the first that fits counts: a zip may hold a PDF as it is."""

_INSIDE = re.compile(rb"PK(?:\x03\x04.{26}|\x01\x02.{42})(\[Content_Types\]\.xml|(?:word|xl|ppt)[/\\])", re.DOTALL)
"""Names that tell Office files apart, behind a local header or one of the directory (APPNOTE 4.3.7, 4.3.12)."""

_OFFICE = ((b"word", Kind.DOCX), (b"xl", Kind.XLSX), (b"ppt", Kind.PPTX))
_OPEN = re.compile(rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis\.opendocument\.(text|spreadsheet)", re.DOTALL)
_OPENED = {b"text": Kind.ODT, b"spreadsheet": Kind.ODS}

_UTF16 = (b"\xff\xfe", b"\xfe\xff")

ZIPS = frozenset({Kind.ZIP, Kind.DOCX, Kind.XLSX, Kind.PPTX, Kind.ODT, Kind.ODS})
WRITTEN = frozenset({Kind.TEXT, Kind.EMPTY, Kind.RTF})
"""Kinds whose bytes are text themselves; all others can be damaged by being taken for text."""

_TEXT = frozenset({Kind.TEXT, Kind.EMPTY})
_COMPOUND = frozenset({Kind.COMPOUND})

EXPECTED: Mapping[str, frozenset[Kind]] = MappingProxyType(
    {
        "pdf": frozenset({Kind.PDF}),
        "doc": _COMPOUND | {Kind.RTF},  # Word itself saves RTF under this name and opens it without a word
        "xls": _COMPOUND,
        "ppt": _COMPOUND,
        "docx": _COMPOUND | {Kind.DOCX},  # with a password Office puts the zip into a compound file
        "xlsx": _COMPOUND | {Kind.XLSX},
        "pptx": _COMPOUND | {Kind.PPTX},
        "odt": frozenset({Kind.ODT}),
        "ods": frozenset({Kind.ODS}),
        "rtf": frozenset({Kind.RTF}),
        "txt": _TEXT,
        "csv": _TEXT,
        "xml": _TEXT,
        "jpg": frozenset({Kind.JPEG}),
        "jpeg": frozenset({Kind.JPEG}),
        "png": frozenset({Kind.PNG}),
        "tif": frozenset({Kind.TIFF}),
        "tiff": frozenset({Kind.TIFF}),
        "zip": ZIPS,
        "rar": frozenset({Kind.RAR}),
        "7z": frozenset({Kind.SEVEN_ZIP}),
    }
)
"""What may be under each extension of `media`; nothing is expected under any other."""

WORDS: Mapping[Kind, Words] = MappingProxyType(
    {
        Kind.PDF: Words(vi="tệp PDF", en="a PDF"),
        Kind.COMPOUND: Words(vi="tệp Office kiểu cũ (doc, xls, ppt)", en="an old Office file (doc, xls, ppt)"),
        Kind.ZIP: Words(vi="tệp nén zip", en="a zip archive"),
        Kind.DOCX: Words(vi="tệp Word (docx)", en="a Word file (docx)"),
        Kind.XLSX: Words(vi="tệp Excel (xlsx)", en="an Excel file (xlsx)"),
        Kind.PPTX: Words(vi="tệp PowerPoint (pptx)", en="a PowerPoint file (pptx)"),
        Kind.ODT: Words(vi="văn bản OpenDocument (odt)", en="an OpenDocument text (odt)"),
        Kind.ODS: Words(vi="bảng tính OpenDocument (ods)", en="an OpenDocument spreadsheet (ods)"),
        Kind.RTF: Words(vi="tệp RTF", en="an RTF file"),
        Kind.PNG: Words(vi="ảnh PNG", en="a PNG image"),
        Kind.JPEG: Words(vi="ảnh JPEG", en="a JPEG image"),
        Kind.TIFF: Words(vi="ảnh TIFF", en="a TIFF image"),
        Kind.RAR: Words(vi="tệp nén rar", en="a rar archive"),
        Kind.SEVEN_ZIP: Words(vi="tệp nén 7z", en="a 7z archive"),
        Kind.PROGRAM: Words(vi="chương trình máy tính", en="a program"),
        Kind.TEXT: Words(vi="văn bản thuần", en="plain text"),
        Kind.EMPTY: Words(vi="tệp rỗng", en="nothing: it is empty"),
        Kind.UNKNOWN: Words(vi="dữ liệu không nhận ra loại", en="data of no known kind"),
    }
)

_TYPES: Mapping[Kind, str] = MappingProxyType(
    {kind: MEDIA_TYPES[kind.value] for kind in Kind if kind.value in MEDIA_TYPES} | {Kind.TEXT: "text/plain"}
)

STATED: Mapping[str, frozenset[Kind]] = MappingProxyType(
    {MEDIA_TYPES[name]: kinds for name, kinds in EXPECTED.items()}
    | {f"application/{name}": kinds for name, kinds in EXPECTED.items()}  # as the national library writes them
    | {"application/x-zip-compressed": ZIPS, "application/x-rar-compressed": frozenset({Kind.RAR})}
    | {"text/xml": _TEXT, "image/jpg": frozenset({Kind.JPEG}), "text/rtf": frozenset({Kind.RTF})}
)
"""What a ContentType promises; nothing is expected of any other."""


def kind_of(source: BinaryIO) -> Kind:
    """The kind of the file in `source`, which is read at its start and, if it is a zip, at its end."""
    source.seek(0)
    head = source.read(HEAD_BYTES)
    if not head:
        return Kind.EMPTY
    kind = next((kind for kind, mark in MARKS if mark.match(head)), Kind.UNKNOWN)
    if kind is Kind.ZIP:
        return _zip(source, head)
    if kind is Kind.UNKNOWN or (kind is Kind.PDF and not head.startswith(b"%PDF-") and _is_utf8(head)):
        return Kind.TEXT if b"\0" not in head or head.startswith(_UTF16) else Kind.UNKNOWN
    return kind


def fits(kind: Kind, name: str) -> bool:
    """Whether a file of this kind may have this name."""
    expected = EXPECTED.get(extension(name))
    return expected is None or kind in expected


def actual_media_type(kind: Kind, name: str) -> str:
    """The media type of a file: its name's if the bytes agree, else that of what is there."""
    if fits(kind, name):
        return MEDIA_TYPES.get(extension(name), UNKNOWN)
    return _TYPES.get(kind, UNKNOWN)


def _is_utf8(head: bytes) -> bool:
    """Whether a file that has a PDF's mark somewhere inside may be a text that speaks of it."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _zip(source: BinaryIO, head: bytes) -> Kind:
    if found := _OPEN.match(head):
        return _OPENED[found[1]]
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - TAIL_BYTES))
    names = {found[1].rstrip(b"/\\") for part in (head, source.read()) for found in _INSIDE.finditer(part)}
    if b"[Content_Types].xml" in names:
        for folder, kind in _OFFICE:
            if folder in names:
                return kind
    return Kind.ZIP
