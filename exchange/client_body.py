"""What is submitted: a file, bytes or a stream, opened anew for each attempt and never whole in memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from exchange.client_types import Moved

CHUNK = 256 * 1024
"""Bytes handed on at once: large enough to keep a line busy, small enough to have many submissions under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """`chunks` opens the content from its beginning; `once` if that works a single time only. `size` None: unknown."""

    chunks: Callable[[], AsyncIterator[bytes]]
    size: int | None = None
    once: bool = False


def body_of(source: Path | str | bytes | AsyncIterator[bytes]) -> Body:
    """The body for a file (a str is its path), for bytes, or for a stream, which cannot be sent a second time.

    Raises `OSError` when the file cannot be read.
    """
    if isinstance(source, bytes):
        return Body(chunks=lambda: _slices(source), size=len(source))
    if isinstance(source, str | Path):
        path = Path(source)
        with path.open("rb"):  # says now, and as what it is, that the file cannot be read
            size = path.stat().st_size
        return Body(chunks=lambda: _read(path, size), size=size)
    return Body(chunks=lambda: source, once=True)


def watched(body: Body, moved: Moved | None) -> Body:
    """The same body, which tells how many of its bytes have been handed on; anew for each attempt."""
    if moved is None or body.size is None:
        return body
    total = body.size

    async def counted() -> AsyncIterator[bytes]:
        done = 0
        async for chunk in body.chunks():
            yield chunk
            done += len(chunk)
            moved(done, total)

    return replace(body, chunks=counted)


async def _slices(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


async def _read(path: Path, size: int) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        left = size
        while left:
            chunk = await asyncio.to_thread(file.read, min(CHUNK, left))
            if not chunk:
                raise OSError(f"{path} became shorter while it was sent")
            left -= len(chunk)
            yield chunk
