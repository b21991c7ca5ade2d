"""SIGKILL while attachments are removed: each is removed once, by one rule, and its object let go in the end."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING

import pytest

from exchange import removing, retention
from exchange.failpoints import POINTS
from exchange.retention import NewRule
from tests.exchange.test_crash import Ground, died, ground
from tests.support.exchanges import do, exchange_of, execute
from tests.support.world import B

if TYPE_CHECKING:
    from storage.database import Database

__all__ = ["ground"]

REMOVING = [name for name in POINTS if name.startswith("retention.")]


@pytest.mark.parametrize("point", REMOVING)
async def test_kill_while_removing_leaves_nothing_half_removed(ground: Ground, database: Database, point: str) -> None:
    with ground.service() as before:
        for number in ("1", "2"):
            await ground.submit(before, ground.envelope(number))
        for waiting in await ground.inbox(before, B):
            await ground.confirm(before, waiting["id"], waiting["sha256"])
        await before.says("pdf.checked", times=2)
        assert before.stop() == 0
    await retention.set_rule(database, NewRule(document_type=None, valid_from=date(2000, 1, 1), months=1), by="lan")
    async with exchange_of(ground.dsn, ground.folder) as exchange:
        await execute(exchange, "UPDATE envelopes SET accepted_at = accepted_at - interval '2 months'")
        await execute(exchange, "UPDATE retention_rules SET entered_at = entered_at - interval '2 days'")
        await execute(exchange, "UPDATE chores SET due_at = clock_timestamp()")
    with ground.service(point) as dying:
        assert await asyncio.to_thread(died, dying)
    async with database.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM removals") in (1, 2)
    async with exchange_of(ground.dsn, ground.folder) as exchange:
        await execute(exchange, "UPDATE chores SET lease_until = clock_timestamp() - interval '1 second'")
        await do(exchange, removing.CHORE)
    async with database.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM removals") == 2
        assert await conn.fetchval("SELECT count(*) FROM events WHERE event = 'attachments_removed'") == 2
        assert await conn.fetchval("SELECT count(*) FROM attachments WHERE NOT removed") == 0
        assert await conn.fetchval("SELECT count(*) FROM objects") == 0
        assert await conn.fetchval("SELECT count(*) FROM objects_let_go") == 0
