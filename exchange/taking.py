"""The rows and the receipt a vouched message becomes: plain functions from what was read to what is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envelopes.agency_codes import difference
from envelopes.faults import Refused
from envelopes.model import Document, StatusMessage
from exchange import rules
from exchange.identifiers import uuid7
from signing.receipts import Policy, ReceiptFacts
from storage.deliveries import DeliveryRow, Event
from storage.envelopes import AttachmentRow, EnvelopeRow, Note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from envelopes.faults import Fault
    from exchange.intake import Vouched
    from exchange.spool import Spool
    from storage.directory import Agency, System


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPlan:
    """A document and where it goes: codes of recipients, and a note for each that cannot be reached."""

    document: Document
    recipients: tuple[str, ...]
    undeliverable: tuple[Note, ...]


def reference_of(vouched: Vouched) -> str:
    """The sender's own id; a status message has none, so its digest stands for it (API.md)."""
    message = vouched.message
    return message.reference if isinstance(message, Document) else vouched.split.sha256.hex()


def operation_of(message: Document | StatusMessage) -> str | None:
    """`new`, `recall`, `update`, `replace`; None for a status message."""
    return message.operation.value if isinstance(message, Document) else None


def agencies_named(message: Document | StatusMessage) -> list[str]:
    """The codes of the agencies a message is for, as it writes them."""
    if isinstance(message, StatusMessage):
        return [message.answers.agency]
    return [recipient.code for recipient in message.recipients]


def plan_document(
    document: Document, known: Mapping[str, Agency], alike: Mapping[str, str], *, limit: int
) -> DocumentPlan:
    """Who gets the document; refused when nobody can (conformance C06), when an agency is named twice under two of its
    codes (C05), or when they are too many (TM-42). `alike` has a known code that looks like it for an unknown one."""
    count = len(document.recipients)
    if count > limit:
        rules.RECIPIENTS_TOO_MANY.refuse("edXMLHeader/MessageHeader/To", count, count=count, limit=limit)
    reached: dict[str, str] = {}  # an agency's own code, and the one it is named by
    repeated: list[Fault] = []
    faults: list[tuple[str, Fault]] = []
    for n, recipient in enumerate(document.recipients, 1):
        code, path = recipient.code, f"edXMLHeader/MessageHeader/To[{n}]/OrganId"
        agency = known.get(code)
        if agency is None or not agency.active:
            faults.append((code, _unreachable(path, code, agency, alike.get(code))))
        elif agency.code in reached:
            other = reached[agency.code]
            repeated.append(rules.RECIPIENT_SAME.at(path, code, code=code, other=other, agency=agency.code))
        else:
            reached[agency.code] = code
    if repeated or not reached:
        raise Refused(*repeated, *(fault for _, fault in faults))
    notes = tuple(note(fault, recipient=code) for code, fault in faults)
    return DocumentPlan(document=document, recipients=tuple(reached), undeliverable=notes)


def _unreachable(path: str, code: str, agency: Agency | None, alike: str | None) -> Fault:
    if agency is not None:
        return rules.RECIPIENT_LOCKED.at(path, code, code=code)
    if alike is None:
        return rules.RECIPIENT_UNKNOWN.at(path, code, code=code)
    vi, en = difference(code, alike)
    return rules.RECIPIENT_CONFUSABLE.at(path, code, code=code, known=alike, found_vi=vi, found_en=en)


def note(fault: Fault, *, recipient: str = "") -> Note:
    """The fault as it is kept with an envelope."""
    return Note(code=fault.code, vi=fault.vi, en=fault.en, path=fault.path, value=fault.value, recipient=recipient)


def document_row(envelope_id: UUID, vouched: Vouched, plan: DocumentPlan, now: datetime) -> EnvelopeRow:
    """The envelope of a document."""
    document = plan.document
    return replace(
        _row(envelope_id, vouched, now),
        number=document.number,
        notation=document.notation,
        subject=document.subject,
        issued_on=document.issued_on,
        urgency=document.urgency,
        due_on=document.due_on,
        undeliverable=plan.undeliverable,
    )


def status_row(envelope_id: UUID, vouched: Vouched, now: datetime, flag: Fault | None) -> EnvelopeRow:
    """The envelope of a status message."""
    row = _row(envelope_id, vouched, now)
    return replace(row, warnings=(*row.warnings, note(flag))) if flag else row


