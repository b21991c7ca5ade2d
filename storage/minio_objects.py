"""Objects in an S3 store (MinIO and its like), through the synchronous client in a bounded set of threads.

A store answers "stored" before its disk does (RELIABILITY section 2), so nothing is believed until it was read back.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple
from weakref import WeakValueDictionary

import certifi
import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, ReadTimeoutError
from urllib3.exceptions import TimeoutError as NoAnswer
from urllib3.util import Retry, Timeout

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
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import TracebackType

    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

Answer = TypeVar("Answer")
Arguments = TypeVarTuple("Arguments")

CONNECT_SECONDS = 0.9
"""A store that takes longer to take a connection is away, and the caller has 1 s to say so (RELIABILITY P7)."""

READ_SECONDS = 10
"""Between two bytes of an answer; a store under load may think, but not longer."""

SILENT_SECONDS = 2.0
"""After a store said nothing, calls are not tried for this long: many callers would wait one after another."""

PART_BYTES = 8 * 1024 * 1024
"""What an upload holds in memory; S3 takes 10,000 parts of at least 5 MiB, so this reaches 80 GB."""

UPLOADS = 2
"""Uploads before a store that gives back other bytes is given up: two processes may write one object at once."""

LIST_STEP = 500
"""Objects fetched per step of a listing; S3 answers at most 1,000 at a time."""

MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "NoSuchObject", "ResourceNotFound"})
"""S3's words for "there is no such object"; a bucket that does not exist yet holds none."""


