"""From the parts of a message to its model, once: every fault in one answer, what real traffic gets wrong as warnings.

Names and spellings of edXML end here; the application sees `envelopes.model` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes import reading_header as headers
from envelopes.faults import Refused
from envelopes.model import Document, Message
from envelopes.reading_business import business
from envelopes.reading_common import ORGANIZATION, organization
from envelopes.reading_manifest import attachments, manifest, traces
from envelopes.reading_scan import Scan, Section
from envelopes.reading_status import status_message

if TYPE_CHECKING:
    from datetime import date

    from envelopes.faults import Fault
    from envelopes.parts import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A message as read, with what was odd about it but not refused."""

    message: Message
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Reading):
    """A reading with what it would be refused for. Where something is missing the message holds what is usual."""

    faults: tuple[Fault, ...] = ()


def read(parts: Parts, *, today: date, lenient: bool = True) -> Reading:
    """The message in `parts`; raises `Refused` with every fault (conformance C04).

    `today` is the date in Vietnam, against which a date of issue lies in the future. Strict reading refuses what
    lenient reading only warns of: see the table in `leniency`.
    """
    found = attempt(parts, today=today, lenient=lenient)
    if found.faults:
        raise Refused(*found.faults)
    return Reading(message=found.message, warnings=found.warnings)


def attempt(parts: Parts, *, today: date, lenient: bool = True) -> Attempt:
    """As `read`, but never refuses: for explaining a file. What is taken comes from `read`."""
    scan = Scan(lenient=lenient, today=today)
    message = status_message(scan, parts.header) if parts.is_status else _document(scan, parts)
    return Attempt(message=message, warnings=tuple(scan.warnings), faults=tuple(scan.faults))


def _document(scan: Scan, parts: Parts) -> Document:
    header = Section(scan, parts.header, "edXMLHeader/MessageHeader", headers.HEADER)
    sender = organization(header.one("From", ORGANIZATION))
    recipients = headers.recipients(header)
    number, notation = headers.number_and_notation(header)
    place, issued_on = headers.promulgation(header)
    kind = headers.document_type(header)
    subject, content = headers.subject_and_content(header)
    other = headers.other_info(header)
    return Document(
        sender=sender,
        recipients=recipients,
        reference=headers.required_reference(header),
        number=number,
        notation=notation,
        issued_on=issued_on,
        subject=subject,
        place=place,
        type=kind.number,
        type_detail=kind.detail,
        type_name=kind.name,
        content=content,
        signatory=headers.signatory(header),
        due_on=headers.due_on(header),
        to_places=headers.to_places(header),
        urgency=other.urgency,
        sphere=other.sphere,
        typist=other.typist,
        copies=other.copies,
        pages=other.pages,
        direction=other.direction,
        reply_fors=other.reply_fors,
        reference_codes=other.reference_codes,
        appendixes=other.appendixes,
        responses=headers.responses(header),
        steering=headers.steering(header),
        task_codes=headers.task_codes(header),
        application_type=header.text("ApplicationType"),
        business=business(scan, parts.business),
        traces=traces(scan, parts.traces),
        manifest=manifest(scan, parts.manifest),
        attachments=attachments(scan, parts.attachments),
    )
