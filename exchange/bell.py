"""The bell: who sleeps on an inbox wakes when something arrives, without asking PostgreSQL again and again.

A ring is a hint. It may be missed while the connection is away, so every sleeper also looks by itself now and then;
that is the guarantee, the bell only makes it quick.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import structlog

from exchange.waiting import happens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import asyncpg

    from storage.database import Database

CHANNEL = "inbox"
"""Channel of PostgreSQL's NOTIFY; the payload is the code of the agency something arrived for."""

FIRST_DELAY_SECONDS = 0.1
"""Before the first new try: a backend that was ended is replaced at once."""

LONGEST_DELAY_SECONDS = 5.0
"""Between later tries: as long as sleepers look by themselves anyway."""

PULSE_SECONDS = 10.0
"""A silent connection is tried this often: a cut cable is not reported by anybody."""

ANSWER_SECONDS = 2.0
"""A pulse or a farewell that takes longer than this is not going to be answered."""

log = structlog.get_logger()


class Ear:
    """What one sleeper holds while it listens."""

    __slots__ = ("_rung",)

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the sleeper, now or when it next goes to sleep."""
        self._rung.set()

    async def rung(self, seconds: float) -> bool:
        """Sleep until there is a ring, at most `seconds`: True for a ring, also one since the last True."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Bell:
    """One LISTEN connection for all sleepers of this process; made anew by itself whenever it is lost."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ears: dict[str, set[Ear]] = {}
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self.closed = False

    async def start(self) -> None:
        """Connect; when the database is away this returns all the same, and the bell goes on trying."""
        self._task = asyncio.create_task(self._keep_listening(), name="bell")
        await self._tried.wait()

    async def close(self) -> None:
        """Stop listening and wake every sleeper a last time; once more is harmless."""
        self.closed = True
        self._ring_all()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @contextmanager
    def listening(self, agencies: Collection[str]) -> Iterator[Ear]:
        """An ear for these agencies. A ring from here on is not lost, however late `rung` is awaited."""
        ear = Ear()
        for agency in agencies:
            self._ears.setdefault(agency, set()).add(ear)
        try:
            yield ear
        finally:
            for agency in agencies:
                self._forget(agency, ear)

    def __len__(self) -> int:
        """How many ears listen, counted once for each of their agencies."""
        return sum(len(ears) for ears in self._ears.values())

    def _forget(self, agency: str, ear: Ear) -> None:
        ears = self._ears.get(agency)
        if ears is not None:
            ears.discard(ear)
            if not ears:
                del self._ears[agency]

    def _ring(self, _conn: Any, _pid: int, _channel: str, agency: object) -> None:
        for ear in self._ears.get(str(agency), ()):
            ear.ring()

    def _ring_all(self) -> None:
        for ears in self._ears.values():
            for ear in ears:
                ear.ring()

    async def _keep_listening(self) -> None:
        clock = asyncio.get_running_loop()
        delay = FIRST_DELAY_SECONDS
        while True:
            began = clock.time()
            try:
                await self._listen()
            except Exception as error:  # whatever it is, sleepers still look by themselves and we try again
                log.warning("bell.lost", error=f"{type(error).__name__}: {error}")
            self._tried.set()
            if clock.time() - began > LONGEST_DELAY_SECONDS:  # it worked for a while, so this is a new trouble
                delay = FIRST_DELAY_SECONDS
            await asyncio.sleep(delay * random.uniform(0.5, 1))  # noqa: S311 - spreads processes, guards nothing
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)

    async def _listen(self) -> None:
        """Listen until the connection breaks, which raises."""
        conn = await self._database.dedicated()
        try:
            lost = asyncio.Event()
            conn.add_termination_listener(lambda _conn: lost.set())
            async with asyncio.timeout(ANSWER_SECONDS):
                await conn.add_listener(CHANNEL, self._ring)
            self._ring_all()  # something may have arrived while nobody listened
            self._tried.set()
            log.info("bell.listening")
            while not await happens(lost, PULSE_SECONDS):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await conn.execute("SELECT 1")
            raise ConnectionError("the connection was closed")
        finally:
            await _take_leave(conn)


async def _take_leave(conn: asyncpg.Connection[Any]) -> None:
    """Close politely if somebody is there, else drop the connection."""
    with suppress(Exception):
        await conn.close(timeout=ANSWER_SECONDS)
    conn.terminate()
