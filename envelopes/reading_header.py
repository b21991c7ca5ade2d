"""A document's `MessageHeader` (QCVN 102:2016), its children in any order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes import limits
from envelopes import reading_rules as rules
from envelopes.model import Organization, ResponseFor, Signatory
from envelopes.reading_common import (
    ORGANIZATION,
    RESPONSE_FOR,
    optional_boolean,
    optional_date,
    optional_number,
    organization,
    reference,
    response_for,
)
from envelopes.reading_scan import Section, Shape
from envelopes.reading_values import to_date, to_number

if TYPE_CHECKING:
    from datetime import date

HEADER = Shape(
    one={
        "From": 0,
        "Code": 0,
        "PromulgationInfo": 0,
        "DocumentType": 0,
        "Subject": limits.SUBJECT_LENGTH,
        "Content": limits.CONTENT_LENGTH,
        "SignerInfo": 0,
        "DueDate": 0,
        "ToPlaces": 0,
        "OtherInfo": 0,
        "SteeringType": 0,
        "DocumentId": 0,
        "ResponseForTask": 0,
        "ApplicationType": 0,
    },
    many=frozenset({"To", "ResponseFor"}),
)
_CODE = Shape(one=limits.CODE_LENGTHS)
_PROMULGATION = Shape(one={"Place": limits.PLACE_LENGTH, "PromulgationDate": 0})
_TYPE = Shape(one={"Type": 0, "TypeDetail": 0, "TypeName": limits.TYPE_NAME_LENGTH})
_SIGNATORY = Shape(one=limits.SIGNATORY_LENGTHS)
_TO_PLACES = Shape(many=frozenset({"Place"}))
_OTHER = Shape(
    one={
        "Priority": 0,
        "SphereOfPromulgation": limits.SPHERE_LENGTH,
        "TyperNotation": limits.TYPIST_LENGTH,
        "PromulgationAmount": 0,
        "PageAmount": 0,
        "Direction": 0,
        "Appendixes": 0,
    },
    many=frozenset({"ReplyFors", "ReferenceCodes"}),
)
_APPENDIXES = Shape(many=frozenset({"Appendix"}))
_TASK = Shape(many=frozenset({"TaskCode"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """`DocumentType`: class, ordinal in that class's list, name."""

    number: int | None
    detail: int | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherInfo:
    """`OtherInfo`."""

    urgency: int
    sphere: str
    typist: str
    copies: int | None
    pages: int | None
    direction: bool | None
    reply_fors: tuple[str, ...]
    reference_codes: tuple[str, ...]
    appendixes: tuple[str, ...]


def recipients(header: Section) -> tuple[Organization, ...]:
    """`To`: at least one, none twice (conformance C05)."""
    sections = list(header.many("To", ORGANIZATION))
    found = tuple(organization(section) for section in sections)
    if not found:
        header.note(rules.FIELD_MISSING, "To")
    seen: set[str] = set()
    for section, one in zip(sections, found, strict=True):
        if one.code and one.code in seen:
            section.note(rules.RECIPIENT_REPEATED, "OrganId", one.code, code=one.code)
        seen.add(one.code)
    return found


def required_reference(header: Section) -> str:
    """`DocumentId`. A file without one gets another random id at each reading by old clients, so it is refused."""
    value = reference(header)
    if not value:
        header.note(rules.FIELD_MISSING, "DocumentId")
    return value


def number_and_notation(header: Section) -> tuple[str, str]:
    """`Code`."""
    section = header.one("Code", _CODE)
    return section.required("CodeNumber"), section.required("CodeNotation")


def promulgation(header: Section) -> tuple[str, date]:
    """Place and date of issue; the date is real and not in the future (conformance C08)."""
    section = header.one("PromulgationInfo", _PROMULGATION)
    place, name = section.text("Place"), "PromulgationDate"
    text, today = section.required(name), header.scan.today
    issued_on = to_date(text)
    if text and issued_on is None:
        section.note(rules.DATE_MALFORMED, name, text)
    elif issued_on and issued_on > today:
        section.note(rules.DATE_FUTURE, name, text, today=f"{today:%Y/%m/%d}")
    return place, issued_on or today


