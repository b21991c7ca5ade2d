"""Keeping the embedded PostgreSQL up: whoever uses it brings it back when it dies, since nobody else would."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from exchange.waiting import happens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from storage.embedded import EmbeddedPostgres

LOOK_SECONDS = 0.5
"""Between two looks at whether it lives: two small files of `/proc`, and a client that retries hardly notices."""

TRY_SECONDS = 5.0
"""After it could not be started: a full disk takes longer to empty."""

log = structlog.get_logger()


@asynccontextmanager
async def kept_up(server: EmbeddedPostgres) -> AsyncIterator[None]:
    """While this lasts, the server is started again whenever it is gone; its dsn stays the same.

    Any number of processes may do so side by side: the server's own lock lets one start it, and the others join.
    """
    stopping = asyncio.Event()
    task = asyncio.create_task(_keep(server, stopping), name="embedded PostgreSQL")
    try:
        yield
    finally:
        stopping.set()
        await task  # never cancelled: a start under way in a thread must not meet the stop that follows


async def _keep(server: EmbeddedPostgres, stopping: asyncio.Event) -> None:
    seconds = LOOK_SECONDS
    while not await happens(stopping, seconds):
        seconds = LOOK_SECONDS
        if await asyncio.to_thread(server.postmaster_pid) is not None:
            continue
        log.warning("database.gone")
        try:
            await asyncio.to_thread(server.ensure)
        except Exception as error:  # whatever it is, the service answers 503 meanwhile and this is tried again
            log.error("database.down", error=f"{type(error).__name__}: {error}")
            seconds = TRY_SECONDS
        else:
            log.info("database.restarted")
