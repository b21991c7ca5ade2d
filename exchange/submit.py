"""Taking an envelope: the one way in, for documents and status messages alike (RELIABILITY section 3).

Objects first, rows second: what is answered with an id has been committed with its sealed receipt.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from envelopes.model import StatusMessage
from exchange import rules, statuses, taking
from exchange.failpoints import failpoint
from exchange.identifiers import uuid7
from exchange.intake import take_in
from exchange.spool import spooled
from exchange.statuses import StatusPlan
from exchange.taking import DocumentPlan
from storage import deliveries, directory, envelopes, objects_held

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from exchange.exchange import Exchange
    from exchange.intake import Vouched
    from exchange.spool import Spool
    from storage.connection import Connection
    from storage.directory import Agency, System
    from storage.envelopes import EnvelopeRow

    Plan = DocumentPlan | StatusPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An envelope the exchange answers for; `created` is False when the same signed content was taken before."""

    id: UUID
    created: bool


class _TakenBefore(Exception):  # noqa: N818 - says what was found
    """Another submission of the same reference was faster; the transaction is rolled back."""


async def submit(exchange: Exchange, system: System, body: AsyncIterator[bytes]) -> Taken:
    """Take the envelope in `body`, or say why not.

    Raises `Refused`, `Busy`, `DatabaseAway` or `ObjectsAway` (nothing was kept), `CommitUnknown` (ask again).
    """
    envelope_id = uuid7()
    settings = exchange.settings
    async with spooled(exchange.threads, settings.spool, envelope_id, sync=not exchange.objects.durable) as spool:
        vouched = await take_in(exchange, system, spool, body)
        failpoint("submit.after_gate")
        plan = await _plan(exchange, vouched)
        if isinstance(plan, Taken):
            return plan
        await _store(exchange, envelope_id, vouched, spool)
        try:
            await _commit(exchange, envelope_id, vouched, plan)
        except _TakenBefore:
            return await _replay(exchange, vouched)
        failpoint("submit.after_commit")
        return Taken(id=envelope_id, created=True)


async def _plan(exchange: Exchange, vouched: Vouched) -> Plan | Taken:
    """Where it goes, after everything that needs the database; or what was taken before."""
    message = vouched.message
    async with exchange.database.acquire() as conn:
        before = await _before(conn, vouched)
        if before is not None:
            return _same_or_conflict(before, vouched)
        codes = [message.sender.code]
        if not isinstance(message, StatusMessage):
            codes += [recipient.code for recipient in message.recipients]
        known = await directory.agencies(conn, codes)
        _check_sender(known, message.sender.code)
        if isinstance(message, StatusMessage):
            return await statuses.plan_status(conn, message)
    return taking.plan_document(message, known, limit=exchange.settings.max_recipients)


def _check_sender(known: dict[str, Agency], code: str) -> None:
    sender = known.get(code)
    if sender is None or not sender.active:
        rules.SENDER_LOCKED.refuse("edXMLHeader/MessageHeader/From/OrganId", code, sender=code)


async def _before(conn: Connection, vouched: Vouched) -> EnvelopeRow | None:
    message = vouched.message
    return await envelopes.taken_before(
        conn,
        sender=message.sender.code,
        reference=taking.reference_of(vouched),
        operation=taking.operation_of(message),
        identity=vouched.identity,
    )


def _same_or_conflict(before: EnvelopeRow, vouched: Vouched) -> Taken:
    """The first answer again for the same signed content, a conflict for other content (SECURITY 1.2)."""
    if before.identity == vouched.identity:
        return Taken(id=before.id, created=False)
    first, second = before.sha256.hex(), vouched.split.sha256.hex()
    raise Refused(
        rules.REFERENCE_CONFLICT.at(
            "edXMLHeader/MessageHeader/DocumentId",
            f"{first} {second}",
            reference=before.reference,
            accepted=before.accepted_at.isoformat(timespec="seconds"),
            first=first,
            second=second,
        )
    )


