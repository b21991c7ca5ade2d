"""The audit of a world with real documents: clean when all agrees, and every kind of damage is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exchange.audit import Report, audit
from exchange.findings import Finding
from storage.objects import ObjectsAway
from tests.support.exchanges import execute, file_of, kept, object_row, stored
from tests.support.world import A, B, C, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.world import World

CONTENT = b"%PDF-1.4 noi dung van ban"


@pytest.fixture
async def world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world in which one document was sent, confirmed and worked on; objects are old enough to sweep."""
    async with world_of(dsn, tmp_path, sweep_after_seconds=0) as made:
        async with made.client(A) as sender, made.client(B) as recipient:
            await sender.submit(made.envelope(made.document(A, B, C), made.attachment(content=CONTENT)))
            [waiting] = (await recipient.inbox()).deliveries
            await recipient.confirm(waiting.id, waiting.sha256)
            for code in ("03", "06", "04"):  # the last one out of order
                await recipient.report(waiting, code, signer=made.actors[B].signer)
            [first, *_] = (await sender.inbox()).deliveries
            await sender.confirm(first.id, first.sha256)
        yield made


async def only_object(world: World) -> str:
    [stat] = [stat async for stat in world.exchange.objects.list()]
    return stat.sha256


def codes(report: Report) -> list[tuple[str, bool]]:
    return [(finding.code, finding.mended) for finding in report.findings]


async def test_clean_exchange_has_no_findings(world: World) -> None:
    moved: list[tuple[str, int, int]] = []
    for deep in (False, True):
        report = await audit(world.exchange, deep=deep, progress=lambda *step: moved.append(step))
        assert report.findings == ()
        assert report.ok
        assert report.seen == {"objects": 1, "store": 1, "envelopes": 5}
    assert moved[-1] == ("envelopes", 5, 5)


async def test_missing_object_is_found_and_restored_if_a_copy_was_kept(world: World) -> None:
    sha256 = await only_object(world)
    file_of(world.exchange, sha256).unlink()
    assert codes(await audit(world.exchange)) == [("object.missing", False)]
    assert (await object_row(world.exchange, sha256)).missing_since is None  # an audit alone changes nothing
    assert codes(await audit(world.exchange, fix=True)) == [("object.missing", False)]
    assert (await object_row(world.exchange, sha256)).missing_since is not None
    kept(world.exchange, CONTENT)
    report = await audit(world.exchange, fix=True)
    assert codes(report) == [("object.missing", True)]
    assert report.ok
    assert (await audit(world.exchange, deep=True)).findings == ()


async def test_damage_of_the_same_size_is_found_by_reading(world: World) -> None:
    sha256 = await only_object(world)
    file_of(world.exchange, sha256).write_bytes(b"x" * len(CONTENT))
    assert codes(await audit(world.exchange)) == []
    found = codes(await audit(world.exchange, deep=True))
    assert found == [("object.damaged", False), ("envelope.differs", False)]


async def test_damage_of_another_size_is_found_at_once(world: World) -> None:
    file_of(world.exchange, await only_object(world)).write_bytes(CONTENT + b"\n")
    assert codes(await audit(world.exchange)) == [("object.damaged", False)]


async def test_object_marked_missing_but_there_is_unmarked(world: World) -> None:
    sha256 = await only_object(world)
    await execute(world.exchange, "UPDATE objects SET missing_since = clock_timestamp()")
    assert codes(await audit(world.exchange)) == [("object.marked", False)]
    assert codes(await audit(world.exchange, fix=True)) == [("object.marked", True)]
    assert (await object_row(world.exchange, sha256)).missing_since is None


async def test_orphan_is_found_and_removed(world: World) -> None:
    orphan = await stored(world.exchange, b"left by a killed process")
    report = await audit(world.exchange)
    assert [(one.code, one.what) for one in report.findings] == [("object.orphan", orphan)]
    assert await world.exchange.objects.stat(orphan) is not None
    assert codes(await audit(world.exchange, fix=True)) == [("object.orphan", True)]
    assert await world.exchange.objects.stat(orphan) is None


async def test_unreadable_envelope_is_named(world: World) -> None:
    file_of(world.exchange, await only_object(world)).unlink()
    found = codes(await audit(world.exchange, deep=True))
    assert found == [("object.missing", False), ("envelope.unreadable", False)]


async def test_store_away_is_an_outage_and_no_finding(world: World) -> None:
    store = world.exchange.settings.data_dir / "objects" / "sha256"
    store.rename(store.with_name("unmounted"))
    with pytest.raises(ObjectsAway):
        await audit(world.exchange, fix=True)
    sha256 = await _recorded_digest(world)
    assert (await object_row(world.exchange, sha256)).missing_since is None


async def _recorded_digest(world: World) -> str:
    async with world.exchange.database.acquire() as conn:
        found: bytes = await conn.fetchval("SELECT sha256 FROM objects")
    return found.hex()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE attachments SET size = size + 1", ["attachment.unrecorded", "receipt.differs"]),
        ("UPDATE attachments SET name = 'khac.pdf'", ["receipt.differs"]),
        ("UPDATE attachments SET cut = cut - 1", ["envelope.differs"]),
        ("UPDATE envelopes SET reference = reference || 'x' WHERE kind = 'document'", ["receipt.differs"]),
        ("UPDATE envelopes SET accepted_at = now() WHERE kind = 'document'", ["receipt.differs"]),
        ("UPDATE envelopes SET skeleton = skeleton || ' ' WHERE kind = 'document'", ["envelope.differs"]),
        ("UPDATE envelopes SET receipt = receipt || '<!-- -->' WHERE kind = 'document'", ["receipt.invalid"]),
        ("UPDATE envelopes SET receipt = replace(encode(receipt, 'escape'), 'size=\"', 'size=\"1')::bytea "
         "WHERE kind = 'document'", ["receipt.invalid"]),
    ],
)  # fmt: skip
async def test_any_change_behind_our_back_is_found(world: World, change: str, expected: list[str]) -> None:
    await execute(world.exchange, change)
    assert [code for code, _ in codes(await audit(world.exchange, deep=True))] == expected


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE deliveries SET state = 'accepted' WHERE state = 'completed'",
        "UPDATE deliveries SET state_before = 'waiting' WHERE state = 'completed'",
        "UPDATE deliveries SET confirmed_at = NULL WHERE kind = 'status' AND confirmed_at IS NOT NULL",
    ],
)
async def test_delivery_that_is_not_where_its_history_leads_is_found(world: World, change: str) -> None:
    await execute(world.exchange, change)
    report = await audit(world.exchange)
    assert [finding.code for finding in report.findings] == ["delivery.state"]
    assert not report.ok


def test_report_is_ok_once_everything_is_mended() -> None:
    mended = Finding(code="object.orphan", what="a", detail="", mended=True)
    left = Finding(code="object.missing", what="b", detail="")
    assert Report(seen={}, findings=(mended,)).ok
    assert not Report(seen={}, findings=(mended, left)).ok
