"""Rules of lateness: forward from what began and back from now they find the same, and the days people know."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from envelopes.time_rules import Duty, TimeRule, Unit, reaches, rule_for
from envelopes.working_time import WorkingCalendar, local_day, midnight
from tests.envelopes.test_working_time import MOMENTS, MONDAY, PLAIN, at, calendars, law

FRIDAY, SATURDAY, SUNDAY, TUESDAY = (MONDAY + timedelta(days=n) for n in (-3, -2, -1, 1))


def rule(unit: Unit, amount: int | None, *, duty: Duty = Duty.RECEIVE, urgency: int = 0, begins: str = "") -> TimeRule:
    """A rule that holds from long ago, unless told."""
    first = date.fromisoformat(begins or "2000-01-01")
    return TimeRule(duty=duty, urgency=urgency, valid_from=first, amount=amount, unit=unit)


@law
@given(calendars(), some.sampled_from(Unit), some.integers(0, 8), MOMENTS, MOMENTS)
def test_what_began_by_the_latest_is_what_is_over(
    calendar: WorkingCalendar, unit: Unit, amount: int, begin: datetime, now: datetime
) -> None:
    found = rule(unit, amount)
    limit, latest = found.limit(calendar, begin), found.latest(calendar, now)
    assert limit is not None
    assert latest is not None
    assert (limit <= now) == (begin <= latest)
    assert limit >= begin or unit is Unit.WORKING_MORNINGS


@pytest.mark.parametrize(
    ("unit", "amount", "begins", "ends"),
    [
        (Unit.MINUTES, 30, at("23:50", SATURDAY), at("00:20", SUNDAY)),
        (Unit.WORKING_MINUTES, 60, at("16:30", FRIDAY), at("08:00")),
        (Unit.DAYS, 0, at("09:00", SATURDAY), midnight(SUNDAY)),
        (Unit.DAYS, 2, at("09:00", FRIDAY), midnight(MONDAY)),
        (Unit.WORKING_DAYS, 0, at("09:00", SATURDAY), midnight(TUESDAY)),
        (Unit.WORKING_DAYS, 0, at("09:00", FRIDAY), midnight(SATURDAY)),
        (Unit.WORKING_DAYS, 1, at("09:00", FRIDAY), midnight(TUESDAY)),
        (Unit.WORKING_MORNINGS, 1, at("00:00", FRIDAY), at("11:30")),
        (Unit.WORKING_MORNINGS, 1, at("00:00"), at("11:30", TUESDAY)),
    ],
)
def test_limits_people_know(unit: Unit, amount: int, begins: datetime, ends: datetime) -> None:
    assert rule(unit, amount).limit(PLAIN, begins) == ends


def test_day_of_a_limit_is_vietnams() -> None:
    evening = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)  # half past midnight of the Monday
    assert rule(Unit.DAYS, 0).limit(PLAIN, evening) == midnight(TUESDAY)


def test_no_amount_is_no_limit() -> None:
    for unit in Unit:
        assert rule(unit, None).limit(PLAIN, at("09:00")) is None
        assert rule(unit, None).latest(PLAIN, at("09:00")) is None


RULES = (
    rule(Unit.MINUTES, 30, begins="2026-11-20"),
    rule(Unit.MINUTES, 60, begins="2000-01-01"),
    rule(Unit.MINUTES, None, begins="2026-12-01"),
    rule(Unit.MINUTES, 15, urgency=3),
    rule(Unit.DAYS, 0, duty=Duty.COMPLETE),
)


@given(some.dates(date(1999, 1, 1), date(2028, 1, 1)), some.integers(0, 4))
def test_each_day_has_the_rule_that_reaches_it(day: date, urgency: int) -> None:
    found = [
        one.rule
        for one in reaches(RULES, Duty.RECEIVE)
        if one.rule.urgency == urgency and one.first <= day and (one.last is None or day <= one.last)
    ]
    wanted = rule_for(RULES, Duty.RECEIVE, urgency, day)
    assert found == ([wanted] if wanted else [])


def test_later_rule_takes_over_on_its_day() -> None:
    days = ("1999-12-31", "2026-11-19", "2026-11-20", "2026-11-30", "2026-12-01")
    found = [rule_for(RULES, Duty.RECEIVE, 0, date.fromisoformat(day)) for day in days]
    assert [one.amount if one else "none" for one in found] == ["none", 60, 30, 30, None]
    assert rule_for(RULES, Duty.SEND, 0, local_day(at("09:00"))) is None
