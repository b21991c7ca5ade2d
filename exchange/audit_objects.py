"""The audit's look at objects: what we answer for is in the store, and what is in the store is answered for."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from exchange.chores import unfenced
from exchange.comparison import Comparison, Found
from exchange.findings import PAGE, Finding, Seen
from exchange.scrub import settle
from exchange.sweep import orphans, remove_orphan
from storage import objects_held

if TYPE_CHECKING:
    from exchange.exchange import Exchange
    from exchange.findings import Findings
    from storage.objects_held import ObjectRow

AT_ONCE = 8
"""Objects asked for at a time: as many as the store has threads."""


async def look_at_objects(exchange: Exchange, *, deep: bool, fix: bool) -> Findings:
    """Every object we answer for is in the store, in its size; `deep`: with its content."""
    after = b""
    while True:
        async with exchange.database.acquire() as conn:
            rows = await objects_held.object_page(conn, after=after, limit=PAGE)
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            found = await asyncio.gather(*(_look_at_object(exchange, row, deep=deep, fix=fix) for row in some))
            yield Seen(number=len(some), findings=tuple(finding for finding in found if finding is not None))
        if len(rows) < PAGE:
            return
        after = rows[-1].sha256


async def _look_at_object(exchange: Exchange, row: ObjectRow, *, deep: bool, fix: bool) -> Finding | None:
    found = await _found(exchange, row, deep=deep)
    if found is Found.WHOLE and row.missing_since is None:
        return None
    async with exchange.database.acquire() as conn:
        if await objects_held.object_row(conn, row.sha256) is None:
            return None  # let go by a rule of retention since the page was read
    mended = await settle(exchange, row, found, fence=unfenced) if fix else False
    code, detail = _WORDS[found]
    return Finding(code=code, what=row.sha256.hex(), detail=f"{detail} ({row.size} byte)", mended=mended)


_WORDS = {
    Found.MISSING: ("object.missing", "không có trong kho / not in the store"),
    Found.DAMAGED: ("object.damaged", "nội dung trong kho đã hỏng / the store holds other bytes"),
    Found.WHOLE: ("object.marked", "bị đánh dấu thiếu nhưng vẫn còn / marked missing, but it is there"),
}


async def _found(exchange: Exchange, row: ObjectRow, *, deep: bool) -> Found:
    stat = await exchange.objects.stat(row.sha256.hex())
    if stat is None:
        return Found.MISSING
    if stat.size != row.size:
        return Found.DAMAGED
    if not deep and row.missing_since is None:
        return Found.WHOLE
    return await Comparison(exchange.objects, row).end()


async def look_at_store(exchange: Exchange, *, fix: bool) -> Findings:
    """Everything in the store is answered for, announced, or young."""
    older = exchange.settings.sweep_after_seconds
    async with aclosing(orphans(exchange.database, exchange.objects, older_seconds=older)) as found:
        async for looked, batch in found:
            findings = []
            for stat in batch:
                removed = fix and await remove_orphan(exchange.database, exchange.objects, stat.sha256, fence=unfenced)
                detail = f"không văn bản nào dùng đến / no envelope rests on it ({stat.size} byte)"
                findings.append(Finding(code="object.orphan", what=stat.sha256, detail=detail, mended=removed))
            yield Seen(number=looked, findings=tuple(findings))
