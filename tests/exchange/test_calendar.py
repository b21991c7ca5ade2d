"""The calendar in use: what comes with the program, what administrators enter over it, files, and the self-check."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from envelopes.faults import Refused
from envelopes.limits import LOCAL_TIME
from envelopes.time_rules import Duty, TimeRule, Unit
from envelopes.working_time import Week, hours_text, read_hours
from exchange import calendar
from exchange.calendar import shipped_days
from exchange.calendar_checks import years_that_matter
from exchange.calendar_file import MAX_BYTES, read_days
from exchange.checks import check_all
from tests.support.exchanges import exchange_of, execute

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database

OFFICE = "07:30-11:30,13:00-17:00"
HEAD = b"day,hours,name,source\n"
MONDAY = date(2026, 11, 23)


async def works(database: Database, *days: date) -> list[bool]:
    found = (await calendar.show(database)).calendar
    return [found.works(day) for day in days]


def faults(content: bytes) -> list[tuple[str, str]]:
    """Codes and lines of what is wrong with a file."""
    with pytest.raises(Refused) as raised:
        read_days(content)
    return [(fault.code.partition(".")[2], fault.path) for fault in raised.value.faults]


def test_shipped_days_are_in_order_and_have_names_and_sources() -> None:
    days = shipped_days()
    assert [one.day for one in days] == sorted({one.day for one in days})
    assert all(one.name and one.source for one in days)
    assert {one.day.year for one in days} == {2026, 2027}


def test_shipped_years_have_every_statutory_holiday() -> None:
    """BLLĐ 2019 Art. 112: eleven days, those that fall on a rest day made up for by another one (Art. 111)."""
    off = [one for one in shipped_days() if one.hours == ""]
    for year in (2026, 2027):
        days = [one.day for one in off if one.day.year == year]
        for month, day in ((1, 1), (4, 30), (5, 1), (9, 2)):
            assert date(year, month, day) in days
        swapped = [one.day for one in off if "hoán đổi" in one.name]
        made_up = [one.day for one in shipped_days() if one.hours is None and one.day.year == year]
        assert len(made_up) == len([day for day in swapped if day.year == year])
        assert all(day.weekday() == 5 for day in made_up), "a Saturday is worked for a day off"
        new_year = [day for day in days if day.month == 2]
        assert sum(day.weekday() < 5 for day in new_year) == 5
        assert new_year == [new_year[0] + timedelta(days=n) for n in range(len(new_year))]


async def test_fresh_exchange_knows_the_week_and_the_holidays(database: Database) -> None:
    saturday, national_day, made_up = date(2026, 11, 21), date(2026, 9, 2), date(2026, 8, 22)
    assert await works(database, MONDAY, saturday, national_day, made_up) == [True, False, False, True]
    found = await calendar.show(database)
    assert hours_text(found.calendar.hours(made_up)) == OFFICE
    assert {(rule.duty, rule.urgency) for rule in found.rules} == {(duty, n) for duty in Duty for n in range(5)}


async def test_entered_day_wins_over_the_program_until_it_is_forgotten(database: Database) -> None:
    day = date(2026, 8, 31)
    assert await works(database, day) == [False]
    await calendar.set_days(database, day, day, hours=read_hours("08:00-12:00"), name="Trực bầu cử")
    found = await calendar.show(database)
    assert hours_text(found.calendar.hours(day)) == "08:00-12:00"
    [shown] = [one for one in found.days if one.row.day == day]
    assert (shown.entered, shown.row.name) == (True, "Trực bầu cử")
    assert await calendar.unset_days(database, day, day) == [day]
    assert await works(database, day) == [False]
    with pytest.raises(Refused, match=r"calendar\.day_unknown"):
        await calendar.unset_days(database, day, day)


async def test_stretch_of_days_is_set_at_once_and_a_typing_error_is_not(database: Database) -> None:
    last = MONDAY + timedelta(days=4)
    assert len(await calendar.set_days(database, MONDAY, last, hours=(), name="Bão số 13")) == 5
    assert await works(database, MONDAY, last) == [False, False]
    for end in (MONDAY - timedelta(days=1), date(2062, 11, 23)):
        with pytest.raises(Refused, match=r"calendar\.days_backwards"):
            await calendar.set_days(database, MONDAY, end, hours=(), name="?")


async def test_week_holds_from_its_day_on(database: Database) -> None:
    summer = Week(valid_from=date(2027, 4, 16), hours=(read_hours("07:00-11:30,13:30-17:00"),) * 6 + ((),))
    await calendar.set_week(database, summer)
    found = (await calendar.show(database)).calendar
    assert hours_text(found.hours(date(2027, 4, 15))) == OFFICE
    assert found.hours(date(2027, 4, 17)) == summer.hours[5]
    again = Week(valid_from=summer.valid_from, hours=(read_hours("08:00-12:00"),) * 5 + ((),) * 2)
    await calendar.set_week(database, again)
    assert (await calendar.show(database)).calendar.weeks[1:] == (again,)


async def test_file_is_entered_whole_and_again_changes_nothing(database: Database) -> None:
    content = HEAD + "2028-01-01,,Tết Dương lịch,BLLĐ\n24/01/2028,,Nghỉ,\n2028-01-29,work,Làm bù,\n".encode()
    days = [date(2028, 1, 1), date(2028, 1, 24), date(2028, 1, 29)]
    tried = await calendar.import_days(database, content, dry_run=True)
    assert (tried.added, await works(database, *days)) == (tuple(days), [False, True, False])
    assert (await calendar.import_days(database, content)).added == tuple(days)
    assert await works(database, *days) == [False, False, True]
    assert (await calendar.import_days(database, content)).unchanged == tuple(days)
    changed = content.replace(b"work", b"07:30-11:30")
    again = await calendar.import_days(database, changed)
    assert (again.added, again.changed, again.unchanged) == ((), (days[2],), tuple(days[:2]))
    assert hours_text((await calendar.show(database)).calendar.hours(days[2])) == "07:30-11:30"


async def test_file_with_one_fault_is_not_entered(database: Database) -> None:
    with pytest.raises(Refused):
        await calendar.import_days(database, HEAD + b"2028-01-03,,Off,\n2028-13-01,,?,\n")
    assert await works(database, date(2028, 1, 3)) == [True]


def test_every_fault_of_a_file_is_told_with_its_line() -> None:
    content = (
        HEAD
        + (
            "2028-02-30,,Không có ngày này,\n"
            "2028-01-01,,Tết,\n"
            "01/01/2028,,Lại Tết,\n"
            "2028-01-02,,,\n"
            "2028-01-03,9 to 5,Làm,\n"
            "\n"
            "tomorrow,,Mai,\n"
            "2028-01-04\n"
        ).encode()
    )
    assert faults(content) == [
        ("day_malformed", "line 2"),
        ("day_twice", "line 4"),
        ("day_nameless", "line 5"),
        ("hours_malformed", "line 6"),
        ("day_malformed", "line 8"),
        ("day_nameless", "line 9"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_malformed"),
        (b"date,what\n", "file_malformed"),
        (HEAD + b"\xff\xfe", "file_malformed"),
        (HEAD + b'2028-01-01,,"' + b"x" * 200_000 + b'"\n', "file_malformed"),
        (HEAD + b" " * MAX_BYTES, "file_too_long"),
        (b"PK\x03\x04", "file_malformed"),
    ],
    ids=["empty", "other columns", "no UTF-8", "a cell without end", "too long", "a spreadsheet"],
)
def test_what_is_no_calendar_is_refused(content: bytes, code: str) -> None:
    assert [found for found, _ in faults(content)] == [code]


def test_calendar_from_a_spreadsheet_is_read() -> None:
    content = '\ufeffday,hours,name\r\n2028-01-01,,Tết\r\n2028-01-08,"07:30-11:30, 13:00-17:00",Làm bù\r\n'.encode()
    assert [(one.day.day, one.hours, one.name) for one in read_days(content)] == [(1, "", "Tết"), (8, OFFICE, "Làm bù")]


@pytest.mark.parametrize(
    ("duty", "unit", "amount", "code"),
    [
        (Duty.SEND, Unit.MINUTES, 10, "unit_wrong"),
        (Duty.COMPLETE, Unit.WORKING_MINUTES, 10, "unit_wrong"),
        (Duty.RECEIVE, Unit.DAYS, 101, "amount_wrong"),
        (Duty.RECEIVE, Unit.MINUTES, 100_001, "amount_wrong"),
        (Duty.RECEIVE, Unit.MINUTES, -1, "amount_wrong"),
    ],
)
async def test_rule_that_cannot_be_meant_is_refused(
    database: Database, duty: Duty, unit: Unit, amount: int, code: str
) -> None:
    before = (await calendar.show(database)).rules
    rule = TimeRule(duty=duty, urgency=0, valid_from=MONDAY, amount=amount, unit=unit)
    with pytest.raises(Refused, match=rf"time_rule\.{code}"):
        await calendar.set_rules(database, [rule])
    assert (await calendar.show(database)).rules == before


async def test_rule_for_the_same_day_takes_the_place_of_the_older_one(database: Database) -> None:
    for amount in (240, 300):
        rule = TimeRule(duty=Duty.RECEIVE, urgency=0, valid_from=MONDAY, amount=amount, unit=Unit.WORKING_MINUTES)
        await calendar.set_rules(database, [rule])
    found = [one for one in (await calendar.show(database)).rules if (one.duty, one.urgency) == (Duty.RECEIVE, 0)]
    assert [one.amount for one in found] == [480, 300]


def test_next_years_days_matter_from_december_on() -> None:
    assert years_that_matter(date(2027, 11, 30)) == [2027]
    assert years_that_matter(date(2027, 12, 1)) == [2027, 2028]


async def test_check_asks_for_the_days_of_a_year_that_has_none(dsn: str, tmp_path: Path) -> None:
    async with exchange_of(dsn, tmp_path) as exchange:
        year = datetime.now(LOCAL_TIME).year
        days = [date(year + n, 1, 1) for n in range(2)]
        for day in days:
            await calendar.set_days(exchange.database, day, day, hours=(), name="Tết Dương lịch")
        [found] = [one for one in await check_all(exchange) if one.name == "calendar"]
        assert (found.ok, found.ready) == (True, False)
        for one in shipped_days():
            await calendar.set_days(exchange.database, one.day, one.day, hours=None, name="không nghỉ")
        await execute(exchange, "UPDATE calendar_days SET hours = NULL")
        [found] = [one for one in await check_all(exchange) if one.name == "calendar"]
        weekend = date(year, 1, 1).weekday() > 4
        assert found.ok is False or weekend
        assert weekend or "lienthong calendar import" in found.detail
