"""`Bussiness`, in the order that the national library writes it (edXML section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.reading_business import OPERATIONS
from envelopes.writing_header import staff
from envelopes.writing_text import group, leaf, optional

if TYPE_CHECKING:
    from envelopes.model import Business, Replacement

_CODES = {operation: code for code, operation in OPERATIONS.items()}


def business(one: Business | None) -> str:
    """The business block, or nothing."""
    if one is None:
        return ""
    return group(
        "Bussiness",
        optional("DocumentId", one.target or None),
        leaf("BussinessDocType", _CODES[one.operation]),
        leaf("BussinessDocReason", one.reason),
        leaf("Paper", one.paper),
        _changes(one),
        _replacements(one.replacements),
        staff(one.staff),
        attributes=' Id="Bussiness"',
    )


def _changes(one: Business) -> str:
    if one.document_changed is None and one.receivers_changed is None and not one.receivers:
        return ""
    receivers = [
        group("Receiver", leaf("OrganId", change.agency), leaf("ReceiverType", str(int(change.added))))
        for change in one.receivers
    ]
    return group(
        "BussinessDocumentInfo",
        optional("DocumentInfo", _flag(one.document_changed)),
        optional("DocumentReceiver", _flag(one.receivers_changed)),
        group("ReceiverList", *receivers) if receivers else "",
    )


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _replacements(replacements: tuple[Replacement, ...]) -> str:
    if not replacements:
        return ""
    return group("ReplacementInfoList", *(_replacement(one) for one in replacements))


def _replacement(one: Replacement) -> str:
    agencies = group("OrganIdList", *(leaf("OrganId", code) for code in one.agencies))
    return group("ReplacementInfo", leaf("DocumentId", one.reference), agencies)
