"""Working time: laws that hold for every calendar, and days people know."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from envelopes.limits import LOCAL_TIME
from envelopes.working_time import (
    DAY_MINUTES,
    Hours,
    NoWorkingTime,
    Span,
    Week,
    WorkingCalendar,
    hours_text,
    local_day,
    midnight,
    read_hours,
)

OFFICE = read_hours("07:30-11:30,13:00-17:00")
MONDAY = date(2026, 11, 23)
WEEK = Week(valid_from=date(2000, 1, 1), hours=(OFFICE,) * 5 + ((),) * 2)
PLAIN = WorkingCalendar(weeks=(WEEK,))
NOTHING = timedelta()


def at(text: str, day: date = MONDAY) -> datetime:
    """A moment of that day, Vietnam's time."""
    return datetime.combine(day, time.fromisoformat(text), tzinfo=LOCAL_TIME)


@some.composite
def hours(draw: some.DrawFn, *, least: int = 0) -> Hours:
    """The working time of a day, of at least so many spans."""
    count = draw(some.integers(least, 3))
    edges = sorted(draw(some.sets(some.integers(0, DAY_MINUTES), min_size=2 * count, max_size=2 * count)))
    return tuple(Span(begins=edges[n], ends=edges[n + 1]) for n in range(0, len(edges), 2))


@some.composite
def weeks(draw: some.DrawFn, begins: date) -> Week:
    """A week with working time on some day."""
    days = [draw(hours()) for _ in range(7)]
    days[draw(some.integers(0, 6))] = draw(hours(least=1))
    return Week(valid_from=begins, hours=tuple(days))


DAYS = some.dates(date(2026, 11, 1), date(2026, 12, 31))
MOMENTS = some.timedeltas(NOTHING, timedelta(days=60)).map(lambda passed: datetime(2026, 11, 1, tzinfo=UTC) + passed)
AMOUNTS = some.timedeltas(NOTHING, timedelta(hours=50))

law = settings(deadline=None)  # a day may hold a minute of work: then fifty hours are years


@some.composite
def calendars(draw: some.DrawFn) -> WorkingCalendar:
    """Two patterns of hours, one after the other, and days that differ."""
    patterns = (draw(weeks(date(2020, 1, 1))), draw(weeks(date(2026, 12, 1))))
    return WorkingCalendar(weeks=patterns, days=draw(some.dictionaries(DAYS, some.none() | hours(), max_size=20)))


def counted(calendar: WorkingCalendar, begin: datetime, end: datetime) -> int:
    """Working minutes from one full minute to another, counted one by one."""
    count = 0
    while begin < end:
        minute = begin.astimezone(LOCAL_TIME).hour * 60 + begin.astimezone(LOCAL_TIME).minute
        count += any(span.begins <= minute < span.ends for span in calendar.hours(local_day(begin)))
        begin += timedelta(minutes=1)
    return count


@given(hours())
def test_hours_are_read_as_they_are_written(found: Hours) -> None:
    assert read_hours(hours_text(found)) == found


@settings(max_examples=30, deadline=None)
@given(calendars(), MOMENTS, some.integers(0, 3 * DAY_MINUTES))
def test_time_between_is_what_counting_minutes_gives(calendar: WorkingCalendar, begin: datetime, minutes: int) -> None:
    begin = begin.replace(second=0, microsecond=0)
    end = begin + timedelta(minutes=minutes)
    assert calendar.between(begin, end) == timedelta(minutes=counted(calendar, begin, end))


@law
@given(calendars(), MOMENTS, MOMENTS, MOMENTS)
def test_parts_of_a_time_add_up_to_it(calendar: WorkingCalendar, a: datetime, b: datetime, c: datetime) -> None:
    a, b, c = sorted((a, b, c))
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
    assert NOTHING <= calendar.between(a, b) <= b - a
    assert calendar.between(b, a) == NOTHING or a == b


@law
@given(calendars(), MOMENTS, AMOUNTS)
def test_after_is_the_first_moment_at_which_the_time_has_passed(
    calendar: WorkingCalendar, begin: datetime, amount: timedelta
) -> None:
    end = calendar.after(begin, amount)
    assert calendar.between(begin, end) == amount
    assert end == begin or calendar.between(begin, end - datetime.resolution) < amount


@law
@given(calendars(), MOMENTS, AMOUNTS)
def test_before_is_the_last_moment_since_which_the_time_has_passed(
    calendar: WorkingCalendar, end: datetime, amount: timedelta
) -> None:
    begin = calendar.before(end, amount)
    assert calendar.between(begin, end) == amount
    assert begin == end or calendar.between(begin + datetime.resolution, end) < amount


@law
@given(calendars(), MOMENTS, MOMENTS, AMOUNTS)
def test_after_and_before_say_the_same(
    calendar: WorkingCalendar, begin: datetime, end: datetime, amount: timedelta
) -> None:
    """Whoever reckons forward from each arrival and whoever reckons back from now find the same ones late."""
    assert (calendar.after(begin, amount) <= end) == (begin <= calendar.before(end, amount))


