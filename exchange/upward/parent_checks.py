"""Self-check of parents: each answers, and nothing is stuck on its way up or down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.program_checks import Wrong
from storage import parents

if TYPE_CHECKING:
    from exchange.exchange import Exchange

FAILURES = 5
"""Tries in a row that failed: with their waits some minutes, longer than a restart."""


async def parents_talk(exchange: Exchange) -> str:
    """Every parent answers in both directions, and what it or we refused has been looked at."""
    async with exchange.database.acquire() as conn:
        lines = await parents.lines(conn)
        stuck = await parents.stuck_counts(conn)
    bad = [
        f"{one.parent} {one.direction} (× {one.failures}: {one.outcome})" for one in lines if one.failures >= FAILURES
    ]
    bad += [
        f"{parent}: {up} lên, {down} xuống bị từ chối / refused on their way up, down: `lienthong parent show {parent}`"
        for parent, (up, down) in stuck.items()
    ]
    if bad:
        raise Wrong(f"trục cấp trên / parent axes: {'; '.join(bad)}")
    return ", ".join(sorted({one.parent for one in lines})) or "-"
