"""Files that appear complete or not at all: written aside, flushed, renamed, and the folder flushed as well."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def aside(target: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of `target` once it is complete and flushed, and vanishes otherwise."""
    file, part = open_aside(target)
    try:
        with file:
            yield file
            put_in_place(file, part, target)
    finally:
        part.unlink(missing_ok=True)


def open_aside(target: Path) -> tuple[BinaryIO, Path]:
    """A new file beside `target`, to read and write, and its path."""
    part = target.parent / f".{target.name[:40]}.{secrets.token_hex(4)}.part"
    return part.open("x+b"), part


def put_in_place(file: BinaryIO, part: Path, target: Path) -> None:
    """Durable before visible: the file, then its name, then the folder that holds the name."""
    file.flush()
    os.fsync(file.fileno())
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
