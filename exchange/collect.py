"""What a recipient does: see what waits, fetch it, confirm it. Reading changes nothing; only confirmation moves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envelopes.states import State, confirmed
from exchange import rules
from exchange.errors import NotAllowed, NotThere
from exchange.failpoints import failpoint
from exchange.own_statuses import report_arrival
from exchange.recall import refuse_withdrawn
from storage import deliveries, envelopes, links, successions, transport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.deliveries import DeliveryRow, Event, Waiting
    from storage.directory import System
    from storage.envelopes import AttachmentRow, EnvelopeRow
    from storage.links import SeenLink

Place = tuple[int, "datetime", "UUID"]
"""Where a page of the inbox ended: urgency, time of acceptance, delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One delivery as its recipient sees it."""

    delivery: DeliveryRow
    envelope: EnvelopeRow
    attachments: tuple[AttachmentRow, ...]
    links: tuple[SeenLink, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The answer to a confirmation: the same time however often it is asked for; the state may have moved on since."""

    id: UUID
    state: str
    confirmed_at: datetime


async def inbox(
    exchange: Exchange,
    system: System,
    *,
    kind: str | None,
    agency: str | None,
    wait: float,
    limit: int,
    after: Place | None,
) -> list[Arrival]:
    """Waiting deliveries, most urgent first, then oldest; sleeps up to `wait` seconds while there is none.

    The bell wakes, looking every `poll_seconds` guarantees. Raises `NotAllowed` for an agency of somebody else.
    """
    recipients = await _own(exchange, system, agency)
    clock = asyncio.get_running_loop()
    until = clock.time() + wait
    with exchange.bell.listening(recipients) as ear:
        while True:
            async with exchange.database.acquire() as conn:
                found = await deliveries.inbox_page(conn, recipients=recipients, kind=kind, after=after, limit=limit)
                arrivals = await _arrivals(conn, system, found) if found else []
            left = until - clock.time()
            if arrivals or left <= 0 or exchange.bell.closed:
                return arrivals
            await ear.rung(min(left, exchange.settings.poll_seconds))


async def arrival(exchange: Exchange, system: System, delivery_id: UUID) -> Arrival:
    """One delivery with its history. Raises `NotThere`."""
    async with exchange.database.acquire() as conn:
        found = await _delivery(conn, system, delivery_id)
        events = await deliveries.events_of(conn, [delivery_id])
        one = (await _arrivals(conn, system, [found]))[0]
    return replace(one, events=tuple(events.get(delivery_id, ())))


async def confirm(exchange: Exchange, system: System, delivery_id: UUID, sha256: str) -> Confirmed:
    """The recipient has stored the file of this digest: it leaves the waiting list and 01 goes to the sender, once.

    Again gives the same answer; another digest is refused. Raises `NotThere`, `Refused`, `DatabaseAway`.
    """
    async with exchange.database.transaction() as conn:
        found = await _locked(conn, system, delivery_id)
        failpoint("confirm.after_lock")
        expected = found.envelope.sha256.hex()
        if sha256 != expected:
            rules.CONFIRMATION_MISMATCH.refuse("sha256", sha256, given=sha256, expected=expected)
        answer = await _confirmed(exchange, conn, found)
        failpoint("confirm.before_commit")
    failpoint("confirm.after_commit")
    return answer


async def confirm_unseen(exchange: Exchange, system: System, delivery_id: UUID) -> Confirmed:
    """As `confirm`, for a client that cannot name a digest: its word is that it stored what it fetched."""
    async with exchange.database.transaction() as conn:
        found = await _locked(conn, system, delivery_id)
        failpoint("confirm.after_lock")
        answer = await _confirmed(exchange, conn, found)
        failpoint("confirm.before_commit")
    failpoint("confirm.after_commit")
    return answer


async def note_transport(exchange: Exchange, system: System, delivery_id: UUID, word: str) -> None:
    """Keep in the history what the recipient's transport says of the delivery. Raises `NotThere`."""
    async with exchange.database.transaction() as conn:
        found = await _locked(conn, system, delivery_id)
        await transport.note(conn, delivery_id, event=f"transport_{word}", by=found.delivery.recipient)


async def count_waiting(exchange: Exchange, system: System, *, kind: str) -> int:
    """How many deliveries of this kind wait for the system's agencies."""
    async with exchange.database.acquire() as conn:
        return await transport.count_waiting(conn, recipients=sorted(system.agencies), kind=kind)


async def _locked(conn: Connection, system: System, delivery_id: UUID) -> Waiting:
    """The delivery, kept from everybody else. Raises `NotThere` when it is somebody else's or held, `Refused` when its
    sender took it back before anybody fetched it."""
    found = await deliveries.lock_delivery(conn, delivery_id)
    if found is None or found.delivery.held or found.delivery.recipient not in system.agencies:
        raise NotThere
    await refuse_withdrawn(conn, found)
    return found


async def _confirmed(exchange: Exchange, conn: Connection, found: Waiting) -> Confirmed:
    now = found.delivery
    if now.confirmed_at is not None:
        return Confirmed(id=now.id, state=now.state, confirmed_at=now.confirmed_at)
    before = State(now.state_before) if now.state_before else None
    step = confirmed(State(now.state), before)
    state_before = step.before.value if step.before else None
    at = await deliveries.confirm(conn, now.id, state=step.state.value, state_before=state_before)
    if now.kind == "document":
        await report_arrival(exchange, conn, found, at)
    return Confirmed(id=now.id, state=step.state.value, confirmed_at=at)


async def _delivery(conn: Connection, system: System, delivery_id: UUID) -> Waiting:
    found = await deliveries.delivery(conn, delivery_id, recipients=sorted(system.agencies))
    if found is None:
        raise NotThere
    await refuse_withdrawn(conn, found)
    return found


async def _arrivals(conn: Connection, system: System, found: Sequence[Waiting]) -> list[Arrival]:
    ids = [one.envelope.id for one in found]
    attachments = await envelopes.attachments(conn, ids)
    seen = await links.seen_links(conn, ids, agencies=sorted(system.agencies))
    return [
        Arrival(
            delivery=one.delivery,
            envelope=one.envelope,
            attachments=tuple(attachments.get(one.envelope.id, ())),
            links=tuple(seen.get(one.envelope.id, ())),
        )
        for one in found
    ]


async def _own(exchange: Exchange, system: System, agency: str | None) -> list[str]:
    """The system's agencies, or the one asked for with those whose place it has."""
    if agency is None:
        return sorted(system.agencies)
    if agency not in system.agencies:
        raise NotAllowed(f"agency {agency} is not one of this system's")
    async with exchange.database.acquire() as conn:
        return [agency, *(await successions.forebears(conn, [agency])).get(agency, ())]
