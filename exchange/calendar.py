"""The working calendar in use: the days that come with the program, and what administrators entered over them.

A process reads it anew every minute; the chore that marks what is late reads it each time.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from envelopes.time_rules import Duty, TimeRule, Unit
from envelopes.working_time import WorkingCalendar, hours_text, read_hours
from exchange import calendar_rules as rules
from exchange.calendar_file import read_days
from storage import calendar as rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envelopes.working_time import Hours, Week
    from storage.calendar import DayRow
    from storage.connection import Connection
    from storage.database import Database

KEPT_SECONDS = 60.0
"""How long a process goes by the calendar it has read."""

MOST_DAYS = 400
"""Days changed at once: a year, and no typing error."""

MOST_MINUTES, MOST_OF_DAYS = 100_000, 100
"""Longest limits: of minutes, and of days or mornings."""

COUNTED_FROM_DAYS = (Unit.DAYS, Unit.WORKING_DAYS, Unit.WORKING_MORNINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One day that differs, and whether it came with the program or was entered here."""

    row: DayRow
    entered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTime:
    """Everything lateness is reckoned with."""

    calendar: WorkingCalendar
    rules: tuple[TimeRule, ...]
    days: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import changed, or would change: which days are new, which differ from what was entered, which do not."""

    added: tuple[date, ...]
    changed: tuple[date, ...]
    unchanged: tuple[date, ...]


class CalendarKeeper:
    """The working time of at most `KEPT_SECONDS` ago."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._found: WorkingTime | None = None
        self._until = 0.0

    async def current(self, conn: Connection) -> WorkingTime:
        """The working time; who asks meanwhile goes by the older one, and never waits."""
        if self._found is not None and (time.monotonic() < self._until or self._turn.locked()):
            return self._found
        async with self._turn:
            self._found = await working_time(conn)
            self._until = time.monotonic() + KEPT_SECONDS
            return self._found

    def forget(self) -> None:
        """Read it anew the next time."""
        self._until = 0.0


@cache
def shipped_days() -> tuple[DayRow, ...]:
    """The days off and made up for that come with the program."""
    return tuple(read_days((files("exchange") / "calendars" / "vietnam.csv").read_bytes()))


async def working_time(conn: Connection) -> WorkingTime:
    """The calendar and the rules as they stand."""
    entered = {row.day: Shown(row=row, entered=True) for row in await rows.days(conn)}
    days = {row.day: Shown(row=row, entered=False) for row in shipped_days()} | entered
    hours = {day: None if one.row.hours is None else read_hours(one.row.hours) for day, one in sorted(days.items())}
    return WorkingTime(
        calendar=WorkingCalendar(weeks=await rows.weeks(conn), days=MappingProxyType(hours)),
        rules=await rows.time_rules(conn),
        days=tuple(one for _, one in sorted(days.items())),
    )


async def show(database: Database) -> WorkingTime:
    """The calendar and the rules, for a person to look at."""
    async with database.acquire() as conn:
        return await working_time(conn)


async def set_days(
    database: Database, first: date, last: date, *, hours: Hours | None, name: str, by: str | None = None
) -> list[date]:
    """Let each of the days have these hours (none: it is off), or (None) those of a usual day. Raises `Refused`."""
    found = _stretch(first, last)
    text = None if hours is None else hours_text(hours)
    made = [rows.DayRow(day=day, hours=text, name=name) for day in found]
    async with database.transaction() as conn:
        await rows.write_days(conn, made, by=by)
    return found


async def unset_days(database: Database, first: date, last: date, *, by: str | None = None) -> list[date]:
    """Forget what was entered for the days; the calendar of the program holds for them again. Raises `Refused`."""
    _stretch(first, last)
    async with database.transaction() as conn:
        gone = await rows.remove_days(conn, first, last)
        if not gone:
            rules.DAY_UNKNOWN.refuse("day", first, first=first, last=last)
    return gone


async def set_week(database: Database, week: Week, *, by: str | None = None) -> None:
    """Let these hours hold from the week's first day on."""
    async with database.transaction() as conn:
        await rows.write_week(conn, week, by=by)


async def set_rules(database: Database, made: Sequence[TimeRule], *, by: str | None = None) -> None:
    """Let these rules hold from their first days on. Raises `Refused`."""
    for rule in made:
        _check(rule)
    async with database.transaction() as conn:
        await rows.write_rules(conn, made, by=by)


async def import_days(database: Database, content: bytes, *, dry_run: bool = False, by: str | None = None) -> Imported:
    """Enter every day of a calendar file, or none: all faults are told at once. Raises `Refused`."""
    made = {row.day: row for row in read_days(content)}
    async with database.transaction() as conn:
        before = {row.day: row for row in await rows.days(conn)}
        added = [day for day in made if day not in before]
        changed = [day for day, row in made.items() if day in before and before[day] != row]
        if not dry_run:
            await rows.write_days(conn, [made[day] for day in (*added, *changed)], by=by)
    same = made.keys() - set(added) - set(changed)
    return Imported(added=tuple(sorted(added)), changed=tuple(sorted(changed)), unchanged=tuple(sorted(same)))


def _stretch(first: date, last: date) -> list[date]:
    count = (last - first).days + 1
    if not 1 <= count <= MOST_DAYS:
        rules.DAYS_BACKWARDS.refuse("last", last, first=first, last=last, limit=MOST_DAYS)
    return [first + timedelta(days=n) for n in range(count)]


def _check(rule: TimeRule) -> None:
    of_days = rule.unit in COUNTED_FROM_DAYS
    limit = MOST_OF_DAYS if of_days else MOST_MINUTES
    if rule.duty is not Duty.RECEIVE and not of_days:
        raise Refused(
            rules.UNIT_WRONG.at("unit", rule.unit, duty=rule.duty.value, units=", ".join(map(str, COUNTED_FROM_DAYS)))
        )
    if rule.amount is not None and not 0 <= rule.amount <= limit:
        rules.AMOUNT_WRONG.refuse("amount", rule.amount, amount=rule.amount, limit=limit)
