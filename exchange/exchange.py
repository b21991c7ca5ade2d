"""Everything a use case may touch, opened together and closed in reverse; there are no globals."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exchange.bell import Bell
from exchange.calendar import CalendarKeeper
from exchange.checks import Readiness
from exchange.door import Door
from exchange.opening import open_database
from exchange.sealing import load_seal
from exchange.seals import register_seal
from exchange.threads import Threads
from exchange.trust import TrustKeeper
from storage.objects import open_objects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from exchange.settings import Settings
    from signing.seal import Seal
    from storage.database import Database
    from storage.objects import Objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One process's view of the exchange. `threads` do what takes milliseconds, `heavy` what takes seconds."""

    settings: Settings
    database: Database
    objects: Objects
    seal: Seal
    threads: Threads
    heavy: Threads
    bell: Bell
    trust: TrustKeeper
    door: Door = field(default_factory=Door)
    readiness: Readiness = field(default_factory=Readiness)
    calendar: CalendarKeeper = field(default_factory=CalendarKeeper)


@asynccontextmanager
async def open_exchange(settings: Settings) -> AsyncIterator[Exchange]:
    """Open database (embedded if none is named), object store, seal and bell, as the settings say.

    Raises `DatabaseAway`, `SchemaUnknown`, `ObjectsUrlWrong`, `SealWrong` and what the embedded server raises.
    """
    async with AsyncExitStack() as stack:
        threads = Threads(settings.worker_threads)
        stack.push_async_callback(threads.close)
        heavy = Threads(settings.heavy_threads)
        stack.push_async_callback(heavy.close)
        seal = await threads.run(load_seal, settings)
        database = await stack.enter_async_context(open_database(settings))
        await register_seal(database, seal)
        objects = open_objects(settings.objects)
        stack.push_async_callback(objects.close)
        bell = Bell(database)
        await bell.start()
        stack.push_async_callback(bell.close)
        yield Exchange(
            settings=settings,
            database=database,
            objects=objects,
            seal=seal,
            threads=threads,
            heavy=heavy,
            bell=bell,
            trust=TrustKeeper(database, settings.certificate_policy),
        )
