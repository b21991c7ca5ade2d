"""What stands around a document's header: the manifest, the attachments' heads, and the traces it claims."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envelopes import limits
from envelopes import reading_rules as rules
from envelopes.model import AttachmentHead, ManifestEntry, Trace
from envelopes.reading_common import claimed_agency, optional_time
from envelopes.reading_scan import Scan, Section, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml import etree

_MANIFEST = Shape(many=frozenset({"Reference"}))
_ENTRY = Shape(
    one={"ContentId": 0, "ContentType": 0, "Description": 0, "AttachmentName": limits.ATTACHMENT_NAME_LENGTH}
)
_ATTACHMENT = Shape(
    one={
        "ContentId": 0,
        "AttachmentName": limits.ATTACHMENT_NAME_LENGTH,
        "Description": 0,
        "FieldName": 0,
        "MimeType": 0,
        "ContentType": 0,
        "ContentTransferEncoded": 0,
    }
)
_TRACE = Shape(one={"OrganId": 0, "Timestamp": 0})

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CIDS = re.compile(r"\A(?:cid:)*+")
"""All of them at once: taken off one by one, a quarter of a megabyte of them costs a fifth of a second."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


def bare_content_id(text: str) -> str:
    """A content id without any leading `cid:`; relays add one more at each hop (axis client, section 5.3)."""
    return _CIDS.sub("", text, count=1)


def manifest(scan: Scan, element: etree._Element | None) -> tuple[ManifestEntry, ...]:
    """The envelope's list of attachments."""
    if element is None:
        scan.note(rules.MANIFEST_MISSING, "edXMLBody/edXMLManifest")
        return ()
    section = Section(scan, element, "edXMLBody/edXMLManifest", _MANIFEST)
    return tuple(_entry(one) for one in section.many("Reference", _ENTRY))


def _entry(section: Section) -> ManifestEntry:
    size = _stated(section, "size", _SIZE, "a plain decimal number of bytes")
    return ManifestEntry(
        content_id=bare_content_id(section.required("ContentId")),
        name=section.required("AttachmentName", rules.FIELD_ABSENT),
        content_type=section.text("ContentType"),
        description=section.text("Description"),
        sha256=_stated(section, "sha256", _SHA256, "64 lower-case hex digits"),
        size=int(size) if size is not None else None,
    )


def _stated(section: Section, name: str, form: re.Pattern[str], expected: str) -> str | None:
    """Profile P's attribute on a Reference, None when it is not there (SECURITY 1.2)."""
    assert section.element is not None  # sections of repeated children always have their element
    text = section.element.get(f"{{{limits.LT}}}{name}")
    if text is not None and not form.fullmatch(text):
        path = section.at(f"@lt:{name}")
        section.scan.note(rules.DIGEST_MALFORMED, path, text, name=name, expected=expected)
        return None
    return text


def attachments(scan: Scan, elements: Sequence[etree._Element]) -> tuple[AttachmentHead, ...]:
    """The attachments without their content, in document order."""
    heads = []
    for n, element in enumerate(elements, 1):
        section = Section(scan, element, f"AttachmentEncoded/Attachment[{n}]", _ATTACHMENT)
        heads.append(
            AttachmentHead(
                n=n,
                content_id=bare_content_id(section.required("ContentId")),
                name=section.required("AttachmentName"),
                content_type=section.text("ContentType"),
                description=section.text("Description"),
            )
        )
    return tuple(heads)


def traces(scan: Scan, elements: Sequence[etree._Element]) -> tuple[Trace, ...]:
    """The hops as claimed; never trusted, never used for routing (TM-03)."""
    if not elements:
        scan.note(rules.TRACE_MISSING, "edXMLHeader/TraceHeaderList/TraceHeader[1]")
    found = []
    for n, element in enumerate(elements, 1):
        section = Section(scan, element, f"edXMLHeader/TraceHeaderList/TraceHeader[{n}]", _TRACE)
        found.append(Trace(agency=claimed_agency(section), at=optional_time(section, "Timestamp")))
    return tuple(found)
