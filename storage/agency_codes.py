"""The codes agencies have beside their own, and spellings that are taken for another code or name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from envelopes.agency_codes import likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """A code of an agency: `kind` is `own`, `old`, `code102` or `alias`; both days are included, None: without end.

    `begun`: whether its first day has come; `valid`: whether it is a code today.
    """

    code: str
    agency: str
    kind: str
    valid_from: date | None
    valid_until: date | None
    begun: bool
    valid: bool


def code_lives(table: str) -> str:
    """The SQL condition that a row of `agency_codes`, called `table`, is a code today."""
    return (
        f"({table}.valid_from IS NULL OR {table}.valid_from <= today())"
        f" AND ({table}.valid_until IS NULL OR {table}.valid_until >= today())"
    )


_ROW = f"""k.code, k.agency, k.kind, k.valid_from, k.valid_until,
           k.valid_from IS NULL OR k.valid_from <= today() AS begun, ({code_lives("k")}) AS valid"""


async def lock_registration(conn: Connection) -> None:
    """Let no other transaction add codes until this one ends: two look-alikes added at once would not see each other.

    Messages are taken meanwhile; they only read.
    """
    await conn.execute("LOCK TABLE agency_codes IN SHARE ROW EXCLUSIVE MODE")


async def code_rows(conn: Connection, codes: Sequence[str]) -> dict[str, CodeRow]:
    """What each of `codes` is, or was, or will be the code of; unlike `directory.agencies`, whatever day it is."""
    rows = await conn.fetch(
        f"SELECT {_ROW} FROM agency_codes k WHERE code = ANY($1::text[])",
        list(codes),
    )
    return {row["code"]: CodeRow(**row) for row in rows}


async def codes_of(conn: Connection, agency: str | None) -> list[CodeRow]:
    """Every code of the agency (None: of all) that is not an own one, also those that are no more or not yet."""
    rows = await conn.fetch(
        f"""SELECT {_ROW} FROM agency_codes k
            WHERE ($1::text IS NULL OR agency = $1) AND kind <> 'own' ORDER BY agency, code""",
        agency,
    )
    return [CodeRow(**row) for row in rows]


async def put_alias(
    conn: Connection, *, alias: str, agency: str, kind: str, valid_from: date | None, valid_until: date | None
) -> None:
    """Give the agency one more code, or change kind and days of one it has; both days are included.

    Raises asyncpg's check violation when it ends before it begins or is the agency's own.
    """
    await conn.execute(
        """INSERT INTO agency_codes (code, agency, likeness, kind, valid_from, valid_until)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (code) DO UPDATE SET kind = $4, valid_from = $5, valid_until = $6
           WHERE agency_codes.agency = $2""",
        alias,
        agency,
        likeness(alias),
        kind,
        valid_from,
        valid_until,
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
