"""Parents as an administrator keeps them: added, listed, looked at, removed; what stuck is tried again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from exchange.fetching import check_url
from exchange.upward import rules
from signing.certificates import describe
from storage import downward, parents, upward

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from storage.connection import Connection
    from storage.database import Database
    from storage.parents import LineRow, ParentRow

_NAME = re.compile(r"[0-9A-Za-z._-]{1,32}", re.ASCII)
_SYSTEM = re.compile(r"[0-9A-Za-z._-]{1,64}", re.ASCII)

MOST_SHOWN = 100
"""Stuck envelopes of each direction that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A parent as people see it: without the secret. `seal`: subject of the certificate it signs its own 01 with.

    `lines` is empty for one that is no longer talked to; `agencies`: how many are reached through it. Times are UTC.
    """

    name: str
    url: str
    system: str
    vouches: bool
    seal: str | None
    added_at: datetime
    disabled_at: datetime | None
    agencies: int
    lines: tuple[LineRow, ...]
    up: Mapping[str, int]
    down: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """One message that did not get through: `id` is the envelope's on its way up, the parent's own on its way down."""

    direction: str
    id: str
    state: str
    sender: str
    attempts: int
    due_at: datetime
    failure: str | None


async def add_parent(
    database: Database,
    *,
    name: str,
    url: str,
    system: str,
    secret: str,
    vouches: bool = False,
    seal: bytes | None = None,
) -> Parent:
    """Talk to a parent axis from now on, as `system` there; one of this name is changed and taken up again.

    `seal`: the certificate (PEM or DER) that the parent signs its own 01 with. Raises `Refused`.
    """
    if not _NAME.fullmatch(name):
        rules.PARENT_MALFORMED.refuse("name", name, name=name)
    if not _SYSTEM.fullmatch(system):
        rules.PARENT_SYSTEM_MALFORMED.refuse("system", system, system=system)
    secret = secret.strip()
    if not secret:
        raise Refused(rules.PARENT_SECRET_MISSING.at("secret"))
    der = describe(seal).der if seal is not None else None
    async with database.transaction() as conn:
        await parents.put_parent(
            conn,
            name=name,
            url=check_url(url).rstrip("/"),
            system=system,
            secret=secret,
            vouches=vouches,
            seal=der,
        )
        return await _shown(conn, await known_parent(conn, name))


async def remove_parent(database: Database, name: str) -> Parent:
    """Talk to the parent no more. Its agencies are out of reach until it is added again; nothing is forgotten.

    Raises `Refused`.
    """
    async with database.transaction() as conn:
        await parents.disable_parent(conn, name)
        return await _shown(conn, await known_parent(conn, name))


async def list_parents(database: Database) -> list[Parent]:
    """Every parent, by name."""
    async with database.acquire() as conn:
        return [await _shown(conn, row) for row in await parents.parents(conn)]


async def show_parent(database: Database, name: str) -> tuple[Parent, list[Stuck]]:
    """One parent with what did not get through. Raises `Refused`."""
    async with database.acquire() as conn:
        row = await known_parent(conn, name)
        return await _shown(conn, row), await _stuck(conn, name)


async def try_again(
    database: Database, name: str, *, envelope: UUID | None = None, doc_id: str | None = None
) -> list[str]:
    """Send up and look at again what stuck, all of it or the one that is named; which that is. Raises `Refused`."""
    everything = envelope is None and doc_id is None
    found: list[str] = []
    async with database.transaction() as conn:
        await known_parent(conn, name)
        if everything or envelope is not None:
            found += [str(one) for one in await upward.send_again(conn, name, envelope)]
        if everything or doc_id is not None:
            found += await downward.take_again(conn, name, doc_id)
        if found:
            await parents.be_due(conn, name)
    return found


async def known_parent(conn: Connection, name: str) -> ParentRow:
    """The parent of this name. Raises `Refused`."""
    row = await parents.parent(conn, name)
    if row is None:
        rules.PARENT_UNKNOWN.refuse("name", name, name=name)
    return row


async def _shown(conn: Connection, row: ParentRow) -> Parent:
    return Parent(
        name=row.name,
        url=row.url,
        system=row.system,
        vouches=row.vouches,
        seal=describe(row.seal).subject if row.seal else None,
        added_at=row.added_at,
        disabled_at=row.disabled_at,
        agencies=(await parents.beyond_counts(conn)).get(row.name, 0),
        lines=tuple(line for line in await parents.lines(conn) if line.parent == row.name),
        up=await upward.up_counts(conn, row.name),
        down=await downward.down_counts(conn, row.name),
    )


async def _stuck(conn: Connection, name: str) -> list[Stuck]:
    up = [
        Stuck(
            direction="up",
            id=str(row.envelope),
            state=row.state,
            sender=row.sender,
            attempts=row.attempts,
            due_at=row.due_at,
            failure=row.failure,
        )
        for row in await upward.unsent(conn, name, limit=MOST_SHOWN)
    ]
    down = [
        Stuck(
            direction="down",
            id=row.doc_id,
            state=row.state,
            sender=row.sender,
            attempts=row.attempts,
            due_at=row.due_at,
            failure=row.failure,
        )
        for row in await downward.untaken(conn, name, limit=MOST_SHOWN)
    ]
    return up + down
