"""Status messages: which delivery one speaks of, what it does to it, and the automatic 01 of the exchange's own.

A status is matched by reference first and never by number without the year (edXML section 7); out of order it is kept,
delivered and flagged, never lost (conformance C28).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envelopes import limits
from envelopes.model import Organization, ResponseFor, StatusMessage
from envelopes.states import State, Verdict, after
from envelopes.writing import write_status
from exchange import rules, taking
from exchange.identifiers import uuid7
from storage import deliveries, envelopes
from storage.deliveries import Event
from storage.envelopes import EnvelopeRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from envelopes.faults import Fault
    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.deliveries import DeliveryRow, Waiting
    from storage.directory import Agency

EVENTS = {
    limits.ARRIVED: "arrived",
    limits.REFUSED: "refused",
    limits.ACCEPTED: "accepted",
    limits.ASSIGNED: "assigned",
    limits.IN_HAND: "in_hand",
    limits.COMPLETED: "completed",
    limits.RECALL_ASKED: "recall_asked",
    limits.RECALL_AGREED: "recalled",
    limits.RECALL_REFUSED: "recall_refused",
}
"""The word for each code in a delivery's history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPlan:
    """A status message, the delivery it speaks of, and the agency that hears of it."""

    status: StatusMessage
    about: UUID
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a status does to a delivery: the state after it, and the flag if it came out of order."""

    about: UUID
    state: str
    state_before: str | None
    flag: Fault | None


async def plan_status(conn: Connection, status: StatusMessage, known: Mapping[str, Agency]) -> StatusPlan:
    """Find the delivery; refused unless the reporter is its recipient, or for 13 its sender (TM-14).

    Whichever code of the other agency the message names, the plan has that agency's own.
    """
    other = known.get(status.answers.agency)
    answers = replace(status.answers, agency=other.code) if other else status.answers
    taking_back = status.code == limits.RECALL_ASKED  # the one code that the original sender reports (edXML section 7)
    owner = status.sender.code if taking_back else answers.agency
    recipient = answers.agency if taking_back else status.sender.code
    about = await deliveries.find_answered(
        conn,
        owner=owner,
        recipient=recipient,
        reference=answers.reference or None,
        code=answers.code,
        issued_on=answers.issued_on,
    )
    if about is None:
        reference = answers.reference or answers.code
        rules.STATUS_UNMATCHED.refuse(
            "edXMLHeader/MessageHeader/ResponseFor", reference, reference=reference, owner=owner, recipient=recipient
        )
    return StatusPlan(status=replace(status, answers=answers), about=about, recipient=answers.agency)


async def effect_of(conn: Connection, plan: StatusPlan) -> Effect:
    """What the status does, decided while the delivery is kept from everybody else."""
    found = await deliveries.lock_delivery(conn, plan.about)
    assert found is not None  # deliveries are never deleted
    now = found.delivery
    before = State(now.state_before) if now.state_before else None
    step = after(State(now.state), plan.status.code, before=before)
    flag = None
    if step.verdict is Verdict.OUT_OF_ORDER:
        path = "edXMLHeader/MessageHeader/StatusCode"
        flag = rules.STATUS_OUT_OF_ORDER.at(path, plan.status.code, code=plan.status.code, state=now.state)
    return Effect(
        about=plan.about,
        state=step.state.value,
        state_before=step.before.value if step.before else None,
        flag=flag,
    )


async def apply(conn: Connection, effect: Effect, status: StatusMessage, envelope: UUID) -> None:
    """Move the delivery and write the line of history; `envelope` is the status message's own."""
    await deliveries.move(conn, effect.about, state=effect.state, state_before=effect.state_before)
    line = Event(
        delivery=effect.about,
        event=EVENTS[status.code],
        code=status.code,
        by=status.sender.code,
        description=status.description or None,
        flagged=effect.flag is not None,
        envelope=envelope,
    )
    await deliveries.insert_events(conn, [line])


async def report_arrival(exchange: Exchange, conn: Connection, waiting: Waiting, at: datetime) -> None:
    """Tell the document's sender 01, as a status message of its own under the exchange's seal (conformance C26)."""
    status = _arrival(waiting, at)
    row, skeleton, one, receipt = await exchange.threads.run(_sealed, exchange, waiting, status, at)
    written = await envelopes.insert_envelope(conn, row, skeleton=skeleton, receipt=receipt)
    assert written  # a delivery is confirmed once
    await deliveries.insert_deliveries(conn, [one])
    line = Event(delivery=waiting.delivery.id, event="collected", code=limits.ARRIVED, by=row.sender, envelope=row.id)
    await deliveries.insert_events(conn, [line])
    await deliveries.ring(conn, [one.recipient])


def _arrival(waiting: Waiting, at: datetime) -> StatusMessage:
    envelope = waiting.envelope
    return StatusMessage(
        sender=Organization(code=waiting.delivery.recipient),
        answers=ResponseFor(
            agency=envelope.sender,
            code=f"{envelope.number}/{envelope.notation}",
            issued_on=envelope.issued_on,
            reference=envelope.reference,
        ),
        code=limits.ARRIVED,
        description="Văn bản đã đến hệ thống của đơn vị nhận",
        reported_at=at.replace(microsecond=0),
    )


def _identity(delivery: UUID) -> bytes:
    """One for each delivery: the words about a recall may be, byte for byte, those about the document it recalls."""
    return hashlib.sha256(f"{limits.ARRIVED}\n{delivery}\n".encode()).digest()


def _sealed(
    exchange: Exchange, waiting: Waiting, status: StatusMessage, at: datetime
) -> tuple[EnvelopeRow, bytes, DeliveryRow, bytes]:
    skeleton = exchange.seal.status(write_status(status))
    digest = hashlib.sha256(skeleton).digest()
    row = EnvelopeRow(
        id=uuid7(),
        kind="status",
        operation=None,
        sender=status.sender.code,
        system=None,
        reference=digest.hex(),
        sha256=digest,
        size=len(skeleton),
        identity=_identity(waiting.delivery.id),
        outcome="verified",
        profile="P",
        certificate=exchange.seal.certificate_sha256,
        accepted_at=at,
    )
    one = taking.status_delivery(row, status, about=waiting.delivery.id, recipient=waiting.envelope.sender)
    return row, skeleton, one, exchange.seal.receipt(taking.receipt_facts(row, [one], [], None))
