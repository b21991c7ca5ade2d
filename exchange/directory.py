"""The directory: agencies, the systems that act for them, and those systems' credentials."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from envelopes.agency_codes import difference, flaw_of, likeness
from envelopes.faults import Fault, Refused
from envelopes.limits import LOCAL_TIME
from exchange import directory_rules as rules
from exchange.credentials import new_credential, new_secret
from exchange.errors import NotThere
from storage import acting, agency_codes, credentials, directory
from storage.envelopes import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.database import Database
    from storage.directory import Agency, System

LEVELS = ("so", "huyen", "xa", "tinh")
"""Levels of agencies that targets are set for: department, district, commune, province."""

SYSTEM_ID = re.compile(r"[0-9A-Za-z._-]{1,64}", re.ASCII)

PAGE = 1000
"""Agencies read at once when all are listed; the national directory has over 100,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSystem:
    """A system with the end (UTC) of each credential that opens the door now; None: until it is rotated.

    `below`: it acts for all the agencies below these.
    """

    system: System
    credentials_end: tuple[datetime | None, ...]
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSystem:
    """A system as added. The credential and the axis secret are told here and never again."""

    system: str
    credential: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """A new credential, told here and never again, and how many older ones end after the overlap."""

    system: str
    credential: str
    ending: int


async def agencies_page(exchange: Exchange, *, after: str, limit: int) -> list[Agency]:
    """Agencies in code order, starting behind `after`."""
    async with exchange.database.acquire() as conn:
        return await directory.agency_page(conn, after=after, limit=limit)


async def agency(exchange: Exchange, code: str) -> Agency:
    """The agency with exactly this code. Raises `NotThere`."""
    async with exchange.database.acquire() as conn:
        found = await directory.agency(conn, code)
    if found is None:
        raise NotThere
    return found


async def acted_for(exchange: Exchange, system: System, code: str) -> bool:
    """Whether `code`, own or alias, is an agency's that the system acts for."""
    async with exchange.database.acquire() as conn:
        found = await directory.agency(conn, code)
    return found is not None and found.code in system.agencies


async def list_agencies(database: Database) -> list[Agency]:
    """Every agency, in code order."""
    found: list[Agency] = []
    async with database.acquire() as conn:
        while page := await directory.agency_page(conn, after=found[-1].code if found else "", limit=PAGE):
            found += page
    return found


async def add_agency(
    database: Database,
    *,
    code: str,
    name: str,
    level: str | None = None,
    parent: str | None = None,
    confusable: bool = False,
) -> Agency:
    """Add the agency, or change name, level and parent of the one whose own code this is. Raises `Refused`.

    A code or name that people take for another agency's is refused unless `confusable` says that it is meant.
    """
    async with database.transaction() as conn:
        return await enter_agency(conn, code=code, name=name, level=level, parent=parent, confusable=confusable)


async def enter_agency(
    conn: Connection, *, code: str, name: str, level: str | None, parent: str | None, confusable: bool
) -> Agency:
    """The same within a transaction."""
    name = unicodedata.normalize("NFC", name).strip()  # one spelling of «ế», so that names can be compared (TM-53)
    if faults := list(_agency_faults(code, name)):
        raise Refused(*faults)
    await agency_codes.lock_registration(conn)
    before = await directory.agency(conn, code)
    held = (await agency_codes.code_rows(conn, [code])).get(code)
    if held is not None and held.kind != "own":
        rules.CODE_TAKEN.refuse("code", code, code=code, agency=held.agency)
    if not confusable:
        await refuse_confusable(conn, code, agency=code)
        await _refuse_confusable_name(conn, code, name, before)
    if parent is not None:
        parent = await _own_parent(conn, code, parent)
    await directory.add_agency(conn, code=code, name=name, level=level, parent=parent)
    added = await directory.agency(conn, code)
    assert added is not None
    return added


async def refuse_confusable(conn: Connection, code: str, *, agency: str) -> None:
    """Refuse a code that looks like one of another agency than `agency` (TM-53)."""
    known = (await agency_codes.codes_like(conn, [code], but=agency)).get(code)
    if known is not None:
        vi, en = difference(code, known)
        rules.CODE_CONFUSABLE.refuse("code", code, code=code, known=known, found_vi=vi, found_en=en)


async def _refuse_confusable_name(conn: Connection, code: str, name: str, before: Agency | None) -> None:
    if before is not None and likeness(before.name) == likeness(name):
        return  # what was once confirmed is not asked for again
    known = await agency_codes.named_like(conn, name, but=code)
    if known is not None:
        rules.NAME_CONFUSABLE.refuse("name", name, name=name, known=known)


async def lock_agency(database: Database, code: str, *, locked: bool = True) -> Agency:
    """Lock an agency, which then neither sends nor receives, or unlock it, by any of its codes. Raises `Refused`."""
    async with database.transaction() as conn:
        [own] = await own_codes(conn, [code])
        await directory.set_locked(conn, own, locked=locked)
        found = await directory.agency(conn, own)
    assert found is not None
    return found


