"""How long something may take: rules as data, and the moment at which what began is late (conformance C35, C36)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from envelopes.working_time import local_day, midnight

if TYPE_CHECKING:
    from envelopes.working_time import WorkingCalendar


class Duty(StrEnum):
    """What is owed: that a document is sent after its issue, answered after its arrival, handled after its due date."""

    SEND = "send"
    RECEIVE = "receive"
    COMPLETE = "complete"


class Unit(StrEnum):
    """What is counted. Days end at 24:00, mornings when the day's morning work does; 0 working days is that day itself,
    or the next working day when it is off."""

    MINUTES = "minutes"
    WORKING_MINUTES = "working_minutes"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    WORKING_MORNINGS = "working_mornings"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRule:
    """One rule, for what begins on or after `valid_from`, until the next rule for the same. `amount` None: no limit."""

    duty: Duty
    urgency: int
    valid_from: date
    amount: int | None
    unit: Unit
    source: str = ""

    def limit(self, calendar: WorkingCalendar, begin: datetime) -> datetime | None:
        """The last moment at which what began at `begin` is in time; None without a limit. Raises `NoWorkingTime`."""
        if self.amount is None:
            return None
        if self.unit is Unit.MINUTES:
            return begin + timedelta(minutes=self.amount)
        if self.unit is Unit.WORKING_MINUTES:
            return calendar.after(begin, timedelta(minutes=self.amount))
        return _end_of(calendar, self.unit, local_day(begin), self.amount)

    def latest(self, calendar: WorkingCalendar, now: datetime) -> datetime | None:
        """The last beginning whose limit is over by `now`; None without a limit. Raises `NoWorkingTime`."""
        if self.amount is None:
            return None
        if self.unit is Unit.MINUTES:
            return now - timedelta(minutes=self.amount)
        if self.unit is Unit.WORKING_MINUTES:
            return calendar.before(now, timedelta(minutes=self.amount))
        day = local_day(now)
        while _end_of(calendar, self.unit, day, self.amount) > now:  # at most a rest and the amount away
            day -= timedelta(days=1)
        return midnight(day + timedelta(days=1)) - datetime.resolution


def _end_of(calendar: WorkingCalendar, unit: Unit, day: date, amount: int) -> datetime:
    if unit is Unit.DAYS:
        return midnight(day + timedelta(days=amount + 1))
    found = calendar.working_day(day, amount)
    return calendar.morning_ends(found) if unit is Unit.WORKING_MORNINGS else midnight(found + timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The days `first` to `last` (None: without end) on which something begins that a rule speaks of."""

    rule: TimeRule
    first: date
    last: date | None


def reaches(rules: Sequence[TimeRule], duty: Duty) -> list[Reach]:
    """Every rule of a duty with the days it holds; those of one urgency leave no day out and share none."""
    found = []
    for urgency in sorted({rule.urgency for rule in rules if rule.duty is duty}):
        some = sorted((r for r in rules if r.duty is duty and r.urgency == urgency), key=lambda rule: rule.valid_from)
        for n, rule in enumerate(some):
            last = some[n + 1].valid_from - timedelta(days=1) if n + 1 < len(some) else None
            found.append(Reach(rule=rule, first=rule.valid_from, last=last))
    return found


def rule_for(rules: Sequence[TimeRule], duty: Duty, urgency: int, day: date) -> TimeRule | None:
    """The rule for what begins on this day; None when none holds yet."""
    some = [r for r in rules if r.duty is duty and r.urgency == urgency and r.valid_from <= day]
    return max(some, key=lambda rule: rule.valid_from, default=None)
