"""Groups of agencies that can be written to at once, such as all departments.

A group is a help for the sender: its software puts the agencies into To before the document is signed, because the
signed recipients are what counts (SECURITY TM-03). The exchange never expands anything by itself.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from exchange import registration_rules as rules
from exchange.directory import own_codes
from exchange.errors import NotThere
from storage import groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.database import Database
    from storage.groups import GroupRow, Reached

NAME = re.compile(r"[0-9A-Za-z._-]{1,64}", re.ASCII)

MOST_TITLE = 500
"""Characters of a title: it is one line of a list."""


async def add_group(
    database: Database,
    name: str,
    *,
    title: str = "",
    members: Sequence[str] = (),
    level: str | None = None,
    below: str | None = None,
) -> GroupRow:
    """Add a group or more members to it; what is not given stays as it is. Raises `Refused`."""
    title = unicodedata.normalize("NFC", title).strip()
    if not NAME.fullmatch(name):
        rules.GROUP_MALFORMED.refuse("name", name, name=name)
    if len(title) > MOST_TITLE or not title.isprintable():
        rules.GROUP_TITLE.refuse("title", title, limit=MOST_TITLE)
    async with database.transaction() as conn:
        known = await groups.group(conn, name)
        if not (known or members or level or below):
            rules.GROUP_EMPTY.refuse("name", name, name=name)
        above = (await own_codes(conn, [below]))[0] if below else None
        await groups.put_group(
            conn,
            name=name,
            title=title or (known.title if known else ""),
            level=level or (known.level if known else None),
            below=above or (known.below if known else None),
        )
        await groups.add_members(conn, name, await own_codes(conn, members))
        return await _known(conn, name)


async def remove_group(database: Database, name: str, *, members: Sequence[str] = ()) -> GroupRow:
    """Take these members out, or forget the group when none are named; how it was before. Raises `Refused`."""
    async with database.transaction() as conn:
        before = await _known(conn, name)
        if members:
            await groups.remove_members(conn, name, await own_codes(conn, members))
        else:
            await groups.remove_group(conn, name)
        return before


async def show_group(database: Database, name: str) -> tuple[GroupRow, list[Reached]]:
    """The group, and whom a document to it reaches now. Raises `Refused`."""
    async with database.acquire() as conn:
        return await _known(conn, name), await groups.reached(conn, name)


async def list_groups(database: Database) -> list[GroupRow]:
    """Every group, by name."""
    async with database.acquire() as conn:
        return await groups.groups(conn)


async def group_now(exchange: Exchange, name: str) -> tuple[GroupRow, list[Reached]]:
    """As `show_group`, for callers of the API. Raises `NotThere`."""
    async with exchange.database.acquire() as conn:
        found = await groups.group(conn, name) if NAME.fullmatch(name) else None
        if found is None:
            raise NotThere
        return found, await groups.reached(conn, name)


async def _known(conn: Connection, name: str) -> GroupRow:
    found = await groups.group(conn, name)
    if found is None:
        rules.GROUP_UNKNOWN.refuse("name", name, name=name)
    return found
