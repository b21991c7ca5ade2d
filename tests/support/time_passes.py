"""Time that passes at once: everything the exchange has stamped so far is moved into the past."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from exchange.lateness import CHORE
from tests.support.exchanges import do

if TYPE_CHECKING:
    from datetime import datetime

    from exchange.exchange import Exchange
    from storage.connection import Connection
    from tests.support.world import World


async def passes(world: World, time: timedelta) -> None:
    """So much time passes, with nobody doing anything. Due dates move by whole days."""
    async with world.exchange.database.transaction() as conn:
        await _rewrite(conn, "UPDATE events SET at = at - $1::interval", time)
        await conn.execute("UPDATE envelopes SET accepted_at = accepted_at - $1::interval", time)
        await conn.execute(
            """UPDATE deliveries SET accepted_at = accepted_at - $1::interval, fetched_at = fetched_at - $1::interval,
                      confirmed_at = confirmed_at - $1::interval, due_on = due_on - $2::integer""",
            time,
            int(time / timedelta(days=1)),
        )


async def rewrite(exchange: Exchange, statement: str, *arguments: object) -> None:
    """Let the history have been another one."""
    async with exchange.database.transaction() as conn:
        await _rewrite(conn, statement, *arguments)


async def _rewrite(conn: Connection, statement: str, *arguments: object) -> None:
    await conn.execute("ALTER TABLE events DISABLE TRIGGER events_append_only")
    await conn.execute(statement, *arguments)
    await conn.execute("ALTER TABLE events ENABLE TRIGGER events_append_only")


async def look(world: World, after: timedelta) -> None:
    """So much time passes, and then the exchange looks for what is late."""
    await passes(world, after)
    await do(world.exchange, CHORE)


async def accepted(world: World, delivery: str) -> datetime:
    """When the delivery was accepted, as it stands now."""
    async with world.exchange.database.acquire() as conn:
        found: datetime = await conn.fetchval("SELECT accepted_at FROM deliveries WHERE id = $1::text::uuid", delivery)
    return found
