"""Axes above this one, the agencies reached through them, and how their lines do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from envelopes.agency_codes import likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentRow:
    """A parent axis: its address, who this exchange is there (`system`, `secret`), and what is believed of it.

    `vouches`: what it brings counts, as unsigned, where no certificate here can tell; `seal`: DER of the certificate
    that it signs its own 01 with; `stands_for`: the system under which its messages are kept. Times are UTC.
    """

    name: str
    url: str
    system: str
    secret: str = field(repr=False)
    stands_for: str
    vouches: bool
    seal: bytes | None
    added_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """A parent axis as the caller of a submission: what it brings comes from any agency beyond it."""

    name: str
    vouches: bool
    seal: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One direction (`up`, `down`) of a parent: when it is due, and how it went the last time; times are UTC."""

    parent: str
    direction: str
    due_at: datetime
    tried_at: datetime | None
    answered_at: datetime | None
    failures: int
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An agency as a parent lists it: its code there, its name and mail, and other codes it has by kind."""

    code: str
    name: str
    mail: str = ""
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What entering one page of a parent's list did, by number; `elsewhere`: reached through another parent."""

    added: int
    renamed: int
    ours: int
    elsewhere: int


_PARENT = "name, url, system, secret, stands_for, vouches, seal, added_at, disabled_at"
_LINE = "l.parent, l.direction, l.due_at, l.tried_at, l.answered_at, l.failures, l.outcome"


async def put_parent(
    conn: Connection, *, name: str, url: str, system: str, secret: str, vouches: bool, seal: bytes | None
) -> None:
    """Add a parent with its lines, or change the one of this name and take it up again.

    What comes from it is kept under a system of its own, which is disabled: nobody can enter as it.
    """
    stands_for = f"parent.{name}"
    await conn.execute(
        """INSERT INTO systems (id, axis_secret, disabled_at)
           VALUES ($1, gen_random_uuid()::text || gen_random_uuid()::text, clock_timestamp())
           ON CONFLICT (id) DO NOTHING""",
        stands_for,
    )
    await conn.execute(
        """INSERT INTO parents (name, url, system, secret, stands_for, vouches, seal)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (name) DO UPDATE SET url = $2, system = $3, secret = $4, vouches = $6, seal = $7,
                  disabled_at = NULL""",
        name,
        url,
        system,
        secret,
        stands_for,
        vouches,
        seal,
    )
    await conn.execute(
        """INSERT INTO parent_lines (parent, direction) VALUES ($1, 'up'), ($1, 'down')
           ON CONFLICT (parent, direction) DO UPDATE SET due_at = clock_timestamp()""",
        name,
    )


async def disable_parent(conn: Connection, name: str) -> bool:
    """Talk to the parent no more; its agencies are then out of reach. False when it is unknown."""
    done = await conn.fetchval(
        """UPDATE parents SET disabled_at = coalesce(disabled_at, clock_timestamp()) WHERE name = $1 RETURNING true""",
        name,
    )
    return bool(done)


async def parents(conn: Connection) -> list[ParentRow]:
    """Every parent, by name, also those that are no longer talked to."""
    return [_parent(row) for row in await conn.fetch(f"SELECT {_PARENT} FROM parents ORDER BY name")]


async def parent(conn: Connection, name: str) -> ParentRow | None:
    """The parent of this name."""
    row = await conn.fetchrow(f"SELECT {_PARENT} FROM parents WHERE name = $1", name)
    return _parent(row) if row else None


async def lines(conn: Connection) -> list[LineRow]:
    """Both lines of every parent that is talked to."""
    rows = await conn.fetch(
        f"""SELECT {_LINE} FROM parent_lines l JOIN parents p ON p.name = l.parent
            WHERE p.disabled_at IS NULL ORDER BY l.parent, l.direction DESC"""
    )
    return [LineRow(**row) for row in rows]


async def due_parents(conn: Connection, direction: str) -> list[ParentRow]:
    """The parents whose line in this direction is due, longest due first."""
    rows = await conn.fetch(
        """SELECT p.* FROM parents p JOIN parent_lines l ON l.parent = p.name
           WHERE l.direction = $1 AND l.due_at <= clock_timestamp() AND p.disabled_at IS NULL
           ORDER BY l.due_at, p.name""",
        direction,
    )
    return [_parent(row) for row in rows]


async def note_answered(conn: Connection, name: str, direction: str, *, again_seconds: float) -> None:
    """The parent answered; the line is due again in `again_seconds`."""
    await conn.execute(
        """UPDATE parent_lines SET tried_at = clock_timestamp(), answered_at = clock_timestamp(), failures = 0,
                  outcome = NULL, due_at = clock_timestamp() + make_interval(secs => $3)
           WHERE parent = $1 AND direction = $2""",
        name,
        direction,
        again_seconds,
    )


async def note_silent(conn: Connection, name: str, direction: str, *, outcome: str, again_seconds: float) -> int:
    """The parent gave no usable answer; it is tried again in `again_seconds`. Failures in a row, this one included."""
    failures: int | None = await conn.fetchval(
        """UPDATE parent_lines SET tried_at = clock_timestamp(), failures = failures + 1, outcome = $3,
                  due_at = clock_timestamp() + make_interval(secs => $4)
           WHERE parent = $1 AND direction = $2 RETURNING failures""",
        name,
        direction,
        outcome,
        again_seconds,
    )
    return failures or 0


