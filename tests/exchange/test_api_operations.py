"""Outages, health and figures: 503 within a second, nothing half-done, well again without a restart."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from exchange.api.app import create_app
from exchange.api.call import Shared
from exchange.api.metrics import Metrics
from exchange.program_checks import Wrong
from storage.embedded import EmbeddedPostgres
from tests.support.databases import Template
from tests.support.world import A, B, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.support.world import World


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of this file's own, to be stopped and killed."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("mortal"))
    server.ensure()
    yield server
    server.release()


@pytest.fixture
async def doomed(mortal: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[World]:
    """A world on the server that gets stopped."""
    template = await asyncio.to_thread(Template, mortal.ensure())
    async with template.copy() as dsn:
        async with world_of(dsn, tmp_path) as world:
            yield world
        await asyncio.to_thread(mortal.ensure)


async def ask(world: World, path: str, who: str = A, **options: Any) -> tuple[int, Any, bytes, float]:
    headers = {"Authorization": f"Bearer {world.actors[who].credential}"} | options.pop("headers", {})
    began = time.monotonic()
    async with (
        aiohttp.ClientSession() as session,
        session.request(options.pop("method", "GET"), world.url + path, headers=headers, **options) as answer,
    ):
        return answer.status, answer.headers, await answer.read(), time.monotonic() - began


async def submit(world: World, data: bytes) -> tuple[int, Any, bytes, float]:
    given = {"Content-Type": "application/xml"}
    return await ask(world, "/v1/envelopes", method="POST", data=data, headers=given)


async def figures(world: World) -> dict[str, float]:
    _, headers, body, _ = await ask(world, "/metrics")
    assert headers["Content-Type"].startswith("text/plain")
    return {
        f"{sample.name}{[value for _, value in sorted(sample.labels.items())]}": sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


async def test_database_away_is_503_at_once_and_over_when_it_is_back(doomed: World, mortal: EmbeddedPostgres) -> None:
    data = doomed.envelope(doomed.document(A, B), doomed.attachment()).read_bytes()
    assert (await ask(doomed, "/v1/inbox"))[0] == 200
    await asyncio.to_thread(mortal.release)
    async with asyncio.timeout(2):  # credentials are remembered for half a second; then the database is asked
        while (await ask(doomed, "/v1/agencies"))[0] != 503:
            await asyncio.sleep(0.05)
    for path in ("/v1/inbox", "/v1/outbox", "/v1/agencies"):
        status, headers, _, seconds = await ask(doomed, path)
        assert (status, seconds < 1) == (503, True)
        assert int(headers["Retry-After"]) >= 1
    status, headers, _, seconds = await submit(doomed, data)
    assert (status, seconds < 1) == (503, True)
    assert (await ask(doomed, "/healthz"))[0] == 200
    assert (await ask(doomed, "/readyz"))[0] == 503
    assert (await figures(doomed))["lienthong_database_up[]"] == 0
    assert not doomed.exchange.settings.spool.exists() or not list(doomed.exchange.settings.spool.iterdir())
    await asyncio.to_thread(mortal.ensure)
    async with asyncio.timeout(5):
        while (await submit(doomed, data))[0] not in {200, 201}:
            await asyncio.sleep(0.05)
    assert len((await ask(doomed, "/v1/inbox", B))[2]) > 100


async def test_killed_database_never_makes_a_500(doomed: World, mortal: EmbeddedPostgres) -> None:
    files = [doomed.envelope(doomed.document(A, B)).read_bytes() for _ in range(20)]
    tasks = [asyncio.create_task(submit(doomed, data)) for data in files]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    os.kill(mortal.postmaster_pid() or 0, signal.SIGKILL)
    statuses = [status for status, *_ in await asyncio.gather(*tasks)]
    assert set(statuses) <= {201, 503}
    await asyncio.to_thread(mortal.ensure)
    for data in files:
        async with asyncio.timeout(10):
            while (await submit(doomed, data))[0] not in {200, 201}:
                await asyncio.sleep(0.05)
    async with doomed.exchange.database.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM envelopes") == len(files)


async def test_object_store_away_is_503_and_keeps_nothing(world: World) -> None:
    data = world.envelope(world.document(A, B), world.attachment()).read_bytes()
    objects = world.exchange.settings.data_dir / "objects"
    objects.rename(objects.with_name("elsewhere"))
    status, headers, body, _ = await submit(world, data)
    assert status == 503, body
    assert int(headers["Retry-After"]) >= 1
    objects.with_name("elsewhere").rename(objects)
    assert (await submit(world, data))[0] == 201


async def test_full_disk_is_503_before_anything_is_read(dsn: str, tmp_path: Path) -> None:
    async with world_of(dsn, tmp_path, spool_floor_bytes=2**62) as world:
        status, headers, _, _ = await submit(world, world.envelope(world.document(A, B)).read_bytes())
        assert status == 503
        assert int(headers["Retry-After"]) >= 1
        status, _, body, _ = await ask(world, "/readyz")
        assert status == 503
        assert b'"ready":false' in body
        assert str(tmp_path).encode() not in body


async def test_healthy_service_is_ready(world: World) -> None:
    status, _, body, _ = await ask(world, "/readyz")
    assert status == 200
    assert body.startswith(b'{"ready":true')
    assert (await ask(world, "/healthz", method="HEAD"))[:1] == (200,)


async def test_figures_count_what_happened(world: World) -> None:
    good = world.envelope(world.document(A, B), world.attachment()).read_bytes()
    for data in (good, good, b"<edXML/>"):
        await submit(world, data)
    await ask(world, "/v1/inbox", B)
    await ask(world, "/v1/envelopes/no-id")
    await ask(world, "/no/such/place")
    await ask(world, "/v1/inbox", method="PROPFIND")
    found = await figures(world)
    assert found["lienthong_envelopes_taken_total['document', 'verified']"] == 1
    assert found["lienthong_envelopes_repeated_total[]"] == 1
    assert found["lienthong_envelopes_refused_total['envelope.namespace']"] == 1
    assert found["lienthong_envelope_bytes_total[]"] == len(good)
    assert found["lienthong_deliveries_waiting['document']"] == 1
    assert found["lienthong_deliveries_waiting['status']"] == 0
    assert found["lienthong_deliveries_held[]"] == 0
    assert 6 * 86_400 < found["lienthong_revocation_list_seconds_left['CN=Test root']"] <= 7 * 86_400
    assert found["lienthong_database_up[]"] == 1
    assert found["lienthong_requests_active[]"] == 1  # this one
    assert found["lienthong_requests_total['POST', '/v1/envelopes', '201']"] == 1
    assert found["lienthong_requests_total['GET', '/v1/envelopes/{id}', '404']"] == 1
    assert found["lienthong_requests_total['GET', 'none', '404']"] == 1
    assert found["lienthong_requests_total['other', 'none', '405']"] == 1
    assert not any("no-id" in name or A in name for name in found)


async def test_figures_show_how_late_the_loop_is() -> None:
    metrics = Metrics()
    watch = asyncio.create_task(metrics.watch_loop())
    await asyncio.sleep(0)
    time.sleep(0.6)
    async with asyncio.timeout(5):
        while not metrics.registry.get_sample_value("lienthong_loop_lag_seconds_count"):
            await asyncio.sleep(0)
    watch.cancel()
    assert (metrics.registry.get_sample_value("lienthong_loop_lag_seconds_sum") or 0) > 0.3


async def test_each_business_fact_is_one_line_without_contents(world: World) -> None:
    data = world.envelope(world.document(A, B), world.attachment()).read_bytes()
    with structlog.testing.capture_logs() as lines:
        await submit(world, data)
        await submit(world, data)
        await submit(world, b"no XML, but secret words")
        async with world.client(B) as recipient:
            [waiting] = (await recipient.inbox()).deliveries
            await recipient.confirm(waiting.id, waiting.sha256)
            await recipient.report(waiting, "03", signer=world.actors[B].signer)
    ours = [line for line in lines if not line["event"].startswith("bell.")]
    assert [line["event"] for line in ours] == [
        "document.taken",
        "envelope.repeated",
        "envelope.refused",
        "delivery.collected",
        "status.reported",
    ]
    text = repr(lines)
    assert "secret words" not in text
    assert all(actor.credential not in text for actor in world.actors.values())
    assert "liên thông" not in text


async def test_bug_is_a_500_with_its_request_id_and_no_detail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("inner secret")

    monkeypatch.setattr("exchange.look.outbox", broken)
    with structlog.testing.capture_logs() as lines:
        status, headers, body, _ = await ask(world, "/v1/outbox")
    assert status == 500
    assert headers["X-Request-Id"].encode() in body
    assert b"inner secret" not in body
    [line] = [line for line in lines if line["event"] == "request.failed"]
    assert isinstance(line["exc_info"], RuntimeError)


async def test_python_parser_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from exchange.api import app

    def wrong() -> None:
        raise Wrong("no C parser")

    monkeypatch.setattr(app, "check_parser", wrong)
    with pytest.raises(Wrong):
        create_app(world.exchange)


async def test_writing_goes_on_when_its_caller_went_away(world: World) -> None:
    shared = Shared(exchange=world.exchange, metrics=Metrics())
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), []

    async def write() -> None:
        begun.set()
        await may_end.wait()
        ended.append(True)

    caller = asyncio.create_task(shared.whole(write()))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    may_end.set()
    await shared.finish()
    assert ended
    assert not shared.writing


async def test_bug_in_writing_whose_caller_went_away_is_logged(world: World) -> None:
    shared = Shared(exchange=world.exchange, metrics=Metrics())
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        begun.set()
        await may_end.wait()
        raise RuntimeError("nobody hears of this")

    caller = asyncio.create_task(shared.whole(write()))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    with structlog.testing.capture_logs() as lines:
        may_end.set()
        await shared.finish()
        await asyncio.sleep(0)
    assert [line["event"] for line in lines] == ["request.failed"]
