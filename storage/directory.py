"""Agencies, and the systems that act for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from envelopes.agency_codes import likeness
from storage.agency_codes import code_lives

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from storage.connection import Connection
    from storage.parents import Above


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One agency of the directory. A locked agency receives nothing; times are UTC.

    `code` is the agency's own and the only one that other tables name it by; `aliases` are the others it has today, by
    kind in `old_code` and `code102`. `beyond` names the parent axis that it is reached through, locked while that is
    not talked to; None: it is this exchange's. `dissolved_on`: the first day in Vietnam on which it is no more, and
    `dissolved` whether that day has come; `successor` then gets what is sent to it. The national list's words are
    `national_id`, `national_pid`, `center_code`, `version`, `modified_on` and `is_agency`; `parent_id` is the parent's
    `national_id`.
    """

    code: str
    name: str
    level: str | None
    parent: str | None
    locked_at: datetime | None
    added_at: datetime
    aliases: tuple[str, ...]
    beyond: str | None = None
    old_code: str = ""
    code102: str = ""
    dissolved_on: date | None = None
    dissolved: bool = False
    successor: str | None = None
    mail: str = ""
    phone: str = ""
    fax: str = ""
    address: str = ""
    website: str = ""
    national_id: str = ""
    national_pid: str = ""
    parent_id: str = ""
    center_code: str = ""
    version: int = 1
    modified_on: datetime
    is_agency: bool = True
    capabilities: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        """Whether it sends and can be delivered to under its own name."""
        return self.locked_at is None and not self.dissolved


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A document system: the agencies it acts for and its policy: may it send unsigned, is it read strictly.

    `weak_until` is the last day, by Vietnam's calendar, on which its signatures may be weak; None: they may not.
    `parent`: it stands for a parent axis.
    """

    id: str
    agencies: frozenset[str]
    allow_unsigned: bool
    strict: bool = False
    weak_until: date | None = None
    parent: Above | None = None


_DERIVED = frozenset({"locked_at", "aliases", "old_code", "code102", "dissolved", "capabilities", "parent_id"})
_PLAIN = [name for name in Agency.__slots__ if name not in _DERIVED]

_AGENCY = f"""{", ".join(f"a.{name}" for name in _PLAIN)}, a.capabilities,
             coalesce(a.dissolved_on <= today(), false) AS dissolved,
             coalesce((SELECT national_id FROM agencies p WHERE p.code = a.parent), '') AS parent_id,
             coalesce(a.locked_at, (SELECT disabled_at FROM parents p WHERE p.name = a.beyond)) AS locked_at,
             array(SELECT kind || ' ' || code FROM agency_codes
                   WHERE agency = a.code AND kind <> 'own' AND {code_lives("agency_codes")} ORDER BY code) AS others"""


def _agency(row: asyncpg.Record) -> Agency:
    others = [tuple(one.split(" ")) for one in row["others"]]
    return Agency(
        **{name: row[name] for name in _PLAIN},
        locked_at=row["locked_at"],
        dissolved=row["dissolved"],
        parent_id=row["parent_id"],
        aliases=tuple(code for _, code in others),
        old_code=next((code for kind, code in others if kind == "old"), ""),
        code102=next((code for kind, code in others if kind == "code102"), ""),
        capabilities=tuple(row["capabilities"]),
    )


async def add_agency(conn: Connection, *, code: str, name: str, level: str | None, parent: str | None) -> None:
    """Add the agency, or change its name, level and parent if the code is there."""
    await conn.execute(
        """WITH added AS (
               INSERT INTO agencies (code, name, level, parent, likeness) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (code) DO UPDATE SET name = $2, level = $3, parent = $4, likeness = $5,
                      modified_on = clock_timestamp(), version = agencies.version + 1 RETURNING code)
           INSERT INTO agency_codes (code, agency, likeness, kind) SELECT code, code, $6, 'own' FROM added
           ON CONFLICT (code) DO NOTHING""",
        code,
        name,
        level,
        parent,
        likeness(name),
        likeness(code),
    )


async def set_locked(conn: Connection, code: str, *, locked: bool) -> bool:
    """Lock or unlock an agency; False when the code is unknown."""
    done = await conn.fetchval(
        """UPDATE agencies SET locked_at = CASE WHEN $2 THEN coalesce(locked_at, clock_timestamp()) END
           WHERE code = $1 RETURNING true""",
        code,
        locked,
    )
    return bool(done)


async def set_contact(
    conn: Connection,
    code: str,
    *,
    mail: str,
    phone: str,
    fax: str,
    address: str,
    website: str,
    capabilities: Sequence[str],
) -> None:
    """Change how the agency of this own code is reached, and what it can receive."""
    await conn.execute(
        """UPDATE agencies SET mail = $2, phone = $3, fax = $4, address = $5, website = $6, capabilities = $7,
                  modified_on = clock_timestamp(), version = version + 1
           WHERE code = $1""",
        code,
        mail,
        phone,
        fax,
        address,
        website,
        list(capabilities),
    )


async def agency(conn: Connection, code: str) -> Agency | None:
    """The agency that has exactly this code, as its own or as an alias."""
    return (await agencies(conn, [code])).get(code)


async def agencies(conn: Connection, codes: Sequence[str]) -> dict[str, Agency]:
    """The agency for each known one among `codes`, whichever of its codes that is. The one place that resolves."""
    rows = await conn.fetch(
        f"""SELECT k.code AS asked, {_AGENCY} FROM agency_codes k JOIN agencies a ON a.code = k.agency
            WHERE k.code = ANY($1::text[]) AND {code_lives("k")}""",
        list(codes),
    )
    return {row["asked"]: _agency(row) for row in rows}


async def agency_page(conn: Connection, *, after: str, limit: int) -> list[Agency]:
    """Agencies in code order, starting behind `after`."""
    rows = await conn.fetch(
        f"SELECT {_AGENCY} FROM agencies a WHERE a.code > $1 ORDER BY a.code LIMIT $2",
        after,
        limit,
    )
    return [_agency(row) for row in rows]


async def add_system(
    conn: Connection,
    *,
    system: str,
    agencies: Sequence[str],
    allow_unsigned: bool,
    axis_secret: str,
    strict: bool = False,
) -> None:
    """Add a system that acts for `agencies`; raises asyncpg's unique violation when the id is taken."""
    await conn.execute(
        "INSERT INTO systems (id, allow_unsigned, strict, axis_secret) VALUES ($1, $2, $3, $4)",
        system,
        allow_unsigned,
        strict,
        axis_secret,
    )
    await conn.execute(
        "INSERT INTO system_agencies (system, agency) SELECT $1, unnest($2::text[])", system, list(agencies)
    )


async def systems(conn: Connection) -> list[System]:
    """Every active system, by id."""
    rows = await conn.fetch(
        """SELECT s.id, s.allow_unsigned, s.strict, s.weak_until, acts_for(s.id) AS agencies
           FROM systems s WHERE s.disabled_at IS NULL ORDER BY s.id"""
    )
    return [system_of(row["id"], row) for row in rows]


async def set_weak_until(conn: Connection, system: str, until: date | None) -> bool:
    """Let an active system sign weakly to the end of that day (None: no more); False when the id is unknown."""
    done = await conn.fetchval(
        "UPDATE systems SET weak_until = $2 WHERE id = $1 AND disabled_at IS NULL RETURNING true", system, until
    )
    return bool(done)


async def system_exists(conn: Connection, system: str) -> bool:
    """Whether an active system has this id."""
    return bool(await conn.fetchval("SELECT true FROM systems WHERE id = $1 AND disabled_at IS NULL", system))


def system_of(name: str, row: asyncpg.Record) -> System:
    """The row as a type."""
    return System(
        id=name,
        agencies=frozenset(row["agencies"] or ()),
        allow_unsigned=row["allow_unsigned"],
        strict=row["strict"],
        weak_until=row["weak_until"],
    )
