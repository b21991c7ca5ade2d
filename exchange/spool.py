"""The files of one submission while it is taken: attachment payloads as they stream in, gone when it ends.

Layout: `spool/<envelope id>/<n>` (payload), `<n>.text` (verbatim text), `<n>.opened` (the file inside a one-entry zip);
`spool/kept/<sha256>` holds payloads that an object store might still lose (RELIABILITY section 3, step 5).
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import threading
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from envelopes.layout import Layout, TextWriter
from envelopes.rebuilding import pieces
from exchange.errors import Busy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from hashlib import _Hash
    from pathlib import Path
    from uuid import UUID

    from envelopes.splitting import Split

COPY_BYTES = 1024 * 1024
"""Read at a time when a regular beginning is written out as text."""

ROOM_SECONDS = 30
"""After this a full disk may have been emptied; asking more often only adds load."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says when a disk or somebody's share of it is full."""

KEPT = "kept"
"""Folder of payloads kept until the object store has been read back at a ripe age."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The file inside a one-entry zip: size in bytes, raw digest."""

    size: int
    sha256: bytes


class Spool:
    """A sink of the splitter's in `folder`. Blocking, for threads; `sync` flushes each finished file to disk."""

    def __init__(self, folder: Path, *, sync: bool) -> None:
        self._folder = folder
        self._sync = sync
        self._open: tuple[str, BinaryIO] | None = None
        self._guard = threading.Lock()
        self._readers = 0
        self._forgotten = False

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """While this lasts the files stay, also when everything is to be forgotten: then its end removes them."""
        with self._guard:
            self._readers += 1
        try:
            yield
        finally:
            with self._guard:
                self._readers -= 1
                last = self._forgotten and not self._readers
            if last:
                self._remove()

    def payload(self, n: int, data: bytes) -> None:
        """See `PayloadSink`."""
        self._file(str(n)).write(data)

    def irregular(self, n: int, layout: Layout, text_size: int) -> _Hash:
        """See `PayloadSink`: write out what was regular so far, then text and payload go side by side."""
        self._file(str(n)).flush()
        digest = hashlib.sha256()
        with self.text_path(n).open("wb") as text:

            def write(data: bytes) -> None:
                digest.update(data)
                text.write(data)

            _write_text(self.path(n), write, layout, text_size)
        return digest

    def text(self, n: int, data: bytes) -> None:
        """See `PayloadSink`."""
        with self.text_path(n).open("ab") as text:
            text.write(data)

    def opened(self, n: int, chunks: Iterable[bytes]) -> Opened:
        """Write the file found inside payload `n`."""
        digest, size = hashlib.sha256(), 0
        with self.opened_path(n).open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        return Opened(size=size, sha256=digest.digest())

    def end(self) -> None:
        """Nothing more streams in: every payload is a file from now on."""
        self._close()

    def flush(self) -> None:
        """Bring everything to disk, if this spool was asked to."""
        if self._sync and self._folder.exists():
            for path in self._folder.iterdir():
                flush(path)
            flush(self._folder)

    def write_whole(self, split: Split, write: Callable[[bytes], object]) -> None:
        """Give `write` the file as it came, a piece at a time."""
        for piece in pieces(split.skeleton, split.contents):
            if isinstance(piece, bytes):
                write(piece)
            elif piece.layout is None:
                _copy(self.text_path(piece.n), write)
            else:
                _write_text(self.path(piece.n), write, piece.layout, piece.text_size)

    def path(self, n: int) -> Path:
        """Where payload `n` is; an empty one has a file once `touch` was called."""
        return self._folder / str(n)

    def text_path(self, n: int) -> Path:
        """Where the verbatim text of attachment `n` is."""
        return self._folder / f"{n}.text"

    def opened_path(self, n: int) -> Path:
        """Where the file inside payload `n` is."""
        return self._folder / f"{n}.opened"

    def touch(self, n: int) -> None:
        """Make sure that payload `n` is a file even if no byte of it ever came."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path(n).touch()

    def keep(self, files: Iterable[tuple[bytes, Path]]) -> None:
        """Move stored files to the kept ones, durably; the scrub removes them when their objects proved to be there."""
        kept = self._folder.parent / KEPT
        first = not kept.exists()
        kept.mkdir(mode=0o700, exist_ok=True)
        for sha256, path in files:
            if path.exists():  # two attachments with the same content share one copy
                path.replace(kept / sha256.hex())
        flush(kept)
        if first:  # then the names of the folders themselves may not be on disk yet
            for above in kept.parents[:2]:
                flush(above)

    def remove(self) -> None:
        """Forget everything, as soon as nobody reads it any more."""
        with self._guard:
            self._forgotten = True
            if self._readers:
                return
        self._remove()

    def _remove(self) -> None:
        with suppress(OSError):  # on a full disk even closing fails
            self._close()
        if self._folder.exists():
            shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, name: str) -> BinaryIO:
        if self._open is None or self._open[0] != name:
            self._close()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._open = (name, (self._folder / name).open("ab"))
        return self._open[1]

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


@asynccontextmanager
async def spooled(root: Path, envelope: UUID, *, sync: bool) -> AsyncIterator[Spool]:
    """A spool for one submission, removed at the end whatever happens. Raises `Busy` when its disk is full."""
    spool = Spool(root / str(envelope), sync=sync)
    try:
        yield spool
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise Busy("the spool's disk is full", seconds=ROOM_SECONDS) from error
    finally:
        await asyncio.to_thread(spool.remove)  # the exchange's own threads may be what was too slow


def flush(path: Path) -> None:
    """Bring a file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy(path: Path, write: Callable[[bytes], object]) -> None:
    with path.open("rb") as file:
        while data := file.read(COPY_BYTES):
            write(data)


def _write_text(payload: Path, write: Callable[[bytes], object], layout: Layout, size: int) -> None:
    """The first `size` bytes of the text that `layout` makes of `payload`."""
    writer, left = TextWriter(layout), size
    with payload.open("rb") as source:
        while left > 0:
            data = source.read(COPY_BYTES)
            piece = (writer.feed(data) if data else writer.close())[:left]
            write(piece)
            left -= len(piece)
            if not data:
                return
