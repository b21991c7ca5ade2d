"""What became of agencies: how they ended, who stands in their place, and what was sent to them since."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from storage.connection import Connection


async def heirs(conn: Connection, codes: Sequence[str] | None = None, *, on: date | None = None) -> dict[str, str]:
    """For each of these agencies' own codes (None: of every agency) the own code of who stands in its place.

    That is the agency itself, or the last of its successors on the day (None: today). Figures are counted by this.
    """
    rows = await conn.fetch(
        "SELECT code, heir FROM heirs($1::text[], coalesce($2, today()))", None if codes is None else list(codes), on
    )
    return {row["code"]: row["heir"] for row in rows}


async def forebears(conn: Connection, codes: Sequence[str]) -> dict[str, list[str]]:
    """For each of these agencies' own codes those that are no more and whose place it has; who has none is left out."""
    rows = await conn.fetch(
        "SELECT code, found FROM unnest($1::text[]) AS code, forebears(array[code]) AS found WHERE found <> '{}'",
        list(codes),
    )
    return {row["code"]: sorted(row["found"]) for row in rows}


async def end_agency(conn: Connection, code: str, *, on: date | None, successor: str | None) -> date:
    """Let the agency be no more from this day (None: today) on, and write that down; which day it is."""
    day: date = await conn.fetchval(
        """UPDATE agencies SET dissolved_on = coalesce($2, today()), successor = $3, modified_on = clock_timestamp(),
                  version = version + 1
           WHERE code = $1 RETURNING dissolved_on""",
        code,
        on,
        successor,
    )
    event = "dissolved" if successor is None else "merged"
    await _write(conn, code, event=event, successor=successor, on=day)
    return day


async def revive_agency(conn: Connection, code: str) -> None:
    """Let the agency be as if it had never ended, and write that down."""
    await conn.execute(
        """UPDATE agencies SET dissolved_on = NULL, successor = NULL, modified_on = clock_timestamp(),
                  version = version + 1
           WHERE code = $1""",
        code,
    )
    await _write(conn, code, event="undone", successor=None, on=None)


async def _write(conn: Connection, code: str, *, event: str, successor: str | None, on: date | None) -> None:
    await conn.execute(
        "INSERT INTO successions (agency, event, successor, on_day) VALUES ($1, $2, $3, $4)", code, event, successor, on
    )


async def happened_since(conn: Connection, code: str) -> str | None:
    """What happened to the agency's messages since it ended, which undoing would contradict; None: nothing.

    `redirected`: a document reached the successor in its place; `handled`: what waited for it was fetched, confirmed or
    reported on.
    """
    found: str | None = await conn.fetchval(
        """WITH ended AS (
               SELECT greatest(s.at, (s.on_day::timestamp AT TIME ZONE interval '7 hours')) AS at
               FROM successions s WHERE s.agency = $1 ORDER BY s.id DESC LIMIT 1)
           SELECT CASE
               WHEN EXISTS (SELECT FROM redirections r JOIN envelopes e ON e.id = r.envelope, ended
                            WHERE r.agency = $1 AND e.accepted_at >= ended.at) THEN 'redirected'
               WHEN EXISTS (SELECT FROM ended, deliveries d LEFT JOIN events v ON v.delivery = d.id
                            WHERE d.recipient = $1
                              AND (d.fetched_at >= ended.at OR d.confirmed_at >= ended.at OR v.at >= ended.at))
               THEN 'handled' END""",
        code,
    )
    return found


async def note_redirected(conn: Connection, envelope: UUID, heirs: Mapping[str, str]) -> None:
    """Keep that the document reached these agencies in place of others: dissolved agency to who got it."""
    await conn.executemany(
        "INSERT INTO redirections (envelope, agency, heir) VALUES ($1, $2, $3)",
        [(envelope, agency, heir) for agency, heir in sorted(heirs.items())],
    )
