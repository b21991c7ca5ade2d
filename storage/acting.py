"""Which agencies a system acts for: those named, and those below others (`acts_for` in the schema counts both)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


async def grant(conn: Connection, system: str, *, agencies: Sequence[str], below: Sequence[str]) -> None:
    """Let the system act for these agencies and for all below those, also for what is added there later."""
    await conn.execute(
        "INSERT INTO system_agencies (system, agency) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
        system,
        list(agencies),
    )
    await conn.execute(
        "INSERT INTO system_scopes (system, above) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
        system,
        list(below),
    )


async def withdraw(conn: Connection, system: str, *, agencies: Sequence[str], below: Sequence[str]) -> None:
    """Let the system act for these no more, nor for those below those."""
    await conn.execute(
        "DELETE FROM system_agencies WHERE system = $1 AND agency = ANY($2::text[])", system, list(agencies)
    )
    await conn.execute("DELETE FROM system_scopes WHERE system = $1 AND above = ANY($2::text[])", system, list(below))


async def has_any(conn: Connection, system: str) -> bool:
    """Whether the system is named for an agency or for what is below one."""
    found: bool = await conn.fetchval(
        """SELECT EXISTS (SELECT FROM system_agencies WHERE system = $1)
               OR EXISTS (SELECT FROM system_scopes WHERE system = $1)""",
        system,
    )
    return found


async def scopes(conn: Connection) -> dict[str, tuple[str, ...]]:
    """The agencies below which each system acts for all; systems without any are left out."""
    rows = await conn.fetch(
        "SELECT system, array_agg(above ORDER BY above) AS above FROM system_scopes GROUP BY system"
    )
    return {row["system"]: tuple(row["above"]) for row in rows}
