"""Vectors that are refused for their attachments: lists that disagree, files that are not what they say, bombs."""

from __future__ import annotations

import hashlib
import struct
import zlib

from envelopes.model import AttachmentHead, ManifestEntry
from envelopes.packing import CENTRAL, DEFLATED, END, FREE_BYTES, LOCAL
from tests.vectors.accepting import UUID_ENTRY, WRAPPED
from tests.vectors.cases import (
    FIRST,
    MANIFEST,
    NAME,
    PDF,
    Refused,
    edited,
    letter,
    letter_with,
    written,
)

SECOND = "AttachmentEncoded/Attachment[2]"
DIGEST = hashlib.sha256(PDF).hexdigest()
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
OTHER_PDF = PDF.replace(b"/Catalog", b"/Katalog")


def _one(name: str, data: bytes, note: str, code: str, path: str) -> Refused:
    return Refused(name=name, data=data, note=note, faults=((code, path),))


def _listed(*ids: str) -> tuple[ManifestEntry, ...]:
    return tuple(ManifestEntry(content_id=one, name=f"{one}.pdf") for one in ids)


def _attached(*ids: str) -> tuple[AttachmentHead, ...]:
    return tuple(AttachmentHead(n=n, content_id=one, name=f"{one}.pdf") for n, one in enumerate(ids, 1))


def _lists(listed: tuple[str, ...], attached: tuple[str, ...]) -> bytes:
    return written(letter(manifest=_listed(*listed), attachments=_attached(*attached)))


def _stated(*stated: tuple[str | None, int | None]) -> bytes:
    return written(letter_with(*((NAME, "application/pdf"),) * len(stated), stated=stated))


def _zip(packed: bytes, *, size: int, crc: int) -> bytes:
    """A zip around one deflated entry, written field by field: no compressor's choices in it."""
    name = UUID_ENTRY.encode()
    local = LOCAL.pack(b"PK\3\4", 20, 0, DEFLATED, 0, 33, crc, len(packed), size, len(name), 0)
    sizes = (crc, len(packed), size, len(name), 0, 0, 0, 0, 0, 0)
    central = CENTRAL.pack(b"PK\1\2", 20, 20, 0, DEFLATED, 0, 33, *sizes) + name
    head = local + name + packed
    return head + central + END.pack(b"PK\5\6", 0, 0, 1, 1, len(central), len(head), 0)


def bomb() -> bytes:
    """One byte more than the unwrapped size that no ratio bounds, in a kilobyte."""
    packed = bytes.fromhex("edc13101000000c2a0f54f6d085fa0") + bytes(1016) + bytes.fromhex("4e03")
    zeros = bytes(FREE_BYTES + 1)
    return _zip(packed, size=len(zeros), crc=zlib.crc32(zeros))


def locked() -> bytes:
    """The wrapped file with the flag that says a password is needed, in both places."""
    data = bytearray(WRAPPED)
    directory = END.unpack_from(data, len(data) - END.size)[6]
    for place in (6, directory + 8):
        (flags,) = struct.unpack_from("<H", data, place)
        struct.pack_into("<H", data, place, flags | 1)
    return bytes(data)


def damaged() -> bytes:
    """A PDF whose bytes were taken for text: each that is no UTF-8 became three."""
    return (PDF + b"stream\n" + bytes(range(1, 256)) + b"\nendstream\n").decode("utf-8", "replace").encode()


