"""The worker: one process at a time, failures that stop nobody, orderly stops; on real leases in PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from exchange import worker as worker_module
from exchange.chores import Chore, Turn, TurnLost, retry_seconds
from exchange.worker import CHORES, Worker
from storage import chores
from storage.objects import ObjectsAway
from tests.support.exchanges import exchange_of, execute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from exchange.chores import Steps
    from exchange.exchange import Exchange
    from storage.chores import ChoreRow


@pytest.fixture
async def exchange(dsn: str, tmp_path: Path) -> AsyncIterator[Exchange]:
    """An exchange without documents."""
    async with exchange_of(dsn, tmp_path) as made:
        yield made


def chore(*steps: Callable[[Turn], Awaitable[object]], name: str = "dust", rest: float = 3600) -> Chore:
    """A chore of these steps."""

    async def run(_exchange: Exchange, turn: Turn) -> Steps:
        for step in steps:
            await step(turn)
            yield

    return Chore(name=name, steps=run, rest=lambda _exchange: rest)


async def nothing(_turn: Turn) -> None:
    """A step that has nothing to do."""


async def row(exchange: Exchange, name: str = "dust") -> ChoreRow:
    async with exchange.database.acquire() as conn:
        return next(one for one in await chores.chores(conn) if one.name == name)


class Gate:
    """A step that says when it began and goes on when it is let."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self, _turn: Turn) -> None:
        self.begun.set()
        await self.open.wait()


async def test_chore_is_done_once_until_it_is_due_again(exchange: Exchange) -> None:
    done: list[int] = []

    async def step(turn: Turn) -> None:
        done.append(turn.token)

    worker = Worker(exchange, [])
    assert await worker.attempt(chore(step, step)) == 3600
    assert 3500 < await worker.attempt(chore(step, step)) <= 3600
    assert done == [1, 1]
    found = await row(exchange)
    assert (found.outcome, found.failures, found.lease_until) == ("done", 0, None)
    await execute(exchange, "UPDATE chores SET due_at = clock_timestamp()")
    await worker.attempt(chore(step))
    assert done == [1, 1, 2]


async def test_second_process_leaves_a_chore_under_way_alone(exchange: Exchange) -> None:
    gate, other = Gate(), Gate()
    first = asyncio.create_task(Worker(exchange, []).attempt(chore(gate)))
    await gate.begun.wait()
    assert await Worker(exchange, []).attempt(chore(other), early=True) > 0
    assert not other.begun.is_set()
    gate.open.set()
    await first


async def test_lease_of_dead_process_ends(exchange: Exchange) -> None:
    async with exchange.database.transaction() as conn:
        dead = await chores.claim(conn, "dust", worker="dead:1", lease_seconds=-1)
    tokens: list[int] = []

    async def step(turn: Turn) -> None:
        tokens.append(turn.token)

    await Worker(exchange, []).attempt(chore(step))
    assert dead.token == 1
    assert tokens == [2]


async def test_late_process_is_refused(exchange: Exchange) -> None:
    """A process frozen past its lease writes nothing more: neither its work nor that it has finished."""
    gate = Gate()
    written: list[bool] = []

    async def write(turn: Turn) -> None:
        async with exchange.database.transaction() as conn:
            await turn.hold(conn)
            written.append(True)

    late = asyncio.create_task(Worker(exchange, []).attempt(chore(gate, write)))
    await gate.begun.wait()
    await execute(exchange, "UPDATE chores SET lease_until = clock_timestamp() - interval '1 second'")
    await Worker(exchange, []).attempt(chore(nothing))
    after = await row(exchange)
    gate.open.set()
    with capture_logs() as logs:
        await late
    assert written == []
    assert (await row(exchange)).finished_at == after.finished_at
    assert [line["event"] for line in logs] == ["chore.lost"]


async def test_turn_holds_others_off_until_commit(exchange: Exchange) -> None:
    async with exchange.database.transaction() as conn:
        claim = await chores.claim(conn, "dust", worker="a:1", lease_seconds=-1)
    turn = Turn(name="dust", token=claim.token or 0)
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        other = asyncio.create_task(Worker(exchange, []).attempt(chore(nothing)))
        done, _ = await asyncio.wait([other], timeout=0.2)
        assert not done
    await other
    with pytest.raises(TurnLost):
        async with exchange.database.transaction() as conn:
            await turn.hold(conn)


