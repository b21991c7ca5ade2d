"""Notices: what webhooks are to be told, every try at it, and those that were given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection

LEASE_SECONDS = 60.0
"""A notice whose teller died is told again after this; a try takes ten seconds at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell one webhook; times are UTC. `attempts`: tries begun, the present one among them."""

    id: UUID
    webhook: int
    event: str
    made_at: datetime
    envelope: UUID | None
    delivery: UUID | None
    recipient: str | None
    delivery_state: str | None
    urgency: int
    state: str
    attempts: int
    due_at: datetime
    until: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try. Without `ended_at` it is under way, or its process died; `failure` None with an end: it was told."""

    notice: UUID
    n: int
    at: datetime
    ended_at: datetime | None
    status: int | None
    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a try came out. `failure` None: told; else it is due again in `again_seconds`."""

    notice: UUID
    n: int
    status: int | None
    failure: str | None
    again_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCount:
    """How many notices of a webhook wait, and how many were given up."""

    waiting: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A webhook to look after: how many notices were given up; `silent`: it has taken nothing for long, and why."""

    webhook: int
    system: str
    dead: int
    silent: bool
    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTotals:
    """Figures of all webhooks that have not ended: notices that wait or were given up, webhooks whose tries fail."""

    waiting: int
    dead: int
    failing: int


_FIELDS = Notice.__slots__
_COLUMNS = ", ".join(_FIELDS)
_OF_N = ", ".join(f"n.{name}" for name in _FIELDS)


def _notices(records: Sequence[Any]) -> list[Notice]:
    return [Notice(**dict(record)) for record in records]


async def add_notice(conn: Connection, webhook: int, *, event: str) -> UUID:
    """Tell a webhook of something that is about no envelope."""
    made: UUID = await conn.fetchval(
        "INSERT INTO notices (webhook, event) VALUES ($1, $2) RETURNING id", webhook, event
    )
    return made


async def claim_notices(conn: Connection, webhook: int, *, limit: int) -> list[Notice]:
    """What is due for an active webhook, most urgent first: one try more is begun of each, and nobody else begins one
    for `LEASE_SECONDS`, whatever becomes of this process."""
    rows = await conn.fetch(
        f"""WITH due AS (
                SELECT n.id FROM notices n JOIN webhooks w ON w.id = n.webhook
                WHERE n.webhook = $1 AND n.state = 'waiting' AND n.due_at <= clock_timestamp()
                  AND w.approved_at IS NOT NULL AND w.ended_at IS NULL
                  AND (w.paused_until IS NULL OR w.paused_until <= clock_timestamp())
                ORDER BY n.urgency DESC, n.due_at LIMIT $2 FOR UPDATE OF n SKIP LOCKED),
            claimed AS (
                UPDATE notices n SET attempts = n.attempts + 1,
                       due_at = clock_timestamp() + make_interval(secs => $3)
                FROM due WHERE n.id = due.id RETURNING {_OF_N}),
            begun AS (INSERT INTO notice_attempts (notice, n) SELECT id, attempts FROM claimed)
            SELECT {_COLUMNS} FROM claimed ORDER BY urgency DESC, made_at""",
        webhook,
        limit,
        LEASE_SECONDS,
    )
    return _notices(rows)


async def settle(conn: Connection, endings: Sequence[Ending]) -> int:
    """Write how tries came out; of one that took so long that a later try has begun, only that it ended. A notice that
    fails past its time is given up. How many were."""
    columns = [list(column) for column in zip(*(_values(one) for one in endings), strict=True)]
    await conn.execute(
        """UPDATE notice_attempts a SET ended_at = clock_timestamp(), status = e.status, failure = e.failure
           FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[]) AS e (notice, n, status, failure)
           WHERE a.notice = e.notice AND a.n = e.n AND a.ended_at IS NULL""",
        *columns[:4],
    )
    rows = await conn.fetch(
        """UPDATE notices n SET
               state = CASE WHEN e.failure IS NULL THEN 'told'
                            WHEN n.until <= clock_timestamp() THEN 'dead' ELSE 'waiting' END,
               ended_at = CASE WHEN e.failure IS NULL OR n.until <= clock_timestamp() THEN clock_timestamp() END,
               due_at = clock_timestamp() + make_interval(secs => e.again)
           FROM unnest($1::uuid[], $2::int[], $3::text[], $4::float8[]) AS e (notice, n, failure, again)
           WHERE n.id = e.notice AND n.attempts = e.n AND n.state = 'waiting' RETURNING n.state""",
        columns[0],
        columns[1],
        columns[3],
        columns[4],
    )
    return sum(row["state"] == "dead" for row in rows)


def _values(one: Ending) -> tuple[UUID, int, int | None, str | None, float]:
    return one.notice, one.n, one.status, one.failure, one.again_seconds


