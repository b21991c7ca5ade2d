"""The bell on a real PostgreSQL: real notices, ended backends, outages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from exchange.bell import Bell
from storage.database import Database
from storage.deliveries import ring
from tests.support.exchanges import closed_to_new

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.databases import Template

A, B, C = "H08.02", "H08.30", "H08.31"
SOON = 20.0
"""Far more than a ring takes; the tests do not wait this long unless they fail."""


@pytest.fixture
async def bell(database: Database) -> AsyncIterator[Bell]:
    """A bell that listens."""
    made = Bell(database)
    await made.start()
    yield made
    await made.close()


async def ring_for(database: Database, *agencies: str) -> None:
    async with database.transaction() as conn:
        await ring(conn, agencies)


async def end_listener(database: Database) -> int:
    """End the bell's backend and wait until it is gone; how many there were."""
    async with database.acquire() as conn:
        return len(
            await conn.fetch(
                """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                   WHERE application_name = 'lienthong-listen' AND datname = current_database()"""
            )
        )


async def test_ring_wakes_sleeper(bell: Bell, database: Database) -> None:
    with bell.listening([B]) as ear:
        sleeper = asyncio.create_task(ear.rung(SOON))
        await ring_for(database, B)
        assert await sleeper


async def test_ring_before_sleep_is_not_lost(bell: Bell, database: Database) -> None:
    with bell.listening([B]) as early, bell.listening([C]) as late:
        await ring_for(database, B, C)
        assert await late.rung(SOON)
        assert await early.rung(0)


async def test_ring_wakes_once(bell: Bell, database: Database) -> None:
    with bell.listening([B]) as ear:
        await ring_for(database, B)
        assert await ear.rung(SOON)
        assert not await ear.rung(0)


async def test_ring_for_stranger_wakes_nobody_else(bell: Bell, database: Database) -> None:
    with bell.listening([A, B]) as ear, bell.listening([C]) as stranger:
        await ring_for(database, C)
        assert await stranger.rung(SOON)
        assert not await ear.rung(0)


async def test_ear_hears_each_of_its_agencies(bell: Bell, database: Database) -> None:
    with bell.listening([A, B]) as ear:
        for agency in (A, B):
            await ring_for(database, agency)
            assert await ear.rung(SOON)


async def test_rolled_back_ring_wakes_nobody(bell: Bell, database: Database) -> None:
    with bell.listening([B]) as ear, bell.listening([C]) as other:
        with pytest.raises(ZeroDivisionError):
            async with database.transaction() as conn:
                await ring(conn, [B])
                raise ZeroDivisionError
        await ring_for(database, C)
        assert await other.rung(SOON)
        assert not await ear.rung(0)


async def test_every_sleeper_of_an_agency_wakes(bell: Bell, database: Database) -> None:
    async def sleep(entered: list[None]) -> bool:
        with bell.listening([B]) as ear:
            entered.append(None)
            return await ear.rung(SOON)

    entered: list[None] = []
    sleepers = [asyncio.create_task(sleep(entered)) for _ in range(500)]
    while len(entered) < len(sleepers):
        await asyncio.sleep(0)
    await ring_for(database, B)
    assert all(await asyncio.gather(*sleepers))


async def test_ears_are_forgotten(bell: Bell) -> None:
    async def interrupted() -> None:
        with bell.listening([A, B]) as ear:
            await ear.rung(SOON)

    task = asyncio.create_task(interrupted())
    with bell.listening([B, B]):
        await asyncio.sleep(0)
        assert len(bell) == 3
    task.cancel()
    await asyncio.wait([task])
    assert len(bell) == 0


async def test_ended_backend_is_replaced(bell: Bell, database: Database) -> None:
    with bell.listening([B]) as ear:
        assert await end_listener(database) == 1
        assert await ear.rung(SOON)  # the new connection rings everybody
        await ring_for(database, B)
        assert await ear.rung(SOON)


async def test_ring_missed_in_outage_wakes_after_it(bell: Bell, database: Database, template: Template) -> None:
    with bell.listening([B]) as ear:
        async with closed_to_new(template, database):
            assert await end_listener(database) == 1
            await ring_for(database, B)
            assert not await ear.rung(0.3)  # nobody listens, so the sleep just ends
        assert await ear.rung(SOON)


async def test_start_does_not_wait_for_absent_database(dsn: str, template: Template) -> None:
    database = await Database.open(dsn)
    bell = Bell(database)
    with bell.listening([B]) as ear:
        async with closed_to_new(template, database):
            await bell.start()
            assert not await ear.rung(0)
        assert await ear.rung(SOON)
    await bell.close()
    await database.close()


async def test_close_wakes_sleepers_and_says_so(database: Database) -> None:
    bell = Bell(database)
    await bell.start()
    with bell.listening([B]) as ear:
        sleeper = asyncio.create_task(ear.rung(SOON))
        await bell.close()
        assert await sleeper
        assert bell.closed
        assert not await ear.rung(0)
    await bell.close()
    assert await end_listener(database) == 0
