"""Whom a system acts for, given and taken back: a province's node acts for all the agencies below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.faults import Refused
from exchange import directory_rules as rules
from exchange.directory import own_codes, unknown_agencies
from storage import acting, directory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection
    from storage.database import Database


async def grant(database: Database, system: str, *, agencies: Sequence[str] = (), below: Sequence[str] = ()) -> None:
    """Let the system act for these agencies, and for all below those (not for those themselves). Raises `Refused`."""
    async with database.transaction() as conn:
        named, above = await _resolved(conn, system, agencies, below)
        await acting.grant(conn, system, agencies=named, below=above)


async def withdraw(database: Database, system: str, *, agencies: Sequence[str] = (), below: Sequence[str] = ()) -> None:
    """Take that back, within a second on every process. Raises `Refused`, also when nothing would be left."""
    async with database.transaction() as conn:
        named, above = await _resolved(conn, system, agencies, below)
        await acting.withdraw(conn, system, agencies=named, below=above)
        if not await acting.has_any(conn, system):
            rules.SYSTEM_WITHOUT_AGENCY.refuse("agency", system=system)


async def _resolved(
    conn: Connection, system: str, agencies: Sequence[str], below: Sequence[str]
) -> tuple[list[str], list[str]]:
    if not await directory.system_exists(conn, system):
        rules.SYSTEM_UNKNOWN.refuse("system", system, system=system)
    if faults := await unknown_agencies(conn, [*agencies, *below]):
        raise Refused(*faults)
    return await own_codes(conn, agencies), await own_codes(conn, below)