LISTS = (
    _one("unlisted", _lists((), ("a1",)), "An attachment that is not listed.", "attachment.unlisted", FIRST),
    _one(
        "not-attached",
        _lists(("a1",), ()),
        "A listed attachment that is not there.",
        "attachment.missing",
        f"{MANIFEST}/Reference[1]",
    ),
    Refused(
        name="content-ids-differ",
        data=_lists(("a1",), ("A1",)),
        note="Content ids are compared letter by letter.",
        faults=(("attachment.missing", f"{MANIFEST}/Reference[1]"), ("attachment.unlisted", FIRST)),
    ),
    _one(
        "attached-twice",
        _lists(("a1",), ("a1", "a1")),
        "Two attachments with one content id.",
        "attachment.repeated",
        f"{SECOND}/ContentId",
    ),
    _one(
        "listed-twice",
        _lists(("a1", "a1"), ("a1",)),
        "One content id listed twice.",
        "manifest.repeated",
        f"{MANIFEST}/Reference[2]/ContentId",
    ),
    Refused(
        name="content-id-missing",
        data=edited(("<Attachment>\n<ContentId>cid:a1<", "<Attachment>\n<ContentId><")),
        note="An attachment without a content id.",
        faults=(
            ("field.missing", f"{FIRST}/ContentId"),
            ("attachment.missing", f"{MANIFEST}/Reference[1]"),
            ("attachment.unlisted", FIRST),
        ),
    ),
    _one(
        "name-missing",
        edited(
            (
                f"<Attachment>\n<ContentId>cid:a1</ContentId>\n<AttachmentName>{NAME}<",
                "<Attachment>\n<ContentId>cid:a1</ContentId>\n<AttachmentName><",
            )
        ),
        "An attachment without a name: old receivers give up the whole file.",
        "field.missing",
        f"{FIRST}/AttachmentName",
    ),
)

STATED = (
    _one(
        "digest-differs",
        written(letter_with((NAME, "application/pdf"), stated=((DIGEST, len(PDF)),)), OTHER_PDF),
        "Changed after the manifest was made.",
        "attachment.altered",
        FIRST,
    ),
    _one("size-differs", _stated((DIGEST, len(PDF) + 1)), "Another size than stated.", "attachment.resized", FIRST),
    _one(
        "name-differs",
        edited(
            (
                f"<ContentId>cid:a1</ContentId>\n<AttachmentName>{NAME}<",
                "<ContentId>cid:a1</ContentId>\n<AttachmentName>126.pdf<",
            ),
            base=_stated((DIGEST, len(PDF))),
        ),
        "Another name than stated beside a digest.",
        "attachment.misnamed",
        f"{FIRST}/AttachmentName",
    ),
    _one(
        "stated-for-one-of-two",
        _stated((DIGEST, len(PDF)), (None, None)),
        "Digest and size of one attachment only.",
        "manifest.incomplete",
        f"{MANIFEST}/Reference[2]",
    ),
    _one(
        "digest-without-size",
        _stated((DIGEST, None)),
        "A digest without a size.",
        "manifest.incomplete",
        f"{MANIFEST}/Reference[1]",
    ),
)

FILES = (
    _one(
        "zip-bomb",
        written(letter_with((NAME, "application/pdf")), bomb()),
        "A kilobyte that unpacks to a thousand.",
        "attachment.bomb",
        "",
    ),
    _one(
        "zip-locked",
        written(letter_with((NAME, "application/pdf")), locked()),
        "The wrapped file needs a password.",
        "attachment.encrypted",
        "",
    ),
    _one(
        "replacement-damage",
        written(None, damaged()),
        "A PDF read as UTF-8 text and written back.",
        "attachment.damaged",
        f"{FIRST}/ContentTransferEncoded",
    ),
    Refused(
        name="png-called-pdf",
        data=written(None, PNG),
        note="A picture under the name of a PDF.",
        faults=(("attachment.mistyped", f"{FIRST}/AttachmentName"),),
        lenient=(("attachment.mistyped", f"{FIRST}/AttachmentName"),),
    ),
    Refused(
        name="pdf-typed-png",
        data=written(letter_with((NAME, "image/png"))),
        note="ContentType says another kind than the bytes.",
        faults=(("attachment.type_differs", f"{FIRST}/ContentType"),),
        lenient=(("attachment.type_differs", f"{FIRST}/ContentType"),),
    ),
)

ATTACHMENTS = (*LISTS, *STATED, *FILES)
