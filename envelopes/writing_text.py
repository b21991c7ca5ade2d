"""The smallest pieces of an edXML file: leaves and groups of leaves, escaped, with the prefix real files use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envelopes.limits import LOCAL_TIME

if TYPE_CHECKING:
    from datetime import date, datetime

WHITE = " \t\r\n"
"""What readers take off a text's ends; nothing else is nothing."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile("[^ !#-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escaped(text: str) -> str:
    """`text` as XML text or attribute value; ValueError for characters that XML cannot hold."""
    if not _SPECIAL.search(text):
        return text
    if found := _NOT_XML.search(text):
        raise ValueError(f"character U+{ord(found[0]):04X} cannot be written to XML")
    return text.translate(_ESCAPES)


def leaf(name: str, text: str, *, prefix: str = "edXML:") -> str:
    """An element with text; some readers insist on the tag even when it is empty (edXML section 3)."""
    if not text:
        return f"<{prefix}{name}/>\n"
    return f"<{prefix}{name}>{escaped(text)}</{prefix}{name}>\n"


def optional(name: str, value: object | None) -> str:
    """A leaf, or nothing for None: numbers and flags may not stand there empty."""
    if value is None:
        return ""
    return leaf(name, str(value).lower() if isinstance(value, bool) else str(value))


def group(name: str, *children: str, attributes: str = "") -> str:
    """An element around others."""
    return f"<edXML:{name}{attributes}>\n{''.join(children)}</edXML:{name}>\n"


def day(value: date | None) -> str:
    """yyyy/MM/dd, or "" for None."""
    return f"{value.year:04d}/{value.month:02d}/{value.day:02d}" if value else ""


def moment(value: datetime | None) -> str:
    """yyyy/MM/dd HH:mm:ss in Vietnam's time, whole seconds, or "" for None; ValueError without a zone."""
    if value is None:
        return ""
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be written")
    local = value.astimezone(LOCAL_TIME)
    return f"{day(local)} {local.hour:02d}:{local.minute:02d}:{local.second:02d}"
