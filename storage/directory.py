"""Agencies, the systems that act for them, and what those systems show at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from envelopes.agency_codes import likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from storage.connection import Connection
    from storage.parents import Above


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One agency of the directory. A locked agency receives nothing; times are UTC.

    `code` is the agency's own and the only one that other tables name it by; `aliases` are the others it has. `beyond`
    names the parent axis that it is reached through, locked while that is not talked to; None: it is this exchange's.
    """

    code: str
    name: str
    level: str | None
    parent: str | None
    locked_at: datetime | None
    added_at: datetime
    aliases: tuple[str, ...]
    beyond: str | None = None

    @property
    def active(self) -> bool:
        """Whether documents can be delivered to it."""
        return self.locked_at is None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingCredential:
    """A credential that opens the door now; `expires_at` None: until it is rotated."""

    system: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisSystem:
    """An active system with the secret that its axis client signs with."""

    system: System
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRow:
    """A stored credential: only the SHA-256 of its secret is kept."""

    id: str
    secret_sha256: bytes
    expires_at: datetime | None
    revoked_at: datetime | None
    disabled_at: datetime | None
    system: System
    now: datetime


_AGENCY = """a.code, a.name, a.level, a.parent, a.added_at, a.beyond, coalesce(a.locked_at,
                 (SELECT disabled_at FROM parents p WHERE p.name = a.beyond)) AS locked_at,
             array(SELECT code FROM agency_codes WHERE agency = a.code AND code <> a.code ORDER BY code) AS aliases"""


def _agency(row: asyncpg.Record) -> Agency:
    return Agency(
        code=row["code"],
        name=row["name"],
        level=row["level"],
        parent=row["parent"],
        locked_at=row["locked_at"],
        added_at=row["added_at"],
        aliases=tuple(row["aliases"]),
        beyond=row["beyond"],
    )


async def add_agency(conn: Connection, *, code: str, name: str, level: str | None, parent: str | None) -> None:
    """Add the agency, or change its name, level and parent if the code is there."""
    await conn.execute(
        """WITH added AS (
               INSERT INTO agencies (code, name, level, parent, likeness) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (code) DO UPDATE SET name = $2, level = $3, parent = $4, likeness = $5 RETURNING code)
           INSERT INTO agency_codes (code, agency, likeness) SELECT code, code, $6 FROM added
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


async def agency(conn: Connection, code: str) -> Agency | None:
    """The agency that has exactly this code, as its own or as an alias."""
    return (await agencies(conn, [code])).get(code)


async def agencies(conn: Connection, codes: Sequence[str]) -> dict[str, Agency]:
    """The agency for each known one among `codes`, whichever of its codes that is. The one place that resolves."""
    rows = await conn.fetch(
        f"""SELECT k.code AS asked, {_AGENCY} FROM agency_codes k JOIN agencies a ON a.code = k.agency
            WHERE k.code = ANY($1::text[])""",
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
        """SELECT s.id, s.allow_unsigned, s.strict, s.weak_until, array_agg(a.agency ORDER BY a.agency) AS agencies
           FROM systems s JOIN system_agencies a ON a.system = s.id
           WHERE s.disabled_at IS NULL GROUP BY s.id ORDER BY s.id"""
    )
    return [_system(row["id"], row) for row in rows]


async def set_weak_until(conn: Connection, system: str, until: date | None) -> bool:
    """Let an active system sign weakly to the end of that day (None: no more); False when the id is unknown."""
    done = await conn.fetchval(
        "UPDATE systems SET weak_until = $2 WHERE id = $1 AND disabled_at IS NULL RETURNING true", system, until
    )
    return bool(done)


async def system_exists(conn: Connection, system: str) -> bool:
    """Whether an active system has this id."""
    return bool(await conn.fetchval("SELECT true FROM systems WHERE id = $1 AND disabled_at IS NULL", system))


async def add_credential(
    conn: Connection, *, credential: str, system: str, secret_sha256: bytes, valid_days: int | None
) -> None:
    """Add a credential that ends after `valid_days` (None: never)."""
    await conn.execute(
        """INSERT INTO credentials (id, system, secret_sha256, expires_at)
           VALUES ($1, $2, $3, clock_timestamp() + make_interval(days => $4))""",
        credential,
        system,
        secret_sha256,
        valid_days,
    )


async def living_credentials(conn: Connection) -> list[LivingCredential]:
    """Every credential of an active system that is neither revoked nor over, those that end first first."""
    rows = await conn.fetch(
        """SELECT c.system, c.expires_at FROM credentials c JOIN systems s ON s.id = c.system
           WHERE s.disabled_at IS NULL AND c.revoked_at IS NULL
             AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp())
           ORDER BY c.system, c.expires_at NULLS LAST, c.id"""
    )
    return [LivingCredential(**row) for row in rows]


async def end_other_credentials(conn: Connection, *, system: str, keep: str, overlap_seconds: float) -> int:
    """Let every other living credential of the system end after the overlap; how many that were."""
    done = await conn.fetch(
        """UPDATE credentials SET expires_at = least(expires_at, clock_timestamp() + make_interval(secs => $3))
           WHERE system = $1 AND id <> $2 AND revoked_at IS NULL
             AND (expires_at IS NULL OR expires_at > clock_timestamp()) RETURNING id""",
        system,
        keep,
        overlap_seconds,
    )
    return len(done)


async def credential(conn: Connection, credential_id: str) -> CredentialRow | None:
    """The credential with its system and the database's time, for the door to judge."""
    row = await conn.fetchrow(
        """SELECT c.id, c.secret_sha256, c.expires_at, c.revoked_at, s.disabled_at, s.id AS system, s.allow_unsigned,
                  s.strict, s.weak_until, clock_timestamp() AS now,
                  array(SELECT agency FROM system_agencies WHERE system = s.id) AS agencies
           FROM credentials c JOIN systems s ON s.id = c.system WHERE c.id = $1""",
        credential_id,
    )
    if row is None:
        return None
    return CredentialRow(
        id=row["id"],
        secret_sha256=row["secret_sha256"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        disabled_at=row["disabled_at"],
        system=_system(row["system"], row),
        now=row["now"],
    )


async def axis_system(conn: Connection, name: str) -> AxisSystem | None:
    """The active system of this id, with its axis secret."""
    row = await conn.fetchrow(
        """SELECT s.id, s.allow_unsigned, s.strict, s.weak_until, s.axis_secret,
                  array(SELECT agency FROM system_agencies WHERE system = s.id) AS agencies
           FROM systems s WHERE s.id = $1 AND s.disabled_at IS NULL""",
        name,
    )
    return AxisSystem(system=_system(name, row), secret=row["axis_secret"]) if row else None


def _system(name: str, row: asyncpg.Record) -> System:
    return System(
        id=name,
        agencies=frozenset(row["agencies"]),
        allow_unsigned=row["allow_unsigned"],
        strict=row["strict"],
        weak_until=row["weak_until"],
    )
