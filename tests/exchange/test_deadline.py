"""Judging a file has a deadline (SECURITY 1.1): late, the sender hears that it may try again, and nothing is left."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from exchange.threads import Threads
from tests.support.world import A, world_of
from tests.threats.through_service import system_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.world import World


@pytest.fixture
async def hasty(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """An exchange that judges within a moment, or not at all."""
    async with world_of(dsn, tmp_path, judge_seconds=0.5, worker_threads=2) as made:
        yield made


async def all_free(threads: Threads, workers: int) -> None:
    """Wait until every thread is done with what it does."""
    barrier = threading.Barrier(workers)
    await asyncio.gather(*(threads.run(barrier.wait, 60) for _ in range(workers)))


async def test_late_work_is_given_up_and_ends_by_itself() -> None:
    threads, go_on, ended = Threads(1), threading.Event(), []

    def work() -> None:
        go_on.wait(60)
        ended.append("first")
        raise ValueError("nobody hears this")

    with pytest.raises(TimeoutError):
        await threads.run_within(0.05, work)
    with pytest.raises(TimeoutError):
        await threads.run_within(0.05, ended.append, "never begun")
    go_on.set()
    assert await threads.run_within(60, len, ended) in (0, 1)
    await threads.close()
    assert ended == ["first"]


async def test_file_that_is_judged_too_long_is_answered_busy_and_leaves_nothing(hasty: World) -> None:
    """What is removed under a late reader's feet might come back half, so the last one out removes it."""
    file = hasty.envelope(None, hasty.attachment()).read_bytes()
    trust = await hasty.exchange.trust.current()
    async with system_of(hasty, A) as sender:
        with trust._turn:  # as if a list were looked through for somebody
            assert (await sender.submit(file)).status == 503
            [folder] = hasty.exchange.settings.spool.iterdir()
            assert list(folder.iterdir())
        await all_free(hasty.exchange.threads, 2)
        assert not folder.exists()
        assert (await sender.submit(file)).status == 201
