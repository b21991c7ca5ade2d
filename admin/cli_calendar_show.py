"""How the working calendar and the rules of lateness look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from admin import cli_show
from admin.cli_calendar_words import WEEKDAYS, in_words
from envelopes.time_rules import Duty, TimeRule, Unit
from envelopes.working_time import hours_text, read_hours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.calendar import Shown, WorkingTime

DUTIES = {
    Duty.SEND: "gửi sau khi ban hành / sent after issue",
    Duty.RECEIVE: "tiếp nhận hoặc từ chối sau khi đến / accepted or refused after arrival",
    Duty.COMPLETE: "hoàn thành sau hạn xử lý / completed after the due date",
}
UNITS = {
    Unit.MINUTES: "phút / minutes",
    Unit.WORKING_MINUTES: "phút làm việc / working minutes",
    Unit.DAYS: "ngày, hết 24:00 / days, to 24:00",
    Unit.WORKING_DAYS: "ngày làm việc, hết 24:00 / working days, to 24:00",
    Unit.WORKING_MORNINGS: "hết buổi sáng làm việc / working mornings",
}


def told_time(found: WorkingTime, year: int) -> dict[str, Any]:
    """Everything, for a program to read; days of this year only."""
    return {
        "year": year,
        "weeks": [
            {
                "valid_from": week.valid_from,
                "hours": {name: hours_text(hours) for name, hours in zip(WEEKDAYS, week.hours, strict=True)},
            }
            for week in found.calendar.weeks
        ],
        "days": [_told_day(one) for one in found.days if one.row.day.year == year],
        "rules": [told_rule(rule) for rule in found.rules],
    }


def _told_day(one: Shown) -> dict[str, Any]:
    """`hours` null: as on a usual day; '' nobody works."""
    row = one.row
    return {"day": row.day, "hours": row.hours, "name": row.name, "source": row.source, "entered": one.entered}


def told_rule(rule: TimeRule) -> dict[str, Any]:
    """`amount` null: no limit."""
    return {
        "duty": rule.duty.value,
        "urgency": rule.urgency,
        "valid_from": rule.valid_from,
        "amount": rule.amount,
        "unit": rule.unit.value,
        "source": rule.source,
    }


def shown_time(found: WorkingTime, year: int) -> None:
    """Everything, for a person to read; days of this year only."""
    for week in found.calendar.weeks:
        since = f"Giờ làm việc từ / hours from {cli_show.day(week.valid_from)}"
        rows = [(name, in_words(hours)) for name, hours in zip(WEEKDAYS, week.hours, strict=True)]
        cli_show.table("Tuần làm việc / working week", ("Ngày / day", since), rows)
    days = [one for one in found.days if one.row.day.year == year]
    columns = ("Ngày / day", "", "Giờ / hours", "Tên / name", "Căn cứ / source")
    cli_show.table(f"Ngày nghỉ, làm bù {year} / days off and made up for: {len(days)}", columns, map(_day, days))
    shown_rules(found.rules)


def _day(one: Shown) -> tuple[str, ...]:
    row = one.row
    hours = None if row.hours is None else read_hours(row.hours)
    source = f"{row.source} (nhập tại đây / entered here)".strip() if one.entered else row.source
    return cli_show.day(row.day), WEEKDAYS[row.day.weekday()], in_words(hours), row.name, source


def shown_rules(rules: Sequence[TimeRule]) -> None:
    """The rules, one line each."""
    columns = ("Việc / duty", "Độ khẩn / urgency", "Từ ngày / from", "Thời hạn / limit", "Căn cứ / source")
    cli_show.table(f"Thời hạn / limits: {len(rules)}", columns, map(_rule, rules))


def _rule(rule: TimeRule) -> tuple[str, ...]:
    limit = "không / none" if rule.amount is None else f"{rule.amount} {UNITS[rule.unit]}"
    level = f"{rule.urgency} {cli_show.urgency(rule.urgency)}".rstrip()
    return f"{rule.duty.value}: {DUTIES[rule.duty]}", level, cli_show.day(rule.valid_from), limit, rule.source
