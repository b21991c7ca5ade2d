"""Groups of agencies: members named one by one, and those that a rule finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A group. Its rule finds agencies of this `level`, `below` this agency at any depth, or both; None: no such rule.

    `members`: own codes of those named one by one. Times are UTC.
    """

    name: str
    title: str
    level: str | None
    below: str | None
    members: tuple[str, ...]
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """An agency that a document to the group reaches now."""

    code: str
    name: str


_GROUP = """g.name, g.title, g.level, g.below, g.added_at,
            array(SELECT agency FROM agency_group_members m WHERE m.name = g.name ORDER BY agency) AS members"""


async def put_group(conn: Connection, *, name: str, title: str, level: str | None, below: str | None) -> None:
    """Add the group, or change its title and rule; its members stay."""
    await conn.execute(
        """INSERT INTO agency_groups (name, title, level, below) VALUES ($1, $2, $3, $4)
           ON CONFLICT (name) DO UPDATE SET title = $2, level = $3, below = $4""",
        name,
        title,
        level,
        below,
    )


async def add_members(conn: Connection, name: str, agencies: Sequence[str]) -> None:
    """Name these agencies as members, too."""
    await conn.execute(
        "INSERT INTO agency_group_members (name, agency) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
        name,
        list(agencies),
    )


async def remove_members(conn: Connection, name: str, agencies: Sequence[str]) -> None:
    """Name these agencies no more."""
    await conn.execute(
        "DELETE FROM agency_group_members WHERE name = $1 AND agency = ANY($2::text[])", name, list(agencies)
    )


async def remove_group(conn: Connection, name: str) -> None:
    """Forget the group; what was sent to its agencies is theirs."""
    await conn.execute("DELETE FROM agency_groups WHERE name = $1", name)


async def group(conn: Connection, name: str) -> GroupRow | None:
    """The group of this name."""
    row = await conn.fetchrow(f"SELECT {_GROUP} FROM agency_groups g WHERE g.name = $1", name)
    return GroupRow(**{**row, "members": tuple(row["members"])}) if row else None


async def groups(conn: Connection) -> list[GroupRow]:
    """Every group, by name."""
    rows = await conn.fetch(f"SELECT {_GROUP} FROM agency_groups g ORDER BY g.name")
    return [GroupRow(**{**row, "members": tuple(row["members"])}) for row in rows]


async def reached(conn: Connection, name: str) -> list[Reached]:
    """Who is in the group now, by code: each agency once, a successor in place of who merged into it.

    Left out is who cannot be delivered to: locked, ended without successor, or behind a parent that is not talked to.
    """
    rows = await conn.fetch(
        """WITH RECURSIVE this AS (SELECT * FROM agency_groups WHERE name = $1),
               under (code) AS (
                   SELECT a.code FROM agencies a JOIN this ON a.parent = this.below
                   UNION SELECT a.code FROM agencies a JOIN under ON a.parent = under.code),
               found AS (
                   SELECT agency AS code FROM agency_group_members WHERE name = $1
                   UNION
                   SELECT a.code FROM agencies a JOIN this ON this.level IS NOT NULL OR this.below IS NOT NULL
                   WHERE (this.level IS NULL OR a.level = this.level)
                     AND (this.below IS NULL OR a.code IN (SELECT code FROM under)))
           SELECT DISTINCT a.code, a.name FROM heirs(array(SELECT code FROM found)) AS h
           JOIN agencies a ON a.code = h.heir
           WHERE a.locked_at IS NULL AND NOT coalesce(a.dissolved_on <= today(), false)
             AND NOT EXISTS (SELECT FROM parents p WHERE p.name = a.beyond AND p.disabled_at IS NOT NULL)
           ORDER BY a.code""",
        name,
    )
    return [Reached(**row) for row in rows]
