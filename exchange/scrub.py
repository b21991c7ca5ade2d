"""The scrub: every object is read back whole and compared, at a ripe age and again every month.

A store may lose what it acknowledged, so payloads stay in the spool until their object has been seen whole at an age
at which the store's own disk must have it (RELIABILITY sections 2 and 3, step 5).
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import structlog

from exchange.chores import Chore
from exchange.comparison import Comparison, Found
from exchange.spool import KEPT
from exchange.sweep import drop_kept, kept_copies
from storage import objects_held
from storage.objects import ObjectDamaged

if TYPE_CHECKING:
    from exchange.chores import Fence, Steps, Turn
    from exchange.exchange import Exchange
    from storage.objects_held import ObjectRow

LONGEST_REST_SECONDS = 60.0
"""Between two looks for objects that became due."""

SHORTEST_REST_SECONDS = 1.0
"""Between two looks where objects ripen quickly, as in tests."""

BATCH = 200
"""Due objects fetched at a time."""

log = structlog.get_logger()


async def scrub(exchange: Exchange, turn: Turn) -> Steps:
    """Compare ripe kept copies' objects, then every object that is due."""
    async for _ in _scrub_kept(exchange, turn):
        yield
    settings = exchange.settings
    while True:
        async with exchange.database.acquire() as conn:
            due = await objects_held.objects_to_check(
                conn,
                older_seconds=settings.scrub_after_seconds,
                again_seconds=settings.scrub_again_seconds,
                limit=BATCH,
            )
        for row in due:
            comparison = Comparison(exchange.objects, row)
            async for _ in comparison.steps():
                yield
            await _conclude(exchange, row, comparison.found, fence=turn.hold)
            yield
        if len(due) < BATCH:
            return


def rest_seconds(exchange: Exchange) -> float:
    """A tenth of the age at which objects are ripe, within bounds."""
    return min(max(exchange.settings.scrub_after_seconds / 10, SHORTEST_REST_SECONDS), LONGEST_REST_SECONDS)


CHORE = Chore(name="scrub", steps=scrub, rest=rest_seconds)


async def _conclude(exchange: Exchange, row: ObjectRow, found: Found, *, fence: Fence) -> None:
    if found is not Found.WHOLE:
        async with exchange.database.acquire() as conn:
            if await objects_held.object_row(conn, row.sha256) is None:
                return  # let go by a rule of retention, and swept, since the row was read
        log.error(f"object.{found.value}", sha256=row.sha256.hex(), size=row.size)
    await settle(exchange, row, found, fence=fence)


async def settle(exchange: Exchange, row: ObjectRow, found: Found, *, fence: Fence) -> bool:
    """Write down what was found; a lost object comes back from its kept copy, if there is one. True: it is there."""
    present = found is Found.WHOLE or await restore(exchange, row)
    async with exchange.database.transaction() as conn:
        await fence(conn)
        await objects_held.mark_checked(conn, row.sha256, present=present)
    return present


async def restore(exchange: Exchange, row: ObjectRow) -> bool:
    """Store the object again from its kept copy, which stays until the object is ripe once more; False without one."""
    sha256 = row.sha256.hex()
    path = exchange.settings.spool / KEPT / sha256
    if not await asyncio.to_thread(path.exists):
        return False
    try:
        await exchange.objects.put(sha256, path, row.size)
        await asyncio.to_thread(path.touch)
    except (ObjectDamaged, ValueError, FileNotFoundError) as error:
        log.error("object.not_restored", sha256=sha256, reason=str(error))
        return False
    log.warning("object.restored", sha256=sha256, size=row.size)
    return True


async def _scrub_kept(exchange: Exchange, turn: Turn) -> Steps:
    """A kept copy goes when its object is whole at an age counted from the last time it was stored."""
    ripe = time.time() - exchange.settings.scrub_after_seconds
    for path, changed in await exchange.threads.run(kept_copies, exchange.settings.spool):
        if changed > ripe:
            continue
        async with exchange.database.acquire() as conn:
            row = await objects_held.object_row(conn, bytes.fromhex(path.name))
        if row is None:
            continue
        comparison = Comparison(exchange.objects, row)
        async for _ in comparison.steps():
            yield
        await _conclude(exchange, row, comparison.found, fence=turn.hold)
        if comparison.found is Found.WHOLE:
            await exchange.threads.run(drop_kept, path, changed)
        yield
