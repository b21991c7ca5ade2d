"""`TraceHeaderList/Bussiness`: what a document does, with the extra content of each operation (edXML section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from envelopes import limits
from envelopes import reading_rules as rules
from envelopes.model import Business, Operation, ReceiverChange, Replacement
from envelopes.reading_common import agency_code, malformed, optional_boolean, reference, staff
from envelopes.reading_scan import Scan, Section, Shape
from envelopes.reading_values import is_agency_code

if TYPE_CHECKING:
    from lxml import etree

PATH = "edXMLHeader/TraceHeaderList/Bussiness"

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {"0": Operation.NEW, "1": Operation.RECALL, "2": Operation.UPDATE, "3": Operation.REPLACE}
)
"""`BussinessDocType`; absent means new (conformance C10)."""

_BUSINESS = Shape(
    one={
        "DocumentId": 0,
        "BussinessDocType": 0,
        "BussinessDocReason": limits.REASON_LENGTH,
        "Paper": 0,
        "BussinessDocumentInfo": 0,
        "StaffInfo": 0,
    },
    many=frozenset({"ReplacementInfoList"}),
)
_CHANGES = Shape(one={"DocumentInfo": 0, "DocumentReceiver": 0}, many=frozenset({"ReceiverList"}))
_RECEIVERS = Shape(many=frozenset({"Receiver"}))
_RECEIVER = Shape(one={"OrganId": 0, "ReceiverType": 0})
_REPLACEMENTS = Shape(many=frozenset({"ReplacementInfo"}))
_REPLACEMENT = Shape(one={"DocumentId": 0, "OrganIdList": 0})
_AGENCIES = Shape(many=frozenset({"OrganId"}))


def business(scan: Scan, element: etree._Element | None) -> Business | None:
    """The business block, None without one; a recall gives its reason, a replacement names what it replaces."""
    if element is None:
        return None
    section = Section(scan, element, PATH, _BUSINESS)
    operation = _operation(section)
    changes = section.one("BussinessDocumentInfo", _CHANGES)
    found = Business(
        operation=operation,
        reason=section.text("BussinessDocReason"),
        target=reference(section),
        paper=section.text("Paper"),
        document_changed=optional_boolean(changes, "DocumentInfo"),
        receivers_changed=optional_boolean(changes, "DocumentReceiver"),
        receivers=_receivers(changes),
        replacements=_replacements(section),
        staff=staff(section),
    )
    if operation is Operation.RECALL and not found.reason:
        section.note(rules.REASON_MISSING, "BussinessDocReason")
    if operation is Operation.REPLACE and not found.replacements:
        section.note(rules.FIELD_MISSING, "ReplacementInfoList")
    return found


def _operation(section: Section) -> Operation:
    text = section.text("BussinessDocType")
    if text and text not in OPERATIONS:
        section.note(rules.CODE_UNKNOWN, "BussinessDocType", text, allowed=", ".join(OPERATIONS))
    return OPERATIONS.get(text, Operation.NEW)


def _receivers(changes: Section) -> tuple[ReceiverChange, ...]:
    found = []
    for receivers in changes.many("ReceiverList", _RECEIVERS):
        for receiver in receivers.many("Receiver", _RECEIVER):
            kind = receiver.required("ReceiverType")
            if kind not in ("", "0", "1"):
                receiver.note(rules.CODE_UNKNOWN, "ReceiverType", kind, allowed="0, 1")
            found.append(ReceiverChange(agency=agency_code(receiver), added=kind == "1"))
    return tuple(found)


def _replacements(section: Section) -> tuple[Replacement, ...]:
    return tuple(
        _replacement(one)
        for replacements in section.many("ReplacementInfoList", _REPLACEMENTS)
        for one in replacements.many("ReplacementInfo", _REPLACEMENT)
    )


def _replacement(section: Section) -> Replacement:
    replaced = reference(section)
    if not replaced:
        section.note(rules.FIELD_MISSING, "DocumentId")
    agencies = section.one("OrganIdList", _AGENCIES).texts("OrganId")
    for code in agencies:
        if not is_agency_code(code):
            malformed(section, rules.AGENCY_MALFORMED, "OrganIdList/OrganId", code)
    return Replacement(reference=replaced, agencies=agencies)
