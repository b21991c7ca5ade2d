"""Opening the database the settings name, or the embedded one when they name none."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from exchange.keeper import kept_up
from exchange.settings import SettingsWrong
from storage import migrate
from storage.database import Database, ensure_database
from storage.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from exchange.settings import Settings


class SchemaBehind(Exception):  # noqa: N818 - says what is the case
    """The named database lacks revisions; its operator runs `lienthong migrate` when it suits (STYLE, miniflux)."""


@asynccontextmanager
async def open_dsn(settings: Settings) -> AsyncIterator[str]:
    """The dsn of the named database, or of the embedded one, which is started or joined and left again afterwards.

    Raises `SettingsWrong`, `DatabaseAway`, and for the embedded one `EmbeddedFailed`, `PrivilegeMissing`,
    `ProcessesStuck`.
    """
    if settings.database_url is not None:
        yield _named(settings.database_url.get_secret_value())
        return
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, server.release)
        dsn = await asyncio.to_thread(server.ensure)
        await ensure_database(dsn)
        async with kept_up(server):
            yield dsn


def _named(url: str) -> str:
    wrong = SettingsWrong("LIENTHONG_DATABASE_URL must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    try:
        parts = urlsplit(url)
        if parts.scheme in ("postgresql", "postgres") and parts.port != 0:
            return url
    except ValueError:  # a port that is none
        raise wrong from None
    raise wrong


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """A pool on the database, at the schema this version needs.

    The embedded one and one that was never used are brought there; one with documents in it is its operator's to move.

    Raises what `open_dsn` raises, `SchemaBehind` and `SchemaUnknown`.
    """
    async with open_dsn(settings) as dsn:
        await _at_head(dsn, embedded=settings.database_url is None)
        database = await Database.open(dsn, size=settings.database_connections)
        try:
            yield database
        finally:
            await database.close()


async def _at_head(dsn: str, *, embedded: bool) -> None:
    ours = embedded or await migrate.current(dsn) is None  # asked first: others may bring it to the schema meanwhile
    lacking = await migrate.pending(dsn)
    if not lacking:
        return
    if not ours:
        raise SchemaBehind(
            f"cơ sở dữ liệu thiếu {len(lacking)} bước nâng cấp: hãy chạy `lienthong migrate` / "
            f"the database lacks {len(lacking)} revisions: run `lienthong migrate`"
        )
    await migrate.upgrade(dsn)
