"""How hours and days of the week are typed and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envelopes.working_time import Hours, Week, hours_text, read_hours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_VIETNAMESE = ("t2", "t3", "t4", "t5", "t6", "t7", "cn")


def typed_hours(text: str) -> Hours:
    """Hours as `07:30-11:30,13:00-17:00`, which some there must be. Raises `click.BadParameter`."""
    try:
        found = read_hours(text)
    except ValueError:
        found = ()
    if not found:
        raise click.BadParameter(f"«{text}»: hãy ghi như / write it as 07:30-11:30,13:00-17:00")
    return found


def read_week(days: Sequence[str], begins: date) -> Week:
    """Hours of the week as typed: `mon-fri=07:30-11:30,13:00-17:00`, `sat=…`; days that are not named are off."""
    found: dict[int, Hours] = {}
    for part in days:
        named, _, hours = part.partition("=")
        for n in _span(named, part):
            if n in found:
                raise click.UsageError(f"«{part}»: ngày này đã có giờ / a day that has its hours already")
            found[n] = typed_hours(hours)
    return Week(valid_from=begins, hours=tuple(found.get(n, ()) for n in range(7)))


def _span(named: str, part: str) -> range:
    first, _, last = named.strip().lower().partition("-")
    numbers = [names.index(day) for day in (first, last or first) for names in (WEEKDAYS, _VIETNAMESE) if day in names]
    if len(numbers) != 2 or numbers[0] > numbers[1]:
        raise click.UsageError(f"«{part}»: hãy ghi / write mon-fri=HOURS, sat=HOURS, T2-T6=…, CN=…")
    return range(numbers[0], numbers[1] + 1)


def in_words(hours: Hours | None) -> str:
    """The hours of a day, in words where there are none."""
    if hours is None:
        return "làm việc như ngày thường / worked as a usual day"
    return hours_text(hours) or "nghỉ / off"
