"""Talking to several parents at the same time, so that one that is slow keeps no other waiting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from exchange.upward.line import ParentAway
from storage import parents

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from typing import Any

    from exchange.chores import Steps, Turn
    from exchange.exchange import Exchange
    from storage.parents import ParentRow

YIELD_SECONDS = 2.0
"""A worker that is asked to stop, or has lost its turn, hears of it this soon."""

FIRST_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 300.0
"""Between two tries of a parent that is away: one that comes back is noticed within minutes."""


async def side_by_side(works: Sequence[Coroutine[Any, Any, None]]) -> Steps:
    """Do all of these; what is still under way when the steps are left is cancelled. Raises what any of them raises."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        pending = set(tasks)
        while pending:
            done, pending = await asyncio.wait(pending, timeout=YIELD_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answered(exchange: Exchange, turn: Turn, parent: ParentRow, direction: str, *, again_seconds: float) -> None:
    """Write down that the parent answered."""
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        await parents.note_answered(conn, parent.name, direction, again_seconds=again_seconds)


async def silent(exchange: Exchange, turn: Turn, parent: ParentRow, direction: str, away: ParentAway) -> float:
    """Write down that it did not; seconds until it is tried again."""
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        failures = await parents.failures_of(conn, parent.name, direction)
        seconds = min(FIRST_WAIT_SECONDS * 2.0 ** min(failures, 20), LONGEST_WAIT_SECONDS)
        await parents.note_silent(conn, parent.name, direction, outcome=str(away), again_seconds=seconds)
    return seconds
