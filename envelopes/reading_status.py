"""A status message, in either of its two shapes (edXML section 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes import limits
from envelopes import reading_rules as rules
from envelopes.model import ResponseFor, StatusMessage
from envelopes.parts import STATUS
from envelopes.reading_common import (
    ORGANIZATION,
    RESPONSE_FOR,
    agency_code,
    optional_date,
    optional_time,
    organization,
    reference,
    staff,
)
from envelopes.reading_scan import Scan, Section, Shape

if TYPE_CHECKING:
    from lxml import etree

_STATUS = Shape(one=dict.fromkeys(("From", "ResponseFor", "StaffInfo", "StatusCode", "Description", "Timestamp"), 0))


def status_message(scan: Scan, header: etree._Element) -> StatusMessage:
    """The message in `MessageHeader`, or in `Status` as some systems write it."""
    path = "edXMLHeader/MessageHeader"
    if header.tag == STATUS:
        path = "edXMLHeader/Status"
        scan.note(rules.STATUS_SHAPE, path)
    section = Section(scan, header, path, _STATUS)
    sender = organization(section.one("From", ORGANIZATION))
    answers = _answers(section.one("ResponseFor", RESPONSE_FOR))
    code = section.required("StatusCode")
    if code and code not in limits.STATUS_CODES:
        # "4" is not "04": some systems have local codes of one digit with other meanings
        section.note(rules.CODE_UNKNOWN, "StatusCode", code, allowed=", ".join(limits.STATUS_CODES))
    description = section.text("Description")
    scan.secrecy(description, section.at("Description"))
    if code in limits.STATUS_CODES_WITH_REASON and not description:
        section.note(rules.REASON_MISSING, "Description")
    return StatusMessage(
        sender=sender,
        answers=answers,
        code=code,
        description=description,
        reported_at=optional_time(section, "Timestamp"),
        staff=staff(section),
    )


def _answers(section: Section) -> ResponseFor:
    """Whose document, and which: by DocumentId, else by code and date; never by a number without its year."""
    answers = ResponseFor(
        agency=agency_code(section),
        code=section.required("Code", rules.FIELD_ABSENT),
        issued_on=optional_date(section, "PromulgationDate"),
        reference=reference(section),
    )
    if answers.reference:
        return answers
    if answers.code and answers.issued_on:
        section.note(rules.FIELD_ABSENT, "DocumentId")
    else:
        section.note(rules.STATUS_UNLINKED, "DocumentId")
    return answers
