"""What a sender may look at: what it sent, in which state each recipient's delivery is, and the sealed receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.errors import NotThere
from storage import deliveries, envelopes, links

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.deliveries import DeliveryRow, Event
    from storage.directory import System
    from storage.envelopes import AttachmentRow, EnvelopeRow
    from storage.links import SeenLink


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One envelope as its sender sees it; `events` by delivery, oldest line first. Attachments, events and links are
    left out of what answers a submission."""

    envelope: EnvelopeRow
    deliveries: tuple[DeliveryRow, ...]
    events: dict[UUID, list[Event]]
    attachments: tuple[AttachmentRow, ...] = ()
    links: tuple[SeenLink, ...] = ()


async def sent(exchange: Exchange, system: System, envelope_id: UUID) -> Sent:
    """The envelope, if an agency of the system sent it. Raises `NotThere`."""
    async with exchange.database.acquire() as conn:
        row = await envelopes.envelope(conn, envelope_id, senders=sorted(system.agencies))
        if row is None:
            raise NotThere
        return (await _with_deliveries(conn, [row], system))[0]


async def receipt(exchange: Exchange, system: System, envelope_id: UUID) -> bytes:
    """The sealed receipt, byte-identical for ever. Raises `NotThere`."""
    async with exchange.database.acquire() as conn:
        found = await envelopes.receipt(conn, envelope_id, senders=sorted(system.agencies))
    if found is None:
        raise NotThere
    return found


async def outbox(exchange: Exchange, system: System, *, before: tuple[datetime, UUID] | None, limit: int) -> list[Sent]:
    """What the system's agencies sent, newest first, behind the given place."""
    async with exchange.database.acquire() as conn:
        rows = await envelopes.outbox_page(conn, senders=sorted(system.agencies), before=before, limit=limit)
        return await _with_deliveries(conn, rows, system)


async def _with_deliveries(conn: Connection, rows: Sequence[EnvelopeRow], system: System) -> list[Sent]:
    found = await deliveries.deliveries_of(conn, [row.id for row in rows])
    events = await deliveries.events_of(conn, [one.id for some in found.values() for one in some])
    attached = await envelopes.attachments(conn, [row.id for row in rows])
    seen = await links.seen_links(conn, [row.id for row in rows], agencies=sorted(system.agencies))
    return [
        Sent(
            envelope=row,
            deliveries=tuple(found.get(row.id, ())),
            events={one.id: events.get(one.id, []) for one in found.get(row.id, ())},
            attachments=tuple(attached.get(row.id, ())),
            links=tuple(seen.get(row.id, ())),
        )
        for row in rows
    ]
