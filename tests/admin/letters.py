"""Documents for the desk to show, written as the exchange writes them once it has taken one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from exchange.identifiers import uuid7
from storage import deliveries, directory, envelopes, objects_held
from storage.deliveries import DeliveryRow, Event
from storage.envelopes import AttachmentRow, EnvelopeRow, Note

if TYPE_CHECKING:
    from storage.database import Database

A, B, C = "H08.02", "H08.30", "H08.31"
NAMES = {A: "Sở Nội vụ tỉnh Bình Định", B: "Ủy ban nhân dân huyện Tuy Phước", C: "Ủy ban nhân dân xã Phước Sơn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is particular about one document."""

    sender: str = A
    recipients: tuple[str, ...] = (B,)
    number: str = "125"
    subject: str = "V/v triển khai liên thông văn bản điện tử"
    urgency: int = 0
    operation: str = "new"
    outcome: str = "verified"
    held_reason: str | None = None
    certificate: bytes | None = None
    signer: str | None = None
    state: str = "waiting"
    files: tuple[str, ...] = ()
    undeliverable: tuple[Note, ...] = ()
    due_on: date | None = None
    accepted_at: datetime = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)


async def people(database: Database) -> None:
    """The three agencies."""
    async with database.transaction() as conn:
        for code, name in NAMES.items():
            await directory.add_agency(conn, code=code, name=name, level=None, parent=None)


async def put(database: Database, letter: Letter) -> dict[str, UUID]:
    """Write the document; its delivery to each recipient."""
    row = _envelope(letter)
    held = letter.outcome in ("held", "rejected")
    rows = [
        DeliveryRow(
            id=_later_id(),
            envelope=row.id,
            recipient=code,
            kind="document",
            state=letter.state,
            urgency=letter.urgency,
            accepted_at=row.accepted_at,
            held=held,
        )
        for code in letter.recipients
    ]
    files = [_attachment(n, name) for n, name in enumerate(letter.files, 1)]
    async with database.transaction() as conn:
        assert await envelopes.insert_envelope(conn, row, skeleton=b"<edXML/>", receipt=b"<Receipt/>")
        objects = [stored for one in files for stored in one.objects()]
        await objects_held.announce_uploads(conn, envelope=row.id, objects=[digest for digest, _ in objects])
        await objects_held.record_objects(conn, envelope=row.id, objects=objects)
        await envelopes.insert_attachments(conn, row.id, files)
        await deliveries.insert_deliveries(conn, rows)
        first = Event(delivery=row.id, event="held" if held else "taken", by=letter.sender)
        await deliveries.insert_events(conn, [replace(first, delivery=one.id) for one in rows])
    return {one.recipient: one.id for one in rows}


async def report(database: Database, delivery: UUID, *events: Event) -> None:
    """Add lines to a delivery's history."""
    async with database.transaction() as conn:
        await deliveries.insert_events(conn, [replace(event, delivery=delivery) for event in events])


async def many(database: Database, count: int) -> list[str]:
    """So many documents from A to B, a minute apart; their numbers, newest first."""
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    for n in range(count):
        at = begin + timedelta(minutes=n // 2)  # pairs of the same minute: the place must tell them apart
        await put(database, Letter(number=f"{n:03}", accepted_at=at))
    return [f"{n:03}" for n in reversed(range(count))]


def _envelope(letter: Letter) -> EnvelopeRow:
    name = uuid7()
    return EnvelopeRow(
        id=name,
        kind="document",
        operation=letter.operation,
        sender=letter.sender,
        system=None,
        reference=f"{letter.sender},2026/11/19,{letter.number}/SNV-VP",
        sha256=hashlib.sha256(name.bytes).digest(),
        size=14321,
        identity=hashlib.sha256(name.bytes).digest(),
        outcome=letter.outcome,
        profile="P" if letter.outcome != "absent" else None,
        certificate=letter.certificate,
        accepted_at=letter.accepted_at,
        signer=letter.signer,
        weak=letter.outcome == "verified_weak",
        held_reason=letter.held_reason,
        number=letter.number,
        notation="SNV-VP",
        subject=letter.subject,
        issued_on=date(2026, 11, 19),
        urgency=letter.urgency,
        due_on=letter.due_on,
        undeliverable=letter.undeliverable,
    )


_last = UUID(int=0)


def _later_id() -> UUID:
    """An id of a later millisecond than the last one: within one, the order of ids is chance."""
    global _last
    while (made := uuid7()).int >> 80 == _last.int >> 80:
        pass
    _last = made
    return made


def _attachment(n: int, name: str) -> AttachmentRow:
    return AttachmentRow(
        n=n,
        name=name,
        media_type="application/pdf",
        object=hashlib.sha256(name.encode()).digest(),
        size=148_200 * n,
        cut=0,
        text_size=0,
        layout="76/lf",
    )
