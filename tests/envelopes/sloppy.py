"""One file for each rule of the table that breaks it, and next to nothing else: name of the rule's code to bytes."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from envelopes.limits import LT, NS
from envelopes.packing import CENTRAL, LOCAL
from envelopes.writing import write_document, write_status
from tests.envelopes.files import NOISE, archive, as_java_leaves_it, pdf
from tests.envelopes.messages import file_of, letter, report, swap

SOUND = write_document(letter(), contents=[pdf()])
STATUS = write_status(report())
STEM = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
CONTENT = base64.b64encode(pdf())
TRACE = b"<edXML:TraceHeader>\n<edXML:OrganId>H08.02</edXML:OrganId>\n<edXML:Timestamp>2026/05/20 09:15:00"
TRACE += b"</edXML:Timestamp>\n</edXML:TraceHeader>\n"
ATTACHMENT = SOUND[SOUND.index(b"<Attachment>") : SOUND.index(b"</AttachmentEncoded>")]
ENTRY = SOUND[SOUND.index(b"<edXML:Reference>") : SOUND.index(b"</edXML:edXMLManifest>")]
BODY = SOUND[SOUND.index(b"<edXML:edXMLBody>") : SOUND.index(b"</edXML:edXMLEnvelope>")]


def field(old: str, new: str, data: bytes = SOUND) -> bytes:
    """The letter with the text of a field exchanged: `Name>old` becomes `Name>new`."""
    return swap(data, f"<edXML:{old}", f"<edXML:{new}")


def before(mark: bytes, more: bytes, data: bytes = SOUND) -> bytes:
    """The letter with something put before a piece of it."""
    assert mark in data
    return data.replace(mark, more + mark, 1)


def without(piece: bytes, data: bytes = SOUND) -> bytes:
    """The letter without a piece of it."""
    assert piece in data
    return data.replace(piece, b"", 1)


def carrying(payload: bytes) -> bytes:
    """The letter with another attachment under the same name."""
    return SOUND.replace(CONTENT, base64.b64encode(payload))


def stating(**statement: Any) -> bytes:
    """The letter with a manifest that states digest and size."""
    entry = replace(letter().manifest[0], sha256="0" * 64, size=len(pdf()))
    return write_document(letter(manifest=(replace(entry, **statement),)), contents=[pdf()])


def locked() -> bytes:
    """A one-entry zip that asks for a password."""
    data = bytearray(archive((f"{STEM}.pdf", NOISE)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert len(data) > LOCAL.size + CENTRAL.size
    return bytes(data)


def many(piece: bytes, count: int) -> bytes:
    """The letter with a piece in its subject's place, often."""
    return before(b"<edXML:Subject>", piece * count)


STRUCTURE: Mapping[str, Callable[[], bytes]] = {
    "envelope.empty": lambda: b" \n",
    "envelope.not_xml": lambda: SOUND.replace(b"</edXML:Code>", b"</edXML:Cod>"),
    "envelope.junk_before": lambda: b"junk" + SOUND,
    "envelope.junk_after": lambda: SOUND + b"junk",
    "envelope.truncated": lambda: SOUND[:-20],
    "envelope.doctype": lambda: before(b"<edXML ", b"<!DOCTYPE edXML>"),
    "envelope.encoding": lambda: SOUND.replace(b'encoding="UTF-8"', b'encoding="UTF-16"'),
    "envelope.namespace": lambda: SOUND.replace(NS.encode(), b"http://www.e-doc.vn/Schema/"),
    "envelope.skeleton_too_large": lambda: field("Content>Báo cáo quý II", "Content>" + "x" * 300_000),
    "envelope.too_deep": lambda: before(b"<edXML:Subject>", b"<x>" * 70 + b"</x>" * 70),
    "envelope.too_many_elements": lambda: many(b"<x/>", 20_001),
    "envelope.too_many_attributes": lambda: before(
        b"<edXML:Subject>", b"<x " + b" ".join(b'a%d=""' % n for n in range(65)) + b"/>"
    ),
    "envelope.too_many_namespaces": lambda: before(
        b"<edXML:Subject>", b"".join(b'<x xmlns="urn:%d"/>' % n for n in range(40))
    ),
    "envelope.comment": lambda: before(b"<edXML:Subject>", b"<!-- x -->"),
    "envelope.instruction": lambda: before(b"<edXML:Subject>", b"<?x y?>"),
    "envelope.entity": lambda: field("Subject>V/v", "Subject>&chao;"),
    "envelope.version": lambda: SOUND.replace(b'version="1.0" enc', b'version="1.1" enc'),
    "element.missing": lambda: file_of(""),
    "element.repeated": lambda: before(
        b"<edXML:Subject>", b"<edXML:Subject>V/v khen th\xc6\xb0\xe1\xbb\x9fng</edXML:Subject>"
    ),
    "element.namespace": lambda: before(b"<edXML:Subject>", b'<Subject xmlns="urn:x">V/v</Subject>'),
    "element.unknown": lambda: before(b"<edXML:edXMLBody>", b"<edXML:Extra/>"),
    "element.in_value": lambda: field("Subject>V/v", "Subject><b/>V/v"),
    "attribute.unknown": lambda: SOUND.replace(b"<edXML:edXMLHeader>", b'<edXML:edXMLHeader x="1">'),
    "text.stray": lambda: before(b"<edXML:edXMLBody>", b"ch\xe1\xbb\xaf"),
    "trace.too_many": lambda: before(TRACE, TRACE * 40),
    "status.with_document": lambda: STATUS.replace(b"</edXML:edXMLEnvelope>", BODY + b"</edXML:edXMLEnvelope>"),
    "signature.decoration": lambda: before(b"</edXML:edXMLHeader>", b"<Signature><SignedInfo/></Signature>"),
}

