"""Background work: every chore in a loop of its own, each done by one process at a time however many run.

A chore that fails is tried again later and stops no other. Who loses the database simply waits: the lease ends by the
database's clock, and another process, or this one, goes on.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from exchange import checks, lateness, pdf_checks, push, release, removing, revocations, scrub, sweep
from exchange.chores import Turn, TurnLost, retry_seconds
from exchange.upward import down, up
from storage import chores
from storage.objects import ObjectsAway
from storage.outages import DatabaseAway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from exchange.chores import Chore
    from exchange.exchange import Exchange

CHORES: Sequence[Chore] = (
    revocations.CHORE,
    release.CHORE,
    push.CHORE,
    up.CHORE,
    down.CHORE,
    pdf_checks.CHORE,
    lateness.CHORE,
    removing.CHORE,
    sweep.CHORE,
    scrub.CHORE,
    checks.CHORE,
)
"""Everything a worker does."""

LEASE_SECONDS = 60.0
"""How long a chore of a process that died waits for another one."""

LONGEST_SLEEP_SECONDS = 60.0
"""A chore is asked for at least this often, so that a new row or a changed clock is not slept through."""

SHORTEST_SLEEP_SECONDS = 0.2
"""Between two claims of one process: what is due in a moment is not asked for in a circle."""

OUTAGE_SECONDS = 5.0
"""Before the database is asked again when it did not answer."""

log = structlog.get_logger()


class Worker:
    """One process's part in the chores."""

    def __init__(self, exchange: Exchange, works: Sequence[Chore] = CHORES) -> None:
        self._exchange = exchange
        self._chores = works
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = asyncio.Event()
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self) -> None:
        """Work until `stop`."""
        log.info("worker.started", worker=self._name, chores=[chore.name for chore in self._chores])
        async with asyncio.TaskGroup() as group:
            for chore in self._chores:
                group.create_task(self._keep_doing(chore), name=f"chore {chore.name}")
        log.info("worker.stopped", worker=self._name)

    async def stop(self) -> None:
        """Begin nothing more, and return when the steps under way have ended."""
        self._stopping.set()
        await self._idle.wait()

    async def attempt(self, chore: Chore, *, early: bool = False) -> float:
        """Do the chore to its end if it is due (or `early`) and free; seconds until it is worth asking again."""
        async with self._busy():
            try:
                async with self._exchange.database.transaction() as conn:
                    claim = await chores.claim(
                        conn, chore.name, worker=self._name, lease_seconds=LEASE_SECONDS, early=early
                    )
                if claim.token is None:
                    return claim.wait_seconds
                return await self._work(chore, Turn(name=chore.name, token=claim.token), claim.failures)
            except DatabaseAway as away:
                log.info("chore.postponed", chore=chore.name, reason=str(away))
                return OUTAGE_SECONDS

    async def _keep_doing(self, chore: Chore) -> None:
        while not self._stopping.is_set():
            try:
                seconds = await self.attempt(chore)
            except Exception:  # not even the claim went well; no chore may end the others
                log.exception("chore.failed", chore=chore.name)
                seconds = OUTAGE_SECONDS
            await self._sleep(min(max(seconds, SHORTEST_SLEEP_SECONDS), LONGEST_SLEEP_SECONDS))

    async def _work(self, chore: Chore, turn: Turn, failures: int) -> float:
        """Work in this turn and write down how it ended."""
        failed = False
        try:
            rest = chore.rest(self._exchange)
            outcome = await self._steps(chore, turn)
            if outcome == "stopped":
                rest = 0
        except TurnLost:
            log.warning("chore.lost", chore=chore.name, worker=self._name)
            return LEASE_SECONDS
        except Exception as error:
            failed = True
            outcome = f"{type(error).__name__}: {error}"
            rest = retry_seconds(failures + 1, spread=random.uniform(0.5, 1))  # noqa: S311 - guards nothing
            _tell(chore, error, failures + 1, rest)
        async with self._exchange.database.transaction() as conn:
            await chores.finish(conn, turn.name, turn.token, outcome=outcome, again_seconds=rest, failed=failed)
        return rest

    async def _steps(self, chore: Chore, turn: Turn) -> str:
        async with self._lease(turn) as lost, aclosing(chore.steps(self._exchange, turn)) as steps:
            async for _ in steps:
                if lost.is_set():
                    raise TurnLost(turn.name)
                if self._stopping.is_set():
                    return "stopped"
        return "done"

    @asynccontextmanager
    async def _lease(self, turn: Turn) -> AsyncIterator[asyncio.Event]:
        """Keep the lease alive; the event is set when it has been lost."""
        lost = asyncio.Event()
        task = asyncio.create_task(self._renew(turn, lost), name=f"lease {turn.name}")
        try:
            yield lost
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _renew(self, turn: Turn, lost: asyncio.Event) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            try:
                async with self._exchange.database.transaction() as conn:
                    if await chores.renew(conn, turn.name, turn.token, lease_seconds=LEASE_SECONDS):
                        continue
                lost.set()
                return
            except DatabaseAway:
                continue  # if it lasts, the step under way fails by itself, and the fence refuses late writes

    @asynccontextmanager
    async def _busy(self) -> AsyncIterator[None]:
        self._running += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def _tell(chore: Chore, error: Exception, failures: int, seconds: float) -> None:
    """An outage is a line, a bug is a line with its traceback."""
    told = {"chore": chore.name, "failures": failures, "again_seconds": round(seconds)}
    if isinstance(error, (DatabaseAway, ObjectsAway)):
        log.warning("chore.postponed", reason=str(error), **told)
    else:
        log.error("chore.failed", exc_info=error, **told)
