"""Databases for tests: one migrated template in a real server, cloned for each test."""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from storage import migrate
from storage.database import ensure_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine


class Template:
    """A server with one migrated database that tests get copies of."""

    def __init__(self, server: str) -> None:
        self.server = dsn_of(server, "postgres")
        self._numbers = itertools.count(1)
        run_apart(self._make())

    async def _make(self) -> None:
        template = dsn_of(self.server, "template_lienthong")
        await ensure_database(template)
        await migrate.upgrade(template)

    @asynccontextmanager
    async def copy(self, *, migrated: bool = True) -> AsyncIterator[str]:
        """A dsn of a fresh database, dropped afterwards whoever is still connected."""
        name = f"test_{next(self._numbers)}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {'template_lienthong' if migrated else 'template0'}")
        try:
            yield dsn_of(self.server, name)
        finally:
            await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _execute(self, statement: str) -> None:
        conn = await asyncpg.connect(self.server)
        try:
            await conn.execute(statement)
        finally:
            await conn.close()


def dsn_of(dsn: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))


def run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` in a loop of its own, in a thread, so that the tests' loop is not touched."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
