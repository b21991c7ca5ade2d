"""Vectors that are taken: every operation, every status, and what is sloppy in the field but not in doubt."""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import replace
from datetime import date

from envelopes.dom import BOM
from envelopes.limits import NS, STATUS_CODES
from envelopes.model import (
    AttachmentHead,
    Business,
    ManifestEntry,
    Operation,
    ReceiverChange,
    Replacement,
    ResponseFor,
)
from envelopes.writing import Order, write_status
from tests.vectors.cases import (
    CLERK,
    EARLIER,
    HEADER,
    LETTER,
    MANIFEST,
    NAME,
    PDF,
    STATUS,
    TRACES,
    Accepted,
    B,
    C,
    content_text,
    edited,
    letter,
    letter_with,
    report,
    value,
    without,
    written,
    zipped,
)

RECALL = Business(operation=Operation.RECALL, reason="Gửi nhầm", target=EARLIER, paper="0", staff=CLERK)
UPDATE = Business(
    operation=Operation.UPDATE,
    reason="Sửa nơi nhận",
    target=EARLIER,
    paper="0",
    document_changed=True,
    receivers_changed=True,
    receivers=(ReceiverChange(agency=B.code, added=False), ReceiverChange(agency=C.code, added=True)),
    staff=CLERK,
)
REPLACE = Business(
    operation=Operation.REPLACE,
    reason="Thay thế văn bản sai",
    paper="0",
    replacements=(Replacement(reference=EARLIER, agencies=(B.code, C.code)),),
    staff=CLERK,
)
UUID_ENTRY = "3f2504e0-4f89-41d3-9a0c-0305e82c3301.pdf"
WRAPPED = zipped((UUID_ENTRY, PDF))
REAL_ZIP = zipped(("125.pdf", PDF), ("phu-luc.txt", b"Phu luc\n"))
DOCX = zipped(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<document/>"))
BASE64 = binascii.b2a_base64(PDF, newline=False)
LINES = [BASE64[at : at + 76] for at in range(0, len(BASE64), 76)]
DECORATION = (
    f'<Signature xmlns="{NS}"><SignedInfo><CanonicalizationMethod Algorithm="x"/><SignatureMethod Algorithm="x"/>'
    '<Reference URI=""><DigestMethod Algorithm="x"/><DigestValue>eA==</DigestValue></Reference></SignedInfo>'
    "<SignatureValue>eA==</SignatureValue></Signature>"
)


def _document(name: str, data: bytes, note: str, *warnings: tuple[str, str], **more: object) -> Accepted:
    found = {"contents": (PDF,), **more}
    return Accepted(name=name, data=data, note=note, warnings=warnings, **found)  # type: ignore[arg-type]


OPERATIONS = (
    _document("new-order-b", LETTER, "A new document, header in the regulation's order."),
    _document("new-order-a", written(order=Order.A), "The same in the national library's order."),
    _document("new-without-business", written(letter(business=None)), "No Bussiness: new."),
    _document(
        "recall", written(letter(business=RECALL)), "Takes an earlier document back, named in Bussiness/DocumentId."
    ),
    _document(
        "recall-target-in-header",
        written(letter(business=Business(operation=Operation.RECALL, reason="Gửi nhầm"))),
        "Without Bussiness/DocumentId the header's DocumentId is the target.",
    ),
    _document("update", written(letter(business=UPDATE)), "An update that removes one recipient and adds another."),
    _document("replace", written(letter(business=REPLACE)), "Replaces an earlier document for two agencies."),
    _document(
        "replace-order-a", written(letter(business=REPLACE), order=Order.A), "The same, Bussiness before traces."
    ),
    _document(
        "response-for",
        written(letter(responses=(ResponseFor(agency=B.code, code="7/UBND", reference="x"),))),
        "Answers a document.",
    ),
    _document(
        "response-for-empty",
        edited(("<edXML:SteeringType>", "<edXML:ResponseFor/><edXML:SteeringType>")),
        "An empty ResponseFor is absent.",
    ),
    _document(
        "task-fields",
        written(
            letter(
                task_codes=("NV-01", "NV-02"),
                application_type="NV",
                reply_fors=("7/VPCP",),
                reference_codes=("R1",),
                direction=False,
                business=Business(reason="Giao việc", paper="0", staff=replace(CLERK, department_id="D7", id="S42")),
            )
        ),
        "What only the national library writes: tasks, references, the clerk's ids.",
    ),
)

_REASONS = {"02": "Không thuộc thẩm quyền", "13": "Gửi nhầm", "16": "Đã xử lý xong"}
STATUSES = (
    *(
        Accepted(
            name=f"status-{code}",
            data=write_status(report(code=code, description=_REASONS.get(code, words.vi))),
            note=f"Status {code}: {words.en}.",
        )
        for code, words in STATUS_CODES.items()
    ),
    *(
        Accepted(
            name=f"status-{code}-other-shape",
            data=edited(
                ('edXML:MessageHeader Id="MessageHeader"', "edXML:Status"),
                ("</edXML:MessageHeader>", "</edXML:Status>"),
                base=write_status(report(code=code, description=_REASONS.get(code, words.vi))),
            ),
            note=f"Status {code} in Status; receivers on the national library cannot read it.",
            warnings=(("status.shape", "edXMLHeader/Status"),),
            strict=(),
        )
        for code, words in STATUS_CODES.items()
    ),
    Accepted(
        name="status-by-number-and-date",
        data=edited(("<edXML:DocumentId>H08.02,2026/11/20,125/SNV-VP</edXML:DocumentId>\n", ""), base=STATUS),
        note="Linked by code and date of issue, without DocumentId.",
        warnings=(("field.absent", f"{HEADER}/ResponseFor/DocumentId"),),
    ),
    Accepted(name="status-without-time", data=write_status(report(reported_at=None)), note="Timestamp is empty."),
    Accepted(
        name="status-odd-time",
        data=value("Timestamp", "20/11/2026 10:02", base=STATUS),
        note="A Timestamp in another form is left out.",
        warnings=(("time.odd", f"{HEADER}/Timestamp"),),
    ),
)

FORMS = (
    _document("default-namespace", LETTER.replace(b"edXML:", b""), "Everything unprefixed."),
    _document(
        "other-prefix",
        LETTER.replace(b"edXML:", b"q:").replace(b"xmlns:edXML", b"xmlns:q"),
        "Another prefix: known by namespace, never by prefix.",
    ),
    _document("byte-order-mark", BOM + LETTER, "A UTF-8 byte order mark is skipped."),
    _document("blank-lines-behind", LETTER + b"\r\n\r\n", "Line breaks behind the root."),
    _document("crlf", LETTER.replace(b"\n", b"\r\n"), "Lines end with CR LF."),
    _document(
        "decorative-signature",
        edited(("</edXML:edXMLHeader>", DECORATION + "</edXML:edXMLHeader>")),
        "A Signature in edXML's own namespace signs nothing; the file counts as unsigned.",
        ("signature.decoration", "edXMLHeader/Signature"),
    ),
    _document(
        "empty-digital-signature",
        edited(("</edXML:edXMLHeader>", "<edXML:DigitalSignature/></edXML:edXMLHeader>")),
        "An empty DigitalSignature signs nothing.",
    ),
    _document(
        "paper-in-trace-list",
        edited(("<edXML:Bussiness ", "<edXML:Paper>0</edXML:Paper><edXML:Bussiness ")),
        "Paper beside Bussiness, as the national library knows it.",
    ),
    _document(
        "trace-list-attributes",
        edited(("<edXML:TraceHeaderList>", '<edXML:TraceHeaderList id="1" version="1.0" mustUnderstand="1">')),
        "Attributes of SOAP on the trace list.",
    ),
    _document(
        "trace-null",
        edited(("<edXML:TraceHeader>\n<edXML:OrganId>H08.02<", "<edXML:TraceHeader>\n<edXML:OrganId>null<")),
        "A hop that calls itself null.",
        ("agency.odd", f"{TRACES}/TraceHeader[1]/OrganId"),
    ),
    _document(
        "trace-missing",
        written(letter(traces=())),
        "No TraceHeader: strict reading asks for one.",
        strict=(("trace.missing", f"{TRACES}/TraceHeader[1]"),),
    ),
)

FIELDS = (
    _document(
        "due-date-none",
        value("DueDate", "N/A"),
        "A due date that is none is left out.",
        ("date.odd", f"{HEADER}/DueDate"),
    ),
    _document(
        "website-long",
        edited(("<edXML:Website/>", "<edXML:Website>https://snv.tinh.example.vn/</edXML:Website>")),
        "A website over 20 characters.",
        ("field.too_long", f"{HEADER}/From/Website"),
    ),
    _document(
        "subject-long",
        value("Subject", "V/v " + "báo cáo " * 70),
        "A subject over 500 characters.",
        ("field.too_long", f"{HEADER}/Subject"),
    ),
    _document(
        "type-18",
        value("Type", "18"),
        "18 in DocumentType/Type, as many systems write.",
        ("code.odd", f"{HEADER}/DocumentType/Type"),
    ),
    _document("type-absent", without("Type"), "No DocumentType/Type.", ("field.absent", f"{HEADER}/DocumentType/Type")),
    _document(
        "priority-absent",
        without("Priority"),
        "No Priority: 0, normal.",
        ("field.absent", f"{HEADER}/OtherInfo/Priority"),
    ),
    _document("steering-3", written(letter(steering="3")), "SteeringType 3, in the reading that counts from 1."),
    _document(
        "steering-7",
        written(letter(steering="7")),
        "A SteeringType nobody knows, but a number.",
        ("code.odd", f"{HEADER}/SteeringType"),
    ),
    _document("steering-absent", written(letter(steering="")), "No SteeringType."),
    _document(
        "page-amount-odd",
        value("PageAmount", "hai"),
        "A page count that is no number is left out.",
        ("number.odd", f"{HEADER}/OtherInfo/PageAmount"),
    ),
    _document("direction", written(letter(direction=True)), "Direction, which the national library always writes."),
    _document(
        "element-odd",
        edited(("<edXML:Subject>", "<edXML:ReceivedVia>x</edXML:ReceivedVia><edXML:Subject>")),
        "An element nobody knows in the header is passed on unread.",
        ("element.odd", f"{HEADER}/ReceivedVia"),
    ),
    _document(
        "secrets-spoken-of",
        written(letter(subject="V/v tập huấn bảo vệ bí mật nhà nước")),
        "Speaks of state secrets, carries no mark of one.",
    ),
    _document("issued-today", written(letter(issued_on=date(2026, 11, 24))), "Issued on the day it is read."),
    _document(
        "markup-in-text", written(letter(subject="V/v <sửa> & \"bổ sung\" ]]> 'nội dung'")), "Escaped markup is text."
    ),
    _document(
        "codes-of-every-form",
        edited(
            ("<edXML:OrganId>H08.30<", "<edXML:OrganId>000.00.30.H08<"),
            ("<edXML:OrganId>H08.31<", "<edXML:OrganId>28.22.H17<"),
        ),
        "Recipients by old and by three-group code; whether they exist is the directory's word.",
    ),
)

ATTACHMENTS = (
    _document(
        "cid-on-one-side",
        edited(("<Attachment>\n<ContentId>cid:a1<", "<Attachment>\n<ContentId>a1<")),
        "ContentId with cid: in the manifest only.",
    ),
    _document(
        "cid-repeated",
        edited(("<edXML:ContentId>cid:a1<", "<edXML:ContentId>cid:cid:cid:a1<")),
        "cid: added once more by every relay.",
    ),
    _document(
        "wrapped-zip",
        written(letter_with((NAME, "application/zip")), WRAPPED),
        "One entry <uuid>.<ext>: the recipient opens the file inside.",
        contents=(WRAPPED,),
        opened=((1, PDF),),
    ),
    _document(
        "wrapped-zip-real-type",
        written(letter_with((NAME, "application/pdf")), WRAPPED),
        "The same; ContentType names the file inside.",
        contents=(WRAPPED,),
        opened=((1, PDF),),
    ),
    _document(
        "zip-kept",
        written(letter_with(("125.zip", "application/zip")), REAL_ZIP),
        "A real zip stays one.",
        contents=(REAL_ZIP,),
    ),
    _document(
        "docx-kept",
        written(
            letter_with(("125.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")), DOCX
        ),
        "A docx is a zip, and stays one.",
        contents=(DOCX,),
    ),
    _document("base64-76", content_text(b"\n".join(LINES)), "Lines of 76 characters, LF."),
    _document("base64-76-crlf", content_text(b"\r\n".join(LINES) + b"\r\n"), "Lines of 76 characters, CR LF."),
    _document(
        "base64-76-reference", content_text(b"&#13;\n".join(LINES)), "CR as a character reference, as Java writes it."
    ),
    _document(
        "base64-indented", content_text(b"\n    " + b"\n    ".join(LINES) + b"\n  "), "Indented by a pretty printer."
    ),
    _document("base64-uneven", content_text(b" ".join((BASE64[:7], BASE64[7:20], BASE64[20:]))), "Blanks anywhere."),
    _document(
        "two-attachments",
        written(letter_with((NAME, "application/pdf"), ("phụ lục.pdf", "application/pdf"))),
        "Two attachments, a name in Vietnamese.",
        contents=(PDF, PDF),
    ),
    _document("no-attachment", written(letter_with()), "An empty manifest.", contents=()),
    _document(
        "manifest-missing",
        without("edXMLBody", base=written(letter_with())),
        "No manifest, no attachments.",
        ("manifest.missing", MANIFEST),
        contents=(),
    ),
    _document(
        "digest-stated",
        written(letter_with((NAME, "application/pdf"), stated=((hashlib.sha256(PDF).hexdigest(), len(PDF)),))),
        "Digest and size stated, as profile P signs them.",
    ),
    _document(
        "name-unlisted",
        edited((f"<edXML:AttachmentName>{NAME}</edXML:AttachmentName>\n", "")),
        "The manifest leaves the name out.",
        ("field.absent", f"{MANIFEST}/Reference[1]/AttachmentName"),
    ),
    _document(
        "list-in-another-order",
        written(
            letter(
                manifest=(ManifestEntry(content_id="a2", name="b.pdf"), ManifestEntry(content_id="a1", name="a.pdf")),
                attachments=(
                    AttachmentHead(n=1, content_id="a1", name="a.pdf"),
                    AttachmentHead(n=2, content_id="a2", name="b.pdf"),
                ),
            )
        ),
        "Manifest and attachments in different orders.",
        contents=(PDF, PDF),
    ),
)

ACCEPTED = (*OPERATIONS, *STATUSES, *FORMS, *FIELDS, *ATTACHMENTS)
