"""What systems show at the door: credentials of the native API, secrets of the axis's clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from storage.directory import System, system_of

if TYPE_CHECKING:
    from storage.connection import Connection


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
                  acts_for(s.id) AS agencies
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
        system=system_of(row["system"], row),
        now=row["now"],
    )


async def axis_secret(conn: Connection, name: str) -> str | None:
    """What the active system of this id signs its axis calls with."""
    found: str | None = await conn.fetchval(
        "SELECT axis_secret FROM systems WHERE id = $1 AND disabled_at IS NULL", name
    )
    return found


async def axis_system(conn: Connection, name: str) -> AxisSystem | None:
    """The active system of this id, with its axis secret."""
    row = await conn.fetchrow(
        """SELECT s.id, s.allow_unsigned, s.strict, s.weak_until, s.axis_secret,
                  acts_for(s.id) AS agencies
           FROM systems s WHERE s.id = $1 AND s.disabled_at IS NULL""",
        name,
    )
    return AxisSystem(system=system_of(name, row), secret=row["axis_secret"]) if row else None
