"""The scrub: every object is read back whole and compared, at a ripe age and again every month.

A store may lose what it acknowledged, so payloads stay in the spool until their object has been seen whole at an age
at which the store's own disk must have it (RELIABILITY sections 2 and 3, step 5).
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog

from exchange.chores import Chore
from exchange.spool import KEPT
from exchange.sweep import drop_kept, kept_copies
from storage import objects_held
from storage.objects import ObjectDamaged, ObjectMissing, ObjectsAway

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

STEP_BYTES = 16 * 2**20
"""Read between two steps, so that stopping never waits for a large object."""

log = structlog.get_logger()


class Found(StrEnum):
    """What the store holds under a digest."""

    WHOLE = "whole"
    MISSING = "missing"
    DAMAGED = "damaged"


class Check:
    """One object being compared; `found` is known when `steps` has ended."""

    def __init__(self, exchange: Exchange, row: ObjectRow, *, fence: Fence) -> None:
        self._exchange = exchange
        self._row = row
        self._fence = fence
        self.found = Found.DAMAGED

    async def steps(self) -> Steps:
        """Read the object to its end and write down the outcome; a lost one comes back from its kept copy, if any.

        Raises `ObjectsAway` when the store as such does not answer.
        """
        for last in (False, True):
            try:
                async for _ in self._compare():
                    yield
            except ObjectMissing:
                self.found = Found.MISSING
            except ObjectsAway:
                await self._exchange.objects.check()
                if not last:  # the store works: was it a moment's trouble, or can it not read this one object?
                    continue
            break
        present = self.found is Found.WHOLE
        if not present:
            log.error(f"object.{self.found.value}", sha256=self._row.sha256.hex(), size=self._row.size)
            present = await restore(self._exchange, self._row)
        async with self._exchange.database.transaction() as conn:
            await self._fence(conn)
            await objects_held.mark_checked(conn, self._row.sha256, present=present)

    async def _compare(self) -> Steps:
        digest, size, step = hashlib.sha256(), 0, 0
        async for chunk in self._exchange.objects.read(self._row.sha256.hex()):
            digest.update(chunk)
            size += len(chunk)
            step += len(chunk)
            if step >= STEP_BYTES:
                step = 0
                yield
        if size == self._row.size and digest.digest() == self._row.sha256:
            self.found = Found.WHOLE


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
            async for _ in Check(exchange, row, fence=turn.hold).steps():
                yield
            yield
        if len(due) < BATCH:
            return


def rest_seconds(exchange: Exchange) -> float:
    """A tenth of the age at which objects are ripe, within bounds."""
    return min(max(exchange.settings.scrub_after_seconds / 10, SHORTEST_REST_SECONDS), LONGEST_REST_SECONDS)


CHORE = Chore(name="scrub", steps=scrub, rest=rest_seconds)


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
        check = Check(exchange, row, fence=turn.hold)
        async for _ in check.steps():
            yield
        if check.found is Found.WHOLE:
            await exchange.threads.run(drop_kept, path, changed)
        yield
