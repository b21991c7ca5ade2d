"""Element groups that documents and status messages share: organisations, staff, what is answered, single fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes import limits
from envelopes import reading_rules as rules
from envelopes.agency_codes import flaw_of
from envelopes.model import Organization, ResponseFor, Staff
from envelopes.reading_scan import Section, Shape
from envelopes.reading_values import is_agency_code, to_boolean, to_date, to_number, to_time

if TYPE_CHECKING:
    from datetime import date, datetime

    from envelopes.faults import Rule

ORGANIZATION = Shape(one={"OrganId": 0, **limits.ORGANIZATION_LENGTHS})
STAFF = Shape(one={**limits.STAFF_LENGTHS, "DepartmentId": 0, "StaffId": 0})
RESPONSE_FOR = Shape(one={"OrganId": 0, "Code": 0, "PromulgationDate": 0, "DocumentId": 0})


def organization(section: Section) -> Organization:
    """`From` or `To`; its code is needed."""
    return Organization(
        code=agency_code(section),
        in_charge=section.text("OrganizationInCharge"),
        name=section.text("OrganName"),
        address=section.text("OrganAdd"),
        email=section.text("Email"),
        telephone=section.text("Telephone"),
        fax=section.text("Fax"),
        website=section.text("Website"),
    )


def agency_code(section: Section) -> str:
    """An OrganId that something is routed by: needed, and well-formed."""
    code = section.required("OrganId")
    if code and not is_agency_code(code):
        malformed(section, rules.AGENCY_MALFORMED, "OrganId", code)
    return code


def claimed_agency(section: Section) -> str:
    """An OrganId that only says something: "" when it is empty, "null" or otherwise no code."""
    code = section.text("OrganId")
    if code and (code == "null" or not is_agency_code(code)):
        malformed(section, rules.AGENCY_ODD, "OrganId", code)
        return ""
    return code


def malformed(section: Section, rule: Rule, name: str, code: str) -> None:
    """Note a code that is none, with the character that makes it so: look-alikes cannot be told by eye (TM-53)."""
    vi, en = flaw_of(code) or (f"đó là chữ «{code}»", f"it is the word «{code}»")
    section.note(rule, name, code, found_vi=vi, found_en=en)


def reference(section: Section) -> str:
    """A DocumentId, or ""."""
    value = section.text("DocumentId")
    if len(value) > limits.REFERENCE_LENGTH:
        section.note(rules.REFERENCE_TOO_LONG, "DocumentId", value, length=len(value), limit=limits.REFERENCE_LENGTH)
    return value


def staff(section: Section) -> Staff | None:
    """`StaffInfo`, if there is one."""
    if "StaffInfo" not in section:
        return None
    found = section.one("StaffInfo", STAFF)
    return Staff(
        department=found.text("Department"),
        department_id=found.text("DepartmentId"),
        name=found.text("Staff"),
        id=found.text("StaffId"),
        email=found.text("Email"),
        mobile=found.text("Mobile"),
    )


def response_for(section: Section) -> ResponseFor:
    """`ResponseFor` as it says; all empty when the element is empty, which means absent (edXML section 3)."""
    return ResponseFor(
        agency=claimed_agency(section),
        code=section.text("Code"),
        issued_on=optional_date(section, "PromulgationDate"),
        reference=reference(section),
    )


def optional_date(section: Section, name: str) -> date | None:
    """A date that may be absent, or filled with something that is none."""
    text = section.text(name)
    value = to_date(text)
    if text and value is None:
        section.note(rules.DATE_ODD, name, text)
    return value


def optional_time(section: Section, name: str) -> datetime | None:
    """A moment in UTC that may be absent, or filled with something that is none."""
    text = section.text(name)
    value = to_time(text)
    if text and value is None:
        section.note(rules.TIME_ODD, name, text)
    return value


def optional_number(section: Section, name: str, limit: int) -> int | None:
    """A number from 0 to `limit`."""
    text = section.text(name)
    value = to_number(text)
    if text and (value is None or value > limit):
        section.note(rules.NUMBER_ODD, name, text, expected=f"0..{limit}")
        return None
    return value


def optional_boolean(section: Section, name: str) -> bool | None:
    """true or false, 1 or 0."""
    text = section.text(name)
    value = to_boolean(text)
    if text and value is None:
        section.note(rules.NUMBER_ODD, name, text, expected="true, false, 1, 0")
    return value
