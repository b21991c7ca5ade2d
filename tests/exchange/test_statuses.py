"""Statuses where one reference, one second or one hold covers several of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from envelopes.model import Business, Operation
from exchange.release import CHORE
from signing.authority import Authority
from storage import deliveries
from tests.exchange.test_release import bring_list, lose_lists
from tests.support.exchanges import do
from tests.support.world import A, B, replaced, world_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.world import World


async def test_documents_of_one_reference_confirmed_in_one_second_each_bring_01(dsn: str, tmp_path: Path) -> None:
    """An RSA seal signs the same words in the same way, so the exchange's statuses on them are the same bytes."""
    key, certificate = tmp_path / "seal.key", tmp_path / "seal.pem"
    key_pem, certificate_pem = Authority.make("Seal root").issue("seal", key_kind="rsa2048")
    key.write_bytes(key_pem)
    certificate.write_bytes(certificate_pem)
    async with world_of(dsn, tmp_path, seal_key_file=key, seal_certificate_file=certificate) as world:
        document = world.document()
        async with world.client(A) as sender, world.client(B) as recipient:
            for operation in (Operation.NEW, Operation.UPDATE, Operation.RECALL):
                business = Business(operation=operation, reason="Sửa trích yếu", paper="0")
                await sender.submit(world.envelope(replaced(document, business=business)))
            waiting = (await recipient.inbox()).deliveries
            await asyncio.gather(*(recipient.confirm(one.id, one.sha256) for one in waiting))
            told = [one.status for one in (await sender.inbox(kind="status")).deliveries if one.status]
        assert {one.code for one in told} == {"01"}
        assert {one.delivery for one in told} == {one.id for one in waiting}
        assert len(told) == len(waiting) == 3


async def test_held_status_out_of_order_is_warned_of_once_released(world: World) -> None:
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(world.envelope(None, world.attachment()))
        [waiting] = (await recipient.inbox()).deliveries
        await lose_lists(world)
        early = await recipient.report(waiting, "06", signer=world.actors[B].signer)
        assert (early.signature.outcome, early.warnings) == ("held", ())
        await bring_list(world)
        await do(world.exchange, CHORE)
        [event] = [event for event in (await sender.envelope(taken.id)).deliveries[0].events if event.code == "06"]
        assert event.flagged
        assert [warning.code for warning in (await recipient.envelope(early.id)).warnings] == ["status.out_of_order"]


async def test_status_is_stamped_once_it_is_its_turn(world: World) -> None:
    """Two at once to one delivery: whichever takes effect later was accepted later."""
    async with world.client(A) as sender, world.client(B) as recipient:
        await sender.submit(world.envelope())
        [waiting] = (await recipient.inbox()).deliveries
        async with world.exchange.database.transaction() as conn:
            await deliveries.lock_delivery(conn, UUID(waiting.id))
            reporting = asyncio.create_task(recipient.report(waiting, "03", signer=world.actors[B].signer))
            async with world.exchange.database.acquire() as other:
                while not await other.fetchval("SELECT true FROM pg_locks WHERE NOT granted LIMIT 1"):
                    await asyncio.sleep(0)
            before = await conn.fetchval("SELECT clock_timestamp()")
        assert (await reporting).accepted_at >= before.replace(microsecond=before.microsecond // 1000 * 1000)
