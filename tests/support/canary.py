"""Something that must not be touched: a file, an address, and Python's own ways to either."""

from __future__ import annotations

import builtins
import ctypes
import io
import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

SECRET = "chim-hoàng-yến-5b1d"
"""What the file holds: nowhere in an outcome may it appear."""

IN_ACCESS, IN_OPEN = 0x1, 0x20
IN_NONBLOCK = 0o4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """The file and the address that hostile XML is pointed at."""

    path: Path
    port: int

    def fill(self, shape: str) -> str:
        """The shape with `FILE`, `FOLDER` and `HOST` put in."""
        filled = shape.replace("FILE", str(self.path)).replace("FOLDER", str(self.path.parent))
        return filled.replace("HOST", f"127.0.0.1:{self.port}")


@contextmanager
def canary(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canary]:
    """A canary; at the end it fails the test if anything opened the file or called the address, also from C."""
    path = folder / "canary.txt"
    path.write_text(SECRET, encoding="utf-8")
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(IN_NONBLOCK)
    assert watch >= 0
    assert libc.inotify_add_watch(watch, os.fsencode(folder), IN_OPEN | IN_ACCESS) >= 0
    with socket.socket() as listener, monkeypatch.context() as patches:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        made = Canary(path=path, port=listener.getsockname()[1])
        touched = _forbid(patches)
        try:
            yield made
        finally:
            patches.undo()
            seen = _read(watch)
            called = _accepted(listener)
    assert not touched, f"used: {touched}"
    assert seen == b"", "the file was opened"
    assert not called, "the address was called"


def _forbid(patches: pytest.MonkeyPatch) -> list[str]:
    """Python's own ways to files and addresses note that they were used, and refuse."""
    touched: list[str] = []

    def forbidden(name: str) -> Any:
        def refuse(*given: object, **_: object) -> object:
            touched.append(f"{name}{given!r}")
            raise PermissionError(f"{name} must not be used")

        return refuse

    for owner, name in (
        (socket.socket, "connect"),
        (socket.socket, "connect_ex"),
        (socket, "getaddrinfo"),
        (builtins, "open"),
        (io, "open"),
        (os, "open"),
    ):
        patches.setattr(owner, name, forbidden(name))
    return touched


def _read(watch: int) -> bytes:
    try:
        return os.read(watch, 4096)
    except BlockingIOError:
        return b""
    finally:
        os.close(watch)


def _accepted(listener: socket.socket) -> bool:
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        return False
    connection.close()
    return True
