"""From the model to an edXML file, as the national client library reads it (axis client, section 5.2).

The default namespace stands on the root and the prefix `edXML` inside, as real files have it. The bytes are written,
not serialised from a tree: with two names for one namespace a tree would choose between them by itself.
The `Id` attributes that a signature of profile P refers to are always there (SECURITY 1.2).
"""

from __future__ import annotations

import binascii
import io
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes.limits import LT, NS
from envelopes.media import extension
from envelopes.packing import unwrap
from envelopes.writing_business import business
from envelopes.writing_header import Order, document_header, status_header
from envelopes.writing_text import WHITE, group, leaf, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envelopes.model import AttachmentHead, Document, ManifestEntry, StatusMessage, Trace

__all__ = ["Order", "Skeleton", "write_document", "write_skeleton", "write_status"]

_START = f'<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="{NS}">\n'
_ENVELOPE = f' xmlns:edXML="{NS}"'
_END = "</edXML>\n"
_CONTENT_START = f'<edXML:ContentTransferEncoded xmlns:edXML="{NS}">'
_CONTENT_END = "</edXML:ContentTransferEncoded>\n</Attachment>\n"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """A file without its attachments' text, and the byte offset at which each attachment's base64 belongs."""

    data: bytes
    cuts: tuple[int, ...]


def write_document(document: Document, *, order: Order = Order.B, contents: Sequence[bytes] = ()) -> bytes:
    """The document's file. `contents` are the attachments' bytes in order; without them the places stay empty.

    Raises ValueError for what edXML cannot hold (control characters, times without a zone, a number of contents other
    than the number of attachments) and for what loses the file to receivers on the national library: no DocumentId,
    a SteeringType that is no number, an answer to nothing, an attachment without a name, or called
    `application/zip` under another name without being a file packed alone.
    """
    skeleton = write_skeleton(document, order=order)
    if not contents:
        return skeleton.data
    pieces, start = [], 0
    for head, cut, content in zip(document.attachments, skeleton.cuts, contents, strict=True):
        _check_packing(head, content)
        pieces += [skeleton.data[start:cut], binascii.b2a_base64(content, newline=False)]
        start = cut
    return b"".join([*pieces, skeleton.data[start:]])


def write_skeleton(document: Document, *, order: Order = Order.B) -> Skeleton:
    """The document's file without its attachments' text, for callers that stream the attachments.

    Raises ValueError as above, except that it cannot look at what `application/zip` stands for.
    """
    data = bytearray((_START + _envelope(document, order) + "<AttachmentEncoded>\n").encode())
    cuts = []
    for head in document.attachments:
        data += _attachment(head).encode()
        cuts.append(len(data))
        data += _CONTENT_END.encode()
    data += ("</AttachmentEncoded>\n" + _END).encode()
    return Skeleton(data=bytes(data), cuts=tuple(cuts))


def write_status(status: StatusMessage) -> bytes:
    """The status message's file: no traces, no body, no attachments (edXML section 7). Raises ValueError as above."""
    header = group("edXMLHeader", status_header(status))
    return (_START + group("edXMLEnvelope", header, attributes=_ENVELOPE) + _END).encode()


def _envelope(document: Document, order: Order) -> str:
    traces = "".join(_trace(one) for one in document.traces)
    work = business(document.business)
    header = group(
        "edXMLHeader",
        document_header(document, order),
        group("TraceHeaderList", *((work, traces) if order is Order.A else (traces, work))),
    )
    body = group("edXMLBody", _manifest(document.manifest))
    return group("edXMLEnvelope", header, body, attributes=_ENVELOPE)


def _trace(one: Trace) -> str:
    return group("TraceHeader", leaf("OrganId", one.agency), leaf("Timestamp", moment(one.at)))


def _manifest(entries: Sequence[ManifestEntry]) -> str:
    stated = any(entry.sha256 is not None or entry.size is not None for entry in entries)
    namespace = f' xmlns:lt="{LT}"' if stated else ""
    attributes = f' version="1.0" Id="edXMLManifest"{namespace}'
    return group("edXMLManifest", *(_entry(entry) for entry in entries), attributes=attributes)


def _entry(entry: ManifestEntry) -> str:
    return group(
        "Reference",
        leaf("ContentId", f"cid:{entry.content_id}"),
        leaf("ContentType", entry.content_type),
        leaf("Description", entry.description),
        leaf("AttachmentName", entry.name),
        attributes="".join(_statements(entry)),
    )


def _statements(entry: ManifestEntry) -> Iterator[str]:
    if entry.sha256 is not None:
        if not _SHA256.fullmatch(entry.sha256):
            raise ValueError("a SHA-256 is written with 64 lower-case hex digits")
        yield f' lt:sha256="{entry.sha256}"'
    if entry.size is not None:
        if entry.size < 0:
            raise ValueError("a size is not negative")
        yield f' lt:size="{entry.size}"'


def _check_packing(head: AttachmentHead, content: bytes) -> None:
    """The national library unzips whatever is called `application/zip` and not `*.zip`, and gives up if it cannot."""
    if head.content_type != "application/zip" or extension(head.name) == "zip":
        return
    if unwrap(io.BytesIO(content), head.name, limit=sys.maxsize) is None:
        raise ValueError(f"{head.name!r} is called application/zip, but is not one file packed alone")


def _attachment(head: AttachmentHead) -> str:
    """The beginning of an attachment up to its content; all children but that stand unprefixed, as in real files."""
    if not head.name.strip(WHITE):
        raise ValueError("an attachment has a name")
    leaves = (
        ("ContentId", f"cid:{head.content_id}"),
        ("AttachmentName", head.name),
        ("Description", head.description),
        ("ContentType", head.content_type),
    )
    return "<Attachment>\n" + "".join(leaf(name, text, prefix="") for name, text in leaves) + _CONTENT_START
