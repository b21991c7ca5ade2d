"""The sweep: what an interrupted submission left behind goes away, in the object store and in the spool.

An object is an orphan when no envelope rests on it, no upload announced it, and it is old. It is removed while its key
is locked, and an upload announces its objects under the same lock before it looks whether they are there: so a new
upload of the same content either keeps the old object or finds it gone and stores it again (RELIABILITY section 3).
"""

from __future__ import annotations

import shutil
import time
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from exchange.chores import Chore
from exchange.spool import KEPT
from storage import objects_held
from storage.object_store import DIGEST

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from pathlib import Path

    from exchange.chores import Fence, Steps, Turn
    from exchange.exchange import Exchange
    from storage.database import Database
    from storage.objects import Objects, ObjectStat

LONGEST_REST_SECONDS = 3600.0
"""Between two sweeps; orphans are rare and only cost space."""

SHORTEST_REST_SECONDS = 1.0
"""Between two sweeps where objects are swept young, as tests do."""

BATCH = 500
"""Objects asked about in one statement."""

SURE_SECONDS = 10.0
"""An orphan is removed within this after its key was locked, or not at all. A process that was frozen may have lost its
lock meanwhile (the server ends an idle transaction after 30 s), and somebody may have stored the object anew."""

SPOOL_SECONDS = 24 * 3600.0
"""Age at which something in the spool was left by a kill; no submission takes that long."""

log = structlog.get_logger()


async def sweep(exchange: Exchange, turn: Turn) -> Steps:
    """Forget ended announcements, remove orphans, tidy the spool; a step asks for `BATCH` objects or removes one."""
    settings = exchange.settings
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        await objects_held.drop_ended_intents(conn)
    yield
    removed = 0
    async with aclosing(
        orphans(exchange.database, exchange.objects, older_seconds=settings.sweep_after_seconds)
    ) as found:
        async for _, batch in found:
            for stat in batch:
                removed += await remove_orphan(exchange.database, exchange.objects, stat.sha256, fence=turn.hold)
            yield
    async for _ in tidy_kept(exchange):
        yield
    left = await exchange.threads.run(tidy_spool, settings.spool, time.time() - SPOOL_SECONDS)
    if removed or left:
        log.info("orphans.swept", objects=removed, spools=left)


def rest_seconds(exchange: Exchange) -> float:
    """A quarter of the age at which objects are swept, within bounds."""
    return min(max(exchange.settings.sweep_after_seconds / 4, SHORTEST_REST_SECONDS), LONGEST_REST_SECONDS)


CHORE = Chore(name="sweep", steps=sweep, rest=rest_seconds)


async def orphans(
    database: Database, objects: Objects, *, older_seconds: float
) -> AsyncGenerator[tuple[int, list[ObjectStat]], None]:
    """Objects in the store that nobody answers for and that are old by the store's clock.

    In batches: how many objects were looked at, and the orphans among them.
    """
    before = datetime.now(UTC) - timedelta(seconds=older_seconds)
    batch: list[ObjectStat] = []
    async for stat in objects.list():
        batch.append(stat)
        if len(batch) == BATCH:
            yield len(batch), await _unknown(database, batch, before)
            batch = []
    yield len(batch), await _unknown(database, batch, before)


async def remove_orphan(database: Database, objects: Objects, sha256: str, *, fence: Fence) -> bool:
    """Remove the object unless somebody answers for it or uploads it by now; True when it was removed."""
    began = time.monotonic()
    async with database.transaction() as conn:
        await fence(conn)
        if await objects_held.lock_object(conn, bytes.fromhex(sha256)):
            return False
        if time.monotonic() - began > SURE_SECONDS:
            return False  # the next sweep takes it
        await objects.remove(sha256)
    log.info("object.swept", sha256=sha256)
    return True


async def tidy_kept(exchange: Exchange) -> Steps:
    """Remove kept copies, a day old, of objects that nobody answers for."""
    kept = await exchange.threads.run(kept_copies, exchange.settings.spool)
    old = [(path, changed) for path, changed in kept if changed < time.time() - SPOOL_SECONDS]
    for start in range(0, len(old), BATCH):
        batch = old[start : start + BATCH]
        async with exchange.database.acquire() as conn:
            known = await objects_held.known_objects(conn, [bytes.fromhex(path.name) for path, _ in batch])
        for path, changed in batch:
            if bytes.fromhex(path.name) not in known:
                await exchange.threads.run(drop_kept, path, changed)
        yield


def kept_copies(spool: Path) -> list[tuple[Path, float]]:
    """The kept copies and when each came there (seconds of the machine's clock). Blocking."""
    found = []
    with suppress(FileNotFoundError):
        for path in sorted((spool / KEPT).iterdir()):
            with suppress(FileNotFoundError):
                if DIGEST.fullmatch(path.name):
                    found.append((path, path.stat().st_ctime))
    return found


def drop_kept(path: Path, changed: float) -> None:
    """Remove the kept copy that came there at `changed`, but not one that took its place meanwhile. Blocking."""
    with suppress(FileNotFoundError):
        if path.stat().st_ctime == changed:
            path.unlink()


def tidy_spool(spool: Path, before: float) -> int:
    """Remove folders of submissions in which nothing changed since `before`; how many. Blocking."""
    removed = 0
    with suppress(FileNotFoundError):
        for folder in list(spool.iterdir()):
            if _is_submission(folder.name) and _changed(folder) < before:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed


async def _unknown(database: Database, batch: Sequence[ObjectStat], before: datetime) -> list[ObjectStat]:
    old = [stat for stat in batch if stat.stored_at < before]
    if not old:
        return []
    async with database.acquire() as conn:
        known = await objects_held.known_objects(conn, [bytes.fromhex(stat.sha256) for stat in old])
    return [stat for stat in old if bytes.fromhex(stat.sha256) not in known]


def _is_submission(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _changed(folder: Path) -> float:
    """When something in the folder last changed; now, if it is being removed just then."""
    try:
        return max([folder.stat().st_mtime, *(path.stat().st_mtime for path in folder.iterdir())])
    except FileNotFoundError:
        return time.time()
