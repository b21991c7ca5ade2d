"""The self-check of the working calendar: without the days off of a year, everything of its holidays seems late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.working_time import local_day
from exchange.calendar import working_time
from exchange.program_checks import Wrong
from storage import envelopes

if TYPE_CHECKING:
    from datetime import date

    from exchange.exchange import Exchange

NEXT_YEAR_FROM = 12
"""Month from which the next year's days off must be known: they are announced before the year begins."""


async def calendar_known(exchange: Exchange) -> str:
    """Until when days off are known. Raises `Wrong` when a year that matters has none."""
    async with exchange.database.acquire() as conn:
        found = await working_time(conn)
        today = local_day(await envelopes.clock(conn))
    off = [one.row.day for one in found.days if not found.calendar.works(one.row.day)]
    for year in years_that_matter(today):
        if not any(day.year == year for day in off):
            raise Wrong(
                f"chưa có ngày nghỉ của năm {year}: hãy chạy `lienthong calendar import` / "
                f"no days off of {year} are known: run `lienthong calendar import`"
            )
    return f"{max(off):%Y-%m-%d}"


def years_that_matter(today: date) -> list[int]:
    """This year, and the next when it is near."""
    return [today.year, today.year + 1] if today.month >= NEXT_YEAR_FROM else [today.year]
