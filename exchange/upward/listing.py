"""Reading a parent's directory: who is not ours is reached through it from now on.

The list has over 111,000 entries, read while they arrive. It is entered in one transaction once all of it is here:
half a list changes nothing, and a slow parent keeps no registration waiting.
"""

from __future__ import annotations

import unicodedata
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envelopes.agency_codes import flaw_of
from envelopes.faults import Refused
from exchange.upward import rules
from exchange.upward.line import ParentAway, ParentRefused, ParentUnsure
from exchange.upward.parent_client import ParentClient
from exchange.upward.parents import known_parent
from storage import agency_codes, parents
from storage.parents import Listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from storage.connection import Connection
    from storage.database import Database
    from storage.parents import ParentRow

PAGE = 2000
"""Agencies entered at a time."""

MOST_LISTED = 1_000_000
"""Entries of a list that are read: eight times the national one."""

OTHER_CODES = {"oldCode": "old", "code102": "code102"}
"""Fields that name one more code of the same agency, and its kind (axis client 4.1, 4.2)."""

MOST_MAIL = 254
"""Characters of a mail address."""


@dataclass(slots=True, kw_only=True)
class Synced:
    """What reading a parent's list did, by number. `unusable`: entries without a code or a name.

    `gone`: no longer listed, and therefore locked; `locked`: listed, and locked here all the same.
    """

    parent: str
    listed: int = 0
    added: int = 0
    renamed: int = 0
    ours: int = 0
    elsewhere: int = 0
    unusable: int = 0
    gone: list[str] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)


async def sync(database: Database, name: str, progress: Callable[[int], None]) -> Synced:
    """Enter the parent's list into the directory; `progress` is told how many entries have been read.

    Raises `Refused`; then nothing has changed.
    """
    async with database.acquire() as conn:
        parent = await known_parent(conn, name)
    if parent.disabled_at is not None:
        rules.PARENT_REMOVED.refuse("name", name, name=name)
    done = Synced(parent=name)
    try:
        found = await _read(parent, done, progress)
    except (ParentAway, ParentRefused, ParentUnsure) as error:
        raise Refused(rules.PARENT_SILENT.at("name", name, name=name, reason=str(error))) from error
    if not found:
        rules.LIST_EMPTY.refuse("name", name, name=name)
    await _enter(database, parent, found, done)
    return done


async def _read(parent: ParentRow, done: Synced, progress: Callable[[int], None]) -> list[Listed]:
    found: list[Listed] = []
    async with ParentClient(parent) as client, aclosing(client.agencies()) as rows:
        async for row in rows:
            done.listed += 1
            one = _usable(row)
            if one is None:
                done.unusable += 1
            else:
                found.append(one)
            if done.listed % PAGE == 0:
                progress(done.listed)
            if done.listed > MOST_LISTED:
                raise ParentAway(f"> {MOST_LISTED}")
    progress(done.listed)
    return found


async def _enter(database: Database, parent: ParentRow, found: list[Listed], done: Synced) -> None:
    async with database.transaction() as conn:
        await agency_codes.lock_registration(conn)
        await parents.begin_list(conn)
        for begin in range(0, len(found), PAGE):
            await _put(conn, parent, found[begin : begin + PAGE], done)
        done.gone = await parents.lock_unlisted(conn, parent.name)
        done.locked = await parents.locked_but_listed(conn, parent.name)


async def _put(conn: Connection, parent: ParentRow, page: list[Listed], done: Synced) -> None:
    entered = await parents.enter_listed(conn, parent.name, page)
    done.added += entered.added
    done.renamed += entered.renamed
    done.ours += entered.ours
    done.elsewhere += entered.elsewhere


def _usable(row: Mapping[str, Any]) -> Listed | None:
    """The entry, if it names an agency that documents can be addressed to."""
    code, name = _text(row, "code"), unicodedata.normalize("NFC", _text(row, "name"))
    if flaw_of(code) or not name:
        return None
    others = [(kind, _text(row, key)) for key, kind in OTHER_CODES.items()]
    return Listed(
        code=code,
        name=name,
        mail=_text(row, "mail")[:MOST_MAIL],
        others=tuple((kind, other) for kind, other in others if other != code and not flaw_of(other)),
    )


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""
