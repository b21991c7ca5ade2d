"""The folder an export is written to: every file once, with its SHA-256 in a list that `sha256sum --check` reads.

The list is put in place last, when everything else is on the disk: a folder without it is no whole export.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import os
from contextlib import aclosing
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

from envelopes.cells import harmless_cell
from exchange.client_disk import open_aside, put_in_place
from exchange.export_rules import FOLDER_USED

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence
    from pathlib import Path

    from exchange.threads import Threads

SUMS = "SHA256SUMS"
LIST = "documents.csv"


class WrongContent(Exception):  # noqa: N818 - says what was found
    """What was read is not what was stored under that digest; the file was not kept."""


class ExportFolder:
    """A new folder that is being filled, with a table of what is in it; `files` and `bytes` are what it holds so far.

    Raises `Refused` when there is something in the way. Blocking.
    """

    def __init__(self, root: Path, threads: Threads, columns: Sequence[str]) -> None:
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            FOLDER_USED.refuse("out", root, folder=root)
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root
        self._threads = threads
        self._sums, self._part = open_aside(root / SUMS)
        self._list, self._digest, self._size = (root / LIST).open("xb"), hashlib.sha256(), 0
        self.files = 0
        self.bytes = 0
        self._add(codecs.BOM_UTF8 + _line(columns))

    async def row(self, cells: Sequence[object]) -> None:
        """One more line of the table."""
        await self._threads.run(self._add, _line(cells))

    async def write(self, place: PurePosixPath, data: bytes) -> None:
        """A small file at this place in the folder."""
        await self._threads.run(self._write, place, data)

    async def stream(self, place: PurePosixPath, chunks: AsyncIterator[bytes], *, sha256: bytes, size: int) -> None:
        """A file of any size. Raises `WrongContent` and what reading raises; then there is no such file."""
        digest, written = hashlib.sha256(), 0
        file = await self._threads.run(self._open, place)
        whole = False
        try:
            async with aclosing(cast("AsyncGenerator[bytes, None]", chunks)):
                async for chunk in chunks:
                    await self._threads.run(file.write, chunk)
                    digest.update(chunk)
                    written += len(chunk)
            if written != size or digest.digest() != sha256:
                raise WrongContent(f"{sha256.hex()}: {digest.hexdigest()}, {written} / {size} byte")
            whole = True
        finally:
            await self._threads.run(self._close, file, place, whole)
        self._note(place, sha256.hex(), size)

    def finish(self) -> None:
        """Make everything durable, then put the list in place. Blocking."""
        self._list.close()
        self._note(PurePosixPath(LIST), self._digest.hexdigest(), self._size)
        self._sums.flush()
        os.sync()
        with self._sums:
            put_in_place(self._sums, self._part, self._root / SUMS)

    def abandon(self) -> None:
        """Leave the folder as it is, without a list. Blocking."""
        self._list.close()
        self._sums.close()
        self._part.unlink(missing_ok=True)

    def _add(self, line: bytes) -> None:
        self._list.write(line)
        self._digest.update(line)
        self._size += len(line)

    def _open(self, place: PurePosixPath) -> BinaryIO:
        path = self._root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")

    def _close(self, file: BinaryIO, place: PurePosixPath, whole: bool) -> None:
        file.close()
        if not whole:
            (self._root / place).unlink(missing_ok=True)

    def _write(self, place: PurePosixPath, data: bytes) -> None:
        with self._open(place) as file:
            file.write(data)
        self._note(place, hashlib.sha256(data).hexdigest(), len(data))

    def _note(self, place: PurePosixPath, digest: str, size: int) -> None:
        self._sums.write(f"{digest}  {place}\n".encode())
        self.files += 1
        self.bytes += size


def _line(cells: Sequence[object]) -> bytes:
    """A line of CSV that a spreadsheet takes for text, whatever somebody wrote into it."""
    out = io.StringIO()
    csv.writer(out).writerow([harmless_cell(str(cell)) for cell in cells])
    return out.getvalue().encode()
