"""The directory: agencies, the systems that act for them, and those systems' credentials."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from envelopes.faults import Fault, Refused
from envelopes.limits import AGENCY_CODE
from exchange import directory_rules as rules
from exchange.credentials import new_credential, new_secret
from exchange.errors import NotThere
from storage import directory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

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
    """A system with the end (UTC) of each credential that opens the door now; None: until it is rotated."""

    system: System
    credentials_end: tuple[datetime | None, ...]


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


async def list_agencies(database: Database) -> list[Agency]:
    """Every agency, in code order."""
    found: list[Agency] = []
    async with database.acquire() as conn:
        while page := await directory.agency_page(conn, after=found[-1].code if found else "", limit=PAGE):
            found += page
    return found


async def add_agency(
    database: Database, *, code: str, name: str, level: str | None = None, parent: str | None = None
) -> Agency:
    """Add the agency, or change name, level and parent of the one that has this code. Raises `Refused`."""
    name = unicodedata.normalize("NFC", name).strip()  # one spelling of «ế», so that names can be compared (TM-53)
    faults = list(_agency_faults(code, name))
    if faults:
        raise Refused(*faults)
    async with database.transaction() as conn:
        if parent is not None:
            await _check_parent(conn, code, parent)
        await directory.add_agency(conn, code=code, name=name, level=level, parent=parent)
        added = await directory.agency(conn, code)
    assert added is not None
    return added


async def lock_agency(database: Database, code: str, *, locked: bool = True) -> Agency:
    """Lock an agency, which then neither sends nor receives, or unlock it. Raises `Refused`."""
    async with database.transaction() as conn:
        if not await directory.set_locked(conn, code, locked=locked):
            rules.AGENCY_UNKNOWN.refuse("code", code, code=code)
        found = await directory.agency(conn, code)
    assert found is not None
    return found


async def list_systems(database: Database) -> list[ListedSystem]:
    """Every active system with its living credentials, by id."""
    async with database.acquire() as conn:
        systems, living = await directory.systems(conn), await directory.living_credentials(conn)
    ends: dict[str, list[datetime | None]] = {}
    for one in living:
        ends.setdefault(one.system, []).append(one.expires_at)
    return [ListedSystem(system=one, credentials_end=tuple(ends.get(one.id, ()))) for one in systems]


async def add_system(
    database: Database, *, system: str, agencies: Sequence[str], allow_unsigned: bool = False, strict: bool = False
) -> NewSystem:
    """Add a system that acts for `agencies`, with its first credential. Raises `Refused`.

    A strict one is refused what others are only warned of (`envelopes.leniency`).
    """
    agencies = list(dict.fromkeys(agencies))
    text, credential, digest = new_credential()
    secret = new_secret()
    try:
        async with database.transaction() as conn:
            faults = [*_system_faults(system, agencies), *await unknown_agencies(conn, agencies)]
            if faults:
                raise Refused(*faults)
            await directory.add_system(
                conn,
                system=system,
                agencies=agencies,
                allow_unsigned=allow_unsigned,
                strict=strict,
                axis_secret=secret,
            )
            await directory.add_credential(
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
        await directory.add_credential(
            conn, credential=credential, system=system, secret_sha256=digest, valid_days=None
        )
        ending = await directory.end_other_credentials(
            conn, system=system, keep=credential, overlap_seconds=overlap_hours * 3600
        )
    return NewCredential(system=system, credential=text, ending=ending)


async def unknown_agencies(conn: Connection, codes: Sequence[str]) -> list[Fault]:
    """One fault for each code that the directory lacks."""
    known = await directory.agencies(conn, codes)
    return [rules.AGENCY_UNKNOWN.at("agency", code, code=code) for code in codes if code not in known]


def _agency_faults(code: str, name: str) -> list[Fault]:
    faults = []
    if not AGENCY_CODE.fullmatch(code):
        faults.append(rules.AGENCY_MALFORMED.at("code", code, code=code))
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


async def _check_parent(conn: Connection, code: str, parent: str) -> None:
    """Refuse an unknown parent and one that is below the agency: figures are summed up this tree."""
    above: str | None = parent
    while above is not None:
        if above == code:
            rules.PARENT_CIRCULAR.refuse("parent", parent, parent=parent, code=code)
        found = await directory.agency(conn, above)
        if found is None:
            rules.AGENCY_UNKNOWN.refuse("parent", above, code=above)
        above = found.parent
