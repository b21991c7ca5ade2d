"""The scrub on a real store: lost and damaged objects are found, told, and brought back from their kept copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from exchange import comparison
from exchange.scrub import CHORE
from exchange.worker import Worker
from storage import objects_held
from tests.support.exchanges import do, exchange_of, execute, file_of, kept, object_row, recorded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from exchange.exchange import Exchange
    from tests.support.s3 import S3Server

CONTENT = b"%PDF-1.4 quyet dinh"


@pytest.fixture
async def exchange(dsn: str, tmp_path: Path) -> AsyncIterator[Exchange]:
    """An exchange whose objects are ripe at once."""
    async with exchange_of(dsn, tmp_path, scrub_after_seconds=0) as made:
        yield made


def damage(exchange: Exchange, sha256: str, content: bytes) -> None:
    file_of(exchange, sha256).unlink()
    file_of(exchange, sha256).write_bytes(content)


async def told_by_scrub(exchange: Exchange) -> list[tuple[str, str]]:
    """Levels and events of what the scrub says about objects."""
    with capture_logs() as logs:
        await do(exchange, CHORE)
    return [(line["log_level"], line["event"]) for line in logs if line["event"].startswith("object.")]


async def make_due(exchange: Exchange) -> None:
    await execute(exchange, "UPDATE objects SET checked_at = checked_at - interval '31 days'")


async def test_ripe_object_is_compared_and_then_left_alone(exchange: Exchange) -> None:
    sha256 = await recorded(exchange, CONTENT)
    assert await told_by_scrub(exchange) == []
    first = (await object_row(exchange, sha256)).checked_at
    assert first is not None
    await do(exchange, CHORE)
    assert (await object_row(exchange, sha256)).checked_at == first
    await make_due(exchange)
    await do(exchange, CHORE)
    again = (await object_row(exchange, sha256)).checked_at
    assert again is not None
    assert again > first


async def test_young_object_is_not_looked_at(dsn: str, tmp_path: Path) -> None:
    async with exchange_of(dsn, tmp_path, scrub_after_seconds=600) as exchange:
        sha256 = await recorded(exchange, CONTENT)
        copy = kept(exchange, CONTENT)
        await do(exchange, CHORE)
        assert (await object_row(exchange, sha256)).checked_at is None
        assert copy.exists()


@pytest.mark.parametrize("content", [b"", b"x" * len(CONTENT), CONTENT + b"\n"])
async def test_damaged_object_is_told_and_marked(exchange: Exchange, content: bytes) -> None:
    sha256 = await recorded(exchange, CONTENT)
    damage(exchange, sha256, content)
    assert await told_by_scrub(exchange) == [("error", "object.damaged")]
    assert (await object_row(exchange, sha256)).missing_since is not None


async def test_missing_object_is_told_until_it_is_back(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = await recorded(exchange, CONTENT)
    file_of(exchange, sha256).unlink()
    assert await told_by_scrub(exchange) == [("error", "object.missing")]
    since = (await object_row(exchange, sha256)).missing_since
    assert await told_by_scrub(exchange) == []  # it is looked for again in an hour
    monkeypatch.setattr(objects_held, "AGAIN_MISSING_SECONDS", 0)
    assert await told_by_scrub(exchange) == [("error", "object.missing")]
    assert (await object_row(exchange, sha256)).missing_since == since
    file_of(exchange, sha256).write_bytes(CONTENT)
    assert await told_by_scrub(exchange) == []
    assert (await object_row(exchange, sha256)).missing_since is None


async def test_object_the_disk_cannot_read_is_damaged_and_stops_no_other(exchange: Exchange) -> None:
    unreadable = await recorded(exchange, b"on a bad sector")
    other = await recorded(exchange, CONTENT)
    file_of(exchange, unreadable).unlink()
    file_of(exchange, unreadable).symlink_to("/nowhere")
    assert await told_by_scrub(exchange) == [("error", "object.damaged")]
    assert (await object_row(exchange, unreadable)).missing_since is not None
    assert (await object_row(exchange, other)).checked_at is not None


async def test_store_away_marks_nothing(exchange: Exchange) -> None:
    sha256 = await recorded(exchange, CONTENT)
    store = exchange.settings.data_dir / "objects" / "sha256"
    store.rename(store.with_name("unmounted"))
    with capture_logs() as logs:
        assert await Worker(exchange, []).attempt(CHORE) > 10
    assert [line["event"] for line in logs] == ["chore.postponed"]
    row = await object_row(exchange, sha256)
    assert (row.checked_at, row.missing_since) == (None, None)


async def test_lost_object_comes_back_from_its_kept_copy(exchange: Exchange) -> None:
    sha256 = await recorded(exchange, CONTENT)
    copy = kept(exchange, CONTENT)
    file_of(exchange, sha256).unlink()
    assert await told_by_scrub(exchange) == [("error", "object.missing"), ("warning", "object.restored")]
    assert file_of(exchange, sha256).read_bytes() == CONTENT
    assert (await object_row(exchange, sha256)).missing_since is None
    assert copy.exists()  # the new object is not ripe yet
    await do(exchange, CHORE)
    assert not copy.exists()


async def test_kept_copy_goes_once_its_object_is_whole(exchange: Exchange) -> None:
    """Also when the object was compared before: a later upload of the same content counts anew."""
    sha256 = await recorded(exchange, CONTENT)
    await do(exchange, CHORE)
    copy = kept(exchange, CONTENT)
    await do(exchange, CHORE)
    assert not copy.exists()
    assert file_of(exchange, sha256).exists()


async def test_damaged_kept_copy_restores_nothing(exchange: Exchange) -> None:
    sha256 = await recorded(exchange, CONTENT)
    kept(exchange, CONTENT).write_bytes(b"x" * len(CONTENT))
    file_of(exchange, sha256).unlink()
    told = await told_by_scrub(exchange)
    assert told[:2] == [("error", "object.missing"), ("error", "object.not_restored")]
    assert (await object_row(exchange, sha256)).missing_since is not None


async def test_kept_copy_of_an_unknown_object_stays(exchange: Exchange) -> None:
    """Its submission may be about to commit."""
    copy = kept(exchange, b"between put and commit")
    await do(exchange, CHORE)
    assert copy.exists()


async def test_stopping_does_not_wait_for_a_large_object(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "STEP_BYTES", 1)
    sha256 = await recorded(exchange, b"x" * 1_000_000)
    worker = Worker(exchange, [])
    await worker.stop()
    await worker.attempt(CHORE)  # ends after its first step
    assert (await object_row(exchange, sha256)).checked_at is None


async def test_object_lost_by_an_s3_store_comes_back(dsn: str, tmp_path: Path, s3: S3Server) -> None:
    url = SecretStr(s3.url("scrubbed"))
    async with exchange_of(dsn, tmp_path, scrub_after_seconds=0, objects_url=url) as exchange:
        assert not exchange.objects.durable
        sha256 = await recorded(exchange, CONTENT)
        copy = kept(exchange, CONTENT)
        (s3.folder / "scrubbed" / "sha256" / sha256[:2] / sha256[2:4] / sha256).unlink()
        await do(exchange, CHORE)
        assert b"".join([chunk async for chunk in exchange.objects.read(sha256)]) == CONTENT
        await do(exchange, CHORE)
        assert not copy.exists()