class DroppedOnce(Retry):
    """One more try when a kept-alive connection turns out to be closed; none when the store is silent or refuses."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> DroppedOnce:
        """As in urllib3, but a read timeout is final: waiting twice would only double it."""
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


class S3Http(urllib3.PoolManager):
    """Connections to a store, whose errors the client understands also when they come as `text/xml`.

    S3 itself says `application/xml`, and the client takes any other type for a broken answer.
    """

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> BaseHTTPResponse:  # type: ignore[override]
        """As in urllib3."""
        response: BaseHTTPResponse = super().urlopen(method, url, redirect, **kw)
        if response.headers.get("Content-Type", "").partition(";")[0].strip() == "text/xml":
            response.headers["Content-Type"] = "application/xml"
        return response


class MinioObjects:
    """Objects in one bucket, which is made when the first object comes. `threads` calls at once."""

    durable = False

    def __init__(
        self,
        *,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        secure: bool,
        region: str | None = None,
        threads: int = THREADS,
    ) -> None:
        self._http = S3Http(
            maxsize=threads,
            timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=DroppedOnce(total=1, connect=0, redirect=0, status=0),
            cert_reqs="CERT_REQUIRED",
            ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        )
        self._client = Minio(endpoint, access_key, secret_key, secure=secure, region=region, http_client=self._http)
        self._bucket = bucket
        self._bucket_seen = False
        self._silent_until = 0.0
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="objects")

    async def put(self, sha256: str, path: Path, size: int) -> None:
        """See `Objects.put`."""
        key = key_of(sha256)
        async with self._turns.setdefault(sha256, asyncio.Lock()):  # one attachment in many documents is uploaded once
            await self._call(self._put, key, path, size, sha256)

    async def read(self, sha256: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """See `Objects.read`."""
        check_range(start, length)
        key = key_of(sha256)
        if length == 0:  # S3 knows no empty range
            await self._call(self._client.stat_object, self._bucket, key)
            return
        response = await self._call(self._get, key, start, length)
        if response is None:
            return
        try:
            while chunk := await self._call(response.read, CHUNK_BYTES):
                yield chunk
        finally:
            _let_go(response)

    async def stat(self, sha256: str) -> ObjectStat | None:
        """See `Objects.stat`."""
        key = key_of(sha256)
        try:
            found = await self._call(self._client.stat_object, self._bucket, key)
        except ObjectMissing:
            return None
        return _object_stat(sha256, found)

    async def remove(self, sha256: str) -> None:
        """See `Objects.remove`."""
        key = key_of(sha256)
        try:
            await self._call(self._client.remove_object, self._bucket, key)
        except ObjectMissing:
            return

    async def list(self) -> AsyncIterator[ObjectStat]:
        """See `Objects.list`."""
        found = iter(self._client.list_objects(self._bucket, prefix=PREFIX, recursive=True))
        while True:
            try:
                step = await self._call(_list_step, found)
            except ObjectMissing:
                return
            for stat in step:
                if stat is not None:
                    yield stat
            if not step:
                return

    async def check(self) -> None:
        """See `Objects.check`."""
        await round_trip(self)

    async def close(self) -> None:
        """See `Objects.close`."""
        await asyncio.to_thread(self._threads.shutdown)
        self._http.clear()

    async def _call(self, work: Callable[[*Arguments], Answer], *arguments: *Arguments) -> Answer:
        """Run `work` in a thread and turn what the client raises into `ObjectMissing` or `ObjectsAway`."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._try, work, *arguments)
        except S3Error as error:
            if error.code in MISSING:
                raise ObjectMissing("no such object") from error
            raise ObjectsAway(f"the object store refuses: {error.code}") from error
        except (MinioException, HTTPError, OSError) as error:
            raise ObjectsAway(f"the object store is away: {type(error).__name__}") from error

    def _try(self, work: Callable[[*Arguments], Answer], *arguments: *Arguments) -> Answer:
        """Do `work`, unless the store fell silent while this call waited for a thread, or just before."""
        if time.monotonic() < self._silent_until:
            raise ObjectsAway("the object store said nothing a moment ago")
        try:
            return work(*arguments)
        except HTTPError as error:
            cause = getattr(error, "reason", error)
            if isinstance(cause, NoAnswer) and not isinstance(cause, NewConnectionError):  # which is a quick refusal
                self._silent_until = time.monotonic() + SILENT_SECONDS
            raise

    def _put(self, key: str, path: Path, size: int, sha256: str) -> None:
        check_source(path, size)
        for _ in range(UPLOADS):
            if self._holds(key, size, sha256):
                return
            self._make_bucket()
            with path.open("rb") as file:
                self._client.put_object(self._bucket, key, file, size, part_size=PART_BYTES, num_parallel_uploads=1)
        if not self._holds(key, size, sha256):
            raise ObjectDamaged("the object store gave back other bytes than it was given")

    def _holds(self, key: str, size: int, sha256: str) -> bool:
        """True when the whole object, read back, has this size and digest."""
        try:
            response = self._client.get_object(self._bucket, key)
        except S3Error as error:
            if error.code in MISSING:
                return False
            raise
        try:
            if int(response.headers.get("Content-Length", size)) != size:
                return False
            digest = hashlib.sha256()
            while chunk := response.read(CHUNK_BYTES):
                digest.update(chunk)
            return digest.hexdigest() == sha256
        except ProtocolError:  # broken off while another process replaced it; not the same as a silent store
            return False
        finally:
            _let_go(response)

    def _get(self, key: str, start: int, length: int | None) -> BaseHTTPResponse | None:
        """The answer's stream; None when the range begins behind the object's end."""
        try:
            return self._client.get_object(self._bucket, key, offset=start, length=length or 0)
        except S3Error as error:
            if error.code == "InvalidRange":
                return None
            raise

    def _make_bucket(self) -> None:
        if self._bucket_seen:
            return
        if not self._client.bucket_exists(self._bucket):
            try:
                self._client.make_bucket(self._bucket)
            except S3Error as error:
                if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:  # another process was faster
                    raise
        self._bucket_seen = True


def _list_step(found: Iterator[Any]) -> list[ObjectStat | None]:
    """The next objects of a listing; None stands for a key that is none of ours, an empty list for the end."""
    step: list[ObjectStat | None] = []
    for entry in islice(found, LIST_STEP):
        sha256 = digest_of(entry.object_name)
        step.append(None if sha256 is None else _object_stat(sha256, entry))
    return step


def _object_stat(sha256: str, entry: Any) -> ObjectStat:
    return ObjectStat(sha256=sha256, size=entry.size, stored_at=entry.last_modified)


def _let_go(response: BaseHTTPResponse) -> None:
    """Give the connection back; one whose answer was not read to its end is closed instead."""
    if response.length_remaining:
        response.close()
    response.release_conn()
