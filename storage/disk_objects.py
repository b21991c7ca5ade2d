"""Objects in a folder, `sha256/aa/bb/<digest>`: what `put` returned from survives a power cut."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

from storage.object_store import (
    CHUNK_BYTES,
    PREFIX,
    THREADS,
    ObjectDamaged,
    ObjectMissing,
    ObjectsAway,
    ObjectStat,
    check_range,
    check_source,
    digest_of,
    key_of,
    round_trip,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

Answer = TypeVar("Answer")
Arguments = TypeVarTuple("Arguments")

HASH_BYTES = 1024 * 1024
"""Read at a time for hashing: fewer calls than a stream's chunks, and still nothing beside a thread's stack."""

UNFINISHED_SECONDS = 24 * 3600
"""A file in `unfinished` of this age was left by a kill; no put takes that long."""


class DiskObjects:
    """Objects below `folder`. Every call works in one of `threads` threads; none blocks the event loop."""

    durable = True

    def __init__(self, folder: Path, *, threads: int = THREADS) -> None:
        self._root = folder.resolve()
        self._unfinished = self._root / "unfinished"
        self._store = self._root / PREFIX.rstrip("/")
        for made in (self._root, self._unfinished, self._store):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(made.parent)
        self._drop_unfinished()
        self._durable: set[Path] = set()  # folder levels whose entries are known to be on disk; at most 65,792
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="objects")

    async def put(self, sha256: str, path: Path, size: int) -> None:
        """See `Objects.put`."""
        key_of(sha256)
        await self._call(self._put, sha256, path, size)

    async def read(self, sha256: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """See `Objects.read`."""
        check_range(start, length)
        place = self._root / key_of(sha256)
        handle = await self._call(self._open, place)
        try:
            left, at = length, start
            while left is None or left > 0:
                wanted = CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)
                chunk = await self._call(os.pread, handle, wanted, at)
                if not chunk:
                    return
                yield chunk
                at += len(chunk)
                left = None if left is None else left - len(chunk)
        finally:
            os.close(handle)

    async def stat(self, sha256: str) -> ObjectStat | None:
        """See `Objects.stat`."""
        place = self._root / key_of(sha256)
        return await self._call(self._stat, sha256, place)

    async def remove(self, sha256: str) -> None:
        """See `Objects.remove`. Not flushed: after a power cut the sweeper finds the object once more."""
        place = self._root / key_of(sha256)
        await self._call(self._remove, place)

    async def list(self) -> AsyncIterator[ObjectStat]:
        """See `Objects.list`. One step of the walk is one `aa/bb` folder."""
        for outer in await self._call(_folders, self._store):
            for inner in await self._call(_folders, outer):
                for found in await self._call(self._objects_in, inner):
                    yield found

    async def check(self) -> None:
        """See `Objects.check`."""
        await round_trip(self)

    async def close(self) -> None:
        """See `Objects.close`."""
        await asyncio.to_thread(self._threads.shutdown)

    async def _call(self, work: Callable[[*Arguments], Answer], *arguments: *Arguments) -> Answer:
        """Run `work` in a thread; whatever the disk complains of is an outage."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        except OSError as error:
            raise ObjectsAway(f"the object store's folder fails: {error.strerror}") from error

    def _put(self, sha256: str, path: Path, size: int) -> None:
        check_source(path, size)
        place = self._root / key_of(sha256)
        self._is_there()
        for folder in (place.parent.parent, place.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        if not _holds(place, sha256, size):
            with self._aside(path) as aside:
                if not _holds(aside, sha256, size):
                    raise ObjectDamaged("the file to store does not have the digest it was announced with")
                aside.rename(place)
        else:
            _sync(place)
        _sync(place.parent)
        self._sync_levels(place)

    def _sync_levels(self, place: Path) -> None:
        """Make both folder levels durable, once: whoever made one may not have synced it yet."""
        for level, above in ((place.parent, place.parent.parent), (place.parent.parent, self._store)):
            if level not in self._durable:
                _sync(above)
                self._durable.add(level)

    @contextmanager
    def _aside(self, path: Path) -> Iterator[Path]:
        """A durable copy of `path` under a name nobody reads, gone afterwards unless it was renamed."""
        aside = self._unfinished / secrets.token_hex(16)
        try:
            try:
                aside.hardlink_to(path)  # the spool usually lies on the same disk, and its files never change
            except OSError:
                shutil.copyfile(path, aside)
            _sync(aside)
            yield aside
        finally:
            with suppress(FileNotFoundError):
                aside.unlink()

    def _is_there(self) -> None:
        """A disk that was unmounted is an outage, not a thousand missing objects."""
        if not self._store.is_dir():
            raise ObjectsAway("the object store's folder has gone: is its disk mounted?")

    def _open(self, place: Path) -> int:
        try:
            return os.open(place, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            self._is_there()
            raise ObjectMissing(place.name) from None

    def _stat(self, sha256: str, place: Path) -> ObjectStat | None:
        try:
            return _stat_of(sha256, place)
        except FileNotFoundError:
            self._is_there()
            return None

    def _remove(self, place: Path) -> None:
        self._is_there()
        place.unlink(missing_ok=True)

    def _objects_in(self, folder: Path) -> Sequence[ObjectStat]:
        found = []
        for place in sorted(folder.iterdir()):
            sha256 = digest_of(place.relative_to(self._root).as_posix())
            if sha256 is not None:
                with suppress(FileNotFoundError):  # removed while we listed
                    found.append(_stat_of(sha256, place))
        return found

    def _drop_unfinished(self) -> None:
        for left in self._unfinished.iterdir():
            with suppress(FileNotFoundError):
                if left.stat().st_ctime < time.time() - UNFINISHED_SECONDS:
                    left.unlink()


def _stat_of(sha256: str, place: Path) -> ObjectStat:
    """The change time is when the object came here; a hard link's modification time is older than that."""
    found = place.stat()
    return ObjectStat(sha256=sha256, size=found.st_size, stored_at=datetime.fromtimestamp(found.st_ctime, UTC))


def _folders(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if len(entry.name) == len("aa") and entry.is_dir())


def _holds(place: Path, sha256: str, size: int) -> bool:
    """True when the file is there and has this size and digest."""
    try:
        with place.open("rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size != size:
                return False
            digest = hashlib.sha256()
            while data := file.read(HASH_BYTES):
                digest.update(data)
    except FileNotFoundError:
        return False
    return digest.hexdigest() == sha256


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
