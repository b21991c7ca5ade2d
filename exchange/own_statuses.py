"""Statuses that the exchange writes itself, under its own seal: 01 on confirmation, 13 to a removed receiver."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes import limits
from envelopes.model import Organization, ResponseFor, StatusMessage
from envelopes.writing import write_status
from exchange import taking
from exchange.identifiers import uuid7
from storage import deliveries, envelopes, reported
from storage.deliveries import Event
from storage.envelopes import EnvelopeRow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.deliveries import DeliveryRow, Waiting

NO_REASON = "Nơi gửi cập nhật danh sách nơi nhận"
"""What a removed receiver is told when the update gives no reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """A status to be written: what it says, of which delivery, to whom, and what it is known again by."""

    status: StatusMessage
    about: UUID
    recipient: str
    identity: bytes
    at: datetime


async def report_arrival(exchange: Exchange, conn: Connection, waiting: Waiting, at: datetime) -> None:
    """Tell the document's sender 01, once (conformance C26): not again if the recipient's system has said so itself."""
    delivery, envelope = waiting.delivery, waiting.envelope
    line = Event(delivery=delivery.id, event="collected", code=limits.ARRIVED, by=delivery.recipient)
    if await reported.is_told(conn, delivery.id, limits.ARRIVED):
        await deliveries.insert_events(conn, [line])
        return
    status = StatusMessage(
        sender=Organization(code=delivery.recipient),
        answers=_answers(envelope, envelope.sender),
        code=limits.ARRIVED,
        description="Văn bản đã đến hệ thống của đơn vị nhận",
        reported_at=at.replace(microsecond=0),
    )
    # the words about a recall may be, byte for byte, those about the document it recalls
    own = _Own(
        status=status,
        about=delivery.id,
        recipient=envelope.sender,
        identity=_identity(limits.ARRIVED, delivery.id),
        at=at,
    )
    written = await _write(exchange, conn, own)
    await deliveries.insert_events(
        conn, [Event(delivery=line.delivery, event=line.event, code=line.code, by=line.by, envelope=written)]
    )


async def ask_back(exchange: Exchange, conn: Connection, update: EnvelopeRow, copy: Waiting) -> None:
    """Tell a receiver that an update removed to give its copy back: the sender's 13, as the update signed for it."""
    at = await envelopes.clock(conn)
    status = StatusMessage(
        sender=Organization(code=update.sender),
        answers=_answers(copy.envelope, copy.delivery.recipient),
        code=limits.RECALL_ASKED,
        description=update.reason or NO_REASON,
        reported_at=at.replace(microsecond=0),
    )
    own = _Own(
        status=status,
        about=copy.delivery.id,
        recipient=copy.delivery.recipient,
        identity=_identity(limits.RECALL_ASKED, copy.delivery.id, update.id),
        at=at,
    )
    await _write(exchange, conn, own)


def _answers(envelope: EnvelopeRow, agency: str) -> ResponseFor:
    return ResponseFor(
        agency=agency,
        code=f"{envelope.number}/{envelope.notation}",
        issued_on=envelope.issued_on,
        reference=envelope.reference,
    )


def _identity(*parts: object) -> bytes:
    return hashlib.sha256("".join(f"{part}\n" for part in parts).encode()).digest()


async def _write(exchange: Exchange, conn: Connection, own: _Own) -> UUID:
    """Keep it like any status and ring; its envelope."""
    row, skeleton, one, receipt = await exchange.threads.run(_sealed, exchange, own)
    written = await envelopes.insert_envelope(conn, row, skeleton=skeleton, receipt=receipt)
    assert written  # said once of a delivery
    await deliveries.insert_deliveries(conn, [one])
    await deliveries.ring(conn, [one.recipient])
    return row.id


def _sealed(exchange: Exchange, own: _Own) -> tuple[EnvelopeRow, bytes, DeliveryRow, bytes]:
    skeleton = exchange.seal.status(write_status(own.status))
    digest = hashlib.sha256(skeleton).digest()
    row = EnvelopeRow(
        id=uuid7(),
        kind="status",
        operation=None,
        sender=own.status.sender.code,
        system=None,
        reference=digest.hex(),
        sha256=digest,
        size=len(skeleton),
        identity=own.identity,
        outcome="verified",
        profile="P",
        certificate=exchange.seal.certificate_sha256,
        accepted_at=own.at,
    )
    one = taking.status_delivery(row, own.status, about=own.about, recipient=own.recipient)
    return row, skeleton, one, exchange.seal.receipt(taking.receipt_facts(row, [one], [], None))
