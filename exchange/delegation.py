"""Delegation: an agency lets another one's certificates sign its documents, for a time (SECURITY TM-13).

It is no chain: who is delegated to cannot pass it on. With `two_person_certificates` another administrator approves,
because a delegation opens the same door as a certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.limits import LOCAL_TIME
from exchange import certification_rules as rules
from exchange.certification import ALONE, Entering
from exchange.directory import own_codes
from storage import delegations, envelopes, signing_events

if TYPE_CHECKING:
    from datetime import datetime

    from storage.connection import Connection
    from storage.database import Database
    from storage.delegations import DelegationRow


async def add_delegation(
    database: Database,
    agency: str,
    delegate: str,
    *,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    entering: Entering = ALONE,
) -> DelegationRow:
    """Let `delegate`'s certificates sign documents of `agency` from `valid_from` (aware; None: now) until before
    `valid_until` (None: until it is ended). Raises `Refused`."""
    entering.check()
    async with database.transaction() as conn:
        found = await own_codes(conn, [agency, delegate])
        if len(found) == 1:  # two codes of one agency
            rules.DELEGATION_SELF.refuse("to", delegate, agency=agency)
        now = await envelopes.clock(conn)
        if valid_until is not None and valid_until <= max(now, valid_from or now):
            rules.DELEGATION_BACKWARDS.refuse("until", valid_until)
        await _check_new(conn, found[0], found[1], max(now, valid_from or now))
        row = await delegations.add_delegation(
            conn,
            agency=found[0],
            delegate=found[1],
            valid_from=valid_from,
            valid_until=valid_until,
            approved=not entering.two_persons,
        )
        await _note(conn, "added", row, entering.by)
    return row


async def approve_delegation(database: Database, delegation_id: int, *, by: str) -> DelegationRow:
    """Put into force what another administrator entered. Raises `Refused`."""
    async with database.transaction() as conn:
        row = await _living(conn, delegation_id)
        if row.approved_at is not None:
            rules.DELEGATION_APPROVED.refuse("id", delegation_id, id=delegation_id)
        if await signing_events.who_added(conn, delegation=row.id) in (by, None):
            rules.APPROVER_SAME.refuse("as", by, name=by)
        row = await delegations.approve_delegation(conn, row.id)
        await _note(conn, "approved", row, by)
    return row


async def end_delegation(database: Database, delegation_id: int, *, by: str | None = None) -> DelegationRow:
    """Let the delegation end now; what was signed under it and taken before stays good. Raises `Refused`."""
    async with database.transaction() as conn:
        row = await _living(conn, delegation_id)
        row = await delegations.end_delegation(conn, row.id)
        await _note(conn, "ended", row, by)
    return row


async def list_delegations(database: Database, agency: str | None = None) -> list[DelegationRow]:
    """Every delegation, or those of one agency or to it, oldest first, also those that are over. Raises `Refused`."""
    async with database.acquire() as conn:
        own = (await own_codes(conn, [agency]))[0] if agency else None
        return await delegations.delegations(conn, own)


async def _check_new(conn: Connection, agency: str, delegate: str, begin: datetime) -> None:
    """Refuse what would be in force beside another one of the same pair: ending one would change nothing."""
    for row in await delegations.delegations(conn, agency):
        goes_on = row.valid_from <= begin and (row.valid_until is None or begin < row.valid_until)
        if (row.agency, row.delegate) == (agency, delegate) and row.approved_at is not None and goes_on:
            day = f"{row.valid_until.astimezone(LOCAL_TIME):%d/%m/%Y %H:%M}" if row.valid_until else None
            rules.DELEGATION_TWICE.refuse(
                "to",
                delegate,
                agency=agency,
                delegate=delegate,
                id=row.id,
                span_vi=f"đến {day}" if day else "không thời hạn",
                span_en=f"until {day}" if day else "without an end",
            )


async def _living(conn: Connection, delegation_id: int) -> DelegationRow:
    row = await delegations.lock_delegation(conn, delegation_id)
    if row is None:
        rules.DELEGATION_UNKNOWN.refuse("id", delegation_id, id=delegation_id)
    if row.valid_until is not None and row.valid_until <= await envelopes.clock(conn):
        rules.DELEGATION_OVER.refuse("id", delegation_id, id=delegation_id)
    return row


async def _note(conn: Connection, event: str, row: DelegationRow, by: str | None) -> None:
    until = f"{row.valid_until:%Y-%m-%dT%H:%M:%SZ}" if row.valid_until else "…"
    said = f"{row.delegate} {row.valid_from:%Y-%m-%dT%H:%M:%SZ} – {until}"
    await signing_events.add_event(conn, event, agency=row.agency, by=by, delegation=row.id, description=said)
