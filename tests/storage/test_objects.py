"""What every object store promises, on a folder and on a real S3 server."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from storage.object_store import CHUNK_BYTES
from storage.objects import ObjectDamaged, ObjectMissing, Objects, ObjectsAway, ObjectsUrlWrong, open_objects

if TYPE_CHECKING:
    from pathlib import Path

    from tests.storage.conftest import Sources, Store

NOTHING = "0" * 64
"""A digest nothing has."""

NOT_DIGESTS = ["", "..", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 62 + "/x", "0" * 64 + "\n", "é" * 64]


async def everything(objects: Objects, sha256: str, *, start: int = 0, length: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in objects.read(sha256, start=start, length=length)])


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 9 * 2**20])
async def test_object_comes_back_as_it_was(objects: Objects, sources: Sources, size: int) -> None:
    source = await sources.of(os.urandom(size)).into(objects)
    assert await everything(objects, source.sha256) == source.content
    assert source.path.read_bytes() == source.content


async def test_object_outlives_its_source(objects: Objects, sources: Sources) -> None:
    source = await sources.of(b"Quyet dinh").into(objects)
    source.path.unlink()
    assert await everything(objects, source.sha256) == source.content


@pytest.mark.parametrize(
    ("start", "length"),
    [(0, 10), (5, 0), (5, 1), (300_000, None), (299_999, 2), (0, None), (600_000, None), (599_999, 9)],
)
async def test_range_is_exact(objects: Objects, sources: Sources, start: int, length: int | None) -> None:
    source = await sources.of(os.urandom(600_000)).into(objects)
    end = None if length is None else start + length
    assert await everything(objects, source.sha256, start=start, length=length) == source.content[start:end]


@pytest.mark.parametrize("asked", [{"start": -1}, {"length": -1}])
async def test_impossible_range_is_a_mistake(objects: Objects, asked: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="range"):
        await everything(objects, NOTHING, **asked)


async def test_stat_tells_size_and_time(objects: Objects, sources: Sources) -> None:
    source = await sources.of(b"x" * 1234).into(objects)
    stat = await objects.stat(source.sha256)
    assert stat is not None
    assert (stat.sha256, stat.size) == (source.sha256, 1234)
    assert abs(datetime.now(UTC) - stat.stored_at) < timedelta(seconds=10)


async def test_stored_time_is_not_the_age_of_the_source(objects: Objects, sources: Sources) -> None:
    source = sources.of(b"an old spool file")
    os.utime(source.path, (0, 0))
    await source.into(objects)
    stat = await objects.stat(source.sha256)
    assert stat is not None
    assert datetime.now(UTC) - stat.stored_at < timedelta(seconds=10)


async def test_missing_object_is_missing(objects: Objects) -> None:
    assert await objects.stat(NOTHING) is None
    for length in (None, 0, 1):
        with pytest.raises(ObjectMissing):
            await everything(objects, NOTHING, length=length)


async def test_missing_object_is_missing_beside_others(objects: Objects, sources: Sources) -> None:
    await sources.of(b"another").into(objects)
    await test_missing_object_is_missing(objects)


async def test_removed_object_is_gone(objects: Objects, sources: Sources) -> None:
    source = await sources.of(b"orphan").into(objects)
    await objects.remove(source.sha256)
    assert await objects.stat(source.sha256) is None
    await objects.remove(source.sha256)


async def test_removed_object_can_come_back(objects: Objects, sources: Sources) -> None:
    source = await sources.of(b"again").into(objects)
    await objects.remove(source.sha256)
    await source.into(objects)
    assert await everything(objects, source.sha256) == b"again"


async def test_list_names_every_object_once_in_order(objects: Objects, sources: Sources) -> None:
    stored = [await sources.of(os.urandom(10)).into(objects) for _ in range(40)]
    listed = [(stat.sha256, stat.size) async for stat in objects.list()]
    assert listed == sorted((source.sha256, 10) for source in stored)


async def test_list_of_empty_store_is_empty(objects: Objects) -> None:
    assert [stat async for stat in objects.list()] == []


async def test_list_leaves_foreign_files_alone(store: Store, sources: Sources) -> None:
    source = await sources.of(b"ours").into(store.objects)
    store.file(source.sha256).with_name("readme.txt").write_text("not ours")
    misplaced = store.file(source.sha256).with_name("f" * 64)
    misplaced.write_text("a digest in the wrong folder")
    assert [stat.sha256 async for stat in store.objects.list()] == [source.sha256]


async def test_second_put_changes_nothing(store: Store, sources: Sources) -> None:
    source = await sources.of(b"same").into(store.objects)
    before = store.file(source.sha256).stat()
    await sources.of(b"same").into(store.objects)
    assert store.file(source.sha256).stat().st_ino == before.st_ino


@pytest.mark.parametrize("damaged", [b"", b"rotten", b"as long as the first"])
async def test_second_put_repairs_damage(store: Store, sources: Sources, damaged: bytes) -> None:
    source = await sources.of(b"as long as the other").into(store.objects)
    store.damage(source.sha256, damaged)
    await source.into(store.objects)
    assert await everything(store.objects, source.sha256) == source.content


async def test_put_of_other_bytes_than_announced_is_refused(objects: Objects, sources: Sources) -> None:
    source, other = sources.of(b"what was hashed"), sources.of(b"what is on disk")
    with pytest.raises(ObjectDamaged):
        await objects.put(source.sha256, other.path, other.size)


async def test_put_of_other_size_than_announced_is_a_mistake(objects: Objects, sources: Sources) -> None:
    source = sources.of(b"twelve bytes")
    with pytest.raises(ValueError, match="12 bytes"):
        await objects.put(source.sha256, source.path, 13)
    source.path.unlink()
    with pytest.raises(ValueError, match="not there"):
        await objects.put(source.sha256, source.path, 12)
    assert await objects.stat(source.sha256) is None


@pytest.mark.parametrize("name", NOT_DIGESTS)
async def test_nothing_but_a_digest_becomes_a_path(store: Store, sources: Sources, name: str) -> None:
    source = sources.of(b"x")
    for attempt in (
        store.objects.put(name, source.path, 1),
        store.objects.stat(name),
        store.objects.remove(name),
        everything(store.objects, name),
    ):
        with pytest.raises(ValueError, match="SHA-256"):
            await attempt


async def test_concurrent_puts_of_one_object_leave_one(objects: Objects, sources: Sources) -> None:
    copies = [sources.of(b"z" * 100_000) for _ in range(20)]
    await asyncio.gather(*(copy.into(objects) for copy in copies))
    assert [stat.sha256 async for stat in objects.list()] == [copies[0].sha256]
    assert await everything(objects, copies[0].sha256) == copies[0].content


async def test_concurrent_reads_do_not_mix(objects: Objects, sources: Sources) -> None:
    stored = [await sources.of(os.urandom(700_000)).into(objects) for _ in range(12)]
    read = await asyncio.gather(*(everything(objects, source.sha256) for source in stored))
    assert read == [source.content for source in stored]


async def test_abandoned_read_frees_its_place(objects: Objects, sources: Sources) -> None:
    source = await sources.of(os.urandom(2_000_000)).into(objects)
    for _ in range(30):
        reading = objects.read(source.sha256)
        await anext(reading)
        await reading.aclose()  # type: ignore[attr-defined]
    assert await everything(objects, source.sha256) == source.content


async def test_64_megabytes_stay_out_of_memory(objects: Objects, tmp_path: Path) -> None:
    path = tmp_path / "large"
    block, digest = os.urandom(2**20), hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(64):
            file.write(block)
            digest.update(block)
    tracemalloc.start()
    try:
        await objects.put(digest.hexdigest(), path, 64 * 2**20)
        again = hashlib.sha256()
        async for chunk in objects.read(digest.hexdigest()):
            assert len(chunk) <= CHUNK_BYTES
            again.update(chunk)
        assert tracemalloc.get_traced_memory()[1] < 24 * 2**20
    finally:
        tracemalloc.stop()
    assert again.digest() == digest.digest()


async def test_check_leaves_nothing_behind(objects: Objects) -> None:
    await objects.check()
    assert [stat async for stat in objects.list()] == []


async def test_stores_of_one_place_see_the_same(store: Store, sources: Sources) -> None:
    source = await sources.of(b"shared").into(store.objects)
    second = open_objects(store.place)
    assert await everything(second, source.sha256) == b"shared"
    await second.close()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9000/bucket",
        "ftp://k:hush@h/b",
        "http://k:hush@h/",
        "http://k:hush@h/a/b",
        "http://k:hush@h:x/b",
    ],
)
def test_wrong_address_is_refused_without_its_secret(address: str) -> None:
    with pytest.raises(ObjectsUrlWrong) as refused:
        open_objects(address)
    assert "hush" not in str(refused.value)


async def test_absent_store_is_known_within_a_second(sources: Sources) -> None:
    source, objects = sources.of(b"x"), open_objects("http://key:word@127.0.0.1:9/bucket")

    async def listing() -> None:
        async for _ in objects.list():
            pass

    calls = (
        source.into(objects),
        objects.stat(source.sha256),
        everything(objects, source.sha256),
        listing(),
        objects.check(),
    )
    for call in (*calls, objects.remove(source.sha256)):
        begun = time.monotonic()
        with pytest.raises(ObjectsAway):
            await call
        assert time.monotonic() - begun < 1
    await objects.close()


async def test_wrong_key_is_refused(s3: object, sources: Sources) -> None:
    objects = open_objects(f"http://stranger:word@127.0.0.1:{s3.port}/bucket")  # type: ignore[attr-defined]
    with pytest.raises(ObjectsAway):
        await sources.of(b"x").into(objects)
    await objects.close()
