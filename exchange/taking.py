"""The rows and the receipt a vouched message becomes: plain functions from what was read to what is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envelopes.document_types import type_key
from envelopes.model import Document, Operation, StatusMessage
from exchange.addressing import note
from exchange.identifiers import uuid7
from signing.receipts import Policy, ReceiptFacts
from storage.deliveries import DeliveryRow, Event
from storage.envelopes import AttachmentRow, EnvelopeRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from envelopes.faults import Fault
    from exchange.addressing import DocumentPlan
    from exchange.intake import Vouched
    from exchange.spool import Spool
    from storage.directory import System


def reference_of(vouched: Vouched) -> str:
    """The sender's own id; a status message has none, so its digest stands for it (API.md)."""
    message = vouched.message
    return message.reference if isinstance(message, Document) else vouched.split.sha256.hex()


def operation_of(message: Document | StatusMessage) -> str | None:
    """`new`, `recall`, `update`, `replace`; None for a status message."""
    return message.operation.value if isinstance(message, Document) else None


def document_row(envelope_id: UUID, vouched: Vouched, plan: DocumentPlan, now: datetime) -> EnvelopeRow:
    """The envelope of a document."""
    document, row = plan.document, _row(envelope_id, vouched, now)
    return replace(
        row,
        number=document.number,
        notation=document.notation,
        subject=document.subject,
        issued_on=document.issued_on,
        urgency=document.urgency,
        due_on=document.due_on,
        document_type=type_key(document.type_name),
        reason=document.business.reason if document.business and document.operation is not Operation.NEW else "",
        undeliverable=plan.undeliverable,
        warnings=(*row.warnings, *(note(fault) for fault in plan.warnings)),
    )


def status_row(envelope_id: UUID, vouched: Vouched, now: datetime, warning: Fault | None) -> EnvelopeRow:
    """The envelope of a status message."""
    row = _row(envelope_id, vouched, now)
    return replace(row, warnings=(*row.warnings, note(warning))) if warning else row


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
            due_on=row.due_on,
        )
        for recipient in recipients
    ]


def status_delivery(
    row: EnvelopeRow, status: StatusMessage, *, about: UUID, recipient: str, silent: bool = False
) -> DeliveryRow:
    """The one delivery of a status message; `silent`: there is nobody to tell, so it does not wait."""
    return DeliveryRow(
        id=uuid7(),
        envelope=row.id,
        recipient=recipient,
        kind="status",
        state="completed" if silent else "waiting",
        withdrawn_at=row.accepted_at if silent else None,
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
