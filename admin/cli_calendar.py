"""Working days and hours, and how long things may take: `lienthong calendar show|set|unset|hours|import|rule`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from admin import cli_show
from admin.cli_administrator import DAY, by_administrator
from admin.cli_calendar_show import shown_rules, shown_time, told_rule, told_time
from admin.cli_calendar_words import WEEKDAYS, in_words, read_week, typed_hours
from admin.cli_database import told, with_database
from admin.cli_session import AS_JSON, FILE, InFull
from envelopes.limits import LOCAL_TIME
from envelopes.time_rules import Duty, TimeRule, Unit
from exchange import calendar as use_case

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from admin.cli_administrator import Doer
    from envelopes.working_time import Hours, Week
    from exchange.calendar import Imported, WorkingTime
    from storage.database import Database

UNITS = {
    "minutes": Unit.MINUTES,
    "working_hours": Unit.WORKING_MINUTES,
    "days": Unit.DAYS,
    "working_days": Unit.WORKING_DAYS,
    "mornings": Unit.WORKING_MORNINGS,
}
"""Options of `calendar rule`, and what each counts."""

FROM = click.option("--from", "begins", type=DAY, metavar="DATE", help="Từ ngày, mặc định hôm nay / from, else today")


@click.group(cls=InFull)
def calendar() -> None:
    """Lịch làm việc và thời hạn / working days, hours, and how long things may take."""


@calendar.command()
@click.argument("year", type=click.IntRange(2000, 2200), required=False)
@AS_JSON
def show(year: int | None, *, as_json: bool) -> None:
    """Lịch làm việc, ngày nghỉ, làm bù, thời hạn / the calendar of a year, this one by default, and the rules."""
    found, year = with_database(use_case.show), year or _today().year
    if as_json:
        cli_show.as_json(told_time(found, year))
    else:
        shown_time(found, year)


@calendar.command("set")
@click.argument("first", type=DAY)
@click.argument("last", type=DAY, required=False)
@click.option("--off", is_flag=True, help="Nghỉ / a day off")
@click.option("--work", is_flag=True, help="Làm việc như ngày thường / worked as a usual day")
@click.option("--hours", type=typed_hours, help="Giờ làm việc / worked at these hours, as 07:30-11:30,13:00-17:00")
@click.option("--name", "title", required=True, help="Ngày gì, vì sao / what day it is, or why")
@by_administrator()
@AS_JSON
def set_(first: datetime, last: datetime | None, *, title: str, doer: Doer, as_json: bool, **kind: Any) -> None:
    """Ngày nghỉ hoặc làm bù / say that a day, or each from FIRST to LAST, is off or worked."""
    hours = _one_of(**kind)

    async def work(database: Database) -> list[date]:
        end = (last or first).date()
        by = await doer.proven(database)
        return await use_case.set_days(database, first.date(), end, hours=hours, name=title, by=by)

    _changed(with_database(work), in_words(hours), as_json=as_json)


@calendar.command()
@click.argument("first", type=DAY)
@click.argument("last", type=DAY, required=False)
@by_administrator()
@AS_JSON
def unset(first: datetime, last: datetime | None, *, doer: Doer, as_json: bool) -> None:
    """Bỏ ngày đã nhập / forget what was entered for a day; the calendar that comes with the program holds again."""

    async def work(database: Database) -> list[date]:
        by = await doer.proven(database)
        return await use_case.unset_days(database, first.date(), (last or first).date(), by=by)

    _changed(with_database(work), "bỏ / forgotten", as_json=as_json)


@calendar.command()
@click.argument("days", nargs=-1, required=True, metavar="DAYS=HOURS …")
@FROM
@by_administrator()
@AS_JSON
def hours(days: tuple[str, ...], *, begins: datetime | None, doer: Doer, as_json: bool) -> None:
    """Giờ làm việc trong tuần / the hours of a week from a day on.

    Ví dụ / for example: mon-fri=07:30-11:30,13:00-17:00 sat=07:30-11:30. Thứ viết T2 … T7, CN hoặc mon … sun; ngày
    không ghi là ngày nghỉ / days that are not named are off.
    """
    week = read_week(days, begins.date() if begins else _today())

    async def work(database: Database) -> Week:
        await use_case.set_week(database, week, by=await doer.proven(database))
        return week

    with_database(work)
    if as_json:
        hours_of = {name: in_words(hours) for name, hours in zip(WEEKDAYS, week.hours, strict=True)}
        cli_show.as_json({"valid_from": week.valid_from, "hours": hours_of})
        return
    cli_show.say(f"Từ / from {cli_show.day(week.valid_from)}:")
    for name, one in zip(WEEKDAYS, week.hours, strict=True):
        cli_show.say(f"  {name}: {in_words(one)}")


@calendar.command("import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Chỉ báo, không ghi / only say what would change")
@by_administrator()
@AS_JSON
def import_(file: Path, *, dry_run: bool, doer: Doer, as_json: bool) -> None:
    """Nhập ngày nghỉ, ngày làm bù từ tệp CSV / enter the days of a CSV file: day,hours,name,source; all or none."""

    with told():
        content = file.read_bytes()

    async def work(database: Database) -> Imported:
        by = await doer.proven(database)
        return await use_case.import_days(database, content, dry_run=dry_run, by=by)

    found = with_database(work)
    if as_json:
        cli_show.as_json({"dry_run": dry_run, "imported": found})
        return
    would = " (chưa ghi / dry run)" if dry_run else ""
    cli_show.say(
        f"Thêm / added: {len(found.added)}, đổi / changed: {len(found.changed)}, "
        f"như cũ / unchanged: {len(found.unchanged)}{would}",
        *(f"  {cli_show.day(day)}" for day in (*found.added, *found.changed)),
    )


@calendar.command()
@click.argument("duty", type=click.Choice([duty.value for duty in Duty]))
@click.option(
    "--urgency", type=click.IntRange(0, 4), multiple=True, help="Độ khẩn, lặp lại được / repeatable; else all"
)
@click.option("--minutes", type=click.IntRange(min=0), help="Phút theo đồng hồ / minutes by the clock")
@click.option("--working-hours", type=click.FloatRange(min=0), help="Giờ làm việc / working hours, as 7.5")
@click.option("--days", type=click.IntRange(min=0), help="Ngày, hết 24:00 / days, to 24:00")
@click.option("--working-days", type=click.IntRange(min=0), help="Ngày làm việc, hết 24:00 / working days, to 24:00")
@click.option("--mornings", type=click.IntRange(min=0), help="Buổi sáng làm việc / mornings of working days")
@click.option("--none", is_flag=True, help="Không có thời hạn / no limit")
@click.option("--source", default="", help="Căn cứ / where it comes from")
@FROM
@by_administrator()
@AS_JSON
def rule(
    duty: str,
    *,
    urgency: tuple[int, ...],
    source: str,
    begins: datetime | None,
    doer: Doer,
    as_json: bool,
    **amounts: Any,
) -> None:
    """Thời hạn gửi, tiếp nhận, xử lý / how long something may take, from a day on.

    send: sau ngày ban hành / after the day of issue; receive: sau khi đến / after arrival, until 02 or 03;
    complete: sau hạn xử lý / after the due date, until 06.
    """
    unit, amount = _amount(**amounts)
    first = begins.date() if begins else _today()
    made = TimeRule(duty=Duty(duty), urgency=0, valid_from=first, amount=amount, unit=unit, source=source)
    rules = [replace(made, urgency=level) for level in sorted(set(urgency)) or range(5)]

    async def work(database: Database) -> WorkingTime:
        await use_case.set_rules(database, rules, by=await doer.proven(database))
        return await use_case.show(database)

    with_database(work)
    if as_json:
        cli_show.as_json({"rules": [told_rule(one) for one in rules]})
    else:
        shown_rules(rules)


def _today() -> date:
    return datetime.now(UTC).astimezone(LOCAL_TIME).date()


def _one_of(*, off: bool, work: bool, hours: Hours | None) -> Hours | None:
    if sum((off, work, hours is not None)) != 1:
        raise click.UsageError("Cần đúng một trong --off, --work, --hours / exactly one of --off, --work, --hours")
    return () if off else hours


def _amount(*, none: bool, working_hours: float | None, **given: int | None) -> tuple[Unit, int | None]:
    """The one limit that was given."""
    minutes = None if working_hours is None else round(timedelta(hours=working_hours) / timedelta(minutes=1))
    found = {name: n for name, n in {**given, "working_hours": minutes}.items() if n is not None}
    if len(found) + none != 1:
        raise click.UsageError("Cần đúng một thời hạn, hoặc --none / exactly one limit, or --none")
    if none:
        return Unit.DAYS, None
    [(name, amount)] = found.items()
    return UNITS[name], amount


def _changed(days: Sequence[date], words: str, *, as_json: bool) -> None:
    if as_json:
        cli_show.as_json({"days": days})
        return
    cli_show.say(*(f"{cli_show.day(day)}: {words}" for day in days))


COMMANDS: Sequence[click.Command] = (calendar,)
