"""Self-checks of revocation data: lists in force for every authority, addresses that answer, addresses nobody named."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from exchange.authorities import trusted
from exchange.program_checks import Wrong
from exchange.sources import all_points_without_source

if TYPE_CHECKING:
    from exchange.authorities import Trusted
    from exchange.exchange import Exchange

FAILURES = 3
"""Tries of an address that failed in a row: with their waits several minutes, longer than a restart."""


async def lists_in_force(exchange: Exchange) -> str:
    """Every authority has a revocation list in force, or a responder to ask."""
    async with exchange.database.acquire() as conn:
        found = await trusted(conn)
        unnamed = await all_points_without_source(conn)
    hint = f"; chưa khai nguồn / no source yet: {', '.join(unnamed)}" if unnamed else ""
    bad = [*_stale(found), *_bare(found)]
    if bad:
        raise Wrong(
            "danh sách thu hồi đã cũ hoặc chưa có, văn bản bị giữ lại: `lienthong ca list` / revocation lists too old "
            f"or missing, documents are held: `lienthong ca list`: {'; '.join(bad)}{hint}"
        )
    ages = [f"{one.issuer}: {(found.now - one.this_update).total_seconds() / 3600:.0f} h" for one in found.lists]
    return ("; ".join(ages) or "-") + hint


async def sources_answer(exchange: Exchange) -> str:
    """Every address that an operator named gives what it is named for."""
    async with exchange.database.acquire() as conn:
        found = await trusted(conn)
    bad = [f"{one.url} (× {one.failures}: {one.outcome})" for one in found.sources if one.failures >= FAILURES]
    bad += [f"{one.url} ({one.failing}/{one.asked}: {one.outcome})" for one in found.responders if one.failing]
    if bad:
        raise Wrong(f"nguồn dữ liệu thu hồi không trả lời đúng / revocation sources failing: {'; '.join(bad)}")
    return str(len(found.sources) + len(found.responders))


def _stale(found: Trusted) -> list[str]:
    """Lists out of force whose authority is trusted and whose certificates nobody is asked about."""
    asked = {one.issuer for one in found.responders}
    return [
        f"{one.issuer} ({one.next_update or one.this_update:%Y-%m-%d %H:%M}Z)"
        for one in found.lists_needed()
        if found.seconds_left(one) < 0 and one.issuer not in asked
    ]


def _bare(found: Trusted) -> list[str]:
    names = sorted(name for name, seconds in found.shortest().items() if seconds == -math.inf)
    return [f"{name} (không có danh sách nào / there is none)" for name in names]
