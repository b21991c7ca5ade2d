"""Whether a database that says nothing is slow or gone: as soon as somebody waits long, it is asked something easy.

A statement may rightly take seconds, behind a lock or over many rows. A server that is frozen, or behind a cut cable,
answers nobody, and whoever waits for it has 1 s to say so (RELIABILITY P7).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asyncpg.pool import PoolConnectionProxy

LONG_SECONDS = 0.2
"""Nearly every use of the database is over by then; later it is asked once more every so often."""

ANSWER_SECONDS = 0.5
"""For connecting and the easiest of questions, which take milliseconds even where much is going on."""

LATE_SECONDS = 0.1
"""If we look at our watch this much too late, it was we who slept."""


class Use:
    """One use of a pool: first it waits for a connection, then it has one."""

    __slots__ = ("conn", "patience")

    def __init__(self) -> None:
        self.patience: asyncio.Timeout | None = None
        self.conn: PoolConnectionProxy[Any] | None = None

    def give_up(self) -> None:
        """Wait no longer; whatever the connection is used for fails."""
        if self.conn is not None:
            with suppress(asyncpg.InterfaceError):  # taken back by the pool already
                self.conn.terminate()  # a cancel request would hang just as well
        elif self.patience is not None:
            self.patience.reschedule(0)


class Pulse:
    """Feels the database's pulse while somebody waits for it, and tells all of them when there is none."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection[Any]]]) -> None:
        self._connect = connect
        self._conn: asyncpg.Connection[Any] | None = None
        self._since: dict[Use, float] = {}  # who has waited longest stands first
        self._timer: asyncio.TimerHandle | None = None
        self._asking: asyncio.Task[None] | None = None
        self._closed = False

    def begin(self, use: Use) -> None:
        """From here on `use` waits for the database, more or less."""
        self._since[use] = asyncio.get_running_loop().time()
        if self._timer is None and self._asking is None:
            self._look_in(LONG_SECONDS)

    def end(self, use: Use) -> None:
        """`use` waits no longer."""
        del self._since[use]

    async def close(self) -> None:
        """Feel no more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        self._drop()

    def _look_in(self, seconds: float) -> None:
        if not self._closed:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._since:
            return
        left = next(iter(self._since.values())) + LONG_SECONDS - asyncio.get_running_loop().time()
        if left > 0:
            self._look_in(left)
        else:
            self._asking = asyncio.create_task(self._ask(), name="pulse")

    async def _ask(self) -> None:
        try:
            if not await self._answers():
                for use in list(self._since):
                    use.give_up()
        finally:
            self._asking = None
            self._look_in(LONG_SECONDS)

    async def _answers(self) -> bool:
        clock = asyncio.get_running_loop()
        until = clock.time() + ANSWER_SECONDS
        try:
            async with asyncio.timeout_at(until):
                if self._conn is None or self._conn.is_closed():
                    self._conn = await self._connect()
                await self._conn.execute("SELECT 1")
        except TimeoutError:
            self._drop()
            return clock.time() > until + LATE_SECONDS
        except Exception:  # an error is an answer too: whoever waits gets one of its own
            self._drop()
        return True

    def _drop(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.terminate()
