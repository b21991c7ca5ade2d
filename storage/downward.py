"""What came down from a parent axis: each message it listed, and what became of it here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DownRow:
    """One message of a parent's list. `told_at`: when the parent was told how it ended; times are UTC."""

    doc_id: str
    state: str
    envelope: UUID | None
    sender: str
    failure: str | None
    attempts: int
    due_at: datetime
    seen_at: datetime
    told_at: datetime | None
    is_due: bool


_ROW = """doc_id, state, envelope, sender, failure, attempts, due_at, seen_at, told_at,
          due_at <= clock_timestamp() AS is_due"""


async def down_rows(conn: Connection, parent: str, doc_ids: Sequence[str]) -> dict[str, DownRow]:
    """What is known of these messages, by the parent's ids."""
    rows = await conn.fetch(
        f"SELECT {_ROW} FROM downward WHERE parent = $1 AND doc_id = ANY($2::text[])", parent, list(doc_ids)
    )
    return {row["doc_id"]: DownRow(**row) for row in rows}


async def note_taken(
    conn: Connection, parent: str, doc_id: str, *, envelope: UUID, sender: str, failure: str | None
) -> None:
    """It is here as `envelope`; `failure`: for whom of those it names it could not be taken."""
    await _put(conn, parent, doc_id, state="taken", envelope=envelope, sender=sender, failure=failure)


async def note_echo(conn: Connection, parent: str, doc_id: str, *, sender: str) -> None:
    """One of ours sent it up; here everything has happened already."""
    await _put(conn, parent, doc_id, state="echo", envelope=None, sender=sender, failure=None)


async def note_untaken(
    conn: Connection, parent: str, doc_id: str, *, sender: str, failure: str, refused: bool, again_seconds: float
) -> None:
    """It could not be taken: refused, or not to be had whole; looked at again in `again_seconds`."""
    state = "refused" if refused else "waiting"
    await _put(conn, parent, doc_id, state=state, envelope=None, sender=sender, failure=failure, again=again_seconds)


async def note_parent_told(conn: Connection, parent: str, doc_id: str, *, again_seconds: float) -> None:
    """The parent knows how it ended; if it was taken and is still listed then, it is told again in `again_seconds`."""
    await conn.execute(
        """UPDATE downward SET told_at = coalesce(told_at, clock_timestamp()),
                  due_at = CASE WHEN state IN ('taken', 'echo') THEN clock_timestamp() + make_interval(secs => $3)
                                ELSE due_at END
           WHERE parent = $1 AND doc_id = $2""",
        parent,
        doc_id,
        again_seconds,
    )


async def take_again(conn: Connection, parent: str, doc_id: str | None) -> list[str]:
    """Look again at what was not taken (one message, or all), if the parent still lists it; which that is."""
    rows = await conn.fetch(
        """UPDATE downward SET due_at = clock_timestamp()
           WHERE parent = $1 AND ($2::text IS NULL OR doc_id = $2) AND state IN ('waiting', 'refused')
           RETURNING doc_id""",
        parent,
        doc_id,
    )
    return sorted(row["doc_id"] for row in rows)


async def untaken(conn: Connection, parent: str, *, limit: int) -> list[DownRow]:
    """What could not be taken, the oldest first."""
    rows = await conn.fetch(
        f"""SELECT {_ROW} FROM downward WHERE parent = $1 AND state IN ('waiting', 'refused')
            ORDER BY seen_at, doc_id LIMIT $2""",
        parent,
        limit,
    )
    return [DownRow(**row) for row in rows]


async def down_counts(conn: Connection, parent: str) -> dict[str, int]:
    """How many messages of each state there are from the parent."""
    rows = await conn.fetch(
        "SELECT state, count(*) AS number FROM downward WHERE parent = $1 GROUP BY state ORDER BY state", parent
    )
    return {row["state"]: row["number"] for row in rows}


async def is_sent_up(conn: Connection, parent: str, *, sender: str, reference: str, sha256: bytes) -> bool:
    """Whether this document of one of ours went up to the parent: by the sender's reference, or byte for byte."""
    return bool(
        await conn.fetchval(
            """SELECT EXISTS (SELECT FROM envelopes e JOIN upward u ON u.envelope = e.id AND u.parent = $1
                              WHERE e.sender = $2 AND (e.sha256 = $4 OR (e.kind = 'document' AND e.reference = $3)))""",
            parent,
            sender,
            reference,
            sha256,
        )
    )


async def _put(
    conn: Connection,
    parent: str,
    doc_id: str,
    *,
    state: str,
    envelope: UUID | None,
    sender: str,
    failure: str | None,
    again: float = 0.0,
) -> None:
    """What was taken stays taken, whatever a slower process finds."""
    await conn.execute(
        """INSERT INTO downward AS w (parent, doc_id, state, envelope, sender, failure, attempts, due_at)
           VALUES ($1, $2, $3, $4, $5, $6, 1, clock_timestamp() + make_interval(secs => $7))
           ON CONFLICT (parent, doc_id) DO UPDATE SET state = $3, envelope = $4, failure = $6,
                  attempts = w.attempts + 1, due_at = excluded.due_at,
                  told_at = CASE WHEN w.state = $3 THEN w.told_at END
           WHERE w.state IN ('waiting', 'refused')""",
        parent,
        doc_id,
        state,
        envelope,
        sender,
        failure,
        again,
    )