async def give_up(conn: Connection, *, limit: int) -> int:
    """Give up notices whose time is over and whose webhook is left alone just now; how many those were.

    Any other gets its try: it may be late because no process was there to tell it.
    """
    rows = await conn.fetch(
        """UPDATE notices SET state = 'dead', ended_at = clock_timestamp() WHERE id IN (
               SELECT n.id FROM notices n JOIN webhooks w ON w.id = n.webhook
               WHERE n.state = 'waiting' AND n.until <= clock_timestamp() AND n.due_at <= clock_timestamp()
                 AND w.paused_until > clock_timestamp()
               ORDER BY n.until LIMIT $1 FOR UPDATE OF n SKIP LOCKED) RETURNING true""",
        limit,
    )
    return len(rows)


async def forget(conn: Connection, *, state: str, older_seconds: float, limit: int) -> int:
    """Delete notices that ended so long ago, with their tries; how many those were."""
    rows = await conn.fetch(
        """DELETE FROM notices WHERE id IN (
               SELECT id FROM notices WHERE state = $1 AND state <> 'waiting'
                 AND ended_at < clock_timestamp() - make_interval(secs => $2)
               ORDER BY ended_at LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING true""",
        state,
        older_seconds,
        limit,
    )
    return len(rows)


async def notices(conn: Connection, *, webhook: int | None, state: str | None, limit: int) -> list[Notice]:
    """Notices of one webhook or of all, in one state or in any, newest first."""
    rows = await conn.fetch(
        f"""SELECT {_OF_N} FROM notices n JOIN webhooks w ON w.id = n.webhook
            WHERE ($1::bigint IS NULL OR n.webhook = $1) AND ($2::text IS NULL OR n.state = $2)
              AND w.ended_at IS NULL
            ORDER BY n.made_at DESC, n.id LIMIT $3""",
        webhook,
        state,
        limit,
    )
    return _notices(rows)


async def attempts(conn: Connection, notices: Sequence[UUID]) -> dict[UUID, list[Attempt]]:
    """Every try at each notice, the first one first."""
    rows = await conn.fetch(
        """SELECT notice, n, at, ended_at, status, failure FROM notice_attempts
           WHERE notice = ANY ($1::uuid[]) ORDER BY notice, n""",
        list(notices),
    )
    found: dict[UUID, list[Attempt]] = {}
    for row in rows:
        found.setdefault(row["notice"], []).append(Attempt(**dict(row)))
    return found


async def revive(conn: Connection, *, webhook: int | None, notice: UUID | None, days: float) -> list[int]:
    """Let what was given up be told again, at once and for `days`; the webhook of each."""
    rows = await conn.fetch(
        """UPDATE notices n SET state = 'waiting', ended_at = NULL, due_at = clock_timestamp(),
                  until = clock_timestamp() + make_interval(secs => $3 * 86400)
           FROM webhooks w
           WHERE w.id = n.webhook AND w.ended_at IS NULL AND n.state = 'dead'
             AND ($1::bigint IS NULL OR n.webhook = $1) AND ($2::uuid IS NULL OR n.id = $2)
           RETURNING n.webhook""",
        webhook,
        notice,
        days,
    )
    return [row["webhook"] for row in rows]


async def counts(conn: Connection, webhooks: Sequence[int]) -> dict[int, NoticeCount]:
    """What waits and what was given up, for each of these webhooks that has any."""
    rows = await conn.fetch(
        """SELECT webhook, count(*) FILTER (WHERE state = 'waiting') AS waiting,
                  count(*) FILTER (WHERE state = 'dead') AS dead
           FROM notices WHERE webhook = ANY ($1::bigint[]) AND state IN ('waiting', 'dead') GROUP BY webhook""",
        list(webhooks),
    )
    return {row["webhook"]: NoticeCount(waiting=row["waiting"], dead=row["dead"]) for row in rows}


async def troubles(conn: Connection, *, silent_seconds: float) -> list[Trouble]:
    """Webhooks that have taken nothing for so long, or of whose notices some were given up, at most 20."""
    rows = await conn.fetch(
        """SELECT w.id AS webhook, w.system, w.failure, coalesce(d.dead, 0) AS dead,
                  coalesce(w.failing_since < clock_timestamp() - make_interval(secs => $1), false) AS silent
           FROM webhooks w
           LEFT JOIN (SELECT webhook, count(*) AS dead FROM notices WHERE state = 'dead' GROUP BY webhook) d
                ON d.webhook = w.id
           WHERE w.ended_at IS NULL AND (d.dead IS NOT NULL
                 OR w.failing_since < clock_timestamp() - make_interval(secs => $1))
           ORDER BY w.id LIMIT 20""",
        silent_seconds,
    )
    return [Trouble(**dict(row)) for row in rows]


async def totals(conn: Connection) -> NoticeTotals:
    """The figures as of now."""
    row = await conn.fetchrow(
        """SELECT count(n.id) FILTER (WHERE n.state = 'waiting') AS waiting,
                  count(n.id) FILTER (WHERE n.state = 'dead') AS dead,
                  count(DISTINCT w.id) FILTER (WHERE w.failures > 0) AS failing
           FROM webhooks w LEFT JOIN notices n ON n.webhook = w.id AND n.state IN ('waiting', 'dead')
           WHERE w.ended_at IS NULL"""
    )
    assert row is not None  # it counts
    return NoticeTotals(**dict(row))
