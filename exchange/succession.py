"""Agencies that end: dissolved, or merged into another that stands in their place (agencies section 6).

Nothing is moved. From the day on, who is meant by a dissolved agency is looked up (`storage.successions.heirs`): for
documents that come, for who may collect what waits, and for figures. So it is undone by forgetting the day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from exchange import succession_rules as rules
from exchange.aliases import shown
from exchange.directory import own_codes
from storage import agency_codes, directory, successions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from storage.agency_codes import CodeRow
    from storage.connection import Connection
    from storage.database import Database
    from storage.directory import Agency

NOBODY = "không có / none"
"""Said in place of a successor where there is none."""


async def merge(database: Database, code: str, *, into: str, on: date | None = None) -> Agency:
    """Let `into` stand in the agency's place from this day (None: today) on. Raises `Refused`.

    The same again changes nothing; a dissolved agency without successor may still be given one.
    """
    async with database.transaction() as conn:
        await agency_codes.lock_registration(conn)
        [own], [successor] = await own_codes(conn, [code]), await own_codes(conn, [into])
        await _check_successor(conn, own, successor)
        return await _end(conn, own, on=on, successor=successor)


async def dissolve(database: Database, code: str, *, on: date | None = None) -> Agency:
    """Let the agency be no more from this day (None: today) on, with nobody in its place. Raises `Refused`."""
    async with database.transaction() as conn:
        return await enter_dissolution(conn, code, on=on)


async def enter_dissolution(conn: Connection, code: str, *, on: date | None = None) -> Agency:
    """The same within a transaction."""
    await agency_codes.lock_registration(conn)
    [own] = await own_codes(conn, [code])
    return await _end(conn, own, on=on, successor=None)


async def undo(database: Database, code: str) -> Agency:
    """Let the agency be as before it ended. Raises `Refused` when messages have gone the new way since."""
    async with database.transaction() as conn:
        await agency_codes.lock_registration(conn)
        [own] = await own_codes(conn, [code])
        agency = await _agency(conn, own)
        if agency.dissolved_on is None:
            rules.NOT_ENDED.refuse("code", code, code=own)
        since = await successions.happened_since(conn, own)
        if since is not None:
            rule = rules.UNDO_REDIRECTED if since == "redirected" else rules.UNDO_HANDLED
            rule.refuse("code", code, code=own)
        await successions.revive_agency(conn, own)
        return await _agency(conn, own)


async def _end(conn: Connection, own: str, *, on: date | None, successor: str | None) -> Agency:
    before = await _agency(conn, own)
    if before.dissolved_on is not None:
        if before.successor == successor and on in (None, before.dissolved_on):
            return before
        if before.successor is not None or successor is None:
            day = shown(before.dissolved_on)
            rules.ENDED_ALREADY.refuse("code", own, code=own, day=day, successor=before.successor or NOBODY)
        on = on or before.dissolved_on
    await successions.end_agency(conn, own, on=on, successor=successor)
    return await _agency(conn, own)


async def _check_successor(conn: Connection, own: str, successor: str) -> None:
    """Refused when the chain of successors, whatever day each begins, comes back or leads to nobody."""
    place: str | None = successor
    while place is not None:
        if place == own:
            rules.SUCCESSOR_CIRCULAR.refuse("into", successor, code=own, successor=successor)
        agency = await _agency(conn, place)
        if agency.dissolved_on is not None and agency.successor is None:
            rules.SUCCESSOR_GONE.refuse("into", successor, code=own, successor=place)
        place = agency.successor


async def _agency(conn: Connection, own: str) -> Agency:
    found = await directory.agency(conn, own)
    assert found is not None  # agencies are never deleted
    return found


async def followed(conn: Connection, known: Mapping[str, Agency]) -> tuple[dict[str, Agency], dict[str, Agency]]:
    """Whom documents to these codes reach today, and the dissolved agency behind each code that leads to another."""
    ended = {code: agency for code, agency in known.items() if agency.dissolved and agency.successor is not None}
    if not ended:
        return dict(known), {}
    leading = await successions.heirs(conn, [agency.code for agency in ended.values()])
    standing = await directory.agencies(conn, list(set(leading.values())))
    reached = {code: standing[leading[agency.code]] for code, agency in ended.items()}
    return {**known, **reached}, ended


def refuse_lapsed_sender(path: str, row: CodeRow) -> NoReturn:
    """Refuse a sender under a code that is its own agency's, but no more or not yet."""
    start, end = (shown(day) if day else "…" for day in (row.valid_from, row.valid_until))
    rules.SENDER_EXPIRED.refuse(path, row.code, code=row.code, agency=row.agency, start=start, end=end)


def told_ended(agency: Agency) -> tuple[str, str]:
    """Since when the agency is no more and who follows, in words."""
    assert agency.dissolved_on is not None
    return shown(agency.dissolved_on), agency.successor or NOBODY
