"""What a person sees at the desk: a clerk the documents of the own agency, an administrator those of all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from exchange.errors import NotThere
from storage import browsing, deliveries, directory, envelopes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from exchange.accounts import Account
    from exchange.exchange import Exchange
    from storage.browsing import Line, Place
    from storage.connection import Connection
    from storage.deliveries import Event
    from storage.envelopes import AttachmentRow, EnvelopeRow

PAGE = 50
"""Lines of one page: a screenful or two."""


class Tab(StrEnum):
    """The lists there are."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some lines, newest first; `older` is where the next page begins."""

    lines: tuple[Line, ...]
    older: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """One delivery with everything a person may know of it; `names` of the agencies that its history mentions."""

    line: Line
    envelope: EnvelopeRow
    attachments: tuple[AttachmentRow, ...]
    events: tuple[Event, ...]
    names: Mapping[str, str]


def tabs(account: Account) -> tuple[Tab, ...]:
    """The lists this account may see, the first one first."""
    return (Tab.ALL,) if account.is_administrator else (Tab.INCOMING, Tab.OUTGOING)


async def page(exchange: Exchange, account: Account, tab: Tab, *, before: Place | None, limit: int = PAGE) -> Page:
    """One page of a list. Raises `NotThere` for a list that is not this account's."""
    if tab not in tabs(account):
        raise NotThere
    async with exchange.database.acquire() as conn:
        found = await _lines(conn, account, tab, before=before, limit=limit + 1)
    lines = tuple(found[:limit])
    older = (lines[-1].accepted_at, lines[-1].id) if len(found) > limit else None
    return Page(lines=lines, older=older)


async def details(exchange: Exchange, account: Account, delivery_id: UUID) -> Details:
    """One delivery of the account's agency, or of any for an administrator. Raises `NotThere`."""
    async with exchange.database.transaction(read_only=True) as conn:
        line = await browsing.one(conn, delivery_id, agency=account.agency)
        if line is None:
            raise NotThere
        envelope = await envelopes.envelope(conn, line.envelope, senders=[line.sender])
        assert envelope is not None  # the line's own
        files = await envelopes.attachments(conn, [line.envelope])
        events = (await deliveries.events_of(conn, [line.id])).get(line.id, [])
        mentioned = await directory.agencies(conn, sorted({event.by for event in events if event.by}))
    return Details(
        line=line,
        envelope=envelope,
        attachments=tuple(files.get(line.envelope, ())),
        events=tuple(events),
        names={code: agency.name for code, agency in mentioned.items()},
    )


async def agency_name(exchange: Exchange, account: Account) -> str:
    """The name of the clerk's agency; empty for an administrator."""
    if account.agency is None:
        return ""
    async with exchange.database.acquire() as conn:
        found = await directory.agency(conn, account.agency)
    return found.name if found else account.agency


async def _lines(conn: Connection, account: Account, tab: Tab, *, before: Place | None, limit: int) -> list[Line]:
    if account.agency is None:
        return await browsing.everything(conn, before=before, limit=limit)
    if tab is Tab.INCOMING:
        return await browsing.incoming(conn, account.agency, before=before, limit=limit)
    return await browsing.outgoing(conn, account.agency, before=before, limit=limit)
