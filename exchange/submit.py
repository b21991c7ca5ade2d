"""Taking an envelope: the one way in, for documents and status messages alike (RELIABILITY section 3).

Objects first, rows second: what is answered with an id has been committed with its sealed receipt.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from envelopes.limits import LOCAL_TIME
from envelopes.model import Document, Operation, StatusMessage
from exchange import (
    lateness,
    look,
    operations,
    rules,
    statuses,
    succession,
    succession_rules,
    taking,
)
from exchange.addressing import Asked, DocumentPlan, agencies_named, for_ours
from exchange.errors import Busy
from exchange.failpoints import failpoint
from exchange.identifiers import uuid7
from exchange.intake import TakenAlready, take_in
from exchange.judging import GroundsMoved, check_grounds, judge_again
from exchange.look import Sent
from exchange.spool import ROOM_SECONDS, spooled
from exchange.statuses import StatusPlan
from storage import agency_codes, copies, deliveries, directory, envelopes, links, objects_held, successions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path
    from uuid import UUID

    from exchange.exchange import Exchange
    from exchange.intake import Vouched
    from exchange.spool import Spool
    from storage.connection import Connection
    from storage.directory import Agency, System
    from storage.envelopes import EnvelopeRow

    Plan = DocumentPlan | StatusPlan

TRIES = 5
"""How often one submission is judged: each time only because a list came in between, which is rare."""

_FROM = "edXMLHeader/MessageHeader/From/OrganId"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An envelope the exchange answers for; `created` is False when the same signed content was taken before.

    The events in `sent` are not to be relied on: they are history, asked for when somebody wants to see it.
    """

    sent: Sent
    created: bool


class _TakenBefore(Exception):  # noqa: N818 - says what was found
    """Another submission of the same reference was faster; the transaction is rolled back."""


async def submit(exchange: Exchange, system: System, body: AsyncIterator[bytes]) -> Taken:
    """Take the envelope in `body`, or say why not.

    Raises `Refused`, `Busy`, `DatabaseAway` or `ObjectsAway` (nothing was kept), `CommitUnknown` (ask again).
    """
    envelope_id = uuid7()
    settings = exchange.settings
    async with spooled(settings.spool, envelope_id, sync=not exchange.objects.durable) as spool:
        try:
            vouched = await take_in(exchange, system, spool, body)
        except TakenAlready as before:
            own = replace(system, agencies=frozenset({before.sender}))
            return Taken(sent=await look.sent(exchange, own, before.envelope), created=False)
        failpoint("submit.after_gate")
        plan = await _plan(exchange, envelope_id, vouched)
        if plan is None:
            return await _replay(exchange, vouched)
        await _store(exchange, envelope_id, vouched, spool)
        for _ in range(TRIES):
            try:
                sent = await _commit(exchange, envelope_id, vouched, plan)
            except _TakenBefore:
                return await _replay(exchange, vouched)
            except GroundsMoved:
                vouched = await judge_again(exchange, vouched)
            else:
                failpoint("submit.after_commit")
                return Taken(sent=sent, created=True)
    raise Busy("roots or revocation lists change all the time", seconds=ROOM_SECONDS)


async def _plan(exchange: Exchange, envelope_id: UUID, vouched: Vouched) -> Plan | None:
    """Where it goes, after everything that needs the database; None when something was taken in its place before."""
    message = vouched.message
    async with exchange.database.acquire() as conn:
        if await _before(conn, vouched) is not None:
            return None
        named = agencies_named(message)
        known = await directory.agencies(conn, [message.sender.code, *named])
        _check_sender(known, message)
        if isinstance(message, StatusMessage):
            return await statuses.plan_status(conn, message, known)
        listed = known
        known, ended = await succession.followed(conn, listed)
        if vouched.system.parent is not None:  # which serves who is beyond itself, but not the heirs of ours
            message = for_ours(message, {code: known[code] for code, own in listed.items() if own.beyond is not None})
        unknown = [code for code in named if code not in known]
        asked = Asked(
            envelope=envelope_id,
            document=message,
            known=known,
            alike=await agency_codes.codes_like(conn, unknown) if unknown else {},
            limit=exchange.settings.max_recipients,
            lapsed=await agency_codes.code_rows(conn, unknown) if unknown else {},
            ended=ended,
            forebears={}
            if message.operation is Operation.NEW
            else await successions.forebears(conn, sorted({agency.code for agency in known.values()})),
        )
        return await operations.plan(conn, asked)


def _check_sender(known: Mapping[str, Agency], message: Document | StatusMessage) -> None:
    """Refused for who is locked; who is no more may finish what it has, but sends nothing new."""
    code = message.sender.code
    sender = known.get(code)
    if sender is None or sender.locked_at is not None:
        rules.SENDER_LOCKED.refuse(_FROM, code, sender=code)
    if sender.dissolved and isinstance(message, Document) and message.operation is not Operation.RECALL:
        day, successor = succession.told_ended(sender)
        succession_rules.SENDER_DISSOLVED.refuse(_FROM, code, sender=code, day=day, successor=successor)


