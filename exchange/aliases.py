"""The other codes of agencies: `oldCode`, `code102` and whatever else still stands in documents (agencies section 4).

Messages may name an agency by any of them; everything kept, counted and answered has its own code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes.agency_codes import form_of
from envelopes.faults import Refused
from exchange import directory_rules as rules
from exchange.directory import list_agencies, malformed_code, own_codes, refuse_confusable
from storage import agency_codes, directory

if TYPE_CHECKING:
    from datetime import date

    from storage.agency_codes import CodeRow
    from storage.connection import Connection
    from storage.database import Database
    from storage.directory import Agency


KINDS = ("old", "code102", "alias")
"""What another code is: of QCVN 102:2016, of its amendment, or neither."""


async def add_alias(
    database: Database,
    code: str,
    alias: str,
    *,
    kind: str | None = None,
    valid_from: date | None = None,
    valid_until: date | None = None,
    confusable: bool = False,
) -> Agency:
    """Let the agency be reached under `alias` too, within these days (both included). Raises `Refused`.

    Doing it again changes kind and days. A code of another agency is refused, even one that is over, and one that is
    taken for another agency's unless `confusable` says so. Without `kind` its form says what it is.
    """
    async with database.transaction() as conn:
        return await enter_alias(
            conn, code, alias, kind=kind, valid_from=valid_from, valid_until=valid_until, confusable=confusable
        )


async def enter_alias(
    conn: Connection,
    code: str,
    alias: str,
    *,
    kind: str | None,
    valid_from: date | None,
    valid_until: date | None,
    confusable: bool,
) -> Agency:
    """The same within a transaction."""
    if faults := malformed_code(alias):
        raise Refused(*faults)
    await agency_codes.lock_registration(conn)
    [own] = await own_codes(conn, [code])
    held = (await agency_codes.code_rows(conn, [alias])).get(alias)
    if valid_from and valid_until and valid_from > valid_until:
        rules.CODE_DAYS.refuse("until", valid_until, code=alias, start=shown(valid_from), end=shown(valid_until))
    if held is not None and (held.agency != own or (held.kind == "own" and (valid_from or valid_until))):
        rules.CODE_TAKEN.refuse("alias", alias, code=alias, agency=held.agency)
    if held is None and not confusable:
        await refuse_confusable(conn, alias, agency=own)
    if held is None or held.kind != "own":
        await agency_codes.put_alias(
            conn,
            alias=alias,
            agency=own,
            kind=kind or (held.kind if held else kind_of(alias)),
            valid_from=valid_from,
            valid_until=valid_until,
        )
    found = await directory.agency(conn, own)
    assert found is not None
    return found


def shown(day: date) -> str:
    """The day as people here write it."""
    return day.strftime("%d/%m/%Y")


def kind_of(alias: str) -> str:
    """What another code is by its form."""
    form = form_of(alias)
    return "old" if form is not None and form.key == "old" else "alias"


async def remove_alias(database: Database, alias: str) -> Agency:
    """Take the alias away; what was sent under it stays the agency's. Raises `Refused` for what is no alias."""
    async with database.transaction() as conn:
        held = (await agency_codes.code_rows(conn, [alias])).get(alias)
        if held is None or held.kind == "own":
            rules.ALIAS_UNKNOWN.refuse("alias", alias, code=alias)
        await agency_codes.remove_alias(conn, alias)
        found = await directory.agency(conn, held.agency)
    assert found is not None
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """An agency with its other codes, also those that are over or not yet."""

    agency: Agency
    codes: tuple[CodeRow, ...]


async def list_codes(database: Database, code: str | None = None) -> list[Coded]:
    """Agencies that have other codes, all or the one with this code. Raises `Refused` for an unknown code."""
    async with database.acquire() as conn:
        own = (await own_codes(conn, [code]))[0] if code is not None else None
        rows = await agency_codes.codes_of(conn, own)
    by_agency: dict[str, list[CodeRow]] = {}
    for row in rows:
        by_agency.setdefault(row.agency, []).append(row)
    found = await list_agencies(database)
    return [Coded(agency=one, codes=tuple(by_agency[one.code])) for one in found if one.code in by_agency]
