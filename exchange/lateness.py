"""What is late: sent later than it should have been, not answered in time, not handled by its due date.

A delivery is marked once, with the moment since which it was late, whether the chore finds it still open or its answer
came too late while no chore ran. What is marked stays marked: the history is never rewritten (conformance C38).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from envelopes.limits import LOCAL_TIME
from envelopes.time_rules import Duty, reaches, rule_for
from envelopes.working_time import local_day, midnight
from exchange import calendar_rules as rules
from exchange.addressing import note
from exchange.calendar import working_time
from exchange.chores import Chore
from exchange.directory import own_codes
from storage import envelopes, lateness
from storage.lateness import COMPLETE, RECEIVE, Mark, Stretch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.calendar import WorkingTime
    from exchange.chores import Steps, Turn
    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.database import Database
    from storage.envelopes import EnvelopeRow, Note
    from storage.lateness import Candidate, LateDelivery

REST_SECONDS = 30.0
"""Between two looks: the shortest limits are a quarter of an hour."""

STEP_ROWS = 200
"""Deliveries marked in one transaction, so that none of them is kept from its people for long."""

STEP_LINES = 2000
"""Lines of history looked at in one transaction; few of them are answers, and fewer are late."""

SETTLE_SECONDS = 300.0
"""Age at which a line of history has no younger transaction in front of it: none of ours lasts a minute."""

FAR = date(9999, 1, 1)
"""A day that nothing begins after."""

SENT_OPERATIONS = ("new", "replace")
"""What counts as sending a document: its recall or update comes when there is reason to."""

log = structlog.get_logger()


async def sent_late(exchange: Exchange, conn: Connection, row: EnvelopeRow) -> tuple[Note, ...]:
    """The warning for a document that comes later after its issue than the rules allow (conformance C35); else none."""
    if row.issued_on is None or row.operation not in SENT_OPERATIONS:
        return ()
    working = await exchange.calendar.current(conn)
    rule = rule_for(working.rules, Duty.SEND, row.urgency, row.issued_on)
    limit = rule.limit(working.calendar, midnight(row.issued_on)) if rule else None
    if limit is None or row.accepted_at <= limit:
        return ()
    fault = rules.SENT_LATE.at(
        "edXMLHeader/MessageHeader/PromulgationInfo/PromulgationDate",
        row.issued_on,
        issued=f"{row.issued_on:%d/%m/%Y}",
        limit=_shown(limit),
        accepted=_shown(row.accepted_at),
    )
    return (note(fault),)


async def mark_late(exchange: Exchange, turn: Turn) -> Steps:
    """Mark everything whose time is up; a step is some deliveries or some lines of history."""
    async with exchange.database.acquire() as conn:
        working, now = await working_time(conn), await envelopes.clock(conn)
    for duty in (RECEIVE, COMPLETE):
        for stretch in _stretches(working, duty, now):
            rest: Stretch | None = stretch
            while rest is not None:
                rest = await _mark_open(exchange, turn, working, duty, rest)
                yield
    while await _mark_answered(exchange, turn, working):
        yield


CHORE = Chore(name="lateness", steps=mark_late, rest=lambda _exchange: REST_SECONDS)


async def list_late(database: Database, recipient: str | None = None, *, limit: int = 100) -> list[LateDelivery]:
    """What is late now, the longest first; of one recipient, or of all. Raises `Refused`."""
    async with database.acquire() as conn:
        own = (await own_codes(conn, [recipient]))[0] if recipient else None
        return await lateness.late_page(conn, recipient=own, limit=limit)


async def _mark_open(
    exchange: Exchange, turn: Turn, working: WorkingTime, duty: str, stretch: Stretch
) -> Stretch | None:
    """Mark some open deliveries whose time is up, or count it no more; the rest of the stretch, None at its end."""
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        found = await lateness.candidates(conn, duty, stretch, limit=STEP_ROWS)
        marks = [mark for one in found if (mark := _mark(working, duty, one)) is not None]
        late = {one.delivery for one in marks}
        await lateness.set_aside(conn, [one.id for one in found if one.id not in late])
        written = await lateness.mark(conn, marks)
    _tell(written)
    if len(found) < STEP_ROWS:
        return None
    last = found[-1]
    return replace(stretch, first=last.accepted_at if duty == RECEIVE else last.due_on or stretch.first)


async def _mark_answered(exchange: Exchange, turn: Turn, working: WorkingTime) -> bool:
    """Mark what was answered too late among some lines of history; whether there may be more."""
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        before = await lateness.seen(conn)
        last, named = await lateness.next_lines(conn, before, settle_seconds=SETTLE_SECONDS, limit=STEP_LINES)
        written = await lateness.mark(conn, _answered_late(working, await lateness.answered(conn, named)))
        if last != before:
            await lateness.note_seen(conn, last)
    _tell(written)
    return last != before


def _answered_late(working: WorkingTime, found: Sequence[Candidate]) -> list[Mark]:
    marks = []
    for one in found:
        for duty, marked, at in ((RECEIVE, one.late, one.answered_at), (COMPLETE, one.overdue, one.closed_at)):
            mark = None if marked or at is None else _mark(working, duty, one)
            if mark is not None and at is not None and at > mark.since:
                marks.append(mark)
    return marks


def _limit(working: WorkingTime, duty: str, one: Candidate) -> datetime | None:
    """When the delivery's time is up; None when nothing limits it."""
    begin, day = (one.began_at, local_day(one.accepted_at)) if duty == RECEIVE else (_due(one), one.due_on)
    if begin is None or day is None:
        return None
    rule = rule_for(working.rules, Duty(duty), one.urgency, day)
    return rule.limit(working.calendar, begin) if rule else None


def _due(one: Candidate) -> datetime | None:
    return midnight(one.due_on) if one.due_on else None


def _stretches(working: WorkingTime, duty: str, now: datetime) -> list[Stretch]:
    """What began when, of each urgency, that its time is up by now: moments of acceptance, or due dates."""
    found = []
    for reach in reaches(working.rules, Duty(duty)):
        latest = reach.rule.latest(working.calendar, now)
        if latest is None:
            continue
        last = min(latest, midnight((reach.last or FAR) + timedelta(days=1)) - datetime.resolution)
        urgency, first = reach.rule.urgency, reach.first
        found.append(
            Stretch(urgency=urgency, first=midnight(first), last=last)
            if duty == RECEIVE
            else Stretch(urgency=urgency, first=first, last=local_day(last))
        )
    return found


def _mark(working: WorkingTime, duty: str, one: Candidate) -> Mark | None:
    """That the delivery is late if nobody answered it; None when nothing is owed for it.

    What a newer version or another document takes the place of in time is owed no more; that one is.
    """
    limit = _limit(working, duty, one)
    if limit is None or one.recall or (duty == COMPLETE and one.completed_before):
        return None
    since = max(limit, one.began_at)
    if one.superseded_at is not None and one.superseded_at <= since:
        return None
    vi, en = ("chậm tiếp nhận", "late to receive") if duty == RECEIVE else ("quá hạn xử lý", "overdue")
    return Mark(delivery=one.id, duty=duty, since=since, description=f"{vi} từ {_shown(since)} / {en} since then")


def _tell(written: Sequence[Mark]) -> None:
    for duty in (RECEIVE, COMPLETE):
        count = sum(1 for one in written if one.duty == duty)
        if count:
            log.info("delivery.late", duty=duty, count=count)


def _shown(at: datetime) -> str:
    return f"{at.astimezone(LOCAL_TIME):%H:%M %d/%m/%Y}"