async def _replay(exchange: Exchange, vouched: Vouched) -> Taken:
    async with exchange.database.acquire() as conn:
        before = await _before(conn, vouched)
    assert before is not None  # envelopes are never deleted
    return _same_or_conflict(before, vouched)


async def _store(exchange: Exchange, envelope_id: UUID, vouched: Vouched, spool: Spool) -> None:
    """Announce and store every object; each is read back before this returns."""
    files = taking.files(vouched, spool)
    if not files:
        return
    async with exchange.database.acquire() as conn:
        await objects_held.announce_uploads(conn, envelope=envelope_id, objects=list(files))
    failpoint("submit.after_intent")

    async def put(sha256: bytes, path: Path, size: int) -> None:
        await exchange.objects.put(sha256.hex(), path, size)

    await asyncio.gather(*(put(sha256, path, size) for sha256, (path, size) in files.items()))
    failpoint("submit.after_put")
    if not exchange.objects.durable:
        await exchange.threads.run(spool.keep, [(sha256, path) for sha256, (path, _) in files.items()])


async def _commit(exchange: Exchange, envelope_id: UUID, vouched: Vouched, plan: Plan) -> None:
    """One transaction: envelope with its bytes and receipt, attachments, deliveries, events, the notice."""
    async with exchange.database.transaction() as conn:
        now = await envelopes.clock(conn)
        if isinstance(plan, StatusPlan):
            await _insert_status(exchange, conn, envelope_id, vouched, plan, now)
        else:
            await _insert_document(exchange, conn, envelope_id, vouched, plan, now)
        failpoint("submit.before_commit")


async def _insert_document(
    exchange: Exchange, conn: Connection, envelope_id: UUID, vouched: Vouched, plan: DocumentPlan, now: datetime
) -> None:
    row = taking.document_row(envelope_id, vouched, plan, now)
    rows = taking.delivery_rows(row, plan.recipients)
    attached = taking.attachment_rows(vouched, plan.document)
    receipt = await exchange.threads.run(exchange.seal.receipt, taking.receipt_facts(row, rows, attached))
    await _insert_envelope(conn, row, vouched, receipt)
    if attached:
        held = {sha256: size for one in attached for sha256, size in one.objects()}
        await objects_held.record_objects(conn, envelope=envelope_id, objects=sorted(held.items()))
        await envelopes.insert_attachments(conn, envelope_id, attached)
    await deliveries.insert_deliveries(conn, rows)
    await deliveries.insert_events(conn, [taking.first_event(one, row) for one in rows])
    failpoint("submit.after_insert")
    if row.outcome != "held":
        await deliveries.ring(conn, [one.recipient for one in rows])


async def _insert_status(
    exchange: Exchange, conn: Connection, envelope_id: UUID, vouched: Vouched, plan: StatusPlan, now: datetime
) -> None:
    held = vouched.outcome == "held"  # then it changes nothing until it is released
    effect = None if held else await statuses.effect_of(conn, plan)
    row = taking.status_row(envelope_id, vouched, plan.status, now, effect.flag if effect else None)
    one = taking.status_delivery(row, plan.status, about=plan.about, recipient=plan.recipient)
    receipt = await exchange.threads.run(exchange.seal.receipt, taking.receipt_facts(row, [one], []))
    await _insert_envelope(conn, row, vouched, receipt)
    await deliveries.insert_deliveries(conn, [one])
    failpoint("submit.after_insert")
    if effect is not None:
        await statuses.apply(conn, effect, plan.status, envelope_id)
        await deliveries.ring(conn, [one.recipient])


async def _insert_envelope(conn: Connection, row: EnvelopeRow, vouched: Vouched, receipt: bytes) -> None:
    if not await envelopes.insert_envelope(conn, row, skeleton=vouched.split.skeleton, receipt=receipt):
        raise _TakenBefore
