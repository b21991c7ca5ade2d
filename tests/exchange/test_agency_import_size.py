"""The national list at its full size: entered within a minute, with flat memory, and harmless a second time."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import psutil

from exchange.agency_import import import_agencies

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database

NATIONAL = 123_000
"""Entries of the largest list heard of (agencies section 5)."""

NAMES = ("Ủy ban nhân dân xã", "Văn phòng", "Phòng Tài chính", "Sở Nội vụ", "Trường tiểu học")


def national_list(path: Path) -> None:
    """A list as the axis answers it: a tree of fifty children each, old codes, and names that repeat."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"status":"OK","ErrorCode":"0","ErrorDesc":"Thanh cong","data":[')
        for n in range(NATIONAL):
            row = {
                "id": f"{n:024x}",
                "pid": f"{n // 50:024x}" if n else "",
                "code": f"H{n % 99:02d}.{n:06d}",
                "oldCode": f"{n // 10_000:03d}.{n // 100 % 100:02d}.{n % 100:02d}.K01",
                "name": f"{NAMES[n % 5]} {n % 20_000}",
                "mail": f"a{n}@example.vn",
                "version": 1,
                "modifyDate": "01/07/2025 08:00:00",
                "deleted": n % 1000 == 999,
                "isAgency": True,
            }
            file.write(("," if n else "") + json.dumps(row))
        file.write("]}")


async def test_national_list_is_entered_within_a_minute_in_flat_memory(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "national.json"
    national_list(path)
    before, began = psutil.Process().memory_info().rss, time.perf_counter()
    steps: list[int] = []
    first = await import_agencies(database, path, form="json", moved=lambda done, _size: steps.append(done))
    seconds = time.perf_counter() - began
    assert (first.added, first.changed, first.unchanged) == (NATIONAL, 0, 0)
    assert (first.refused, first.alike, first.noted) == ([], [], [])
    print(f"{NATIONAL} agencies entered in {seconds:.1f} s")
    assert seconds < 60
    assert len(steps) > 100, "the bar moves while it reads"
    assert psutil.Process().memory_info().rss - before < 200 * 2**20
    again = await import_agencies(database, path, form="json", moved=lambda _done, _size: None)
    assert (again.added, again.changed, again.unchanged) == (0, 0, NATIONAL)
