"""What kind of file a name says it is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

UNKNOWN = "application/octet-stream"

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "pdf": "application/pdf",
        "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt": "application/vnd.ms-powerpoint",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt": "application/vnd.oasis.opendocument.text",
        "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "rtf": "application/rtf",
        "txt": "text/plain",
        "csv": "text/csv",
        "xml": "application/xml",
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "png": "image/png",
        "tif": "image/tiff",
        "tiff": "image/tiff",
        "zip": "application/zip",
        "rar": "application/vnd.rar",
        "7z": "application/x-7z-compressed",
    }
)
"""By extension: the files that agencies exchange (edXML section 9), with the names IANA gives them."""


def extension(name: str) -> str:
    """The lower-case extension of a file name without its dot, empty if it has none."""
    stem, dot, found = name.rpartition(".")
    return found.lower() if dot and stem else ""


def media_type(name: str) -> str:
    """The media type of a file of this name; `application/octet-stream` for what is not known."""
    return MEDIA_TYPES.get(extension(name), UNKNOWN)
