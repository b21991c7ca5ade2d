"""The working calendar as administrators keep it: hours of the week, single days, the rules of lateness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from envelopes.time_rules import Duty, TimeRule, Unit
from envelopes.working_time import Week, hours_text, read_hours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One day that differs: `hours` as text, '' when nobody works, None when it is worked as on a usual day."""

    day: date
    hours: str | None
    name: str
    source: str = ""


async def weeks(conn: Connection) -> tuple[Week, ...]:
    """Every pattern of hours, the earliest first."""
    rows = await conn.fetch(
        """SELECT valid_from, array_agg(hours ORDER BY weekday) AS hours FROM working_hours
           GROUP BY valid_from ORDER BY valid_from"""
    )
    return tuple(Week(valid_from=row["valid_from"], hours=tuple(map(read_hours, row["hours"]))) for row in rows)


async def days(conn: Connection) -> list[DayRow]:
    """The days administrators entered, in order."""
    rows = await conn.fetch("SELECT day, hours, name, source FROM calendar_days ORDER BY day")
    return [DayRow(**row) for row in rows]


async def time_rules(conn: Connection) -> tuple[TimeRule, ...]:
    """Every rule there was or will be, by duty, urgency and beginning."""
    rows = await conn.fetch(
        """SELECT duty, urgency, valid_from, amount, unit, source FROM time_rules
           ORDER BY duty, urgency, valid_from"""
    )
    return tuple(
        TimeRule(
            duty=Duty(row["duty"]),
            urgency=row["urgency"],
            valid_from=row["valid_from"],
            amount=row["amount"],
            unit=Unit(row["unit"]),
            source=row["source"],
        )
        for row in rows
    )


async def write_days(conn: Connection, rows: Sequence[DayRow], *, by: str | None) -> None:
    """Enter these days, each in place of what was entered for it before."""
    await conn.executemany(
        """INSERT INTO calendar_days (day, hours, name, source, entered_by) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (day) DO UPDATE SET hours = excluded.hours, name = excluded.name, source = excluded.source,
                  entered_by = excluded.entered_by, entered_at = clock_timestamp()""",
        [(row.day, row.hours, row.name, row.source, by) for row in rows],
    )


async def remove_days(conn: Connection, first: date, last: date) -> list[date]:
    """Forget what was entered for these days; which of them that were."""
    rows = await conn.fetch("DELETE FROM calendar_days WHERE day BETWEEN $1 AND $2 RETURNING day", first, last)
    return sorted(row["day"] for row in rows)


async def write_week(conn: Connection, week: Week, *, by: str | None) -> None:
    """Let these hours hold from the week's first day on, in place of what was entered for that very day."""
    await conn.executemany(
        """INSERT INTO working_hours (valid_from, weekday, hours, entered_by) VALUES ($1, $2, $3, $4)
           ON CONFLICT (valid_from, weekday) DO UPDATE SET hours = excluded.hours, entered_by = excluded.entered_by,
                  entered_at = clock_timestamp()""",
        [(week.valid_from, n, hours_text(hours), by) for n, hours in enumerate(week.hours, 1)],
    )


async def write_rules(conn: Connection, rules: Sequence[TimeRule], *, by: str | None) -> None:
    """Enter these rules, each in place of the one that was to begin on that very day."""
    await conn.executemany(
        """INSERT INTO time_rules (duty, urgency, valid_from, amount, unit, source, entered_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (duty, urgency, valid_from) DO UPDATE SET amount = excluded.amount, unit = excluded.unit,
                  source = excluded.source, entered_by = excluded.entered_by, entered_at = clock_timestamp()""",
        [(r.duty.value, r.urgency, r.valid_from, r.amount, r.unit.value, r.source, by) for r in rules],
    )
