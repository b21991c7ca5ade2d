"""Working time: which hours people work on which day, and arithmetic with it. Plain functions, no clock.

Days are Vietnam's, moments aware. The one law everything else rests on: `after` and `before` invert `between`, so that
`calendar.after(a, x) <= b` says the same as `a <= calendar.before(b, x)`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from types import MappingProxyType

from envelopes.limits import LOCAL_TIME

DAY_MINUTES = 24 * 60
NOON = 12 * 60

LONGEST_REST_DAYS = 366
"""A year without a working hour is a mistake in the calendar, not a holiday."""

_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


class NoWorkingTime(Exception):  # noqa: N818 - says what was found
    """The calendar has no working hour for more than a year around this day."""

    def __init__(self, day: date) -> None:
        super().__init__(f"no working time near {day:%Y-%m-%d}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Working time of one day, in minutes after midnight: from `begins` until before `ends`."""

    begins: int
    ends: int


Hours = tuple[Span, ...]
"""The working time of one day, in order and apart; none on a day off."""


def read_hours(text: str) -> Hours:
    """Hours written as `07:30-11:30,13:00-17:00`; nothing is a day off. Raises ValueError."""
    spans = []
    for part in text.replace(" ", "").split(",") if text.strip() else []:
        found = _SPAN.fullmatch(part)
        if found is None:
            raise ValueError(f"not a span of hours: {part}")
        hour, minute, last_hour, last_minute = map(int, found.groups())
        spans.append(Span(begins=hour * 60 + minute, ends=last_hour * 60 + last_minute))
        if minute > 59 or last_minute > 59 or not spans[-1].begins < spans[-1].ends <= DAY_MINUTES:
            raise ValueError(f"not a span of hours: {part}")
    if any(one.ends > other.begins for one, other in pairwise(spans)):
        raise ValueError(f"hours that overlap or are out of order: {text}")
    return tuple(spans)


def hours_text(hours: Hours) -> str:
    """As `read_hours` reads it."""
    return ",".join(f"{_clock(span.begins)}-{_clock(span.ends)}" for span in hours)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def local_day(at: datetime) -> date:
    """The day it is in Vietnam at this moment."""
    return at.astimezone(LOCAL_TIME).date()


def midnight(day: date) -> datetime:
    """The beginning of the day."""
    return datetime.combine(day, time.min, tzinfo=LOCAL_TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The hours of Monday to Sunday from a day on."""

    valid_from: date
    hours: tuple[Hours, ...]

    def __post_init__(self) -> None:
        if len(self.hours) != 7 or not any(self.hours):
            raise ValueError("a week has seven days, and working time on some of them")

    @property
    def usual(self) -> Hours:
        """The hours of a common working day, which a make-up day has as well: the first of the week."""
        return next(hours for hours in self.hours if hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """Weeks, and single days that differ: off (no hours), at hours of their own, or (None) at a usual day's hours.

    Before the first week's `valid_from` that week holds already. Raises ValueError without any week.
    """

    weeks: tuple[Week, ...]
    days: Mapping[date, Hours | None] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if not self.weeks or any(a.valid_from >= b.valid_from for a, b in pairwise(self.weeks)):
            raise ValueError("a calendar has weeks, in the order in which they begin to hold")

    def week(self, day: date) -> Week:
        """The week that holds on this day."""
        behind = bisect_right(self.weeks, day, key=lambda week: week.valid_from)
        return self.weeks[max(behind - 1, 0)]

    def hours(self, day: date) -> Hours:
        """The working time of the day."""
        week = self.week(day)
        if day not in self.days:
            return week.hours[day.weekday()]
        found = self.days[day]
        return week.usual if found is None else found

    def works(self, day: date) -> bool:
        """Whether anybody works on this day."""
        return bool(self.hours(day))

    def working_day(self, day: date, n: int) -> date:
        """The n-th working day after the day; for 0 the day itself, or the next working day when it is off."""
        found = day
        if n == 0 and not self.works(found):
            n = 1
        for _ in range(n):
            found = self._next(found)
        return found

    def _next(self, day: date) -> date:
        for n in range(1, LONGEST_REST_DAYS + 1):
            if self.works(found := day + timedelta(days=n)):
                return found
        raise NoWorkingTime(day)

    def _last(self, day: date) -> date:
        for n in range(1, LONGEST_REST_DAYS + 1):
            if self.works(found := day - timedelta(days=n)):
                return found
        raise NoWorkingTime(day)

    def morning_ends(self, day: date) -> datetime:
        """When the day's morning is over: with the first hours of work, at noon if these go on or begin later."""
        hours = self.hours(day)
        ends = min(hours[0].ends, NOON) if hours else NOON
        return midnight(day) + timedelta(minutes=ends)

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """The working time from `begin` to `end`; none if that is no later."""
        total = timedelta()
        day, last = local_day(begin), local_day(end)
        while day <= last:
            for opens, closes in self._spans(day):
                total += max(min(closes, end) - max(opens, begin), timedelta())
            day += timedelta(days=1)
        return total

    def after(self, at: datetime, amount: timedelta) -> datetime:
        """The first moment at which so much working time has passed since `at`. Raises `NoWorkingTime`."""
        day, left = local_day(at), amount
        while left > timedelta():
            for opens, closes in self._spans(day):
                here = max(opens, at)
                if left <= closes - here:
                    return here + left
                left -= max(closes - here, timedelta())
            day = self._next(day)
        return at

    def before(self, at: datetime, amount: timedelta) -> datetime:
        """The last moment since which so much working time has passed by `at`. Raises `NoWorkingTime`."""
        day, left = local_day(at), amount
        while left > timedelta():
            for opens, closes in reversed(self._spans(day)):
                here = min(closes, at)
                if left <= here - opens:
                    return here - left
                left -= max(here - opens, timedelta())
            day = self._last(day)
        return at

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        begin = midnight(day)
        return [
            (begin + timedelta(minutes=span.begins), begin + timedelta(minutes=span.ends)) for span in self.hours(day)
        ]
