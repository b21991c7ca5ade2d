"""People who sign in at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account: a clerk of one agency, or an administrator of none. Times are UTC."""

    name: str
    role: str
    agency: str | None
    password_hash: str
    added_at: datetime
    disabled_at: datetime | None


_COLUMNS = "name, role, agency, password_hash, added_at, disabled_at"


async def add_account(conn: Connection, *, name: str, role: str, agency: str | None, password_hash: str) -> None:
    """Add an account; raises asyncpg's unique violation when the name is taken."""
    await conn.execute(
        "INSERT INTO accounts (name, role, agency, password_hash) VALUES ($1, $2, $3, $4)",
        name,
        role,
        agency,
        password_hash,
    )


async def account(conn: Connection, name: str) -> AccountRow | None:
    """The account of exactly this name, also a disabled one."""
    row = await conn.fetchrow(f"SELECT {_COLUMNS} FROM accounts WHERE name = $1", name)
    return AccountRow(**row) if row else None


async def accounts(conn: Connection) -> list[AccountRow]:
    """Every account, by name."""
    rows = await conn.fetch(f"SELECT {_COLUMNS} FROM accounts ORDER BY name")
    return [AccountRow(**row) for row in rows]
