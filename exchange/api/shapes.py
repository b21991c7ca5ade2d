"""JSON answers from types: the only place that spells the fields of API v1."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from ssl import DER_cert_to_PEM_cert
from typing import TYPE_CHECKING, Any

from aiohttp import web

from envelopes.file_names import safe_file_name
from envelopes.moments import can_be_shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envelopes.faults import Fault
    from envelopes.pdf_outcomes import PdfOutcome, PdfReason, PdfSignature
    from exchange.collect import Arrival, Confirmed
    from exchange.look import Sent
    from storage.deliveries import DeliveryRow, Event
    from storage.envelopes import AttachmentRow, EnvelopeRow, Note
    from storage.links import Message, SeenLink
    from storage.removals import Removal
    from storage.seals import SealRow

    Json = dict[str, Any]


def json_bytes(content: Any) -> bytes:
    """JSON in UTF-8, Vietnamese readable. Bytes of a header that were no UTF-8 are shown as question marks."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def json_answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer of JSON; RFC 8259 knows no charset parameter."""
    return web.Response(status=status, body=json_bytes(content), content_type="application/json", headers=headers)


def moment(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds (API v1, conventions)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fault_json(fault: Fault) -> Json:
    """One fault as problems list it."""
    return {
        "code": fault.code,
        "path": fault.path,
        "class": fault.cls.value,
        "value": fault.value,
        "message": {"vi": fault.vi, "en": fault.en},
        "rule": fault.source,
    }


def warning_json(note: Note) -> Json:
    """One warning kept with an envelope."""
    return {
        "code": note.code,
        "path": note.path,
        "value": note.value,
        "message": {"vi": note.vi, "en": note.en},
    }


def undeliverable_json(note: Note) -> Json:
    """A recipient that gets nothing, and why."""
    return {"recipient": note.recipient, "fault": {"code": note.code, "message": {"vi": note.vi, "en": note.en}}}


def signature_json(row: EnvelopeRow) -> Json:
    """What the gate said of the envelope."""
    certificate = row.certificate.hex() if row.certificate else None
    return {
        "outcome": row.outcome,
        "profile": row.profile,
        "certificate": certificate,
        "signer": row.signer,
        "claimed_at": moment(row.claimed_at) if row.claimed_at and can_be_shown(row.claimed_at) else None,
        "reason": row.held_reason,
    }


def sent_json(sent: Sent, *, history: bool) -> Json:
    """An envelope as its sender sees it; `history` adds each delivery's events, the attachments, and the links."""
    row = sent.envelope
    more = _followed(sent) if history else {}
    return {
        "id": str(row.id),
        "kind": row.kind,
        "reference": row.reference,
        "operation": row.operation,
        "sender": row.sender,
        "sha256": row.sha256.hex(),
        "size": row.size,
        "accepted_at": moment(row.accepted_at),
        "signature": signature_json(row),
        "deliveries": [
            _sent_delivery(one, sent.events.get(one.id, ()) if history else None) for one in sent.deliveries
        ],
        "undeliverable": [undeliverable_json(note) for note in row.undeliverable],
        "warnings": [warning_json(note) for note in row.warnings],
        "receipt": f"/v1/envelopes/{row.id}/receipt",
        **more,
    }


def _followed(sent: Sent) -> Json:
    return {
        "attachments": [attachment_json(one) for one in sent.attachments],
        "reason": sent.envelope.reason or None,
        "links": [link_json(link) for link in sent.links],
    }


def _sent_delivery(row: DeliveryRow, events: Sequence[Event] | None) -> Json:
    shown: Json = {"id": str(row.id), "recipient": row.recipient, "state": row.state}
    if events is not None:
        shown |= late_json(row) | {"events": [event_json(event) for event in events]}
    return shown


def late_json(row: DeliveryRow) -> Json:
    """Since when nobody accepted or refused it in time, since when it was not handled by its due date."""
    late, overdue = row.late_to_receive_since, row.overdue_since
    return {
        "late_to_receive_since": moment(late) if late else None,
        "overdue_since": moment(overdue) if overdue else None,
    }


def event_json(event: Event) -> Json:
    """One line of a delivery's history."""
    assert event.at is not None  # the database stamps every line
    return {
        "at": moment(event.at),
        "event": event.event,
        "code": event.code,
        "by": event.by,
        "description": event.description,
        "flagged": event.flagged,
    }


def arrival_json(arrival: Arrival, *, history: bool) -> Json:
    """A delivery as its recipient sees it; `history` adds its events."""
    row, delivery = arrival.envelope, arrival.delivery
    shown: Json = {
        "id": str(delivery.id),
        "envelope": str(row.id),
        "kind": row.kind,
        "operation": row.operation,
        "reference": row.reference,
        "sender": row.sender,
        "recipient": delivery.recipient,
        "number": row.number or None,
        "notation": row.notation or None,
        "subject": row.subject or None,
        "issued_on": row.issued_on.isoformat() if row.issued_on else None,
        "urgency": row.urgency,
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "state": delivery.state,
        **late_json(delivery),
        "sha256": row.sha256.hex(),
        "size": row.size,
        "accepted_at": moment(delivery.accepted_at),
        "signature": signature_json(row),
        "status": status_json(delivery),
        "attachments": [attachment_json(one) for one in arrival.attachments],
        "reason": row.reason or None,
        "links": [link_json(link) for link in arrival.links],
    }
    if history:
        shown["events"] = [event_json(event) for event in arrival.events]
    return shown


def link_json(link: SeenLink) -> Json:
    """What a document has to do with another one."""
    return {
        "kind": link.kind,
        "envelope": str(link.envelope),
        "delivery": str(link.delivery) if link.delivery else None,
        "reference": link.reference,
        "recipients": list(link.recipients),
    }


def message_json(message: Message, links: Sequence[SeenLink]) -> Json:
    """One document of a conversation."""
    return {
        "envelope": str(message.id),
        "delivery": str(message.delivery) if message.delivery else None,
        "operation": message.operation,
        "reference": message.reference,
        "sender": message.sender,
        "number": message.number or None,
        "notation": message.notation or None,
        "subject": message.subject or None,
        "issued_on": message.issued_on.isoformat() if message.issued_on else None,
        "accepted_at": moment(message.accepted_at),
        "links": [link_json(link) for link in links],
    }


def status_json(row: DeliveryRow) -> Json | None:
    """What a status message says, and of which delivery; None for a document."""
    if row.kind != "status":
        return None
    return {
        "code": row.status_code,
        "description": row.status_text or None,
        "reported_at": moment(row.reported_at) if row.reported_at else None,
        "delivery": str(row.about) if row.about else None,
    }


def attachment_json(row: AttachmentRow) -> Json:
    """One attachment as it is handed out: under a safe name, and what was inside when it came in a one-entry zip."""
    opened = row.opened_object
    return {
        "n": row.n,
        "name": safe_file_name(row.name),
        "media_type": (row.opened_media_type or row.media_type) if opened else row.media_type,
        "size": row.opened_size if opened else row.size,
        "sha256": (opened or row.object).hex(),
        "pdf_signatures": pdf_json(row.pdf) if row.pdf else None,
        "removed": removal_json(row.removed) if row.removed else None,
    }


def removal_json(removal: Removal) -> Json:
    """That an attachment's content was removed: when, by which rule, whose rule it is."""
    return {"at": moment(removal.at), "rule": removal.rule, "by": removal.by}


def pdf_json(outcome: PdfOutcome) -> Json:
    """What is known of the signatures inside a PDF."""
    return {
        "state": outcome.state.value,
        "reason": _pdf_reason(outcome.reason) if outcome.reason else None,
        "signatures": [_pdf_signature(one) for one in outcome.signatures],
    }


def _pdf_signature(one: PdfSignature) -> Json:
    return {
        "field": one.field,
        "kind": one.kind,
        "verdict": one.verdict.value,
        "intact": one.intact,
        "coverage": one.coverage.value,
        "changes": one.changes.value,
        "signer": one.signer,
        "organization": one.organization,
        "signer_type": one.signer_type,
        "certificate": one.certificate,
        "trust": one.trust.value if one.trust else None,
        "signed_at": moment(one.signed_at) if one.signed_at else None,
        "time": one.time,
        "reasons": [_pdf_reason(reason) for reason in one.reasons],
    }


def _pdf_reason(reason: PdfReason) -> Json:
    return {"code": reason.code, "message": {"vi": reason.vi, "en": reason.en}}


def confirmed_json(confirmed: Confirmed) -> Json:
    """The answer to a confirmation."""
    return {"id": str(confirmed.id), "state": confirmed.state, "confirmed_at": moment(confirmed.confirmed_at)}


def seal_json(row: SealRow, *, in_use: bool) -> Json:
    """A seal's certificate with the authorities it leads through, as PEM; `in_use`: receipts are made with it now."""
    return {
        "sha256": row.sha256.hex(),
        "subject": row.subject,
        "not_before": moment(row.not_before),
        "not_after": moment(row.not_after),
        "first_seen_at": moment(row.first_seen_at),
        "in_use": in_use,
        "certificate": DER_cert_to_PEM_cert(row.der),
        "authorities": [DER_cert_to_PEM_cert(der) for der in row.authorities],
    }
