"""The letter of the demonstration: a real PDF of one page, and the edXML document around it."""

from __future__ import annotations

from datetime import datetime, timedelta

from envelopes.model import Business, Document, Organization, Signatory, Staff, Trace

PAGE = """BT /F1 12 Tf 72 770 Td 16 TL
(UBND TINH BINH DINH - SO NOI VU) Tj T* T*
(So: {number}/SNV-VP) Tj T* T*
(V/v trien khai lien thong van ban dien tu) Tj T* T*
(Day la van ban thu nghiem cua lenh lienthong demo.) Tj T*
(This is the test letter of the command lienthong demo.) Tj ET"""
"""The page's text, without diacritics: PDF's built-in fonts have none of the Vietnamese letters."""


def pdf(number: str) -> bytes:
    """A PDF of one A4 page."""
    text = PAGE.format(number=number).encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for n, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (n, content)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(made)


def letter(number: str, sender: Organization, recipients: tuple[Organization, ...], now: datetime) -> Document:
    """The official document: signed today, to be handled within a week."""
    issued = now.date()
    return Document(
        sender=sender,
        recipients=recipients,
        reference=f"{sender.code},{issued:%Y/%m/%d},{number}/SNV-VP",
        number=number,
        notation="SNV-VP",
        issued_on=issued,
        place="Quy Nhơn",
        type=2,
        type_detail=18,
        type_name="Công văn",
        subject="V/v triển khai liên thông văn bản điện tử",
        content="Đề nghị các đơn vị kết nối hệ thống quản lý văn bản với trục liên thông của tỉnh.",
        signatory=Signatory(competence="KT. GIÁM ĐỐC", position="Phó Giám đốc", full_name="Nguyễn Thị Đào"),
        due_on=issued + timedelta(days=7),
        to_places=("Như trên", "Lưu: VT"),
        urgency=1,
        copies=1,
        pages=1,
        steering="0",
        business=Business(
            reason="Văn bản điện tử mới", paper="0", staff=Staff(department="Văn thư", name="Trần Văn Bình")
        ),
        traces=(Trace(agency=sender.code, at=now),),
    )