async def be_due(conn: Connection, name: str) -> None:
    """Let both lines of the parent be due at once."""
    await conn.execute("UPDATE parent_lines SET due_at = clock_timestamp() WHERE parent = $1", name)


async def failures_of(conn: Connection, name: str, direction: str) -> int:
    """How many tries of this line failed in a row."""
    found: int | None = await conn.fetchval(
        "SELECT failures FROM parent_lines WHERE parent = $1 AND direction = $2", name, direction
    )
    return found or 0


async def begin_list(conn: Connection) -> None:
    """Make room for the codes a list names, until the transaction ends."""
    await conn.execute("CREATE TEMPORARY TABLE listed (code text PRIMARY KEY) ON COMMIT DROP")


async def enter_listed(conn: Connection, name: str, agencies: Sequence[Listed]) -> Entered:
    """Enter one page of the parent's list: what nobody here has is beyond, what is beyond gets its new name.

    Agencies of this exchange, under whichever of their codes, and those behind another parent stay as they are.
    """
    row = await conn.fetchrow(
        """WITH given AS (
               SELECT DISTINCT ON (code) * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
               AS g (code, name, likeness, code_likeness, mail) ORDER BY code),
           noted AS (INSERT INTO listed SELECT code FROM given ON CONFLICT DO NOTHING),
           known AS (
               SELECT g.*, a.code AS own, a.beyond, (a.name, a.mail) AS old
               FROM given g LEFT JOIN agency_codes k ON k.code = g.code LEFT JOIN agencies a ON a.code = k.agency),
           added AS (
               INSERT INTO agencies (code, name, likeness, mail, beyond)
               SELECT code, name, likeness, mail, $1 FROM known
               WHERE own IS NULL RETURNING code),
           coded AS (
               INSERT INTO agency_codes (code, agency, likeness, kind)
               SELECT a.code, a.code, g.code_likeness, 'own' FROM added a JOIN given g ON g.code = a.code),
           renamed AS (
               UPDATE agencies a SET name = k.name, likeness = k.likeness, mail = k.mail FROM known k
               WHERE a.code = k.own AND k.code = k.own AND k.beyond = $1 AND k.old <> (k.name, k.mail)
               RETURNING a.code)
           SELECT (SELECT count(*) FROM added)::int AS added, (SELECT count(*) FROM renamed)::int AS renamed,
                  (SELECT count(*) FROM known WHERE own IS NOT NULL AND beyond IS NULL)::int AS ours,
                  (SELECT count(*) FROM known WHERE beyond <> $1)::int AS elsewhere""",
        name,
        [one.code for one in agencies],
        [one.name for one in agencies],
        [likeness(one.name) for one in agencies],
        [likeness(one.code) for one in agencies],
        [one.mail for one in agencies],
    )
    assert row is not None
    await _enter_others(conn, name, agencies)
    return Entered(**row)


async def _enter_others(conn: Connection, name: str, agencies: Sequence[Listed]) -> None:
    """Give agencies beyond their other codes, as far as nobody has them."""
    others = [(code, kind, one.code) for one in agencies for kind, code in one.others]
    await conn.execute(
        """INSERT INTO agency_codes (code, kind, agency, likeness)
           SELECT g.code, g.kind, a.code, g.likeness
           FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS g (code, kind, own, likeness)
           JOIN agencies a ON a.code = g.own AND a.beyond = $1 ON CONFLICT (code) DO NOTHING""",
        name,
        [code for code, _, _ in others],
        [kind for _, kind, _ in others],
        [own for _, _, own in others],
        [likeness(code) for code, _, _ in others],
    )


async def lock_unlisted(conn: Connection, name: str) -> list[str]:
    """Lock the parent's agencies that its list names no more, so that their senders hear of it; which they are."""
    rows = await conn.fetch(
        """UPDATE agencies a SET locked_at = clock_timestamp() WHERE a.beyond = $1 AND a.locked_at IS NULL
           AND NOT EXISTS (SELECT FROM listed l WHERE l.code = a.code) RETURNING a.code""",
        name,
    )
    return sorted(row["code"] for row in rows)


async def locked_but_listed(conn: Connection, name: str) -> list[str]:
    """The parent's agencies that are locked here though its list names them."""
    rows = await conn.fetch(
        """SELECT a.code FROM agencies a JOIN listed l ON l.code = a.code
           WHERE a.beyond = $1 AND a.locked_at IS NOT NULL ORDER BY a.code""",
        name,
    )
    return [row["code"] for row in rows]


async def beyond_counts(conn: Connection) -> dict[str, int]:
    """How many agencies are reached through each parent."""
    rows = await conn.fetch(
        "SELECT beyond, count(*) AS number FROM agencies WHERE beyond IS NOT NULL GROUP BY beyond ORDER BY beyond"
    )
    return {row["beyond"]: row["number"] for row in rows}


async def stuck_counts(conn: Connection) -> dict[str, tuple[int, int]]:
    """How many messages were refused on their way up and down, by parent; those without any are left out."""
    rows = await conn.fetch(
        """SELECT p.name, (SELECT count(*) FROM upward WHERE parent = p.name AND state = 'refused') AS up,
                  (SELECT count(*) FROM downward WHERE parent = p.name AND state = 'refused') AS down
           FROM parents p WHERE p.disabled_at IS NULL ORDER BY p.name"""
    )
    return {row["name"]: (row["up"], row["down"]) for row in rows if row["up"] or row["down"]}


def _parent(row: asyncpg.Record) -> ParentRow:
    return ParentRow(**{name: row[name] for name in ParentRow.__slots__})
