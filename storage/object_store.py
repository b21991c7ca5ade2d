"""The object store as the rest of the program sees it: bytes under their own SHA-256, never under a name from outside.

`disk_objects` (a folder, fsynced) and `minio_objects` (S3) keep these promises and pass the same tests.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHUNK_BYTES = 256 * 1024
"""What one step of a stream holds in memory: large enough to be fast, small enough for a thousand streams at once."""

THREADS = 8
"""Blocking calls of one store under way at once; more would only queue at the disk or the network."""

DIGEST = re.compile(r"[0-9a-f]{64}")
"""SHA-256 in lower-case hex; nothing else ever becomes part of a path (TM-33)."""

PREFIX = "sha256/"
"""First part of every key, so that another digest can stand beside it one day."""

PROBE_BYTES = 64
"""Size of the object that `check` stores and removes: random, so it never meets a real one."""


class ObjectsAway(Exception):  # noqa: N818 - says what is the case
    """The object store cannot do it now: not reachable, full, or failing. Asking again later is right."""


class ObjectDamaged(ObjectsAway):
    """What was read back after storing is not what was to be stored; nothing may be promised on it."""


class ObjectMissing(Exception):  # noqa: N818 - says what is the case
    """The store answers, and has no object of this digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStat:
    """One stored object: lower-case hex digest, size in bytes, and when the store got it (UTC, the store's clock)."""

    sha256: str
    size: int
    stored_at: datetime


class Objects(Protocol):
    """Immutable objects by digest. A digest that is not 64 lower-case hex digits is a `ValueError`, always.

    `durable`: what `put` returned from survives a power cut of the store (RELIABILITY section 2); where it is False,
    the caller keeps its own copy until the object was read back at a ripe age.
    """

    durable: bool

    async def put(self, sha256: str, path: Path, size: int) -> None:
        """Store the file at `path` durably, read it back and compare; again is harmless and repairs a damaged copy.

        The file stays. Raises `ObjectsAway`, `ObjectDamaged`, and ValueError unless it is a file of `size` bytes.
        """

    def read(self, sha256: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Stream `length` bytes from `start` (to the end if None; nothing behind it) in chunks, never the whole object.

        The first step raises `ObjectMissing`, any step `ObjectsAway`.
        """

    async def stat(self, sha256: str) -> ObjectStat | None:
        """What is stored under the digest, None if nothing is. Raises `ObjectsAway`."""

    async def remove(self, sha256: str) -> None:
        """Make the object go away; one that is not there is gone already. Raises `ObjectsAway`."""

    def list(self) -> AsyncIterator[ObjectStat]:
        """Every object, in digest order. Raises `ObjectsAway`."""

    async def check(self) -> None:
        """Store, read and remove a probe. Raises `ObjectsAway` when the store could not be relied on now."""

    async def close(self) -> None:
        """Let running calls finish and free threads and connections."""


def key_of(sha256: str) -> str:
    """The key `sha256/aa/bb/<digest>`. Raises ValueError for anything that is not a digest."""
    if not DIGEST.fullmatch(sha256):
        raise ValueError("not a SHA-256 in 64 lower-case hex digits")
    return f"{PREFIX}{sha256[:2]}/{sha256[2:4]}/{sha256}"


def digest_of(key: str) -> str | None:
    """The digest a key stands for, None if the key is none of ours."""
    sha256 = key.rpartition("/")[2]
    return sha256 if DIGEST.fullmatch(sha256) and key_of(sha256) == key else None


def check_source(path: Path, size: int) -> None:
    """Raise ValueError unless `path` is a file of `size` bytes: storing anything else is the caller's mistake."""
    try:
        actual = path.stat().st_size
    except FileNotFoundError as error:
        raise ValueError("the file to store is not there") from error
    if actual != size:
        raise ValueError(f"the file to store has {actual} bytes, not the {size} it was announced with")


def check_range(start: int, length: int | None) -> None:
    """Raise ValueError for a range no object can have."""
    if start < 0 or (length is not None and length < 0):
        raise ValueError("a range starts at 0 or later and has no negative length")


async def round_trip(objects: Objects) -> None:
    """Store, read and remove a probe in `objects`. Raises `ObjectsAway`."""
    content = secrets.token_bytes(PROBE_BYTES)
    sha256 = hashlib.sha256(content).hexdigest()
    path = await asyncio.to_thread(_probe_file, content)
    try:
        await objects.put(sha256, path, len(content))
        try:
            read = b"".join([chunk async for chunk in objects.read(sha256)])
        except ObjectMissing as error:
            raise ObjectsAway("the object store lost a probe it had taken") from error
        if read != content:
            raise ObjectDamaged("the object store answered a probe with other bytes")
        await objects.remove(sha256)
    finally:
        await asyncio.to_thread(path.unlink)


def _probe_file(content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix="lienthong-probe-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return Path(name)