async def test_lease_is_kept_during_a_long_step(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "LEASE_SECONDS", 0.3)

    async def long(_turn: Turn) -> None:
        first = (await row(exchange)).lease_until
        while (await row(exchange)).lease_until == first:
            await asyncio.sleep(0.01)

    await Worker(exchange, []).attempt(chore(long))
    assert (await row(exchange)).outcome == "done"


async def test_failing_chore_waits_and_others_go_on(exchange: Exchange) -> None:
    done = asyncio.Event()

    async def fail(_turn: Turn) -> None:
        raise ZeroDivisionError("the dust is stuck")

    async def succeed(_turn: Turn) -> None:
        done.set()

    worker = Worker(exchange, [chore(fail), chore(succeed, name="order")])
    with capture_logs() as logs:
        running = asyncio.create_task(worker.run())
        await done.wait()
        await worker.stop()
        await running
    found = await row(exchange)
    assert found.outcome == "ZeroDivisionError: the dust is stuck"
    assert found.failures == 1
    assert (await row(exchange, "order")).outcome == "done"
    failed = next(line for line in logs if line["event"] == "chore.failed")
    assert (failed["log_level"], failed["chore"], failed["failures"]) == ("error", "dust", 1)


async def test_each_failure_waits_longer_and_success_forgets(exchange: Exchange) -> None:
    async def fail(_turn: Turn) -> None:
        raise ObjectsAway("the store is away")

    worker = Worker(exchange, [])
    with capture_logs() as logs:
        waits = [await worker.attempt(chore(fail), early=True) for _ in range(3)]
    assert 15 <= waits[0] <= 30 <= waits[1] <= 60 <= waits[2] <= 120
    assert [(line["event"], "exc_info" in line) for line in logs] == [("chore.postponed", False)] * 3
    await worker.attempt(chore(nothing), early=True)
    assert (await row(exchange)).failures == 0


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (100, 3600), (10**6, 3600)]
)
def test_retry_doubles_up_to_an_hour(failures: int, seconds: float) -> None:
    assert retry_seconds(failures) == seconds
    assert retry_seconds(failures, spread=0.5) == seconds / 2


async def test_stop_waits_for_step_and_begins_no_other(exchange: Exchange) -> None:
    gate, second = Gate(), Gate()
    worker = Worker(exchange, [chore(gate, second)])
    running = asyncio.create_task(worker.run())
    await gate.begun.wait()
    stopping = asyncio.create_task(worker.stop())
    done, _ = await asyncio.wait([stopping, running], timeout=0.1)
    assert not done
    gate.open.set()
    await asyncio.gather(stopping, running)
    assert not second.begun.is_set()
    found = await row(exchange)
    assert (found.outcome, found.lease_until) == ("stopped", None)
    assert found.due_at <= found.finished_at  # another process goes on at once


async def test_stop_before_start_is_heard(exchange: Exchange) -> None:
    gate = Gate()
    worker = Worker(exchange, [chore(gate)])
    await worker.stop()
    await worker.run()
    assert not gate.begun.is_set()


async def test_broken_schema_ends_no_worker(exchange: Exchange) -> None:
    """Whatever goes wrong with a claim, the chore is tried again."""
    await execute(exchange, "ALTER TABLE chores RENAME TO chores_away")
    worker = Worker(exchange, [chore(nothing)])
    failed = asyncio.Event()

    def note(_logger: object, _name: str, line: dict[str, object]) -> dict[str, object]:
        if line["event"] == "chore.failed":
            failed.set()
        return line

    with capture_logs(processors=[note]):
        running = asyncio.create_task(worker.run())
        await failed.wait()
        await worker.stop()
        await running
    await execute(exchange, "ALTER TABLE chores_away RENAME TO chores")


async def test_every_real_chore_runs_on_an_empty_exchange(exchange: Exchange) -> None:
    worker = Worker(exchange)
    for one in CHORES:
        assert await worker.attempt(one) > 0
    async with exchange.database.acquire() as conn:
        assert {one.name: one.outcome for one in await chores.chores(conn)} == {one.name: "done" for one in CHORES}
