"""The codes agencies have beside their own, and spellings that are taken for another code or name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.agency_codes import likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


async def lock_registration(conn: Connection) -> None:
    """Let no other transaction add codes until this one ends: two look-alikes added at once would not see each other.

    Messages are taken meanwhile; they only read.
    """
    await conn.execute("LOCK TABLE agency_codes IN SHARE ROW EXCLUSIVE MODE")


async def add_alias(conn: Connection, *, alias: str, agency: str) -> None:
    """Give the agency one more code; raises asyncpg's unique violation when the code is taken."""
    await conn.execute(
        "INSERT INTO agency_codes (code, agency, likeness) VALUES ($1, $2, $3)", alias, agency, likeness(alias)
    )


async def remove_alias(conn: Connection, alias: str) -> None:
    """Take an alias away; an agency's own code stays."""
    await conn.execute("DELETE FROM agency_codes WHERE code = $1 AND code <> agency", alias)


async def codes_like(conn: Connection, codes: Sequence[str], *, but: str = "") -> dict[str, str]:
    """A known code that looks like it, for each of `codes` that has one; codes of agency `but` are left out."""
    alike = {likeness(code): code for code in codes}
    rows = await conn.fetch(
        """SELECT DISTINCT ON (likeness) likeness, code FROM agency_codes
           WHERE likeness = ANY($1::text[]) AND agency <> $2 ORDER BY likeness, code""",
        list(alike),
        but,
    )
    found = {row["likeness"]: row["code"] for row in rows}
    return {code: found[likeness(code)] for code in codes if likeness(code) in found}


async def named_like(conn: Connection, name: str, *, but: str = "") -> str | None:
    """The code of an agency other than `but` whose name looks like this one."""
    found: str | None = await conn.fetchval(
        "SELECT code FROM agencies WHERE likeness = $1 AND code <> $2 ORDER BY code LIMIT 1", likeness(name), but
    )
    return found