async def _before(conn: Connection, vouched: Vouched) -> EnvelopeRow | None:
    message = vouched.message
    return await envelopes.taken_before(
        conn,
        sender=message.sender.code,
        reference=taking.reference_of(vouched),
        operation=taking.operation_of(message),
        identity=vouched.identity,
    )


async def _replay(exchange: Exchange, vouched: Vouched) -> Taken:
    """The first answer again for the same signed content, a conflict for other content (SECURITY 1.2)."""
    async with exchange.database.acquire() as conn:
        before = await _before(conn, vouched)
    assert before is not None  # envelopes are never deleted
    if before.identity == vouched.identity:
        return Taken(sent=await look.sent(exchange, vouched.system, before.id), created=False)
    first, second = before.sha256.hex(), vouched.split.sha256.hex()
    raise Refused(
        rules.REFERENCE_CONFLICT.at(
            "edXMLHeader/MessageHeader/DocumentId",
            f"{first} {second}",
            reference=before.reference,
            accepted=f"{before.accepted_at.astimezone(LOCAL_TIME):%d/%m/%Y %H:%M:%S}",
            first=first,
            second=second,
        )
    )


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


async def _commit(exchange: Exchange, envelope_id: UUID, vouched: Vouched, plan: Plan) -> Sent:
    """One transaction: envelope with its bytes and receipt, attachments, deliveries, events, the notice."""
    async with exchange.database.transaction() as conn:
        if isinstance(plan, StatusPlan):
            sent = await _insert_status(exchange, conn, envelope_id, vouched, plan)
        else:
            sent = await _insert_document(exchange, conn, envelope_id, vouched, plan)
        failpoint("submit.before_commit")
    return sent


async def _insert_document(
    exchange: Exchange, conn: Connection, envelope_id: UUID, vouched: Vouched, planned: DocumentPlan
) -> Sent:
    plan = await operations.plan_for_good(conn, planned)
    held = vouched.outcome == "held"  # then it does nothing to other documents until it is released
    targets = [] if held else await copies.lock_targets(conn, plan.links)
    attached = taking.attachment_rows(vouched, plan.document)
    objects = {sha256: size for one in attached for sha256, size in one.objects()}
    now = await objects_held.record_objects(conn, envelope=envelope_id, objects=sorted(objects.items()))
    row = taking.document_row(envelope_id, vouched, plan, now)
    rows = taking.delivery_rows(row, sorted(plan.recipients))  # the order they are looked up in: a replay says the same
    effect = operations.effect_of(row, rows, targets)
    warnings = (*row.warnings, *effect.warnings, *await lateness.sent_late(exchange, conn, row))
    row, rows = replace(row, warnings=warnings), operations.settled(rows, effect, now)
    facts = taking.receipt_facts(row, rows, attached, taking.policy_of(vouched.system))
    receipt = await exchange.threads.run(exchange.seal.receipt, facts)
    await _insert_envelope(conn, row, vouched, receipt)
    if attached:
        await envelopes.insert_attachments(conn, envelope_id, attached)
    await deliveries.open_deliveries(conn, rows, taking.first_event(rows[0], row))
    if plan.asked.ended:
        await successions.note_redirected(conn, envelope_id, plan.asked.redirected(plan.recipients))
    if plan.links:
        await links.insert_links(conn, plan.links)
        await operations.apply(exchange, conn, row, effect)
    failpoint("submit.after_insert")
    return Sent(envelope=row, deliveries=tuple(rows), events={})


async def _insert_status(
    exchange: Exchange, conn: Connection, envelope_id: UUID, vouched: Vouched, plan: StatusPlan
) -> Sent:
    held = vouched.outcome == "held"  # then it changes nothing until it is released
    effect = statuses.Effect() if held else await statuses.effect_of(conn, plan, envelope_id)
    now = await envelopes.clock(conn)  # once it is this status's turn, so that the inbox shows them as they took effect
    row = taking.status_row(envelope_id, vouched, now, effect.warning)
    one = taking.status_delivery(row, plan.status, about=plan.about, recipient=plan.recipient, silent=effect.silent)
    facts = taking.receipt_facts(row, [one], [], taking.policy_of(vouched.system))
    receipt = await exchange.threads.run(exchange.seal.receipt, facts)
    await _insert_envelope(conn, row, vouched, receipt)
    await deliveries.insert_deliveries(conn, [one])
    failpoint("submit.after_insert")
    await statuses.apply(conn, effect)
    if not held:
        await deliveries.ring(conn, [one.recipient])
    return Sent(envelope=row, deliveries=(one,), events={})


async def _insert_envelope(conn: Connection, row: EnvelopeRow, vouched: Vouched, receipt: bytes) -> None:
    grounds = await envelopes.insert_envelope(conn, row, skeleton=vouched.split.skeleton, receipt=receipt)
    if grounds is None:
        raise _TakenBefore
    check_grounds(vouched, grounds)
