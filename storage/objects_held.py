"""Rows about objects: which ones the exchange answers for, which are being uploaded, which were checked when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from storage.outages import DatabaseAway

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection

INTENT_SECONDS = 24 * 3600
"""How long an announced upload keeps the sweeper away: far beyond any upload, short enough to free space."""


AGAIN_MISSING_SECONDS = 3600
"""How often a missing object is looked for anew: somebody may have brought it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRow:
    """One object the exchange answers for; `size` in bytes, times UTC."""

    sha256: bytes
    size: int
    stored_at: datetime
    checked_at: datetime | None
    missing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectCounts:
    """How many objects the exchange answers for; how many of them are overdue for a check, and how many missing."""

    all: int
    overdue: int
    missing: int


async def announce_uploads(conn: Connection, *, envelope: UUID, objects: Sequence[bytes]) -> None:
    """Keep the sweeper away from `objects` while they are stored (RELIABILITY section 3, step 2).

    Not flushed to disk on its own: after a crash the sweeper's own age limit protects young objects just as well.
    """
    await conn.execute(
        """WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true)),
           held_off AS (  -- a sweeper at work on one of them is waited for
               SELECT object, pg_advisory_xact_lock_shared(hashtextextended(encode(object, 'hex'), 0))
               FROM (SELECT unnest($2::bytea[]) AS object ORDER BY 1) AS wanted)
           INSERT INTO upload_intents (envelope, object, until)
           SELECT $1, object, clock_timestamp() + make_interval(secs => $3) FROM held_off, unhurried
           ON CONFLICT (envelope, object) DO UPDATE SET until = excluded.until""",
        envelope,
        list(objects),
        INTENT_SECONDS,
    )


async def record_objects(conn: Connection, *, envelope: UUID, objects: Sequence[tuple[bytes, int]]) -> datetime:
    """Answer for these objects (digest, size) from now on and end the announcement; the database's time.

    Raises `DatabaseAway` when an announcement did not live until now, because the server crashed or the upload took
    too long: the sweeper may have been at the object meanwhile, so only a new upload makes sure.
    """
    row = await conn.fetchrow(
        """WITH added AS (  -- a row that is there is not locked: a common attachment makes no queue
               INSERT INTO objects (sha256, size) SELECT * FROM unnest($2::bytea[], $3::bigint[])
               ON CONFLICT (sha256) DO NOTHING),
           found AS (
               UPDATE objects SET missing_since = NULL WHERE sha256 = ANY($2) AND missing_since IS NOT NULL),
           ended AS (DELETE FROM upload_intents WHERE envelope = $1 RETURNING object, until)
           SELECT clock_timestamp() AS now,
                  array(SELECT object FROM ended WHERE until > clock_timestamp()) AS announced""",
        envelope,
        [sha256 for sha256, _ in objects],
        [size for _, size in objects],
    )
    assert row is not None
    if not {sha256 for sha256, _ in objects} <= set(row["announced"]):
        raise DatabaseAway("the announcement of an upload was lost: submit again")
    now: datetime = row["now"]
    return now


async def lock_object(conn: Connection, sha256: bytes) -> bool:
    """Hold everybody else off this object for the transaction; True when somebody answers for it or uploads it."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 0))", sha256)
    wanted = await conn.fetchval(
        """SELECT EXISTS (SELECT 1 FROM objects WHERE sha256 = $1)
               OR EXISTS (SELECT 1 FROM upload_intents WHERE object = $1 AND until > clock_timestamp())""",
        sha256,
    )
    return bool(wanted)


async def known_objects(conn: Connection, digests: Sequence[bytes]) -> set[bytes]:
    """Those among `digests` that the exchange answers for or that are being uploaded."""
    rows = await conn.fetch(
        """SELECT sha256 FROM objects WHERE sha256 = ANY($1::bytea[])
           UNION SELECT object FROM upload_intents WHERE object = ANY($1::bytea[]) AND until > clock_timestamp()""",
        list(digests),
    )
    return {row["sha256"] for row in rows}


async def objects_to_check(
    conn: Connection, *, older_seconds: float, again_seconds: float, limit: int
) -> list[ObjectRow]:
    """Objects stored at least `older_seconds` ago and not read back for `again_seconds`, the never checked first.

    Missing ones come again sooner.
    """
    rows = await conn.fetch(
        """SELECT sha256, size, stored_at, checked_at, missing_since FROM objects
           WHERE stored_at < clock_timestamp() - make_interval(secs => $1)
             AND (checked_at IS NULL OR checked_at < clock_timestamp() - make_interval(secs =>
                  CASE WHEN missing_since IS NULL THEN $2::float8 ELSE least($2::float8, $3::float8) END))
           ORDER BY checked_at NULLS FIRST LIMIT $4""",
        older_seconds,
        again_seconds,
        AGAIN_MISSING_SECONDS,
        limit,
    )
    return [ObjectRow(**row) for row in rows]


async def object_row(conn: Connection, sha256: bytes) -> ObjectRow | None:
    """What is known of one object, if the exchange answers for it."""
    row = await conn.fetchrow(
        "SELECT sha256, size, stored_at, checked_at, missing_since FROM objects WHERE sha256 = $1", sha256
    )
    return ObjectRow(**row) if row else None


async def mark_checked(conn: Connection, sha256: bytes, *, present: bool) -> None:
    """Write down the outcome of reading the object back, not flushed on its own: a lost mark is a second look."""
    await conn.execute("SET LOCAL synchronous_commit = off")
    await conn.execute(
        """UPDATE objects SET checked_at = clock_timestamp(),
                  missing_since = CASE WHEN NOT $2 THEN coalesce(missing_since, clock_timestamp()) END
           WHERE sha256 = $1""",
        sha256,
        present,
    )


async def object_counts(conn: Connection, *, older_seconds: float, again_seconds: float) -> ObjectCounts:
    """How the objects stand; overdue: not read back though `older_seconds` old, or not for `again_seconds`."""
    row = await conn.fetchrow(
        """SELECT count(*) AS all, count(*) FILTER (WHERE missing_since IS NOT NULL) AS missing,
                  count(*) FILTER (WHERE coalesce(checked_at + make_interval(secs => $2),
                                                  stored_at + make_interval(secs => $1)) < clock_timestamp()) AS overdue
           FROM objects""",
        older_seconds,
        again_seconds,
    )
    assert row is not None
    return ObjectCounts(**row)


async def object_page(conn: Connection, *, after: bytes, limit: int) -> list[ObjectRow]:
    """All objects in digest order, behind `after`."""
    rows = await conn.fetch(
        """SELECT sha256, size, stored_at, checked_at, missing_since FROM objects
           WHERE sha256 > $1 ORDER BY sha256 LIMIT $2""",
        after,
        limit,
    )
    return [ObjectRow(**row) for row in rows]


async def drop_ended_intents(conn: Connection) -> int:
    """Forget announcements whose time is over; how many."""
    rows = await conn.fetch("DELETE FROM upload_intents WHERE until < clock_timestamp() RETURNING object")
    return len(rows)
