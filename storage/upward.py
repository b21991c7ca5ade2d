"""What goes up to a parent axis: which envelope is next, and what the parent said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class UpJob:
    """An envelope to be sent up; `attempts`: how often neither yes nor no came of it.

    `is_told`: there is nothing to send, the parent tells it by itself. `is_wanted`: somebody there is to hear of it.
    """

    parent: str
    envelope: UUID
    kind: str
    sender: str
    sha256: bytes
    size: int
    attempts: int
    is_told: bool
    is_wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UpRow:
    """How an envelope fares that a parent refused, or has not got yet; times are UTC."""

    envelope: UUID
    kind: str
    sender: str
    reference: str
    state: str
    attempts: int
    due_at: datetime
    failure: str | None


# The recipients of one envelope that this parent reaches. An update that takes a document away from somebody gives that
# one nothing here, but has to be said there; so has a refused removal.
_THERE = (
    """deliveries d JOIN agencies a ON a.code = d.recipient AND a.beyond = u.parent WHERE d.envelope = u.envelope"""
)
_HEARS = """NOT d.held AND (d.withdrawn_at IS NULL
             OR (e.operation = 'update' AND d.state IN ('recall_asked', 'refused')))"""


async def claim_up(conn: Connection, parent: str) -> UpJob | None:
    """The next envelope for the parent, in the order in which each sender's were taken; held ones wait, and those that
    failed let the others go first.

    From here on its recipients count as having fetched it: what is taken back now has to be asked for.
    """
    row = await conn.fetchrow(
        f"""SELECT u.parent, u.envelope, e.kind, e.sender, e.sha256, e.size, u.attempts, e.system IS NULL AS is_told,
                   EXISTS (SELECT FROM {_THERE} AND {_HEARS}) AS is_wanted
            FROM upward u JOIN envelopes e ON e.id = u.envelope
            WHERE u.parent = $1 AND u.state = 'waiting' AND u.due_at <= clock_timestamp()
              AND e.outcome <> 'held'
              AND NOT EXISTS (SELECT FROM upward u2 JOIN envelopes e2 ON e2.id = u2.envelope
                              WHERE u2.parent = u.parent AND u2.state = 'waiting' AND u2.envelope < u.envelope
                                AND e2.sender = e.sender AND e2.outcome <> 'held')
            ORDER BY u.attempts, u.envelope LIMIT 1 FOR UPDATE OF u SKIP LOCKED""",
        parent,
    )
    if row is None:
        return None
    job = UpJob(**row)
    if job.is_wanted and not job.is_told:
        await conn.execute(
            """UPDATE deliveries d SET fetched_at = clock_timestamp() FROM agencies a
               WHERE d.envelope = $2 AND a.code = d.recipient AND a.beyond = $1
                 AND d.fetched_at IS NULL AND d.withdrawn_at IS NULL""",
            parent,
            job.envelope,
        )
    return job


async def note_sent(conn: Connection, job: UpJob, doc_id: str) -> None:
    """The parent has it under this id: its recipients' histories say so; a status message has then arrived."""
    await _end(conn, job, state="sent", doc_id=doc_id)
    await _write_event(conn, job, event="upward_sent", description=f"{job.parent} {doc_id}")
    if job.kind == "status":
        await _confirm(conn, job)


async def note_told(conn: Connection, job: UpJob) -> None:
    """There is nothing to send: the parent says it by itself, or nobody there is to hear of it any more."""
    await _end(conn, job, state="dropped")
    if job.kind == "status":
        await _confirm(conn, job)


async def note_refused(conn: Connection, job: UpJob, failure: str) -> None:
    """The parent will not take it; its sender sees that, and why."""
    await _end(conn, job, state="refused", failure=failure)
    await _write_event(conn, job, event="upward_refused", description=failure)


async def note_unsent(conn: Connection, job: UpJob, failure: str, *, again_seconds: float, counted: bool) -> None:
    """Try it again; a try that may have failed because of the envelope is `counted`."""
    await conn.execute(
        """UPDATE upward SET attempts = attempts + $4::int, failure = $3,
                  due_at = clock_timestamp() + make_interval(secs => $5)
           WHERE parent = $1 AND envelope = $2 AND state = 'waiting'""",
        job.parent,
        job.envelope,
        failure,
        int(counted),
        again_seconds,
    )


async def send_again(conn: Connection, parent: str, envelope: UUID | None) -> list[UUID]:
    """Let what the parent refused (one envelope, or all) wait to be sent once more; which that is."""
    rows = await conn.fetch(
        """UPDATE upward SET state = 'waiting', ended_at = NULL, attempts = 0, due_at = clock_timestamp()
           WHERE parent = $1 AND ($2::uuid IS NULL OR envelope = $2)
             AND (state = 'refused' OR (state = 'waiting' AND failure IS NOT NULL)) RETURNING envelope""",
        parent,
        envelope,
    )
    return sorted(row["envelope"] for row in rows)


async def unsent(conn: Connection, parent: str, *, limit: int) -> list[UpRow]:
    """What the parent refused, then what it has not got yet, the oldest first."""
    rows = await conn.fetch(
        """SELECT u.envelope, e.kind, e.sender, e.reference, u.state, u.attempts, u.due_at, u.failure
           FROM upward u JOIN envelopes e ON e.id = u.envelope
           WHERE u.parent = $1 AND u.state IN ('waiting', 'refused') ORDER BY u.state, u.envelope LIMIT $2""",
        parent,
        limit,
    )
    return [UpRow(**row) for row in rows]


async def up_counts(conn: Connection, parent: str) -> dict[str, int]:
    """How many envelopes of each state there are for the parent."""
    rows = await conn.fetch(
        "SELECT state, count(*) AS number FROM upward WHERE parent = $1 GROUP BY state ORDER BY state", parent
    )
    return {row["state"]: row["number"] for row in rows}


async def _end(
    conn: Connection, job: UpJob, *, state: str, doc_id: str | None = None, failure: str | None = None
) -> None:
    await conn.execute(
        """UPDATE upward SET state = $3, doc_id = $4, failure = $5, ended_at = clock_timestamp()
           WHERE parent = $1 AND envelope = $2""",
        job.parent,
        job.envelope,
        state,
        doc_id,
        failure,
    )


async def _write_event(conn: Connection, job: UpJob, *, event: str, description: str) -> None:
    await conn.execute(
        f"""INSERT INTO events (delivery, event, by, description)
            SELECT d.id, $3, NULL, $4 FROM upward u JOIN envelopes e ON e.id = u.envelope,
                   LATERAL (SELECT d.id FROM {_THERE} AND {_HEARS}) AS d
            WHERE u.parent = $1 AND u.envelope = $2""",
        job.parent,
        job.envelope,
        event,
        description,
    )


async def _confirm(conn: Connection, job: UpJob) -> None:
    await conn.execute(
        """UPDATE deliveries d SET confirmed_at = clock_timestamp(), state = 'collected' FROM agencies a
           WHERE d.envelope = $2 AND a.code = d.recipient AND a.beyond = $1
             AND d.confirmed_at IS NULL AND d.withdrawn_at IS NULL AND NOT d.held""",
        job.parent,
        job.envelope,
    )
