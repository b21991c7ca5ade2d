"""Copies kept beside a store that may forget: durable with every folder above them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from exchange.spool import Spool

if TYPE_CHECKING:
    import pytest

CONTENT = b"%PDF-1.4 quyet dinh"


def keep_one(data_dir: Path, name: str) -> Path:
    """What the next submission keeps, and where."""
    spool = Spool(data_dir / "spool" / name, sync=True)
    spool.touch(1)
    spool.path(1).write_bytes(CONTENT)
    spool.flush()
    sha256 = hashlib.sha256(CONTENT)
    spool.keep([(sha256.digest(), spool.path(1))])
    spool.remove()
    return data_dir / "spool" / "kept" / sha256.hexdigest()


def test_first_kept_copy_survives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder's own name is durable only once the folder above it was flushed."""
    synced: list[Path] = []
    fsync = os.fsync

    def recorded(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())
        fsync(handle)

    monkeypatch.setattr(os, "fsync", recorded)
    assert keep_one(tmp_path, "first").read_bytes() == CONTENT
    kept = tmp_path / "spool" / "kept"
    assert synced == [kept.parent / "first" / "1", kept.parent / "first", kept, kept.parent, tmp_path]
    synced.clear()
    keep_one(tmp_path, "second")
    assert synced == [kept.parent / "second" / "1", kept.parent / "second", kept]
