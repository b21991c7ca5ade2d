"""Opening the database the settings name, or the embedded one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from exchange.opening import SchemaBehind, open_database, open_dsn
from exchange.settings import SettingsWrong, load_settings
from storage import migrate
from storage.outages import DatabaseAway

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.settings import Settings
    from tests.support.databases import Template


def named(dsn: str, folder: Path) -> Settings:
    """Settings that name this database."""
    return load_settings({}, data_dir=folder, database_url=dsn)


async def test_embedded_database_is_started_migrated_and_stopped(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    async with open_database(settings) as first, open_database(settings) as second:
        async with first.acquire() as conn:
            await conn.execute("INSERT INTO agencies (code, name, likeness) VALUES ('H08.02', 'Sở Nội vụ', '')")
        async with second.acquire() as conn:
            assert await conn.fetchval("SELECT name FROM agencies") == "Sở Nội vụ"
    assert not (tmp_path / "postgres" / "data" / "postmaster.pid").exists()


async def test_named_database_is_used_as_it_is(dsn: str, tmp_path: Path) -> None:
    async with open_database(named(dsn, tmp_path)) as database, database.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM agencies") == 0
    assert not (tmp_path / "postgres").exists()


async def test_unused_database_is_brought_to_the_schema(template: Template, tmp_path: Path) -> None:
    async with template.copy(migrated=False) as empty, open_database(named(empty, tmp_path)):
        assert await migrate.pending(empty) == ()


async def test_unused_database_may_be_brought_to_the_schema_by_another_process(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = migrate.pending

    async def pending(dsn: str) -> tuple[str, ...]:
        found = await look(dsn)
        await migrate.upgrade(dsn)  # as another process does between this one's looks
        return found

    monkeypatch.setattr("storage.migrate.pending", pending)
    async with template.copy(migrated=False) as empty, open_database(named(empty, tmp_path)):
        assert await look(empty) == ()


async def test_used_database_behind_the_schema_is_left_to_its_operator(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pending(_dsn: str) -> tuple[str, ...]:
        return ("0002",)

    monkeypatch.setattr("storage.migrate.pending", pending)  # as a newer version of the program would find it
    with pytest.raises(SchemaBehind, match="lienthong migrate"):
        async with open_database(named(dsn, tmp_path)):
            pass


@pytest.mark.parametrize("url", ["mysql://x/y", "localhost", "postgresql://h:99999/y", "postgresql://h:x/y"])
async def test_address_that_is_none_is_said_before_connecting(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsWrong, match="LIENTHONG_DATABASE_URL"):
        async with open_dsn(named(url, tmp_path)):
            pass


async def test_named_database_that_is_away_is_away(tmp_path: Path) -> None:
    with pytest.raises(DatabaseAway):
        async with open_database(named("postgresql://x@127.0.0.1:1/y", tmp_path)):
            pass


async def test_database_is_closed_when_the_work_in_it_fails(dsn: str, tmp_path: Path) -> None:
    class WorkFailedError(Exception):
        pass

    with pytest.raises(WorkFailedError):
        async with open_database(named(dsn, tmp_path)) as database:
            await database.ping()
            raise WorkFailedError
    conn = await asyncpg.connect(dsn)
    left = await conn.fetchval("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    await conn.close()
    assert left == 1
