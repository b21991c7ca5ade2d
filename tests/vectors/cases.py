"""What a vector is, and the messages that all of them are made from: own content only, the same bytes everywhere."""

from __future__ import annotations

import binascii
import io
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from envelopes.limits import NS
from envelopes.model import (
    AttachmentHead,
    Document,
    ManifestEntry,
    Organization,
    ResponseFor,
    StatusMessage,
    Trace,
)
from envelopes.writing import Order, write_document, write_status
from tests.envelopes import messages

TODAY = date(2026, 11, 24)
"""The day on which the vectors are read."""

A, CLERK = messages.A, messages.CLERK
B = Organization(code="H08.30", name="UBND huyện B")
C = Organization(code="H08.31", name="UBND huyện C")
REFERENCE = "H08.02,2026/11/20,125/SNV-VP"
EARLIER = "H08.02,2026/11/02,118/SNV-VP"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
NAME = "125.signed.pdf"

HEADER = "edXMLHeader/MessageHeader"
TRACES = "edXMLHeader/TraceHeaderList"
BUSINESS = f"{TRACES}/Bussiness"
MANIFEST = "edXMLBody/edXMLManifest"
FIRST = "AttachmentEncoded/Attachment[1]"

Told = tuple[str, str]
"""Code and path of a fault or a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A file that is taken in lenient reading, with the warnings it is taken with.

    `strict` is what strict reading refuses it for: the same, unless it is said. `opened` are the attachments that
    a person opens in another form than they came in.
    """

    name: str
    data: bytes
    note: str
    warnings: tuple[Told, ...] = ()
    strict: tuple[Told, ...] | None = None
    contents: tuple[bytes, ...] = ()
    opened: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that is refused with exactly these faults, in strict reading only if `lenient` says what is left of them.

    `lenient` None: refused in lenient reading, too.
    """

    name: str
    data: bytes
    note: str
    faults: tuple[Told, ...]
    lenient: tuple[Told, ...] | None = None


def letter(**changes: Any) -> Document:
    """A complete document from A to B and C with one attachment."""
    made = messages.letter(
        recipients=(B, C),
        reference=REFERENCE,
        issued_on=date(2026, 11, 20),
        content="Báo cáo quý IV",
        due_on=date(2026, 11, 30),
        traces=(Trace(agency=A.code, at=datetime(2026, 11, 20, 2, 15, tzinfo=UTC)),),
    )
    return replace(made, **changes)


def letter_with(*files: tuple[str, str], stated: tuple[tuple[str | None, int | None], ...] = ()) -> Document:
    """The letter with these attachments (name, type) as a1, a2 …; `stated` are digest and size of each in the list."""
    said = stated or ((None, None),) * len(files)
    return letter(
        manifest=tuple(
            ManifestEntry(content_id=f"a{n}", name=name, content_type=kind, sha256=digest, size=size)
            for n, ((name, kind), (digest, size)) in enumerate(zip(files, said, strict=True), 1)
        ),
        attachments=tuple(
            AttachmentHead(n=n, content_id=f"a{n}", name=name, content_type=kind)
            for n, (name, kind) in enumerate(files, 1)
        ),
    )


def report(**changes: Any) -> StatusMessage:
    """B's word to A that it accepted the letter."""
    made = StatusMessage(
        sender=B,
        answers=ResponseFor(agency=A.code, code="125/SNV-VP", issued_on=date(2026, 11, 20), reference=REFERENCE),
        code="03",
        description="Vào sổ văn bản đến",
        reported_at=datetime(2026, 11, 20, 3, 2, tzinfo=UTC),
        staff=CLERK,
    )
    return replace(made, **changes)


def written(document: Document | None = None, *contents: bytes, order: Order = Order.B) -> bytes:
    """The document's file, with the usual PDF unless other contents are given."""
    found = document or letter()
    return write_document(found, order=order, contents=contents or (PDF,) * len(found.attachments))


LETTER = written()
STATUS = write_status(report())


def edited(*changes: tuple[str, str], base: bytes = LETTER) -> bytes:
    """The file with pieces of text exchanged, each of which must be there; only the first of each is."""
    for old, new in changes:
        assert old.encode() in base, old
        base = base.replace(old.encode(), new.encode(), 1)
    return base


def value(name: str, new: str, *, base: bytes = LETTER) -> bytes:
    """The file with another text in the first prefixed element of that name, which has text."""
    start = base.index(f"<edXML:{name}>".encode()) + len(f"<edXML:{name}>")
    end = base.index(f"</edXML:{name}>".encode(), start)
    return base[:start] + new.encode() + base[end:]


def without(name: str, *, base: bytes = LETTER) -> bytes:
    """The file without the first prefixed element of that name, which has an end tag."""
    start, end = base.index(f"<edXML:{name}".encode()), base.index(f"</edXML:{name}>\n".encode())
    return base[:start] + base[end + len(f"</edXML:{name}>\n") :]


def content_text(text: bytes, base: bytes = LETTER) -> bytes:
    """The letter with this in place of its attachment's base64."""
    usual = binascii.b2a_base64(PDF, newline=False)
    assert base.count(usual) == 1
    return base.replace(usual, text)


def bare(header: str, *, before: str = "", after: str = "") -> bytes:
    """A small file, everything in the default namespace."""
    return (
        f'<edXML xmlns="{NS}">{before}<edXMLEnvelope><edXMLHeader>{header}</edXMLHeader>{after}'
        f"</edXMLEnvelope></edXML>\n"
    ).encode()


def zipped(*entries: tuple[str, bytes]) -> bytes:
    """A zip with these entries, stored, so that it is the same on every machine."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            archive.writestr(info, data)
    return made.getvalue()
