"""Migrations on real databases: from nothing, twice, by two at once, as SQL for a DBA."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import TYPE_CHECKING

import asyncpg
import pytest

from storage import migrate
from storage.outages import DatabaseAway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.databases import Template


@pytest.fixture
async def empty(template: Template) -> AsyncIterator[str]:
    """A database with no table."""
    async with template.copy(migrated=False) as made:
        yield made


async def run(dsn: str, sql: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(sql)
    finally:
        await conn.close()


async def schema(dsn: str) -> list[tuple[str, ...]]:
    """Every column, constraint, index and function of the database, in a comparable form."""
    conn = await asyncpg.connect(dsn)
    try:
        found = await conn.fetch(
            """SELECT 'column', table_name || '.' || column_name,
                      concat_ws(' ', data_type, is_nullable, column_default)
               FROM information_schema.columns WHERE table_schema = 'public'
               UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
               FROM pg_constraint WHERE connamespace = 'public'::regnamespace
               UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
               UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
               UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
               ORDER BY 1, 2, 3"""
        )
        return [tuple(map(str, row)) for row in found]
    finally:
        await conn.close()


async def test_empty_database_is_brought_to_head(empty: str) -> None:
    assert await migrate.current(empty) is None
    assert (await migrate.pending(empty))[-1] == migrate.head()
    await migrate.upgrade(empty)
    assert await migrate.current(empty) == migrate.head()
    assert await migrate.pending(empty) == ()
    assert len(await schema(empty)) > 50


async def test_second_upgrade_changes_nothing(dsn: str) -> None:
    before = await schema(dsn)
    await migrate.upgrade(dsn)
    assert await schema(dsn) == before


async def test_two_upgrades_at_once_do_not_collide(empty: str) -> None:
    await asyncio.gather(*(migrate.upgrade(empty) for _ in range(4)))
    assert await migrate.current(empty) == migrate.head()


async def test_failed_upgrade_leaves_nothing_behind(empty: str) -> None:
    await run(empty, "CREATE TABLE deliveries (in_the_way int)")
    before = await schema(empty)
    with pytest.raises(Exception, match='relation "deliveries" already exists'):
        await migrate.upgrade(empty)
    assert await schema(empty) == before
    assert await migrate.current(empty) is None


async def test_sql_for_a_dba_makes_the_same_schema(empty: str, dsn: str) -> None:
    await run(empty, migrate.offline_sql())
    assert await schema(empty) == await schema(dsn)
    assert await migrate.current(empty) == migrate.head()


async def test_database_of_the_first_schema_keeps_what_is_in_it(empty: str) -> None:
    first = files("storage.migrations").joinpath("sql/0001_first.sql").read_text(encoding="utf-8")
    await run(empty, first)
    await run(
        empty,
        """CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
           INSERT INTO alembic_version VALUES ('0001');
           INSERT INTO agencies (code, name, likeness) VALUES ('H08.02', 'A', 'a');
           INSERT INTO certificates (sha256, agency, der, subject, not_before, not_after, revoked_at)
           SELECT sha256(name::bytea), 'H08.02', '', name, now(), now(), CASE WHEN name = 'lost' THEN now() END
           FROM unnest(ARRAY['used', 'lost']) AS name;
           INSERT INTO envelopes (id, kind, operation, sender, reference, sha256, size, skeleton, identity, outcome,
                                  held_reason, receipt, accepted_at)
           SELECT gen_random_uuid(), 'document', 'new', 'H08.02', outcome, sha256('x'), 1, '', sha256('x'), outcome,
                  CASE WHEN outcome = 'held' THEN 'why' END, '', now()
           FROM unnest(ARRAY['held', 'verified', 'absent']) AS outcome;
           INSERT INTO objects (sha256, size) VALUES (sha256('pdf'), 3);
           INSERT INTO attachments (envelope, n, name, media_type, object, size, cut, text_size, layout,
                                    opened_object, opened_size, opened_media_type)
           SELECT id, n, '', media_type, sha256('pdf'), 3, 0, 4, '76/lf', opened, length(opened), inside
           FROM (VALUES (1, 'application/pdf', NULL, NULL), (2, 'text/plain', NULL, NULL),
                        (3, 'application/zip', sha256('pdf'), 'application/pdf')) AS f (n, media_type, opened, inside),
                envelopes WHERE outcome = 'verified'""",
    )
    await migrate.upgrade(empty)
    conn = await asyncpg.connect(empty)
    try:
        rows = await conn.fetch(
            """SELECT subject, approved_at = added_at AS approved, revoked_at IS NOT DISTINCT FROM invalid_from AS kept
               FROM certificates ORDER BY subject"""
        )
        assert [tuple(row) for row in rows] == [("lost", True, True), ("used", True, True)]
        outcomes = await conn.fetch("SELECT outcome, held_reason FROM envelopes WHERE outcome <> reference")
        assert outcomes == []
        looks = await conn.fetch("SELECT n, state FROM pdf_checks ORDER BY n")  # PDFs, also in their zips
        assert [tuple(row) for row in looks] == [(1, "pending"), (3, "pending")]
    finally:
        await conn.close()


async def test_newer_database_is_refused(dsn: str) -> None:
    await run(dsn, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(migrate.SchemaUnknown, match="9999"):
        await migrate.upgrade(dsn)
    with pytest.raises(migrate.SchemaUnknown, match="9999"):
        await migrate.pending(dsn)


async def test_absent_database_server_is_an_outage() -> None:
    with pytest.raises(DatabaseAway):
        await migrate.upgrade("postgresql://postgres@/lienthong?host=/nowhere")