def document_type(header: Section) -> DocumentType:
    """`DocumentType`. A class outside the standard (18 is common) is kept and told."""
    section = header.one("DocumentType", _TYPE)
    text = section.required("Type", rules.FIELD_ABSENT)
    number = to_number(text)
    if text and number not in limits.DOCUMENT_CLASSES:
        section.note(rules.CODE_ODD, "Type", text, allowed="1, 2")
    name = section.required("TypeName")
    header.scan.secrecy(name, section.at("TypeName"))
    return DocumentType(number=number, detail=optional_number(section, "TypeDetail", 10**9), name=name)


def subject_and_content(header: Section) -> tuple[str, str]:
    """`Subject` and `Content`."""
    subject, content = header.required("Subject"), header.text("Content")
    header.scan.secrecy(subject, header.at("Subject"))
    header.scan.secrecy(content, header.at("Content"))
    return subject, content


def signatory(header: Section) -> Signatory:
    """`SignerInfo`."""
    section = header.one("SignerInfo", _SIGNATORY)
    return Signatory(
        competence=section.text("Competence"),
        position=section.text("Position"),
        full_name=section.required("FullName"),
    )


def other_info(header: Section) -> OtherInfo:
    """`OtherInfo`; a mark of secrecy would stand in the sphere."""
    section = header.one("OtherInfo", _OTHER)
    sphere = section.text("SphereOfPromulgation")
    header.scan.secrecy(sphere, section.at("SphereOfPromulgation"))
    return OtherInfo(
        urgency=_urgency(section),
        sphere=sphere,
        typist=section.text("TyperNotation"),
        copies=optional_number(section, "PromulgationAmount", limits.MAX_UNSIGNED_SHORT),
        pages=optional_number(section, "PageAmount", limits.MAX_UNSIGNED_SHORT),
        direction=optional_boolean(section, "Direction"),
        reply_fors=section.all_texts("ReplyFors"),
        reference_codes=section.all_texts("ReferenceCodes"),
        appendixes=section.one("Appendixes", _APPENDIXES).texts("Appendix"),
    )


def _urgency(section: Section) -> int:
    """`Priority`, 0 to 4 only (conformance C09); 0 when it is absent, as the national library reads it."""
    text = section.required("Priority", rules.FIELD_ABSENT)
    value = to_number(text) if text else 0
    if value not in limits.PRIORITIES:
        section.note(rules.CODE_UNKNOWN, "Priority", text, allowed="0, 1, 2, 3, 4")
    return value or 0


def to_places(header: Section) -> tuple[str, ...]:
    """`ToPlaces`: for archive and information, not routing."""
    return header.one("ToPlaces", _TO_PLACES).texts("Place", limits.TO_PLACE_LENGTH)


def due_on(header: Section) -> date | None:
    """`DueDate`."""
    return optional_date(header, "DueDate")


def responses(header: Section) -> tuple[ResponseFor, ...]:
    """`ResponseFor`; empty ones are absent (edXML section 3)."""
    found = (response_for(section) for section in header.many("ResponseFor", RESPONSE_FOR))
    return tuple(one for one in found if one != ResponseFor())


def task_codes(header: Section) -> tuple[str, ...]:
    """`ResponseForTask`: which tasks of the task axis the document answers."""
    return header.one("ResponseForTask", _TASK).texts("TaskCode")


def steering(header: Section) -> str:
    """`SteeringType`, kept raw because systems disagree on its meaning; a number if it is there at all."""
    text = header.text("SteeringType")
    if "SteeringType" in header:
        value = to_number(text)
        if value is None:
            header.note(rules.STEERING_UNREADABLE, "SteeringType", text)
        elif value > limits.MAX_STEERING:
            header.note(rules.CODE_ODD, "SteeringType", text, allowed="0, 1, 2, 3")
    return text
