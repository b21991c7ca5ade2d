"""Deliveries whose time is up: which of them nobody answered, which were answered too late, and what is late now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection

OPEN = "('waiting', 'collected', 'accepted', 'assigned', 'in_hand')"
"""States in which a document is still to be handled; spelled as in the indexes, so that these are used."""

UNRECEIVED = "('waiting', 'collected')"
"""States in which nobody has accepted or refused it yet."""

RECEIVE, COMPLETE = "receive", "complete"

_OWED = """d.kind = 'document' AND d.timed AND NOT d.held AND d.withdrawn_at IS NULL"""

_HELD_WORD = """EXISTS (
    SELECT FROM envelopes oe JOIN deliveries o ON o.envelope = oe.id AND o.recipient = d.recipient
    JOIN deliveries s ON s.about = o.id AND s.held AND s.state <> 'refused' AND s.status_code IN {codes}
    WHERE oe.kind = 'document' AND oe.reference = e.reference AND oe.sender = e.sender)"""
"""Its recipient has spoken of the document; the word waits for revocation data and must not be called missing."""

_FACTS = """coalesce((SELECT max(v.at) FROM events v WHERE v.delivery = d.id AND v.event = 'released'), d.accepted_at)
        AS began_at,
    (SELECT min(s.accepted_at) FROM links l
     JOIN envelopes s ON s.id = l.source AND s.outcome NOT IN ('held', 'rejected')
     LEFT JOIN deliveries n ON n.envelope = l.source AND n.recipient = l.recipient
     WHERE l.target = d.envelope AND l.kind IN ('updates', 'replaces') AND l.recipient = d.recipient
       AND (n.id IS NULL OR n.state NOT IN ('refused', 'recalled'))) AS superseded_at,
    e.operation = 'recall' AS recall,
    e.operation = 'update' AND EXISTS (
        WITH RECURSIVE earlier (envelope) AS (
            SELECT target FROM links WHERE source = d.envelope AND kind = 'updates' AND recipient = d.recipient
            UNION SELECT l.target FROM links l JOIN earlier r ON l.source = r.envelope
                  WHERE l.kind = 'updates' AND l.recipient = d.recipient)
        SELECT FROM earlier r JOIN deliveries o ON o.envelope = r.envelope AND o.recipient = d.recipient
        WHERE o.state = 'completed') AS completed_before"""
"""What the fields of `Candidate` are read from, of a delivery `d` and its envelope `e`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Deliveries of an urgency whose time began from `first` to `last`: moments of acceptance, or due dates."""

    urgency: int
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A delivery whose time may be up.

    `began_at`: since when its recipient could know of it; `superseded_at`: since when a newer version or another
    document is there in its place; `recall`: it is answered at what it recalls; `completed_before`: an earlier version
    was completed; `late`, `overdue`: it is marked already. `answered_at` and `closed_at` are when its recipient said
    so, None where that is still open.
    """

    id: UUID
    urgency: int
    accepted_at: datetime
    began_at: datetime
    due_on: date | None
    superseded_at: datetime | None
    recall: bool
    completed_before: bool
    late: bool = False
    overdue: bool = False
    answered_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """That a delivery is late: what was owed, and since when."""

    delivery: UUID
    duty: str
    since: datetime
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDelivery:
    """A delivery that is late now, as a person looks at it. Times are UTC."""

    id: UUID
    recipient: str
    recipient_name: str
    sender: str
    reference: str
    subject: str
    urgency: int
    state: str
    accepted_at: datetime
    due_on: date | None
    late_to_receive_since: datetime | None
    overdue_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How the deliveries are found that owe something: where their time begins, in which states they owe it, where it
    is written down, and what their recipient says when it is done."""

    begin: str
    states: str
    column: str
    event: str
    codes: str

    @property
    def candidates(self) -> str:
        """The deliveries `d` with their envelopes `e` of urgency `$1` whose time began from `$2` to `$3`."""
        return f"""deliveries d JOIN envelopes e ON e.id = d.envelope
            WHERE d.urgency = $1 AND d.{self.begin} BETWEEN $2 AND $3 AND {_OWED}
              AND d.state IN {self.states} AND d.{self.column} IS NULL"""


_KINDS = {
    RECEIVE: _Kind(
        begin="accepted_at",
        states=UNRECEIVED,
        column="late_to_receive_since",
        event="late_to_receive",
        codes="('02', '03', '15', '16')",
    ),
    COMPLETE: _Kind(begin="due_on", states=OPEN, column="overdue_since", event="overdue", codes="('02', '06')"),
}


async def candidates(conn: Connection, duty: str, stretch: Stretch, *, limit: int) -> list[Candidate]:
    """Open deliveries whose time is up, locked, in the order in which it began; those that somebody else has locked are
    left for the next look."""
    kind = _KINDS[duty]
    released = "AND v.at > $3" if duty == RECEIVE else "AND false"  # a due date is the same for whoever was held up
    rows = await conn.fetch(
        f"""SELECT d.id, d.urgency, d.accepted_at, d.due_on, {_FACTS}
            FROM {kind.candidates} AND NOT {_HELD_WORD.format(codes=kind.codes)}
              AND NOT EXISTS (SELECT FROM events v WHERE v.delivery = d.id AND v.event = 'released' {released})
            ORDER BY d.{kind.begin} LIMIT $4 FOR UPDATE OF d SKIP LOCKED""",
        stretch.urgency,
        stretch.first,
        stretch.last,
        limit,
    )
    return [Candidate(**row) for row in rows]


async def set_aside(conn: Connection, deliveries: Sequence[UUID]) -> None:
    """Count the time of these no more: nothing is owed for them."""
    await conn.execute("UPDATE deliveries SET timed = false WHERE id = ANY($1::uuid[])", list(deliveries))


async def mark(conn: Connection, marks: Sequence[Mark]) -> list[Mark]:
    """Write down what is late, with a line of history, once; what was not written down before."""
    written = []
    for duty, kind in _KINDS.items():
        some = {one.delivery: one for one in marks if one.duty == duty}
        rows = await conn.fetch(
            f"""WITH marked AS (
                    UPDATE deliveries d SET {kind.column} = m.since
                    FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS m (id, since, description)
                    WHERE d.id = m.id AND d.{kind.column} IS NULL RETURNING d.id, m.description)
                INSERT INTO events (delivery, event, description)
                SELECT id, $4, description FROM marked RETURNING delivery""",
            list(some),
            [one.since for one in some.values()],
            [one.description for one in some.values()],
            kind.event,
        )
        written += [some[row["delivery"]] for row in rows]
    return written


async def seen(conn: Connection) -> int:
    """The last line of history that was looked at, kept from everybody else."""
    found: int = await conn.fetchval("SELECT event FROM lateness_seen FOR UPDATE")
    return found


async def note_seen(conn: Connection, event: int) -> None:
    """Remember that the history was looked at up to this line."""
    await conn.execute("UPDATE lateness_seen SET event = $1", event)


async def next_lines(conn: Connection, after: int, *, settle_seconds: float, limit: int) -> tuple[int, list[UUID]]:
    """The next lines of history that nobody can slip another one in front of: the last, and of which deliveries they
    say that they were answered. Lines are numbered when they are written and seen when they are committed, so the
    youngest are left alone for a while."""
    rows = await conn.fetch(
        """SELECT id, delivery, code IN ('02', '03', '06', '15', '16') AND NOT flagged AS answer, at < clock_timestamp()
                  - make_interval(secs => $2) AS settled FROM events WHERE id > $1 ORDER BY id LIMIT $3""",
        after,
        settle_seconds,
        limit,
    )
    last, found = after, set()
    for row in rows:
        if not row["settled"]:
            break
        last = row["id"]
        if row["answer"]:
            found.add(row["delivery"])
    return last, sorted(found)


async def answered(conn: Connection, deliveries: Sequence[UUID]) -> list[Candidate]:
    """Of these the ones that are not marked, locked, with when they were first answered and closed.

    A status that was held was said when it was accepted, not when it was released.
    """
    rows = await conn.fetch(
        f"""SELECT d.id, d.urgency, d.accepted_at, d.due_on, {_FACTS},
                   d.late_to_receive_since IS NOT NULL AS late, d.overdue_since IS NOT NULL AS overdue,
                   said.answered_at, said.closed_at
            FROM deliveries d JOIN envelopes e ON e.id = d.envelope
            CROSS JOIN LATERAL (
                SELECT min(w.at) FILTER (WHERE w.code IN ('02', '03')
                                         OR e.operation = 'update' AND w.code IN ('15', '16')) AS answered_at,
                       min(w.at) FILTER (WHERE w.code IN ('02', '06')) AS closed_at
                FROM (SELECT v.code, least(v.at, m.accepted_at) AS at FROM events v
                      LEFT JOIN envelopes m ON m.id = v.envelope
                      WHERE v.delivery = d.id AND NOT v.flagged) AS w) AS said
            WHERE d.id = ANY($1::uuid[]) AND {_OWED}
              AND (d.late_to_receive_since IS NULL OR d.overdue_since IS NULL)
            ORDER BY d.id FOR UPDATE OF d""",
        list(deliveries),
    )
    return [Candidate(**row) for row in rows]


async def inherit_due(conn: Connection, update: UUID) -> None:
    """Let an update that gives no due date be handled by that of the version it takes the place of."""
    await conn.execute(
        """UPDATE deliveries n SET due_on = o.due_on
           FROM links l JOIN deliveries o ON o.envelope = l.target AND o.recipient = l.recipient
           WHERE l.source = $1 AND l.kind = 'updates' AND n.envelope = $1 AND n.recipient = l.recipient
             AND n.due_on IS NULL AND o.due_on IS NOT NULL""",
        update,
    )


async def late_counts(conn: Connection) -> dict[str, int]:
    """How many deliveries are late now, by what is owed; for metrics."""
    row = await conn.fetchrow(
        f"""SELECT (SELECT count(*) FROM deliveries
                    WHERE late_to_receive_since IS NOT NULL AND state IN {UNRECEIVED}) AS receive,
                   (SELECT count(*) FROM deliveries WHERE overdue_since IS NOT NULL AND state IN {OPEN}) AS complete"""
    )
    assert row is not None  # it selects no table
    return dict(row)


async def late_page(conn: Connection, *, recipient: str | None, limit: int) -> list[LateDelivery]:
    """What is late now, the longest first; of one recipient and of those it succeeded, or of all."""
    rows = await conn.fetch(
        f"""SELECT d.id, d.recipient, a.name AS recipient_name, e.sender, e.reference, e.subject, d.urgency, d.state,
                   d.accepted_at, d.due_on, d.late_to_receive_since, d.overdue_since
            FROM (SELECT id FROM deliveries WHERE late_to_receive_since IS NOT NULL AND state IN {UNRECEIVED}
                  UNION SELECT id FROM deliveries WHERE overdue_since IS NOT NULL AND state IN {OPEN}) AS late
            JOIN deliveries d ON d.id = late.id JOIN envelopes e ON e.id = d.envelope
            JOIN agencies a ON a.code = d.recipient
            WHERE ($1::text IS NULL OR d.recipient = ANY($1 || forebears(array[$1])))
            ORDER BY least(CASE WHEN d.state IN {UNRECEIVED} THEN d.late_to_receive_since END, d.overdue_since), d.id
            LIMIT $2""",
        recipient,
        limit,
    )
    return [LateDelivery(**row) for row in rows]