def _row(envelope_id: UUID, vouched: Vouched, now: datetime) -> EnvelopeRow:
    message = vouched.message
    return EnvelopeRow(
        id=envelope_id,
        kind="document" if isinstance(message, Document) else "status",
        operation=operation_of(message),
        sender=message.sender.code,
        system=vouched.system.id,
        reference=reference_of(vouched),
        sha256=vouched.split.sha256,
        size=vouched.split.size,
        identity=vouched.identity,
        outcome=vouched.outcome,
        profile=vouched.profile,
        certificate=vouched.certificate,
        signer=vouched.signer,
        weak=vouched.weak,
        claimed_at=vouched.claimed_at,
        held_reason=vouched.held_reason,
        evidence=vouched.evidence,
        accepted_at=now,
        warnings=tuple(note(fault) for fault in vouched.warnings),
    )


def delivery_rows(row: EnvelopeRow, recipients: Sequence[str]) -> list[DeliveryRow]:
    """One delivery for each recipient, independent of the others (DESIGN decision 5)."""
    return [
        DeliveryRow(
            id=uuid7(),
            envelope=row.id,
            recipient=recipient,
            kind="document",
            state="waiting",
            urgency=row.urgency,
            accepted_at=row.accepted_at,
            held=row.outcome == "held",
        )
        for recipient in recipients
    ]


def status_delivery(row: EnvelopeRow, status: StatusMessage, *, about: UUID, recipient: str) -> DeliveryRow:
    """The one delivery of a status message."""
    return DeliveryRow(
        id=uuid7(),
        envelope=row.id,
        recipient=recipient,
        kind="status",
        state="waiting",
        urgency=0,
        accepted_at=row.accepted_at,
        held=row.outcome == "held",
        about=about,
        status_code=status.code,
        status_text=status.description,
        reported_at=status.reported_at or row.accepted_at,
    )


def first_event(delivery: DeliveryRow, row: EnvelopeRow) -> Event:
    """The beginning of every delivery's history."""
    held = row.held_reason if row.outcome == "held" else None
    return Event(delivery=delivery.id, event="held" if held else "taken", by=row.sender, description=held)


def attachment_rows(vouched: Vouched, document: Document) -> list[AttachmentRow]:
    """The attachments in the order of the file."""
    rows = []
    for head, content in zip(document.attachments, vouched.split.contents, strict=True):
        opened = vouched.looked.opened.get(content.n)
        media = vouched.looked.media_types[content.n]
        rows.append(
            AttachmentRow(
                n=content.n,
                name=head.name,
                media_type="application/zip" if opened else media,
                object=content.sha256,
                size=content.size,
                cut=content.cut,
                text_size=content.text_size,
                layout=content.layout.to_text() if content.layout else None,
                text_object=content.text_sha256,
                opened_object=opened.sha256 if opened else None,
                opened_size=opened.size if opened else None,
                opened_media_type=media if opened else None,
            )
        )
    return rows


def files(vouched: Vouched, spool: Spool) -> dict[bytes, tuple[Path, int]]:
    """Every object of the envelope: digest to file and size in bytes; equal contents once."""
    found: dict[bytes, tuple[Path, int]] = {}
    for content in vouched.split.contents:
        found[content.sha256] = (spool.path(content.n), content.size)
        if content.text_sha256 is not None:
            found[content.text_sha256] = (spool.text_path(content.n), content.text_size)
        opened = vouched.looked.opened.get(content.n)
        if opened is not None:
            found[opened.sha256] = (spool.opened_path(content.n), opened.size)
    return found


def policy_of(system: System) -> Policy:
    """What was demanded of the system, as the receipt says it."""
    return Policy(allow_unsigned=system.allow_unsigned, strict=system.strict, weak_until=system.weak_until)


def receipt_facts(
    row: EnvelopeRow, rows: Sequence[DeliveryRow], attached: Sequence[AttachmentRow], policy: Policy | None
) -> ReceiptFacts:
    """What the exchange puts its seal to; `policy` is None for a status it wrote itself."""
    return ReceiptFacts(
        envelope=row.id,
        kind=row.kind,
        operation=row.operation,
        reference=row.reference,
        sender=row.sender,
        system=row.system or "",
        sha256=row.sha256.hex(),
        size=row.size,
        accepted_at=row.accepted_at,
        recipients=tuple((one.id, one.recipient) for one in rows),
        undeliverable=tuple((one.recipient, one.code) for one in row.undeliverable),
        attachments=tuple((one.n, one.name, one.size, one.object.hex()) for one in attached),
        outcome=row.outcome,
        profile=row.profile,
        certificate=row.certificate.hex() if row.certificate else None,
        policy=policy,
        signer=row.signer,
    )
