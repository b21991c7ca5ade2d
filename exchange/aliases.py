"""The other codes of agencies: `oldCode`, `code102` and whatever else still stands in documents (agencies section 4).

Messages may name an agency by any of them; everything kept, counted and answered has its own code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.faults import Refused
from exchange import directory_rules as rules
from exchange.directory import list_agencies, malformed_code, own_codes, refuse_confusable
from storage import agency_codes, directory

if TYPE_CHECKING:
    from storage.database import Database
    from storage.directory import Agency


async def add_alias(database: Database, code: str, alias: str, *, confusable: bool = False) -> Agency:
    """Let the agency be reached under `alias` too; doing it again changes nothing. Raises `Refused`.

    A code of another agency is refused, and one that is taken for another agency's unless `confusable` says so.
    """
    if faults := malformed_code(alias):
        raise Refused(*faults)
    async with database.transaction() as conn:
        await agency_codes.lock_registration(conn)
        [own] = await own_codes(conn, [code])
        holder = await directory.agency(conn, alias)
        if holder is not None and holder.code != own:
            rules.CODE_TAKEN.refuse("alias", alias, code=alias, agency=holder.code)
        if holder is None:
            if not confusable:
                await refuse_confusable(conn, alias, agency=own)
            await agency_codes.add_alias(conn, alias=alias, agency=own)
        found = await directory.agency(conn, own)
    assert found is not None
    return found


async def remove_alias(database: Database, alias: str) -> Agency:
    """Take the alias away; what was sent under it stays the agency's. Raises `Refused` for what is no alias."""
    async with database.transaction() as conn:
        holder = await directory.agency(conn, alias)
        if holder is None or alias == holder.code:
            rules.ALIAS_UNKNOWN.refuse("alias", alias, code=alias)
        await agency_codes.remove_alias(conn, alias)
        found = await directory.agency(conn, holder.code)
    assert found is not None
    return found


async def list_aliases(database: Database, code: str | None = None) -> list[Agency]:
    """Agencies that have aliases, all or the one with this code. Raises `Refused` for an unknown code."""
    if code is None:
        return [agency for agency in await list_agencies(database) if agency.aliases]
    async with database.acquire() as conn:
        await own_codes(conn, [code])
        found = await directory.agency(conn, code)
    return [found] if found else []
