"""Changes of the directory that take somebody else's word: look-alikes, and what came unsigned from a system.

Spellings that people take for one another need a second administrator where `two_person_certificates` says so (TM-53).
The body of `registerAgency` is not signed, so what it asks for waits, unless the setting `axis_registration` lets a
system keep the agencies below its own (docs/decisions/0026).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envelopes.faults import Fault, Refused
from exchange import certification_rules
from exchange import registration_rules as rules
from exchange.aliases import enter_alias
from exchange.directory import enter_agency, malformed_code, own_codes
from exchange.succession import enter_dissolution
from storage import agency_requests, directory
from storage.agency_requests import RequestRow, Wanted

if TYPE_CHECKING:
    from exchange.certification import Entering
    from storage.connection import Connection
    from storage.database import Database
    from storage.directory import Agency, System

__all__ = ["RequestRow", "Wanted", "approve", "enter", "enter_for_system", "list_requests", "refuse"]

CONFUSABLE = "agency.confusable"

MOST_WAITING = 100
"""Requests of one system that wait at once: more than a person decides in a day, too few to bury the others."""


async def enter(database: Database, wanted: Wanted, *, confusable: bool, entering: Entering) -> Agency | RequestRow:
    """Do what an administrator wants of the directory; `confusable` says that a look-alike is meant. Raises `Refused`.

    With two persons a look-alike waits: the request is answered in place of the agency.
    """
    async with database.transaction() as conn:
        if not (confusable and entering.two_persons):
            return await _do(conn, wanted, confusable=confusable)
        try:
            return await _do(conn, wanted, confusable=False)
        except Refused as refused:
            if any(fault.code != CONFUSABLE for fault in refused.faults):
                raise
            entering.check()
            return await _ask(conn, wanted, refused.faults, by=entering.by)


async def enter_for_system(database: Database, system: System, wanted: Wanted, *, at_once: bool) -> Agency | RequestRow:
    """Do what a system wants if that is `at_once` and about agencies below its own; else it waits. Raises `Refused`."""
    if faults := malformed_code(wanted.code):
        raise Refused(*faults)
    async with database.transaction() as conn:
        known = await directory.agency(conn, wanted.code)
        if wanted.action == "dissolve":
            [own] = await own_codes(conn, [wanted.code])
            if known is not None and known.dissolved_on is not None:
                return known
            wanted = Wanted(action="dissolve", code=own)
        elif wanted.parent is not None:
            [parent] = await own_codes(conn, [wanted.parent])
            wanted = _changed(wanted, parent=parent)
        if at_once and await _is_below(conn, system, wanted, known):
            try:
                return await _do(conn, wanted, confusable=False)
            except Refused as refused:
                if any(fault.code != CONFUSABLE for fault in refused.faults):
                    raise
                return await _ask(conn, wanted, refused.faults, system=system.id)
        return await _ask(conn, wanted, (), system=system.id)


async def approve(database: Database, request: int, *, by: str) -> RequestRow:
    """Do what was asked for; `by` is another administrator than who asked. Raises `Refused`; then it still waits."""
    async with database.transaction() as conn:
        row = await _waiting(conn, request)
        if row.wanted.by == by:
            certification_rules.APPROVER_SAME.refuse("as", by, name=by)
        await _do(conn, row.wanted, confusable=True)
        return await agency_requests.decide_request(conn, request, state="approved", by=by)


async def refuse(database: Database, request: int, *, by: str) -> RequestRow:
    """Let it not happen. Who asked may take it back so. Raises `Refused`."""
    async with database.transaction() as conn:
        await _waiting(conn, request)
        return await agency_requests.decide_request(conn, request, state="refused", by=by)


async def list_requests(database: Database, *, waiting_only: bool = True) -> list[RequestRow]:
    """What waits, or all that ever did, oldest first."""
    async with database.acquire() as conn:
        return await agency_requests.requests(conn, waiting_only=waiting_only)


async def _waiting(conn: Connection, request: int) -> RequestRow:
    row = await agency_requests.lock_request(conn, request) if 0 < request < 2**63 else None
    if row is None:
        rules.REQUEST_UNKNOWN.refuse("id", request, id=request)
    if row.state != "waiting":
        rules.REQUEST_DECIDED.refuse("id", request, id=request, by=row.decided_by)
    return row


async def _ask(
    conn: Connection, wanted: Wanted, faults: tuple[Fault, ...], *, by: str | None = None, system: str | None = None
) -> RequestRow:
    if system is not None:
        count = await agency_requests.waiting_of(conn, system)
        if count >= MOST_WAITING:
            rules.REQUESTS_MANY.refuse("system", system, system=system, count=count)
    reason = "; ".join(f"{fault.vi} / {fault.en}" for fault in faults)
    return await agency_requests.put_request(conn, _changed(wanted, reason=reason, by=by, system=system))


async def _do(conn: Connection, wanted: Wanted, *, confusable: bool) -> Agency:
    if wanted.action == "dissolve":
        return await enter_dissolution(conn, wanted.code)
    if wanted.action == "alias":
        return await enter_alias(
            conn,
            wanted.code,
            wanted.alias or "",
            kind=wanted.kind,
            valid_from=wanted.valid_from,
            valid_until=wanted.valid_until,
            confusable=confusable,
        )
    agency = await enter_agency(
        conn,
        code=wanted.code,
        name=wanted.name or "",
        level=wanted.level,
        parent=wanted.parent,
        confusable=confusable,
    )
    if wanted.mail is None and wanted.phone is None and wanted.fax is None:
        return agency
    await directory.set_contact(
        conn,
        agency.code,
        mail=agency.mail if wanted.mail is None else wanted.mail,
        phone=agency.phone if wanted.phone is None else wanted.phone,
        fax=agency.fax if wanted.fax is None else wanted.fax,
        address=agency.address,
        website=agency.website,
        capabilities=agency.capabilities,
    )
    found = await directory.agency(conn, agency.code)
    assert found is not None
    return found


async def _is_below(conn: Connection, system: System, wanted: Wanted, known: Agency | None) -> bool:
    """Whether it is about an agency below one that the system acts for, before and after."""
    if known is not None and (known.code != wanted.code or known.beyond is not None):
        return False
    starts = [known.parent] if known is not None else []
    if wanted.action == "add":
        starts.append(wanted.parent)
    return all([await _leads_to(conn, start, system) for start in starts])


async def _leads_to(conn: Connection, code: str | None, system: System) -> bool:
    """Whether this agency, or one above it, is one that the system acts for."""
    while code is not None and code not in system.agencies:
        found = await directory.agency(conn, code)
        code = found.parent if found is not None else None
    return code is not None


def _changed(wanted: Wanted, **changes: str | None) -> Wanted:
    return replace(wanted, **changes)  # type: ignore[arg-type]
