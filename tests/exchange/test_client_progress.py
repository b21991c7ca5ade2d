"""Who moves a large file sees how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.world import A, B

if TYPE_CHECKING:
    from tests.support.world import World


async def test_file_on_its_way_is_told_to_the_last_byte(world: World) -> None:
    path = world.envelope(world.document(A, B), world.attachment(content=b"%PDF-1.4\n" + bytes(1_500_000)))
    size = path.stat().st_size
    sent: list[tuple[int, int]] = []
    arrived: list[tuple[int, int]] = []
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(path, moved=lambda *seen: sent.append(seen))
        delivery = taken.deliveries[0].id
        await recipient.fetch_envelope(delivery, world.folder / "in.edxml", moved=lambda *seen: arrived.append(seen))
    for seen in (sent, arrived):
        assert len(seen) > 3
        assert seen == sorted(seen)
        assert seen[-1] == (size, size)


async def test_attachment_is_told_in_bytes_of_its_own(world: World) -> None:
    path = world.envelope(world.document(A, B), world.attachment(content=b"%PDF-1.4\n" + bytes(500_000)))
    seen: list[tuple[int, int]] = []
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(path.read_bytes())
        target = world.folder / "opened.pdf"
        await recipient.fetch_attachment(taken.deliveries[0].id, 1, target, moved=lambda *one: seen.append(one))
    assert seen[-1] == (500_009, 500_009)
