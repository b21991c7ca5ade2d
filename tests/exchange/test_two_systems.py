"""Two systems that act for one agency: what one did, the other sees, and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exchange.client import ApiRefused, Client
from exchange.directory import add_system
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from tests.support.world import World


async def test_second_system_gets_the_first_ones_answer_and_receipt(world: World) -> None:
    new = await add_system(world.exchange.database, system="second", agencies=[A])
    path = world.envelope(world.document(A, C, B), world.attachment())
    async with world.client(A) as sender, Client(world.url, new.credential) as other:
        first, again = await sender.submit(path), await other.submit(path)
        assert (again.created, again.id, again.deliveries) == (False, first.id, first.deliveries)
        assert await other.receipt(first.id) == await sender.receipt(first.id)
        assert [one.id for one in (await other.outbox()).envelopes] == [first.id]


async def test_delivery_confirmed_by_one_system_waits_for_the_other_no_more(world: World) -> None:
    new = await add_system(world.exchange.database, system="second", agencies=[A, B])
    async with (
        world.client(A) as sender,
        world.client(B) as recipient,
        Client(world.url, new.credential) as other,
    ):
        await sender.submit(world.envelope(world.document(A, B, C)))
        [waiting] = (await other.inbox(agency=B)).deliveries
        confirmed = await other.confirm(waiting.id, waiting.sha256)
        assert (await recipient.inbox()).deliveries == ()
        assert await recipient.confirm(waiting.id, waiting.sha256) == confirmed
        assert [one.recipient for one in (await other.inbox()).deliveries] == [A]  # the 01, once
        with pytest.raises(ApiRefused) as refused:
            await other.inbox(agency=C)
        assert refused.value.status == 403