@law
@given(calendars(), MOMENTS, AMOUNTS, AMOUNTS)
def test_time_is_spent_in_any_portions(
    calendar: WorkingCalendar, begin: datetime, one: timedelta, other: timedelta
) -> None:
    assert calendar.after(calendar.after(begin, one), other) == calendar.after(begin, one + other)


@law
@given(calendars(), DAYS, some.integers(0, 20), some.integers(1, 20))
def test_working_days_are_counted_through(calendar: WorkingCalendar, day: date, n: int, more: int) -> None:
    found = calendar.working_day(day, n)
    assert calendar.works(found)
    assert found >= day
    assert calendar.working_day(found, more) == calendar.working_day(
        day, n + more if n or calendar.works(day) else 1 + more
    )


@pytest.mark.parametrize(
    ("begins", "hours_of_work", "ends"),
    [
        (at("08:00"), 8, at("08:00", MONDAY + timedelta(days=1))),
        (at("16:00", MONDAY - timedelta(days=3)), 2, at("08:30")),
        (at("12:00"), 4, at("17:00")),
        (at("07:30"), 8, at("17:00")),
        (at("22:00", MONDAY - timedelta(days=2)), 1, at("08:30")),
    ],
    ids=["over night", "over a weekend", "begun at noon", "just a day", "begun on a Saturday night"],
)
def test_hours_of_an_office(begins: datetime, hours_of_work: int, ends: datetime) -> None:
    assert PLAIN.after(begins, timedelta(hours=hours_of_work)) == ends


def test_holidays_and_days_made_up_for_count_as_what_they_are() -> None:
    saturday, tuesday = MONDAY - timedelta(days=2), MONDAY + timedelta(days=1)
    calendar = WorkingCalendar(weeks=(WEEK,), days={saturday: None, MONDAY: (), tuesday: read_hours("08:00-10:00")})
    assert [calendar.works(day) for day in (saturday, saturday + timedelta(days=1), MONDAY, tuesday)] == [
        True,
        False,
        False,
        True,
    ]
    assert calendar.hours(saturday) == OFFICE
    assert calendar.after(at("16:00", saturday), timedelta(hours=2)) == at("09:00", tuesday)
    assert calendar.working_day(saturday, 1) == tuesday


def test_morning_ends_with_its_work_or_at_noon() -> None:
    days = {MONDAY: read_hours("08:00-16:30"), MONDAY + timedelta(days=1): read_hours("13:00-17:00")}
    calendar = WorkingCalendar(weeks=(WEEK,), days=days)
    found = [calendar.morning_ends(MONDAY + timedelta(days=n)) for n in range(3)]
    assert [f"{one:%H:%M}" for one in found] == ["12:00", "12:00", "11:30"]


def test_hours_of_a_week_hold_from_their_day_on() -> None:
    summer = Week(valid_from=date(2027, 4, 1), hours=(read_hours("07:00-11:00,13:30-17:30"),) * 5 + ((),) * 2)
    calendar = WorkingCalendar(weeks=(WEEK, summer))
    assert hours_text(calendar.hours(date(2027, 3, 31))).startswith("07:30")
    assert hours_text(calendar.hours(date(2027, 4, 1))).startswith("07:00")
    assert calendar.hours(date(1999, 12, 31)) == OFFICE, "what was before the first pattern is reckoned with it"


def test_day_is_vietnams() -> None:
    assert local_day(datetime(2026, 11, 22, 17, 0, tzinfo=UTC)) == MONDAY
    assert midnight(MONDAY) == datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


def test_calendar_that_never_works_is_told_and_not_searched_for_ever() -> None:
    first = date(2026, 1, 1)
    calendar = WorkingCalendar(weeks=(WEEK,), days={first + timedelta(days=n): () for n in range(800)})
    with pytest.raises(NoWorkingTime):
        calendar.after(midnight(first), timedelta(minutes=1))
    with pytest.raises(NoWorkingTime):
        calendar.before(midnight(first + timedelta(days=799)), timedelta(minutes=1))


@pytest.mark.parametrize(
    "text",
    [
        "7:30-11:30",
        "11:30-07:30",
        "07:30-07:30",
        "07:30-11:60",
        "23:00-24:01",
        "07:30-11:30,11:00-12:00",
        "all day",
        ",",
    ],
)
def test_hours_that_cannot_be_meant_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hours"):
        read_hours(text)


def test_week_without_work_and_calendar_without_week_are_refused() -> None:
    with pytest.raises(ValueError, match="week"):
        Week(valid_from=MONDAY, hours=((),) * 7)
    with pytest.raises(ValueError, match="week"):
        Week(valid_from=MONDAY, hours=(OFFICE,) * 6)
    for wrong in ((), (WEEK, WEEK)):
        with pytest.raises(ValueError, match="week"):
            WorkingCalendar(weeks=wrong)
