"""Small files of every kind that agencies exchange, made from scratch, and the damage the field does to them."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Mapping

NOISE = random.Random(2016).randbytes(3000)
"""What compressed data look like; the same in every run."""


def pdf(content: bytes = zlib.compress(NOISE), *, version: bytes = b"1.4") -> bytes:
    """A PDF of one stream, its table of contents in place."""
    made = bytearray(b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n")
    return _with_table(made, content)


def plain_pdf(content: bytes) -> bytes:
    """A PDF in which nothing but `content` is more than ASCII."""
    return _with_table(bytearray(b"%PDF-1.4\n"), content)


def _with_table(made: bytearray, content: bytes) -> bytes:
    objects = (b"<< /Type /Catalog >>", b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    places = []
    for n, text in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (n, text)
    start = len(made)
    made += b"xref\n0 3\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(made + b"trailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start)


def archive(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with these entries, in this order."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as into:
        for name, data in entries:
            into.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), data, method)
    return made.getvalue()


def office(folder: str) -> bytes:
    """An Office Open XML file: `folder` is word, xl or ppt."""
    return archive(("[Content_Types].xml", b"<Types/>"), ("_rels/.rels", b"<R/>"), (f"{folder}/document.xml", NOISE))


def open_document(kind: str) -> bytes:
    """An OpenDocument file, whose first entry is stored and says what it is."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        into.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}", zipfile.ZIP_STORED)
        into.writestr("content.xml", NOISE, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def png() -> bytes:
    """A picture of one pixel with a comment of noise."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">2L5B", 1, 1, 8, 0, 0, 0, 0))
    body = chunk(b"tEXt", b"x\0" + NOISE) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + body


COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + NOISE
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + NOISE
RTF = rb"{\rtf1\ansi C\u244?ng v\u259?n}"
LETTER = "Kính gửi: Ủy ban nhân dân huyện\r\n".encode()

HONEST: Mapping[str, tuple[bytes, ...]] = {
    "pdf": (
        pdf(),
        pdf(version=b"2.0"),
        b"\xef\xbb\xbf" + pdf(),
        b"HTTP/1.1 200 OK\r\n\r\n" + pdf(),
        plain_pdf(b"BT ET"),
    ),
    "doc": (COMPOUND, RTF),
    "xls": (COMPOUND,),
    "ppt": (COMPOUND,),
    "docx": (office("word"), COMPOUND, archive(("word/a.xml", NOISE), ("[Content_Types].xml", b"<Types/>"))),
    "xlsx": (office("xl"), COMPOUND, office("xl").replace(b"xl/", b"xl\\")),
    "pptx": (office("ppt"), COMPOUND),
    "odt": (open_document("text"),),
    "ods": (open_document("spreadsheet"),),
    "rtf": (RTF,),
    "txt": (LETTER, b"", LETTER.decode().encode("utf-16"), LETTER.decode().encode("utf-8-sig"), b"gi\xe1 tr\xb8"),
    "csv": (b"a;b\r\n1;2\r\n", b""),
    "xml": (b"<a/>", b"", b"<a>a file that begins with %PDF-1.4 is a PDF</a>"),
    "jpg": (JPEG,),
    "jpeg": (JPEG,),
    "png": (png(),),
    "tif": (b"II*\x00" + NOISE, b"MM\x00*" + NOISE),
    "tiff": (b"II+\x00" + NOISE,),
    "zip": (archive(("a.txt", LETTER)), archive(), office("word"), open_document("text"), archive(("x.pdf", pdf()))),
    "rar": (b"Rar!\x1a\x07\x00" + NOISE, b"Rar!\x1a\x07\x01\x00" + NOISE),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04" + NOISE,),
}
"""Files as programs make them, by the extension they rightly have."""


def taken_for_text(data: bytes) -> bytes:
    """What is left of a file that a program read as UTF-8 text and wrote back (edXML section 12)."""
    return data.decode("utf-8", errors="replace").encode()


def as_java_leaves_it(data: bytes) -> bytes:
    """The same through a reader of ASCII: every byte beyond it is replaced on its own."""
    return data.decode("ascii", errors="replace").encode()
