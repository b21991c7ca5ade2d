"""What only the store in a folder promises."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage.disk_objects import DiskObjects
from storage.objects import ObjectsAway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.storage.conftest import Sources


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[DiskObjects]:
    """An empty store in a folder."""
    opened = DiskObjects(tmp_path / "store")
    yield opened
    await opened.close()


async def listed(disk: DiskObjects) -> list[str]:
    return [stat.sha256 async for stat in disk.list()]


async def test_lost_folder_is_an_outage_not_a_loss(disk: DiskObjects, sources: Sources, tmp_path: Path) -> None:
    source = await sources.of(b"on a disk").into(disk)
    (tmp_path / "store").rename(tmp_path / "unmounted")
    for attempt in (disk.stat(source.sha256), anext(disk.read(source.sha256)), source.into(disk), listed(disk)):
        with pytest.raises(ObjectsAway):
            await attempt
    with pytest.raises(ObjectsAway):
        await disk.remove(source.sha256)


async def test_source_on_another_disk_is_copied(disk: DiskObjects, sources: Sources) -> None:
    source = sources.of(b"from the spool's own disk")
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as elsewhere:
        elsewhere.write(source.content)
        elsewhere.flush()
        await disk.put(source.sha256, Path(elsewhere.name), source.size)
    assert b"".join([chunk async for chunk in disk.read(source.sha256)]) == source.content


async def test_failed_put_leaves_nothing(disk: DiskObjects, sources: Sources, tmp_path: Path) -> None:
    source, other = sources.of(b"announced"), sources.of(b"different")
    with pytest.raises(ObjectsAway):
        await disk.put(source.sha256, other.path, other.size)
    assert list((tmp_path / "store" / "unfinished").iterdir()) == []
    assert await listed(disk) == []


async def test_store_is_private(disk: DiskObjects, sources: Sources, tmp_path: Path) -> None:
    await sources.of(b"a document").into(disk)
    folders = [tmp_path / "store", *(path for path in (tmp_path / "store").rglob("*") if path.is_dir())]
    assert {path.stat().st_mode & 0o077 for path in folders} == {0}


async def test_link_in_place_of_an_object_is_not_followed(disk: DiskObjects, sources: Sources, tmp_path: Path) -> None:
    source = await sources.of(b"a document").into(disk)
    place = next((tmp_path / "store" / "sha256").rglob(source.sha256))
    place.unlink()
    place.symlink_to("/etc/hostname")
    with pytest.raises(ObjectsAway):
        await anext(disk.read(source.sha256))


async def test_leftovers_of_a_kill_stay_out_of_the_list(disk: DiskObjects, tmp_path: Path) -> None:
    (tmp_path / "store" / "unfinished" / ("0" * 32)).write_bytes(b"half an obj")
    assert await listed(disk) == []


async def test_every_level_is_synced_before_put_returns(
    disk: DiskObjects, sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def recorded(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink().relative_to(tmp_path / "store")))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", recorded)
    source = await sources.of(b"durable").into(disk)
    aa, bb = source.sha256[:2], source.sha256[2:4]
    assert synced[0].startswith("unfinished/")
    assert synced[1:] == [f"sha256/{aa}/{bb}", f"sha256/{aa}", "sha256"]
