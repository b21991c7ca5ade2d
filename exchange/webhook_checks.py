"""A self-check of webhooks: those that have taken nothing for hours, and what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.program_checks import Wrong
from storage import notices

if TYPE_CHECKING:
    from exchange.exchange import Exchange

SILENT_SECONDS = 4 * 3600.0
"""How long an address may take nothing before a person should look (RELIABILITY P6: four hours, then five days)."""


async def webhooks_take(exchange: Exchange) -> str:
    """Every webhook takes what it is told, and nothing was given up. Raises `Wrong`."""
    async with exchange.database.acquire() as conn:
        troubles = await notices.troubles(conn, silent_seconds=SILENT_SECONDS)
    if not troubles:
        return "-"
    named = "; ".join(
        f"{one.webhook} ({one.system}: bỏ / given up {one.dead}{f', {one.failure}' if one.silent else ''})"
        for one in troubles
    )
    raise Wrong(
        f"webhook không nhận tin, hãy xem `lienthong webhook list` và `lienthong webhook dead` / "
        f"webhooks that take nothing, or notices given up, see both: {named}"
    )
