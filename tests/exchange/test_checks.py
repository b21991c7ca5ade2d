"""Self-checks on a real exchange: green when all is well, red with a reason for each thing that is not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import http_parser
from structlog.testing import capture_logs

from exchange import checks as checks_module
from exchange import signing_checks
from exchange.checks import CHORE, CheckResult, check_all, program_checks, readiness
from exchange.program_checks import Wrong, check_guards, check_packages, check_parser
from signing.authority import Authority
from signing.certificates import crl_facts
from storage import chores, trust
from tests.support.exchanges import away, do, exchange_of, execute, file_of, recorded
from tests.support.world import A, B, C, describe_pem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from exchange.exchange import Exchange
    from tests.support.databases import Template
    from tests.support.world import World


@pytest.fixture
async def exchange(dsn: str, tmp_path: Path) -> AsyncIterator[Exchange]:
    """An exchange in which nothing has happened yet."""
    async with exchange_of(dsn, tmp_path) as made:
        yield made


async def red(exchange: Exchange) -> dict[str, CheckResult]:
    return {result.name: result for result in await check_all(exchange) if not result.ok}


async def test_fresh_exchange_is_green(exchange: Exchange) -> None:
    results = await check_all(exchange)
    assert [result for result in results if not result.ok] == []
    assert {result.name for result in results if result.ready} == {"database", "schema", "clock", "spool", "objects"}
    assert all(result.ready for result in await readiness(exchange))
    assert all(result.ok for result in program_checks())


async def test_store_away_is_not_ready(exchange: Exchange) -> None:
    store = exchange.settings.data_dir / "objects" / "sha256"
    store.rename(store.with_name("unmounted"))
    results = {result.name: result.ok for result in await readiness(exchange)}
    assert results == {"database": True, "schema": True, "clock": True, "spool": True, "objects": False}


async def test_database_away_is_not_ready_at_once(exchange: Exchange, template: Template) -> None:
    async with away(template, exchange.database):
        began = asyncio.get_running_loop().time()
        results = {result.name: result.ok for result in await readiness(exchange)}
        assert asyncio.get_running_loop().time() - began < 2
    assert not results["database"]
    assert not results["schema"]
    assert results["objects"]


async def test_silent_store_is_red_instead_of_waited_for(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks_module, "ANSWER_SECONDS", 0.2)

    async def silent() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(exchange.objects, "check", silent)
    (objects,) = [result for result in await readiness(exchange) if result.name == "objects"]
    assert "no answer within" in objects.detail


async def test_probes_share_one_look_for_a_moment(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    check = exchange.objects.check

    async def counted() -> None:
        looks.append(1)
        await check()

    monkeypatch.setattr(exchange.objects, "check", counted)
    await asyncio.gather(*(readiness(exchange) for _ in range(50)))
    assert len(looks) == 1
    monkeypatch.setattr(checks_module, "REMEMBERED_SECONDS", 0)
    exchange.readiness._until = 0
    await readiness(exchange)
    await readiness(exchange)
    assert len(looks) == 3


async def test_full_disk_is_not_ready(dsn: str, tmp_path: Path) -> None:
    async with exchange_of(dsn, tmp_path, spool_floor_bytes=2**62) as exchange:
        found = await red(exchange)
    assert found.keys() == {"spool"}
    assert found["spool"].ready


async def test_other_schema_is_not_ready(exchange: Exchange) -> None:
    await execute(exchange, "UPDATE alembic_version SET version_num = '9999'")
    found = await red(exchange)
    assert found["schema"].ready
    assert "9999" in found["schema"].detail


async def test_clock_off_by_seconds_is_told_and_by_minutes_is_not_ready(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    skew = 0.0

    async def guard() -> float:
        return skew

    monkeypatch.setattr(type(exchange.database), "guard", lambda _database: guard())
    skew = -5.0
    assert (await red(exchange)).keys() == {"clock_drift"}
    skew = 61.0
    assert (await red(exchange)).keys() == {"clock", "clock_drift"}


async def test_missing_and_unread_objects_are_told(exchange: Exchange) -> None:
    sha256 = await recorded(exchange, b"nobody has read this back")
    assert await red(exchange) == {}
    await execute(exchange, "UPDATE objects SET stored_at = stored_at - interval '2 hours'")
    assert "1 not read back" in (await red(exchange))["unverified_objects"].detail
    await execute(exchange, "UPDATE objects SET checked_at = clock_timestamp(), missing_since = clock_timestamp()")
    assert "1 objects missing" in (await red(exchange))["unverified_objects"].detail
    assert file_of(exchange, sha256).exists()


async def test_late_and_failing_chores_are_told(exchange: Exchange) -> None:
    async with exchange.database.transaction() as conn:
        for name in ("late", "failing", "well"):
            await chores.claim(conn, name, worker="w:1", lease_seconds=60)
            await chores.finish(conn, name, 1, outcome=f"{name} outcome", again_seconds=60)
    await execute(exchange, "UPDATE chores SET due_at = due_at - interval '2 hours' WHERE name = 'late'")
    await execute(exchange, "UPDATE chores SET failures = 5 WHERE name = 'failing'")
    detail = (await red(exchange))["chores"].detail
    assert "late (" in detail
    assert "failing (failing outcome)" in detail
    assert "well" not in detail


async def test_worker_tells_what_is_red(dsn: str, tmp_path: Path) -> None:
    async with exchange_of(dsn, tmp_path, spool_floor_bytes=2**62) as exchange:
        with capture_logs() as logs:
            await do(exchange, CHORE)
    [red] = [line for line in logs if line["event"] == "check.red"]
    assert (red["check"], red["log_level"], red["ready"]) == ("spool", "warning", True)


async def test_seal_about_to_expire_is_told(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_checks, "EXPIRY", timedelta(days=365 * 100))
    assert "seal (" in (await red(exchange))["certificates"].detail


async def test_stale_revocation_list_and_ending_certificate_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await red(world.exchange) == {}
    await execute(world.exchange, "DELETE FROM revocation_lists")
    assert "there is none" in (await red(world.exchange))["revocation_lists"].detail
    stale = crl_facts(world.authority.crl(1, now=datetime.now(UTC) - timedelta(days=2)))
    async with world.exchange.database.transaction() as conn:
        await trust.add_revocation_list(
            conn,
            sha256=stale.sha256,
            der=stale.der,
            issuer=stale.issuer,
            this_update=stale.this_update,
            next_update=stale.next_update,
        )
    assert stale.issuer in (await red(world.exchange))["revocation_lists"].detail
    await execute(
        world.exchange,
        "UPDATE certificates SET not_after = clock_timestamp() + interval '29 days' WHERE agency = $1",
        B,
    )
    detail = (await red(world.exchange))["certificates"].detail
    assert B in detail
    assert A not in detail


async def test_root_without_a_list_is_told_also_beside_one_that_has_its_own(world: World) -> None:
    other = Authority.make("Another root")
    sha256, der = describe_pem(other.root_pem)
    async with world.exchange.database.transaction() as conn:
        await trust.add_root(conn, sha256=sha256, der=der, subject="CN=Another root")
    detail = (await red(world.exchange))["revocation_lists"].detail
    assert "CN=Another root" in detail
    assert "Test root" not in detail


async def test_documents_nobody_collects_are_told(world: World) -> None:
    async with world.client(A) as sender:
        await sender.submit(world.envelope(world.document(A, B, C), world.attachment()))
    assert await red(world.exchange) == {}
    await execute(world.exchange, "UPDATE deliveries SET accepted_at = accepted_at - interval '6 days'")
    assert f"{B}: 1; {C}: 1" in (await red(world.exchange))["waiting"].detail


def test_guards_must_be_kept() -> None:
    with pytest.raises(Wrong, match="-O"):
        check_guards(optimize=1)
    code = "from exchange.checks import program_checks; print([r.name for r in program_checks() if not r.ok])"
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['guards']"


def test_slow_parser_is_refused() -> None:
    with pytest.raises(Wrong, match="AIOHTTP_NO_EXTENSIONS"):
        check_parser(http_parser.HttpRequestParserPy)


def test_foreign_owner_of_our_package_is_named() -> None:
    with pytest.raises(Wrong, match=r"storage \(somebody-storage\)"):
        check_packages({"storage": ["lienthong", "somebody-storage"], "exchange": ["lienthong"]})
    check_packages({"storage": ["lienthong"], "other": ["other"]})
