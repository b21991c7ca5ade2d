"""A download onto disk: written aside, resumed where the line broke, compared with its digest, then put in place."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import re
from typing import TYPE_CHECKING, BinaryIO

from exchange.client_disk import open_aside, put_in_place
from exchange.client_errors import ApiDamaged, ApiFailed
from exchange.client_patience import persist
from exchange.client_types import Fetched

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import aiohttp

    from exchange.client_transport import Transport
    from exchange.client_types import Moved

CHUNK = 256 * 1024
"""Bytes written at once."""

_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):")


async def download(
    transport: Transport,
    path: str,
    target: Path,
    params: Mapping[str, str] | None = None,
    *,
    moved: Moved | None = None,
) -> Fetched:
    """Put what `path` answers at `target`, complete and flushed to disk, or nothing.

    Raises `ApiDamaged` when the digest differs from the announced one (`Repr-Digest`, RFC 9530), `OSError`, and
    the errors of a call.
    """
    file, aside = await asyncio.to_thread(open_aside, target)
    with contextlib.closing(file):
        try:
            part = _Part(file, moved)

            async def attempt() -> str:
                return await _attempt(transport, path, params, part)

            digest = await persist(transport.patience, attempt)
            await asyncio.to_thread(put_in_place, file, aside, target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
    return Fetched(path=target, size=part.size, sha256=digest)


class _Part:
    """What has arrived so far, on disk and in the digest, and which version of the content it belongs to."""

    def __init__(self, file: BinaryIO, moved: Moved | None) -> None:
        self._file = file
        self._moved = moved
        self.etag: str | None = None
        self.restart()

    def restart(self) -> None:
        """Forget what arrived."""
        self.size = 0
        self._hash = hashlib.sha256()
        self._file.seek(0)
        self._file.truncate()

    def add(self, chunk: bytes) -> None:
        """Write the next bytes."""
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def tell(self, total: int | None) -> None:
        """Tell whoever watches how much has arrived, if it is known of how much."""
        if self._moved is not None and total is not None:
            self._moved(self.size, total)

    @property
    def sha256(self) -> str:
        """The digest of everything written."""
        return self._hash.hexdigest()


async def _attempt(transport: Transport, path: str, params: Mapping[str, str] | None, part: _Part) -> str:
    headers = {}
    if part.size and part.etag:
        headers = {"Range": f"bytes={part.size}-", "If-Range": part.etag}
    async with transport.answer("GET", path, params=params, headers=headers) as response:
        if response.status != 206 or not _continues(response, part.size):
            part.restart()
        part.etag = response.headers.get("ETag")
        expected = _announced(response)
        total = None if response.content_length is None else part.size + response.content_length
        async for chunk in response.content.iter_chunked(CHUNK):
            await asyncio.to_thread(part.add, chunk)
            part.tell(total)
    if part.sha256 != expected:
        arrived = part.sha256
        part.restart()
        raise ApiDamaged(expected, arrived)
    return expected


def _continues(response: aiohttp.ClientResponse, size: int) -> bool:
    if response.headers.get("Content-Range", "").startswith(f"bytes {size}-"):
        return True
    raise ApiFailed(response.status, "a part of the file that was not asked for")


def _announced(response: aiohttp.ClientResponse) -> str:
    found = _DIGEST.search(response.headers.get("Repr-Digest", ""))
    try:
        if found is None:
            raise ValueError
        digest = base64.b64decode(found[1], validate=True)
    except (ValueError, binascii.Error):
        raise ApiFailed(response.status, "the answer announces no SHA-256 (Repr-Digest)") from None
    return digest.hex()
