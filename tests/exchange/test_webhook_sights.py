"""How webhooks fare, as their systems and operators see it, and what is said of them in the API's document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import jsonschema_rs
import pytest

from exchange import webhooks
from exchange.api.document import document
from exchange.checks import check_all
from exchange.webhooks import EVENTS, TEST_EVENT
from tests.support.exchanges import execute
from tests.support.hooks import BROKEN, GOOD, hooked, sent, tell, time_passes, told
from tests.support.peer import listening_peer
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from exchange.checks import CheckResult
    from tests.support.peer import Peer
    from tests.support.world import World


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """B's system, listening."""
    async with listening_peer() as made:
        made.script(GOOD)
        yield made


async def test_system_sees_how_its_own_webhooks_fare_and_no_others(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    peer.script(BROKEN)
    await sent(world)
    await tell(world)
    [seen] = await asked(world, B)
    assert (seen["id"], seen["url"], seen["state"]) == (made.row.id, f"{peer.url}/hook", "failing")
    assert (seen["waiting"], seen["dead"], seen["failures"], seen["failure"]) == (1, 0, 1, "HTTP 500")
    assert made.secret not in json.dumps(seen)
    assert await asked(world, A) == await asked(world, C) == []
    async with aiohttp.ClientSession(world.url) as nobody, nobody.get("/v1/webhooks") as answer:
        assert answer.status == 401


async def asked(world: World, agency: str) -> list[dict[str, Any]]:
    """The webhooks that the agency's system sees."""
    headers = {"Authorization": f"Bearer {world.actors[agency].credential}"}
    async with aiohttp.ClientSession(world.url, headers=headers) as session, session.get("/v1/webhooks") as answer:
        assert answer.status == 200
        found = await answer.json()
        assert checker("Webhooks").is_valid(found)
        listed: list[dict[str, Any]] = found["webhooks"]
        return listed


def checker(schema: str) -> Any:
    """The schema that the API's own document gives."""
    described = document()
    given = {**described["components"]["schemas"][schema], "components": described["components"]}
    return jsonschema_rs.Draft202012Validator(given, validate_formats=True)


async def test_what_is_told_is_as_documented(world: World, peer: Peer) -> None:
    made = await hooked(world, peer, A)
    await hooked(world, peer, B)
    await sent(world)
    async with world.client(B) as client:
        [waiting] = (await client.inbox()).deliveries
        await client.confirm(waiting.id, waiting.sha256)
    await webhooks.test_webhook(world.exchange.database, made.row.id)
    await tell(world)
    assert {one["type"] for one in told(peer)} == {*EVENTS, TEST_EVENT}
    for notice in told(peer):
        checker("Notice").validate(notice)


async def test_operators_are_told_of_trouble(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    peer.script(BROKEN)
    await sent(world)
    await tell(world)
    assert (await webhooks_check(world)).ok
    assert await figures(world) == {'notices{state="waiting"}': 1, 'notices{state="dead"}': 0, "webhooks_failing": 1}
    await execute(world.exchange, "UPDATE webhooks SET failing_since = failing_since - interval '5 hours'")
    silent = await webhooks_check(world)
    assert (silent.ok, silent.ready, "HTTP 500" in silent.detail) == (False, False, True)
    await execute(world.exchange, "UPDATE notices SET until = clock_timestamp()")
    await time_passes(world)
    await tell(world)
    assert "given up 1" in (await webhooks_check(world)).detail
    await webhooks.end_webhook(world.exchange.database, made.row.id)
    assert (await webhooks_check(world)).ok


async def webhooks_check(world: World) -> CheckResult:
    return next(one for one in await check_all(world.exchange) if one.name == "webhooks")


async def figures(world: World) -> dict[str, float]:
    """The metrics about webhooks."""
    async with aiohttp.ClientSession(world.url) as session, session.get("/metrics") as answer:
        lines = [line.rsplit(" ", 1) for line in (await answer.text()).splitlines() if not line.startswith("#")]
    found = {name.removeprefix("lienthong_"): float(value) for name, value in lines}
    return {name: value for name, value in found.items() if name.startswith(("notices", "webhooks"))}
