"""The sweep on a real store and database: what nobody answers for goes, what somebody counts on stays."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from exchange import sweep as sweep_module
from exchange.chores import unfenced
from exchange.sweep import CHORE, remove_orphan
from storage import objects_held
from storage.disk_objects import DiskObjects
from storage.outages import DatabaseAway
from tests.support.exchanges import announced, do, exchange_of, execute, kept, object_row, recorded, stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from exchange.exchange import Exchange


@pytest.fixture
async def exchange(dsn: str, tmp_path: Path) -> AsyncIterator[Exchange]:
    """An exchange that sweeps objects of any age."""
    async with exchange_of(dsn, tmp_path, sweep_after_seconds=0) as made:
        yield made


class Hesitating(DiskObjects):
    """A store whose removals wait for a word."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.deciding = asyncio.Event()
        self.go_on = asyncio.Event()

    async def remove(self, sha256: str) -> None:
        self.deciding.set()
        await self.go_on.wait()
        await super().remove(sha256)


async def digests(exchange: Exchange) -> set[str]:
    return {stat.sha256 async for stat in exchange.objects.list()}


async def end_announcements(exchange: Exchange) -> None:
    await execute(exchange, "UPDATE upload_intents SET until = clock_timestamp() - interval '1 second'")


async def remove(exchange: Exchange, sha256: str) -> bool:
    return await remove_orphan(exchange.database, exchange.objects, sha256, fence=unfenced)


async def test_orphan_goes_and_what_somebody_counts_on_stays(exchange: Exchange) -> None:
    held = await recorded(exchange, b"a document rests on this")
    uploading = await stored(exchange, b"this is being uploaded")
    await announced(exchange, uploading)
    await stored(exchange, b"an interrupted submission left this")
    await do(exchange, CHORE)
    assert await digests(exchange) == {held, uploading}


async def test_ended_announcement_protects_no_more(exchange: Exchange) -> None:
    left = await stored(exchange, b"killed between put and commit")
    await announced(exchange, left)
    await end_announcements(exchange)
    await do(exchange, CHORE)
    assert await digests(exchange) == set()
    async with exchange.database.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM upload_intents") == 0


async def test_young_orphan_stays(dsn: str, tmp_path: Path) -> None:
    async with exchange_of(dsn, tmp_path, sweep_after_seconds=60) as exchange:
        young = await stored(exchange, b"a moment old")
        await do(exchange, CHORE)
        assert await digests(exchange) == {young}


async def test_more_orphans_than_one_batch_go(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_module, "BATCH", 3)
    for n in range(10):
        await stored(exchange, b"orphan %d" % n)
    held = await recorded(exchange, b"not this one")
    await do(exchange, CHORE)
    assert await digests(exchange) == {held}


async def test_new_upload_waits_for_a_sweeper_at_the_same_object(exchange: Exchange) -> None:
    sha256 = await stored(exchange, b"swept and uploaded again")
    async with exchange.database.transaction() as conn:
        assert not await objects_held.lock_object(conn, bytes.fromhex(sha256))
        upload = asyncio.create_task(announced(exchange, sha256))
        done, _ = await asyncio.wait([upload], timeout=0.2)
        assert not done
    await upload
    assert not await remove(exchange, sha256)


async def test_upload_while_the_orphan_is_being_removed_keeps_its_object(exchange: Exchange) -> None:
    """The worst moment: the sweeper has decided, and the same content is submitted (RELIABILITY section 3, step 7)."""
    content = b"swept and uploaded at once"
    sha256 = await stored(exchange, content)
    slow = Hesitating(exchange.settings.data_dir / "objects")
    sweeper = asyncio.create_task(remove_orphan(exchange.database, slow, sha256, fence=unfenced))
    await slow.deciding.wait()
    upload = asyncio.create_task(recorded(exchange, content))
    await asyncio.wait([upload], timeout=0.2)  # without the lock it would end here, and lose its object below
    slow.go_on.set()
    assert await sweeper
    await upload
    assert await digests(exchange) == {sha256}
    await slow.close()


async def test_frozen_sweeper_removes_nothing(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lock may be gone, and somebody may have stored the object again meanwhile."""
    sha256 = await stored(exchange, b"looked at long ago")
    monkeypatch.setattr(sweep_module, "SURE_SECONDS", -1)
    assert not await remove(exchange, sha256)
    assert await digests(exchange) == {sha256}


async def test_document_with_lost_announcement_is_not_recorded(exchange: Exchange) -> None:
    """The sweeper may have been at its object: only a new upload makes sure."""
    content = b"the server crashed during this upload"
    sha256 = await stored(exchange, content)
    objects = [(bytes.fromhex(sha256), len(content))]
    with pytest.raises(DatabaseAway, match="announcement"):
        async with exchange.database.transaction() as conn:
            await objects_held.record_objects(conn, envelope=uuid.uuid4(), objects=objects)
    late = await announced(exchange, sha256)
    await end_announcements(exchange)
    with pytest.raises(DatabaseAway, match="announcement"):
        async with exchange.database.transaction() as conn:
            await objects_held.record_objects(conn, envelope=late, objects=objects)
    async with exchange.database.acquire() as conn:
        assert await objects_held.object_row(conn, bytes.fromhex(sha256)) is None


async def test_documents_with_a_common_attachment_wait_for_none_of_each_other(exchange: Exchange) -> None:
    content = b"the form that goes with every letter"
    sha256 = await recorded(exchange, content)
    first = await announced(exchange, sha256)
    async with exchange.database.transaction() as conn, asyncio.timeout(2):
        held = [(bytes.fromhex(sha256), len(content))]
        await objects_held.record_objects(conn, envelope=first, objects=held)
        assert await recorded(exchange, content) == sha256


async def test_object_marked_missing_is_there_again_once_it_was_uploaded(exchange: Exchange) -> None:
    sha256 = await recorded(exchange, b"lost and brought again")
    await execute(exchange, "UPDATE objects SET missing_since = clock_timestamp()")
    await recorded(exchange, b"lost and brought again")
    assert (await object_row(exchange, sha256)).missing_since is None


async def test_old_spool_folder_goes_and_a_young_one_stays(exchange: Exchange) -> None:
    old, young, growing, foreign = (exchange.settings.spool / name for name in (*map(str, ids(3)), "not-ours"))
    for folder in (old, young, growing, foreign):
        folder.mkdir(parents=True)
        (folder / "1").write_bytes(b"payload")
    yesterday = time.time() - 25 * 3600
    for path in (old / "1", old, growing, foreign / "1", foreign):
        os.utime(path, (yesterday, yesterday))
    await do(exchange, CHORE)
    assert {path.name for path in exchange.settings.spool.iterdir()} == {young.name, growing.name, "not-ours"}


async def test_kept_copy_nobody_answers_for_goes_after_a_day(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = kept(exchange, b"kept until the scrub has seen it")
    await recorded(exchange, b"kept until the scrub has seen it")
    left = kept(exchange, b"its submission never ended")
    await do(exchange, CHORE)
    assert left.exists()  # young
    monkeypatch.setattr(sweep_module, "SPOOL_SECONDS", -1)
    await do(exchange, CHORE)
    assert held.exists()
    assert not left.exists()


def ids(number: int) -> list[uuid.UUID]:
    return [uuid.uuid4() for _ in range(number)]
