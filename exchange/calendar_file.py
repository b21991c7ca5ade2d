"""A calendar as a file: CSV with the columns day, hours, name and source, as people keep it in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from envelopes.working_time import hours_text, read_hours
from exchange import calendar_rules as rules
from storage.calendar import DayRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envelopes.faults import Fault

MAX_BYTES = 2**20
"""Every day of many years; a larger file is not a calendar."""

COLUMNS = ("day", "hours", "name", "source")

WORKED = "work"
"""In the column `hours`: as on a usual working day."""


def read_days(content: bytes) -> list[DayRow]:
    """The days in the order of the file. Raises `Refused` with every fault and its line."""
    if len(content) > MAX_BYTES:
        rules.FILE_TOO_LONG.refuse("file", limit=MAX_BYTES)
    found: dict[date, tuple[int, DayRow]] = {}
    faults: list[Fault] = []
    for line, row in _lines(content):
        try:
            made = _day(row, line)
            if made.day in found:
                first = found[made.day][0]
                rules.DAY_TWICE.refuse(f"line {line}", made.day, line=line, day=made.day, first=first)
            found[made.day] = line, made
        except Refused as refused:
            faults += refused.faults
    if faults:
        raise Refused(*faults)
    return [row for _, row in found.values()]


def _lines(content: bytes) -> list[tuple[int, dict[str, str | None]]]:
    """Every line but the first, with its number."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), restkey="more")
        names = tuple(name.strip() for name in reader.fieldnames or ())
        if names[:3] != COLUMNS[:3]:
            rules.FILE_MALFORMED.refuse("line 1", found=",".join(names))
        reader.fieldnames = names
        return [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(rules.FILE_MALFORMED.at("file", found=str(error))) from None


def _day(row: Mapping[str, str | None], line: int) -> DayRow:
    day = _date((row["day"] or "").strip(), line)
    name = (row["name"] or "").strip()
    if not name:
        rules.DAY_NAMELESS.refuse(f"line {line}", day, line=line, day=day)
    return DayRow(day=day, hours=_hours(row["hours"] or "", line), name=name, source=(row.get("source") or "").strip())


def _date(text: str, line: int) -> date:
    form = "%d/%m/%Y" if "/" in text else "%Y-%m-%d"
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        rules.DAY_MALFORMED.refuse(f"line {line}", text, line=line, text=text)


def _hours(text: str, line: int) -> str | None:
    if text.strip().lower() == WORKED:
        return None
    try:
        return hours_text(read_hours(text))
    except ValueError:
        rules.HOURS_MALFORMED.refuse(f"line {line}", text, line=line, text=text)
