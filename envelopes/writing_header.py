"""The `MessageHeader` of documents, in both orders of its children, and of status messages."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from envelopes.model import ResponseFor
from envelopes.writing_text import WHITE, day, group, leaf, moment, optional

if TYPE_CHECKING:
    from envelopes.model import Document, Organization, Signatory, Staff, StatusMessage

HEADER_ID = ' Id="MessageHeader"'
"""What a signature of profile P refers to (SECURITY 1.2)."""


STEERING_DIGITS = 9
"""As many as every reader's int holds."""


class Order(StrEnum):
    """The two orders of a document's header: A as the national library writes it, B as the regulation counts it."""

    A = "A"
    B = "B"


_TASKS = ("ResponseForTask", "ApplicationType")
"""The task axis' own; only the national library says where they stand (axis client, section 5.1)."""

_ORDERS = {
    Order.A: (
        *("From", "To", "DocumentId", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content"),
        *("SignerInfo", "DueDate", "OtherInfo", "ResponseFor", "SteeringType", *_TASKS, "ToPlaces"),
    ),
    Order.B: (
        *("From", "To", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content", "SignerInfo", "DueDate"),
        *("ToPlaces", "OtherInfo", "ResponseFor", "SteeringType", *_TASKS, "DocumentId"),
    ),
}


def document_header(document: Document, order: Order) -> str:
    """A document's header."""
    pieces = {
        "From": organization("From", document.sender),
        "To": "".join(organization("To", one) for one in document.recipients),
        "DocumentId": leaf("DocumentId", _needed("DocumentId", document.reference)),
        "Code": group("Code", leaf("CodeNumber", document.number), leaf("CodeNotation", document.notation)),
        "PromulgationInfo": group(
            "PromulgationInfo", leaf("Place", document.place), leaf("PromulgationDate", day(document.issued_on))
        ),
        "DocumentType": _document_type(document),
        "Subject": leaf("Subject", document.subject),
        "Content": leaf("Content", document.content),
        "SignerInfo": _signatory(document.signatory),
        "DueDate": leaf("DueDate", day(document.due_on)),
        "ToPlaces": group("ToPlaces", *(leaf("Place", place) for place in document.to_places)),
        "OtherInfo": _other_info(document),
        "ResponseFor": "".join(_response_for(one) for one in document.responses),
        "SteeringType": _steering(document.steering),
        "ResponseForTask": _tasks(document.task_codes),
        "ApplicationType": optional("ApplicationType", document.application_type or None),
    }
    return group("MessageHeader", *(pieces[name] for name in _ORDERS[order]), attributes=HEADER_ID)


def status_header(status: StatusMessage) -> str:
    """A status message's header, in the shape that the national library reads."""
    return group(
        "MessageHeader",
        organization("From", status.sender),
        _response_for(status.answers),
        staff(status.staff),
        leaf("StatusCode", status.code),
        leaf("Description", status.description),
        leaf("Timestamp", moment(status.reported_at)),
        attributes=HEADER_ID,
    )


def organization(name: str, one: Organization) -> str:
    """`From` or `To` with all eight tags, which the Tây Ninh axis insists on."""
    return group(
        name,
        leaf("OrganId", one.code),
        leaf("OrganizationInCharge", one.in_charge),
        leaf("OrganName", one.name),
        leaf("OrganAdd", one.address),
        leaf("Email", one.email),
        leaf("Telephone", one.telephone),
        leaf("Fax", one.fax),
        leaf("Website", one.website),
    )


def staff(one: Staff | None) -> str:
    """`StaffInfo`, or nothing."""
    if one is None:
        return ""
    return group(
        "StaffInfo",
        leaf("Department", one.department),
        optional("DepartmentId", one.department_id or None),
        leaf("Staff", one.name),
        optional("StaffId", one.id or None),
        leaf("Email", one.email),
        leaf("Mobile", one.mobile),
    )


def _document_type(document: Document) -> str:
    return group(
        "DocumentType",
        optional("Type", document.type),
        optional("TypeDetail", document.type_detail),
        leaf("TypeName", document.type_name),
    )


def _signatory(one: Signatory) -> str:
    return group(
        "SignerInfo",
        leaf("Competence", one.competence),
        leaf("Position", one.position),
        leaf("FullName", one.full_name),
    )


def _other_info(document: Document) -> str:
    appendixes = group("Appendixes", *(leaf("Appendix", name) for name in document.appendixes))
    return group(
        "OtherInfo",
        leaf("Priority", str(document.urgency)),
        leaf("SphereOfPromulgation", document.sphere),
        leaf("TyperNotation", document.typist),
        optional("PromulgationAmount", document.copies),
        optional("PageAmount", document.pages),
        *(leaf("ReplyFors", text) for text in document.reply_fors),
        optional("Direction", document.direction),
        *(leaf("ReferenceCodes", text) for text in document.reference_codes),
        appendixes if document.appendixes else "",
    )


def _response_for(one: ResponseFor) -> str:
    if one == ResponseFor():
        raise ValueError("an empty ResponseFor says nothing, and is an answer to nothing for old receivers")
    return group(
        "ResponseFor",
        leaf("OrganId", one.agency),
        leaf("Code", one.code),
        leaf("PromulgationDate", day(one.issued_on)),
        leaf("DocumentId", one.reference),
    )


def _tasks(codes: tuple[str, ...]) -> str:
    return group("ResponseForTask", *(leaf("TaskCode", code) for code in codes)) if codes else ""


def _needed(name: str, text: str) -> str:
    """Text that may not be empty: for want of a DocumentId old receivers make up another one at each reading."""
    if not text.strip(WHITE):
        raise ValueError(f"{name} is never empty")
    return text


def _steering(text: str) -> str:
    """Absent or a number that a Java int holds: anything else stops every receiver on the national library."""
    if text and not (text.isascii() and text.isdecimal() and len(text) <= STEERING_DIGITS):
        raise ValueError(f"SteeringType is a number, not {text!r}")
    return optional("SteeringType", text or None)
