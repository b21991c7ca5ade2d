"""A spool without room: asked to come again, nothing left behind. `/dev/full` is a disk that is always full."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from exchange.errors import Busy
from exchange.spool import ROOM_SECONDS, spooled
from tests.support.raw import head, line
from tests.support.world import A, B, world_of

if TYPE_CHECKING:
    from tests.support.raw import Answer
    from tests.support.world import World

ENVELOPE = UUID("0199b1f0-6d2c-7a41-9c53-2f8e5a7d1b10")


def without_room(root: Path) -> None:
    """Let the first attachment of this envelope be written to the full disk."""
    (root / str(ENVELOPE)).mkdir(parents=True)
    (root / str(ENVELOPE) / "1").symlink_to("/dev/full")


async def submitted(world: World, data: bytes) -> Answer:
    headers: dict[str, object] = {"Content_Type": "application/xml", "Content_Length": len(data)}
    async with line(world.url) as connection:
        connection.send(head("POST", "/v1/envelopes", world.actors[A].credential, **headers) + data)
        return await connection.answer()


async def nothing_waits(world: World) -> None:
    async with world.client(B) as recipient:
        assert (await recipient.inbox()).deliveries == ()


@pytest.mark.parametrize("size", [100, 100_000])
async def test_spool_on_a_full_disk_asks_to_come_again_and_is_removed(tmp_path: Path, size: int) -> None:
    without_room(tmp_path)
    with pytest.raises(Busy) as busy:
        async with spooled(tmp_path, ENVELOPE, sync=False) as spool:
            spool.payload(1, b"x" * size)
            spool.end()
    assert busy.value.seconds == ROOM_SECONDS
    assert list(tmp_path.iterdir()) == []


async def test_submission_that_finds_the_disk_full_gets_503_and_may_be_sent_again(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world_of(dsn, tmp_path) as world:
        data = world.envelope(world.document(), world.attachment()).read_bytes()
        without_room(world.exchange.settings.spool)
        with monkeypatch.context() as patched:
            patched.setattr("exchange.submit.uuid7", lambda: ENVELOPE)
            refused = await submitted(world, data)
        assert (refused.status, refused.headers["retry-after"]) == (503, str(ROOM_SECONDS))
        assert not (world.exchange.settings.spool / str(ENVELOPE)).exists()
        await nothing_waits(world)
        assert (await submitted(world, data)).status == 201


async def test_disk_that_fills_while_a_body_comes_stops_it_at_the_floor(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = 1000
    free = [floor + 1, floor + 1, floor - 1]
    real = shutil.disk_usage

    def filling(path: Path) -> object:
        return real(path)._replace(free=free.pop(0) if len(free) > 1 else free[0])

    async with world_of(dsn, tmp_path, spool_floor_bytes=floor) as world:
        data = world.envelope(world.document(), world.attachment(content=b"%PDF-1.4\n" + b"x" * 3_000_000)).read_bytes()
        monkeypatch.setattr("exchange.intake.shutil.disk_usage", filling)
        assert (await submitted(world, data)).status == 503
        await nothing_waits(world)
        assert free == [floor - 1]
