"""What a receiver on the national library (EdXML102-0.0.3) makes of a file: axis client, section 5.2, row by row.

Not that library: its recorded behaviour, so that each demand is a line that a test can hold our files against.
"""

from __future__ import annotations

import binascii
import io
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from envelopes.dom import BOM, safe_parser
from envelopes.limits import NS
from envelopes.parts import local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOREIGN = re.compile(rb"[^A-Za-z0-9+/]")
_INT = re.compile(r"[+-]?[0-9]+", re.ASCII)
_LARGEST = 2**31 - 1


class Unreadable(Exception):  # noqa: N818 - the receiver's word
    """The whole file is lost to the receiver; `reason` is the row of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """One file as it is opened there."""

    content_id: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the receiver has afterwards. `reference` None: it makes up another one at each reading."""

    sender: str | None
    recipients: tuple[str, ...]
    reference: str | None
    code: tuple[str, str]
    subject: str
    issued_on: str
    steering: int
    answers: tuple[str, ...]
    status_code: str
    attachments: tuple[Attached, ...]


def see(data: bytes) -> Seen:
    """The file as that receiver reads it. Raises `Unreadable`."""
    root = _root(data)
    envelope = root.find(f"{{{NS}}}edXMLEnvelope")
    if envelope is None:
        raise Unreadable("edXMLEnvelope is no child of the root in the namespace")
    headers = list(_children(envelope, "edXMLHeader"))
    if not headers:
        raise Unreadable("edXMLHeader is missing")
    header = next(_children(headers[0], "MessageHeader"), None)
    if header is None:
        raise Unreadable("MessageHeader is missing: the header is null")
    code = next(_children(header, "Code"), None)
    promulgation = next(_children(header, "PromulgationInfo"), None)
    sender = next(_children(header, "From"), None)
    return Seen(
        sender=_text(sender, "OrganId") if sender is not None and len(sender) else None,
        recipients=tuple(_text(one, "OrganId") for one in _children(header, "To")),
        reference=_text(header, "DocumentId") or None,
        code=(_text(code, "CodeNumber"), _text(code, "CodeNotation")),
        subject=_text(header, "Subject"),
        issued_on=_text(promulgation, "PromulgationDate"),
        steering=_steering(header),
        answers=tuple(_text(one, "DocumentId") for one in _children(header, "ResponseFor")),
        status_code=_text(header, "StatusCode"),
        attachments=tuple(_attachments(root)),
    )


def _root(data: bytes) -> etree._Element:
    if not data.removeprefix(BOM).startswith(b"<"):
        raise Unreadable("text before the XML declaration")
    if data.endswith(b"\0"):
        raise Unreadable("NUL at the end")
    try:
        return etree.fromstring(data, safe_parser())
    except etree.XMLSyntaxError as error:
        raise Unreadable(str(error)) from error


def _children(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """Below the envelope it goes by local names: any prefix, any namespace, any order."""
    return (child for child in parent if local_name(child.tag) == name)


def _text(parent: etree._Element | None, name: str) -> str:
    child = None if parent is None else next(_children(parent, name), None)
    return "" if child is None else (child.text or "").strip(" \t\r\n")


def _steering(header: etree._Element) -> int:
    """0 without the element; an element that is empty or no int ends the reading."""
    if next(_children(header, "SteeringType"), None) is None:
        return 0
    text = _text(header, "SteeringType")
    if not _INT.fullmatch(text) or abs(int(text)) > _LARGEST:
        raise Unreadable("NumberFormatException: SteeringType")
    return int(text)


def _attachments(root: etree._Element) -> Iterator[Attached]:
    """Only those under the root are found; inside the envelope they are lost without a word."""
    for encoded in _children(root, "AttachmentEncoded"):
        for one in _children(encoded, "Attachment"):
            name, content = _text(one, "AttachmentName"), next(_children(one, "ContentTransferEncoded"), None)
            if not name or content is None:
                raise Unreadable("Error occurs during parsing attachment")
            data = _decoded(content.text or "")
            if _text(one, "ContentType") == "application/zip" and not name.lower().endswith(".zip"):
                data = _first_entry(data)
            content_id = _text(one, "ContentId")
            while content_id.startswith("cid:"):
                content_id = content_id[4:]
            yield Attached(content_id=content_id, name=name, data=data)


def _decoded(text: str) -> bytes:
    characters = _FOREIGN.sub(b"", text.encode())
    return binascii.a2b_base64(characters + b"=" * (-len(characters) % 4))


def _first_entry(data: bytes) -> bytes:
    """It unzips, and takes the first entry only."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
            if names and "/" in names[0]:
                raise Unreadable("the entry stands in a folder")
            return packed.read(names[0]) if names else b""
    except zipfile.BadZipFile as error:
        raise Unreadable("ContentType says application/zip, the bytes are no zip") from error