async def list_systems(database: Database) -> list[ListedSystem]:
    """Every active system with its living credentials, by id."""
    async with database.acquire() as conn:
        systems, living = await directory.systems(conn), await credentials.living_credentials(conn)
        scopes = await acting.scopes(conn)
    ends: dict[str, list[datetime | None]] = {}
    for one in living:
        ends.setdefault(one.system, []).append(one.expires_at)
    return [
        ListedSystem(system=one, credentials_end=tuple(ends.get(one.id, ())), below=scopes.get(one.id, ()))
        for one in systems
    ]


async def add_system(
    database: Database,
    *,
    system: str,
    agencies: Sequence[str],
    below: Sequence[str] = (),
    allow_unsigned: bool = False,
    strict: bool = False,
) -> NewSystem:
    """Add a system that acts for `agencies` and for all those below `below`, with its first credential.

    A strict one is refused what others are only warned of (`envelopes.leniency`). Raises `Refused`.
    """
    agencies = list(dict.fromkeys(agencies))
    text, credential, digest = new_credential()
    secret = new_secret()
    try:
        async with database.transaction() as conn:
            named = [*agencies, *below]
            faults = [*_system_faults(system, named), *await unknown_agencies(conn, named)]
            if faults:
                raise Refused(*faults)
            await directory.add_system(
                conn,
                system=system,
                agencies=await own_codes(conn, agencies),
                allow_unsigned=allow_unsigned,
                strict=strict,
                axis_secret=secret,
            )
            await acting.grant(conn, system, agencies=(), below=await own_codes(conn, below))
            await credentials.add_credential(
                conn, credential=credential, system=system, secret_sha256=digest, valid_days=None
            )
    except asyncpg.UniqueViolationError:
        rules.SYSTEM_TAKEN.refuse("system", system, system=system)
    return NewSystem(system=system, credential=text, secret=secret)


async def rotate(database: Database, system: str, *, overlap_hours: float = 24) -> NewCredential:
    """Give a system a new credential; its older ones end after the overlap. Raises `Refused`."""
    text, credential, digest = new_credential()
    async with database.transaction() as conn:
        if not await directory.system_exists(conn, system):
            rules.SYSTEM_UNKNOWN.refuse("system", system, system=system)
        await credentials.add_credential(
            conn, credential=credential, system=system, secret_sha256=digest, valid_days=None
        )
        ending = await credentials.end_other_credentials(
            conn, system=system, keep=credential, overlap_seconds=overlap_hours * 3600
        )
    return NewCredential(system=system, credential=text, ending=ending)


async def allow_weak(database: Database, system: str, until: date | None) -> None:
    """Take weak signatures (SHA-1) from a system to the end of a day in Vietnam; None: no more. Raises `Refused`.

    What comes that way is kept as `verified_weak` and counts as signed nowhere.
    """
    async with database.transaction() as conn:
        today = (await clock(conn)).astimezone(LOCAL_TIME).date()
        if until is not None and until < today:
            shown = until.strftime("%d/%m/%Y")
            rules.SYSTEM_WEAK_PAST.refuse("until", shown, until=shown, system=system)
        if not await directory.set_weak_until(conn, system, until):
            rules.SYSTEM_UNKNOWN.refuse("system", system, system=system)


async def unknown_agencies(conn: Connection, codes: Sequence[str]) -> list[Fault]:
    """One fault for each code that the directory lacks."""
    return _unknown(codes, await directory.agencies(conn, codes))


async def own_codes(conn: Connection, codes: Sequence[str]) -> list[str]:
    """The own code of each agency, each agency once, whichever of its codes was given. Raises `Refused`."""
    known = await directory.agencies(conn, codes)
    if faults := _unknown(codes, known):
        raise Refused(*faults)
    return list(dict.fromkeys(known[code].code for code in codes))


def _unknown(codes: Sequence[str], known: Mapping[str, Agency]) -> list[Fault]:
    return [rules.AGENCY_UNKNOWN.at("agency", code, code=code) for code in codes if code not in known]


def malformed_code(code: str) -> list[Fault]:
    """One fault if this can be no agency's code, naming the character that makes it so."""
    flaw = flaw_of(code)
    return [rules.AGENCY_MALFORMED.at("code", code, code=code, found_vi=flaw[0], found_en=flaw[1])] if flaw else []


def _agency_faults(code: str, name: str) -> list[Fault]:
    faults = malformed_code(code)
    if not name:
        faults.append(rules.AGENCY_NAMELESS.at("name", code=code))
    return faults


def _system_faults(system: str, agencies: Sequence[str]) -> list[Fault]:
    faults = []
    if not SYSTEM_ID.fullmatch(system):
        faults.append(rules.SYSTEM_MALFORMED.at("system", system, system=system))
    if not agencies:
        faults.append(rules.SYSTEM_WITHOUT_AGENCY.at("agency", system=system))
    return faults


async def _own_parent(conn: Connection, code: str, parent: str) -> str:
    """The parent's own code; refused when it is unknown or below the agency: figures are summed up this tree."""
    [own] = await own_codes(conn, [parent])
    above: str | None = own
    while above is not None:
        if above == code:
            rules.PARENT_CIRCULAR.refuse("parent", parent, parent=parent, code=code)
        found = await directory.agency(conn, above)
        assert found is not None  # a parent is an agency
        above = found.parent
    return own
