"""Webhooks told over real HTTP: once each, signed, tried again, given up in the end, and no concern of anybody else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from exchange import push, webhooks
from exchange.chores import Turn, TurnLost
from exchange.webhooks import EVENTS, Wanted, WebhookState
from storage import notices
from storage import webhooks as rows
from tests.support.exchanges import do, execute
from tests.support.peer import listening_peer
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from exchange.webhooks import NewWebhook, WebhookNow
    from tests.support.peer import Peer, Seen
    from tests.support.world import World

GOOD = web.Response(status=204)
BROKEN = web.Response(status=500, text="secret of the peer's")


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """B's system, listening."""
    async with listening_peer() as made:
        made.script(GOOD)
        yield made


async def hooked(world: World, peer: Peer, agency: str = B, path: str = "/hook", **more: Any) -> NewWebhook:
    """A webhook of this agency's system at the peer."""
    given = {"networks": ("127.0.0.0/8",), "allow_http": True} | more
    wanted = Wanted(system=f"system.{agency}", url=f"{peer.url}{path}", **given)
    return await webhooks.add_webhook(world.exchange.database, wanted)


async def sent(world: World, *recipients: str) -> str:
    """A document that A sent; its id."""
    async with world.client(A) as client:
        taken = await client.submit(world.envelope(world.document(A, *(recipients or (B,)))))
    return taken.id


async def tell(world: World) -> None:
    await do(world.exchange, push.CHORE)


async def now(world: World, made: NewWebhook) -> WebhookNow:
    found = await webhooks.list_webhooks(world.exchange.database)
    return next(one for one in found if one.row.id == made.row.id)


async def time_passes(world: World) -> None:
    """Everything that waits for its time is due, and every breaker lets one try through."""
    await execute(world.exchange, "UPDATE notices SET due_at = clock_timestamp() WHERE state = 'waiting'")
    await execute(world.exchange, "UPDATE webhooks SET paused_until = NULL")


def told(peer: Peer) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in peer.seen]


def is_signed(seen: Seen, secret: str) -> bool:
    """As a receiver checks it, by the words of the standard."""
    signed = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode() + seen.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return right in seen.headers["webhook-signature"].split(" ")


async def test_recipient_is_told_once_and_a_stranger_of_nothing(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    await hooked(world, peer, C, "/stranger")
    envelope = await sent(world)
    await tell(world)
    await tell(world)
    [one] = peer.seen
    assert (one.method, one.path, one.headers["Content-Type"]) == ("POST", "/hook", "application/json")
    [notice] = told(peer)
    async with world.client(B) as client:
        [waiting] = (await client.inbox()).deliveries
    assert notice["type"] == "delivery.waiting"
    assert notice["data"] == {"envelope": envelope, "delivery": waiting.id, "recipient": B}
    assert set(notice) == {"type", "timestamp", "data"}
    assert is_signed(one, made.secret)
    assert (await now(world, made)).count == notices.NoticeCount()
