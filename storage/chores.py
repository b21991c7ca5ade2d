"""Who does which background work: a lease that ends by the database's clock, and a token that tells late ones apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The answer to a claim: the token of a lease, or None and how many seconds to wait before asking again."""

    token: int | None
    wait_seconds: float
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreRow:
    """One kind of work; times UTC. `late_seconds`: how long it has been due without anybody at it, 0 if it is not."""

    name: str
    worker: str
    lease_until: datetime | None
    due_at: datetime
    started_at: datetime
    finished_at: datetime | None
    failures: int
    outcome: str | None
    late_seconds: float


async def claim(conn: Connection, name: str, *, worker: str, lease_seconds: float, early: bool = False) -> Claim:
    """Take the chore if nobody is at it and it is due, or whether it is due or not if `early`."""
    wait = await conn.fetchval(  # asked first, so that waiting writes nothing and waits for nobody
        """SELECT greatest(coalesce(extract(epoch FROM lease_until - clock_timestamp()), 0),
                           CASE WHEN $2 THEN 0 ELSE extract(epoch FROM due_at - clock_timestamp()) END, 0)::float8
           FROM chores WHERE name = $1""",
        name,
        early,
    )
    if wait:
        return Claim(token=None, wait_seconds=wait, failures=0)
    taken = await conn.fetchrow(
        """INSERT INTO chores AS c (name, worker, lease_until)
           VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
           ON CONFLICT (name) DO UPDATE SET token = c.token + 1, worker = excluded.worker,
                  lease_until = excluded.lease_until, started_at = clock_timestamp()
           WHERE (c.lease_until IS NULL OR c.lease_until < clock_timestamp())
             AND (c.due_at <= clock_timestamp() OR $4)
           RETURNING token, failures""",
        name,
        worker,
        lease_seconds,
        early,
    )
    if taken is None:  # another process was faster
        return Claim(token=None, wait_seconds=lease_seconds, failures=0)
    return Claim(token=taken["token"], wait_seconds=0, failures=taken["failures"])


async def renew(conn: Connection, name: str, token: int, *, lease_seconds: float) -> bool:
    """Keep the lease for longer; False when the chore has been given to somebody else."""
    done = await conn.fetchval(
        """UPDATE chores SET lease_until = clock_timestamp() + make_interval(secs => $3)
           WHERE name = $1 AND token = $2 RETURNING true""",
        name,
        token,
        lease_seconds,
    )
    return bool(done)


async def hold(conn: Connection, name: str, token: int) -> bool:
    """Nobody else gets the chore before this transaction ends; False when somebody got it already."""
    return bool(await conn.fetchval("SELECT true FROM chores WHERE name = $1 AND token = $2 FOR SHARE", name, token))


async def finish(
    conn: Connection, name: str, token: int, *, outcome: str, again_seconds: float, failed: bool = False
) -> bool:
    """Give the chore back, due again in `again_seconds`; False, and nothing written, when it is somebody else's now."""
    done = await conn.fetchval(
        """UPDATE chores SET lease_until = NULL, outcome = $3, finished_at = clock_timestamp(),
                  due_at = clock_timestamp() + make_interval(secs => $4),
                  failures = CASE WHEN $5 THEN failures + 1 ELSE 0 END
           WHERE name = $1 AND token = $2 RETURNING true""",
        name,
        token,
        outcome,
        again_seconds,
        failed,
    )
    return bool(done)


async def chores(conn: Connection) -> list[ChoreRow]:
    """Every chore that was ever begun."""
    rows = await conn.fetch(
        """SELECT name, worker, lease_until, due_at, started_at, finished_at, failures, outcome,
                  CASE WHEN lease_until > clock_timestamp() THEN 0
                       ELSE greatest(extract(epoch FROM clock_timestamp() - due_at), 0) END::float8 AS late_seconds
           FROM chores ORDER BY name"""
    )
    return [ChoreRow(**row) for row in rows]
