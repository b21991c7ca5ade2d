"""Which document answers which (`ResponseFor`), and the threads that such links make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.errors import NotThere
from storage import links, successions
from storage.links import ANSWERS, Link

if TYPE_CHECKING:
    from uuid import UUID

    from exchange.addressing import Asked
    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.directory import System
    from storage.links import Message, Place, SeenLink

MOST_ANSWERED = 20
"""Answers of one document that are looked up; a letter answers one or two."""


async def answer_links(conn: Connection, asked: Asked) -> list[Link]:
    """A link to each document that this one says it answers, if its sender sent or received that.

    By reference, else by number and date of issue; never by number alone. What is not found is no fault: people answer
    letters that came on paper.
    """
    document, found = asked.document, []
    if not document.responses:
        return []
    sender = document.sender.code
    readers = [sender, *(await successions.forebears(conn, [sender])).get(sender, ())]
    for answer in document.responses[:MOST_ANSWERED]:
        agency = asked.ended.get(answer.agency) or asked.known.get(answer.agency)
        if not answer.reference and (agency is None or not answer.code or answer.issued_on is None):
            continue
        target = await links.find_document(
            conn,
            readers=readers,
            sender=agency.code if agency else None,
            reference=answer.reference or None,
            code=answer.code,
            issued_on=answer.issued_on,
        )
        if target is not None:
            found.append(Link(source=asked.envelope, kind=ANSWERS, target=target))
    return list(dict.fromkeys(found))


async def conversation(
    exchange: Exchange, system: System, envelope: UUID, *, after: Place | None, limit: int
) -> list[tuple[Message, list[SeenLink]]]:
    """The documents linked with this one, oldest first, each with its links, as far as the system's agencies see them.

    Raises `NotThere` when they neither sent nor received the envelope.
    """
    agencies = sorted(system.agencies)
    async with exchange.database.acquire() as conn:
        found = await links.conversation(conn, envelope, agencies=agencies, after=after, limit=limit)
        if not found and (after is None or not await _is_seen(conn, envelope, agencies)):
            raise NotThere
        seen = await links.seen_links(conn, [one.id for one in found], agencies=agencies)
    return [(one, seen.get(one.id, [])) for one in found]


async def _is_seen(conn: Connection, envelope: UUID, agencies: list[str]) -> bool:
    return bool(await links.conversation(conn, envelope, agencies=agencies, after=None, limit=1))
