"""Vectors that are refused for what their fields say, or do not say."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

from envelopes.model import Business, Operation, ReceiverChange, Replacement, ResponseFor
from envelopes.writing import write_status
from tests.vectors.accepting import RECALL, REPLACE, UPDATE
from tests.vectors.cases import (
    BUSINESS,
    EARLIER,
    HEADER,
    MANIFEST,
    NAME,
    PDF,
    STATUS,
    TRACES,
    B,
    Refused,
    Told,
    edited,
    letter,
    letter_with,
    report,
    value,
    without,
    written,
)

LONG = "x" * 501


def _one(name: str, data: bytes, note: str, code: str, path: str) -> Refused:
    return Refused(name=name, data=data, note=note, faults=((code, path),))


def _strict(
    name: str, data: bytes, note: str, code: str, path: str, *, lenient: tuple[Told, ...] | None = None
) -> Refused:
    """Refused in strict reading only; lenient reading warns of the same."""
    told = ((code, path),)
    return Refused(name=name, data=data, note=note, faults=told, lenient=told if lenient is None else lenient)


MISSING = (
    _one("from-missing", without("From"), "No sender.", "field.missing", f"{HEADER}/From/OrganId"),
    _one("to-missing", written(letter(recipients=())), "No recipient.", "field.missing", f"{HEADER}/To"),
    _one("number-missing", value("CodeNumber", ""), "No number.", "field.missing", f"{HEADER}/Code/CodeNumber"),
    _one("notation-missing", without("CodeNotation"), "No notation.", "field.missing", f"{HEADER}/Code/CodeNotation"),
    _one(
        "date-missing",
        value("PromulgationDate", ""),
        "No date of issue.",
        "field.missing",
        f"{HEADER}/PromulgationInfo/PromulgationDate",
    ),
    _one(
        "type-name-missing",
        without("TypeName"),
        "No name of the document's type.",
        "field.missing",
        f"{HEADER}/DocumentType/TypeName",
    ),
    _one("subject-blank", value("Subject", " \n "), "A subject of white space.", "field.missing", f"{HEADER}/Subject"),
    _one("signatory-missing", without("FullName"), "Nobody signed.", "field.missing", f"{HEADER}/SignerInfo/FullName"),
    _one(
        "reference-missing",
        without("DocumentId"),
        "No DocumentId: old receivers would make up a new one at each reading.",
        "field.missing",
        f"{HEADER}/DocumentId",
    ),
    _one(
        "replacement-of-nothing",
        written(letter(business=replace(REPLACE, replacements=()))),
        "A replacement that names nothing.",
        "field.missing",
        f"{BUSINESS}/ReplacementInfoList",
    ),
    _one(
        "replacement-without-reference",
        written(letter(business=replace(REPLACE, replacements=(Replacement(reference="", agencies=(B.code,)),)))),
        "A replaced document without DocumentId.",
        "field.missing",
        f"{BUSINESS}/ReplacementInfoList[1]/ReplacementInfo[1]/DocumentId",
    ),
    _one(
        "recall-without-reason",
        written(letter(business=replace(RECALL, reason=""))),
        "A recall says why.",
        "reason.missing",
        f"{BUSINESS}/BussinessDocReason",
    ),
    Refused(
        name="five-missing",
        data=value(
            "Subject",
            "",
            base=value(
                "CodeNumber", "", base=without("FullName", base=without("DocumentId", base=without("TypeName")))
            ),
        ),
        note="Five faults in one answer.",
        faults=(
            ("field.missing", f"{HEADER}/Code/CodeNumber"),
            ("field.missing", f"{HEADER}/DocumentType/TypeName"),
            ("field.missing", f"{HEADER}/Subject"),
            ("field.missing", f"{HEADER}/DocumentId"),
            ("field.missing", f"{HEADER}/SignerInfo/FullName"),
        ),
    ),
    _strict("type-absent", without("Type"), "No DocumentType/Type.", "field.absent", f"{HEADER}/DocumentType/Type"),
    _strict(
        "trace-missing",
        written(letter(traces=())),
        "No hop at all; lenient reading does not mind.",
        "trace.missing",
        f"{TRACES}/TraceHeader[1]",
        lenient=(),
    ),
    _strict(
        "manifest-missing",
        without("edXMLBody", base=written(letter_with())),
        "No manifest.",
        "manifest.missing",
        MANIFEST,
    ),
)

LENGTHS = (
    _one(
        "reference-long",
        value("DocumentId", LONG),
        "A DocumentId of 501 characters.",
        "reference.too_long",
        f"{HEADER}/DocumentId",
    ),
    *(
        _strict(
            f"{name.lower()}-long",
            value(name, "x" * (limit + 1)),
            f"{name} of {limit + 1} characters.",
            "field.too_long",
            f"{HEADER}/{path}{name}",
        )
        for name, limit, path in (
            ("OrganizationInCharge", 500, "From/"),
            ("OrganName", 200, "From/"),
            ("CodeNumber", 11, "Code/"),
            ("CodeNotation", 30, "Code/"),
            ("TypeName", 100, "DocumentType/"),
            ("Subject", 500, ""),
            ("Content", 500, ""),
            ("Competence", 100, "SignerInfo/"),
            ("Position", 100, "SignerInfo/"),
            ("FullName", 50, "SignerInfo/"),
            ("SphereOfPromulgation", 100, "OtherInfo/"),
            ("TyperNotation", 10, "OtherInfo/"),
        )
    ),
    _strict(
        "website-long",
        edited(("<edXML:Website/>", "<edXML:Website>https://snv.tinh.example.vn/</edXML:Website>")),
        "A website over 20 characters.",
        "field.too_long",
        f"{HEADER}/From/Website",
    ),
)

CODES = (
    _one(
        "sender-look-alike",
        edited(("<edXML:OrganId>H08.02<", "<edXML:OrganId>Н08.02<")),
        "A Cyrillic Н in the sender's code.",
        "agency.malformed",
        f"{HEADER}/From/OrganId",
    ),
    _one(
        "sender-full-width",
        edited(("<edXML:OrganId>H08.02<", "<edXML:OrganId>H０8.02<")),
        "A full-width digit in the sender's code.",
        "agency.malformed",
        f"{HEADER}/From/OrganId",
    ),
    _one(
        "recipient-36",
        edited(("<edXML:OrganId>H08.30<", f"<edXML:OrganId>{'H' * 36}<")),
        "A code of 36 characters.",
        "agency.malformed",
        f"{HEADER}/To[1]/OrganId",
    ),
    _one(
        "recipient-space",
        edited(("<edXML:OrganId>H08.30<", "<edXML:OrganId>H08 30<")),
        "A blank in a code.",
        "agency.malformed",
        f"{HEADER}/To[1]/OrganId",
    ),
    _one(
        "recipient-twice",
        edited(("<edXML:OrganId>H08.31<", "<edXML:OrganId>H08.30<")),
        "One recipient twice.",
        "recipient.repeated",
        f"{HEADER}/To[2]/OrganId",
    ),
    _one(
        "priority-5",
        value("Priority", "5"),
        "Priority 5; 0 to 4 are known.",
        "code.unknown",
        f"{HEADER}/OtherInfo/Priority",
    ),
    _one(
        "operation-4",
        value("BussinessDocType", "4"),
        "Operation 4; 0 to 3 are known.",
        "code.unknown",
        f"{BUSINESS}/BussinessDocType",
    ),
    _one(
        "receiver-type-2",
        value("ReceiverType", "2", base=written(letter(business=UPDATE))),
        "Neither removed nor added.",
        "code.unknown",
        f"{BUSINESS}/BussinessDocumentInfo/ReceiverList[1]/Receiver[1]/ReceiverType",
    ),
    _one(
        "receiver-malformed",
        written(letter(business=replace(UPDATE, receivers=(ReceiverChange(agency="?", added=True),)))),
        "A new recipient without a code.",
        "agency.malformed",
        f"{BUSINESS}/BussinessDocumentInfo/ReceiverList[1]/Receiver[1]/OrganId",
    ),
    _one(
        "replaced-for-malformed",
        written(
            letter(
                business=Business(
                    operation=Operation.REPLACE,
                    reason="x",
                    replacements=(Replacement(reference=EARLIER, agencies=("?",)),),
                )
            )
        ),
        "Replaced for an agency without a code.",
        "agency.malformed",
        f"{BUSINESS}/ReplacementInfoList[1]/ReplacementInfo[1]/OrganIdList/OrganId",
    ),
    _one(
        "status-code-4",
        value("StatusCode", "4", base=STATUS),
        "4 is not 04: some systems have local codes.",
        "code.unknown",
        f"{HEADER}/StatusCode",
    ),
    _one(
        "status-code-07",
        value("StatusCode", "07", base=STATUS),
        "No such status.",
        "code.unknown",
        f"{HEADER}/StatusCode",
    ),
    _one(
        "steering-word",
        value("SteeringType", "chỉ đạo"),
        "SteeringType in words stops old receivers.",
        "steering.unreadable",
        f"{HEADER}/SteeringType",
    ),
    _one(
        "steering-empty",
        value("SteeringType", ""),
        "So does an empty one.",
        "steering.unreadable",
        f"{HEADER}/SteeringType",
    ),
    _strict("type-18", value("Type", "18"), "18 in DocumentType/Type.", "code.odd", f"{HEADER}/DocumentType/Type"),
    _strict(
        "trace-null",
        edited(("<edXML:TraceHeader>\n<edXML:OrganId>H08.02<", "<edXML:TraceHeader>\n<edXML:OrganId>null<")),
        "A hop called null.",
        "agency.odd",
        f"{TRACES}/TraceHeader[1]/OrganId",
    ),
    _strict(
        "element-odd",
        edited(("<edXML:Subject>", "<edXML:ReceivedVia>x</edXML:ReceivedVia><edXML:Subject>")),
        "An element nobody knows.",
        "element.odd",
        f"{HEADER}/ReceivedVia",
    ),
)

DATES = (
    _one(
        "date-day-first",
        value("PromulgationDate", "20/11/2026"),
        "Day first.",
        "date.malformed",
        f"{HEADER}/PromulgationInfo/PromulgationDate",
    ),
    _one(
        "date-iso",
        value("PromulgationDate", "2026-11-20"),
        "With hyphens.",
        "date.malformed",
        f"{HEADER}/PromulgationInfo/PromulgationDate",
    ),
    _one(
        "date-unreal",
        value("PromulgationDate", "2026/02/30"),
        "30 February.",
        "date.malformed",
        f"{HEADER}/PromulgationInfo/PromulgationDate",
    ),
    _one(
        "date-other-digits",
        value("PromulgationDate", "２０２６/11/20"),
        "Full-width digits.",
        "date.malformed",
        f"{HEADER}/PromulgationInfo/PromulgationDate",
    ),
    _one(
        "date-tomorrow",
        written(letter(issued_on=date(2026, 11, 25))),
        "Issued tomorrow.",
        "date.future",
        f"{HEADER}/PromulgationInfo/PromulgationDate",
    ),
    _strict("due-date-none", value("DueDate", "N/A"), "A due date that is none.", "date.odd", f"{HEADER}/DueDate"),
    _strict(
        "trace-time-odd",
        value("Timestamp", "2026-11-20T02:15:00Z"),
        "A hop's time in another form.",
        "time.odd",
        f"{TRACES}/TraceHeader[1]/Timestamp",
    ),
    _strict(
        "copies-odd",
        value("PromulgationAmount", "65536"),
        "More copies than the field holds.",
        "number.odd",
        f"{HEADER}/OtherInfo/PromulgationAmount",
    ),
)

SECRETS = (
    _one(
        "secret-sphere",
        value("SphereOfPromulgation", "Mật"),
        "Marked Mật.",
        "document.secret",
        f"{HEADER}/OtherInfo/SphereOfPromulgation",
    ),
    _one(
        "secret-subject",
        value("Subject", "(Tối mật) V/v kế hoạch"),
        "Tối mật in brackets before the subject.",
        "document.secret",
        f"{HEADER}/Subject",
    ),
    _one(
        "secret-plain-letters",
        value("Content", "Do mat: TUYET MAT"),
        "Written without marks.",
        "document.secret",
        f"{HEADER}/Content",
    ),
    Refused(
        name="secret-element",
        data=edited(("<edXML:Subject>", "<edXML:SecretLevel>Tuyệt mật</edXML:SecretLevel><edXML:Subject>")),
        note="In an element nobody knows.",
        faults=(("document.secret", f"{HEADER}/SecretLevel"),),
    ),
)

STATUSES = (
    *(
        _one(
            f"status-{code}-without-reason",
            write_status(report(code=code, description="")),
            f"Status {code} says why.",
            "reason.missing",
            f"{HEADER}/Description",
        )
        for code in ("02", "13", "16")
    ),
    _one(
        "status-unlinked",
        value("PromulgationDate", "", base=value("DocumentId", "", base=STATUS)),
        "A number without its year comes back every year.",
        "status.unlinked",
        f"{HEADER}/ResponseFor/DocumentId",
    ),
    _one(
        "status-for-nobody",
        write_status(report(answers=ResponseFor(code="125/SNV-VP", reference=EARLIER))),
        "It does not say whose document.",
        "field.missing",
        f"{HEADER}/ResponseFor/OrganId",
    ),
    _one(
        "status-secret",
        write_status(report(description="Tối mật")),
        "A mark of secrecy in a status.",
        "document.secret",
        f"{HEADER}/Description",
    ),
    Refused(
        name="status-code-missing",
        data=value("StatusCode", "", base=STATUS),
        note="No code.",
        faults=(("field.missing", f"{HEADER}/StatusCode"),),
    ),
    _strict(
        "status-by-number-and-date",
        edited(("<edXML:DocumentId>H08.02,2026/11/20,125/SNV-VP</edXML:DocumentId>\n", ""), base=STATUS),
        "Linked by number and date only.",
        "field.absent",
        f"{HEADER}/ResponseFor/DocumentId",
    ),
)

DIGEST = hashlib.sha256(PDF).hexdigest()
STATED = written(letter_with((NAME, "application/pdf"), stated=((DIGEST, len(PDF)),)))
INCOMPLETE = ("manifest.incomplete", f"{MANIFEST}/Reference[1]")
STATEMENTS = (
    Refused(
        name="digest-upper-case",
        data=edited((DIGEST, DIGEST.upper()), base=STATED),
        note="A digest in upper case counts as none.",
        faults=(("manifest.malformed", f"{MANIFEST}/Reference[1]/@lt:sha256"), INCOMPLETE),
    ),
    Refused(
        name="size-signed",
        data=edited((f'lt:size="{len(PDF)}"', f'lt:size="+{len(PDF)}"'), base=STATED),
        note="A size with a sign counts as none.",
        faults=(("manifest.malformed", f"{MANIFEST}/Reference[1]/@lt:size"), INCOMPLETE),
    ),
)

FIELDS = (*MISSING, *LENGTHS, *CODES, *DATES, *SECRETS, *STATUSES, *STATEMENTS)