FIELDS: Mapping[str, Callable[[], bytes]] = {
    "field.missing": lambda: field("CodeNumber>125", "CodeNumber>"),
    "field.absent": lambda: field("Priority>1", "Priority>"),
    "field.too_long": lambda: swap(
        SOUND, "<edXML:Website/>", "<edXML:Website>http://www.sonoivu.example.vn</edXML:Website>"
    ),
    "reference.too_long": lambda: field("DocumentId>H08.02,", "DocumentId>" + "x" * 600),
    "agency.malformed": lambda: field("OrganId>H08.31", "OrganId>Sở Nội vụ"),
    "agency.odd": lambda: SOUND.replace(TRACE, TRACE.replace(b"H08.02", b"null")),
    "recipient.repeated": lambda: field("OrganId>H08.31", "OrganId>H08.30"),
    "date.malformed": lambda: field("PromulgationDate>2026/05/20", "PromulgationDate>30/10/2020"),
    "date.odd": lambda: field("DueDate>2026/05/30", "DueDate>N/A"),
    "date.future": lambda: field("PromulgationDate>2026/05/20", "PromulgationDate>2026/06/02"),
    "time.odd": lambda: field("Timestamp>2026/05/20 09:15:00", "Timestamp>20-05-2026"),
    "number.odd": lambda: field("PageAmount>2", "PageAmount>hai"),
    "code.unknown": lambda: field("Priority>1", "Priority>5"),
    "code.odd": lambda: field("Type>2", "Type>18"),
    "steering.unreadable": lambda: field("SteeringType>0", "SteeringType>không"),
    "document.secret": lambda: field("SphereOfPromulgation>Lưu hành nội bộ", "SphereOfPromulgation>Tối mật"),
    "reason.missing": lambda: write_status(report(code="02", description="")),
    "element.odd": lambda: before(b"<edXML:Subject>", b"<edXML:Extra/>"),
    "manifest.missing": lambda: without(ATTACHMENT, without(BODY)),
    "trace.missing": lambda: without(TRACE),
    "status.unlinked": lambda: write_status(report(answers=replace(report().answers, reference="", issued_on=None))),
    "status.shape": lambda: STATUS.replace(b'MessageHeader Id="MessageHeader"', b"Status").replace(
        b"edXML:MessageHeader", b"edXML:Status"
    ),
}

ATTACHMENTS: Mapping[str, Callable[[], bytes]] = {
    "attachment.too_many": lambda: before(b"</AttachmentEncoded>", ATTACHMENT * 64),
    "attachment.contentless": lambda: SOUND.replace(b"ContentTransferEncoded", b"Content"),
    "attachment.content_repeated": lambda: before(
        b"</Attachment>", b'<edXML:ContentTransferEncoded xmlns:edXML="' + NS.encode() + b'"/>'
    ),
    "attachment.garbled": lambda: SOUND.replace(CONTENT, b"!" + CONTENT),
    "manifest.malformed": lambda: stating().replace(b'sha256="0', b'sha256="X'),
    "manifest.repeated": lambda: before(b"</edXML:edXMLManifest>", ENTRY),
    "manifest.incomplete": lambda: stating(size=None),
    "attachment.repeated": lambda: before(b"</AttachmentEncoded>", ATTACHMENT),
    "attachment.unlisted": lambda: without(ENTRY),
    "attachment.missing": lambda: without(ATTACHMENT),
    "attachment.misnamed": lambda: stating(name="126.pdf"),
    "attachment.altered": stating,
    "attachment.resized": lambda: stating(size=7),
    "attachment.bomb": lambda: carrying(archive((f"{STEM}.pdf", bytes(2_000_000)))),
    "attachment.encrypted": lambda: carrying(locked()),
    "attachment.mistyped": lambda: carrying(b"\xff\xd8\xff\xe0" + NOISE),
    "attachment.type_differs": lambda: SOUND.replace(b"<ContentType>application/pdf", b"<ContentType>application/zip"),
    "attachment.damaged": lambda: carrying(as_java_leaves_it(pdf(zlib.compress(NOISE)))),
}

SLOPPY: Mapping[str, Callable[[], bytes]] = {**STRUCTURE, **FIELDS, **ATTACHMENTS}

assert LT  # the statements of `stating` are in this namespace
