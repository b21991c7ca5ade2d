"""Webhooks in tests: set up at a listening peer, told, and checked as a receiver checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from exchange import push, webhooks
from exchange.webhooks import Wanted
from tests.support.exchanges import do, execute
from tests.support.world import A, B

if TYPE_CHECKING:
    from exchange.webhooks import NewWebhook, WebhookNow
    from tests.support.peer import Peer, Seen
    from tests.support.world import World

GOOD = web.Response(status=204)
BROKEN = web.Response(status=500, text="secret of the peer's")


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
