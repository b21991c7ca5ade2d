"""Delegations: whose certificates may sign the documents of another agency, and when (SECURITY TM-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationRow:
    """Documents of `agency` may be signed with certificates of `delegate`, from `valid_from` until before `valid_until`
    (None: until it is ended). `approved_at` None: it waits for a second administrator. Times are UTC."""

    id: int
    agency: str
    delegate: str
    valid_from: datetime
    valid_until: datetime | None
    added_at: datetime
    approved_at: datetime | None


_COLUMNS = "id, agency, delegate, valid_from, valid_until, added_at, approved_at"


async def add_delegation(
    conn: Connection,
    *,
    agency: str,
    delegate: str,
    valid_from: datetime | None,
    valid_until: datetime | None,
    approved: bool,
) -> DelegationRow:
    """Write a delegation that begins at `valid_from`, and never before now."""
    row = await conn.fetchrow(
        f"""INSERT INTO delegations (agency, delegate, valid_from, valid_until, approved_at)
            VALUES ($1, $2, greatest($3, clock_timestamp()), $4, CASE WHEN $5 THEN clock_timestamp() END)
            RETURNING {_COLUMNS}""",
        agency,
        delegate,
        valid_from,
        valid_until,
        approved,
    )
    assert row is not None  # returned by the insert
    return DelegationRow(**row)


async def delegations(conn: Connection, agency: str | None = None) -> list[DelegationRow]:
    """Every delegation, or those of one agency or to it, oldest first, also those that are over."""
    rows = await conn.fetch(
        f"""SELECT {_COLUMNS} FROM delegations
            WHERE $1::text IS NULL OR agency = $1 OR delegate = $1 ORDER BY id""",
        agency,
    )
    return [DelegationRow(**row) for row in rows]


async def lock_delegation(conn: Connection, delegation_id: int) -> DelegationRow | None:
    """The delegation, kept from others until the transaction ends."""
    row = await conn.fetchrow(f"SELECT {_COLUMNS} FROM delegations WHERE id = $1 FOR UPDATE", delegation_id)
    return DelegationRow(**row) if row else None


async def approve_delegation(conn: Connection, delegation_id: int) -> DelegationRow:
    """Put a delegation, which the transaction has locked, into force, as far as its dates say so."""
    row = await conn.fetchrow(
        f"UPDATE delegations SET approved_at = clock_timestamp() WHERE id = $1 RETURNING {_COLUMNS}", delegation_id
    )
    assert row is not None  # it is locked
    return DelegationRow(**row)


async def end_delegation(conn: Connection, delegation_id: int) -> DelegationRow:
    """Let a delegation, which the transaction has locked, end now; one that has not begun never does."""
    row = await conn.fetchrow(
        f"""UPDATE delegations SET valid_until = greatest(valid_from, least(valid_until, clock_timestamp()))
            WHERE id = $1 RETURNING {_COLUMNS}""",
        delegation_id,
    )
    assert row is not None  # it is locked
    return DelegationRow(**row)
