"""Webhooks told over real HTTP: once each, signed, tried again, given up in the end, and no concern of anybody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from envelopes.model import Business, Operation
from exchange import push, release, webhooks
from exchange.chores import Turn, TurnLost
from exchange.webhooks import WebhookState
from storage import notices
from storage import webhooks as rows
from tests.exchange.test_release import bring_list, held
from tests.support.exchanges import do, execute
from tests.support.hooks import BROKEN, GOOD, hooked, is_signed, now, sent, tell, time_passes, told
from tests.support.peer import listening_peer
from tests.support.world import A, B, C, replaced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.peer import Peer
    from tests.support.world import World


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """B's system, listening."""
    async with listening_peer() as made:
        made.script(GOOD)
        yield made


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


async def test_status_waits_for_the_sender_and_its_document_has_moved(world: World, peer: Peer) -> None:
    await hooked(world, peer, A)
    await hooked(world, peer, C, "/stranger")
    envelope = await sent(world)
    async with world.client(B) as client:
        [waiting] = (await client.inbox()).deliveries
        await client.confirm(waiting.id, waiting.sha256)
    await tell(world)
    assert {one.path for one in peer.seen} == {"/hook"}
    found = {one["type"]: one["data"] for one in told(peer)}
    assert set(found) == {"status.waiting", "envelope.state"}
    assert found["envelope.state"] == {
        "envelope": envelope,
        "delivery": waiting.id,
        "recipient": B,
        "state": "collected",
    }
    async with world.client(A) as client:
        [status] = (await client.inbox()).deliveries
    assert found["status.waiting"] == {"envelope": status.envelope, "delivery": status.id, "recipient": A}


async def test_only_what_was_asked_for_is_told(world: World, peer: Peer) -> None:
    await hooked(world, peer, events=("status.waiting",))
    await sent(world)
    await tell(world)
    assert peer.seen == []


async def test_system_that_was_put_out_of_use_is_told_nothing(world: World, peer: Peer) -> None:
    await hooked(world, peer)
    await execute(world.exchange, "UPDATE systems SET disabled_at = clock_timestamp() WHERE id = $1", f"system.{B}")
    await sent(world)
    await tell(world)
    assert peer.seen == []


async def test_copy_withdrawn_before_it_was_fetched_is_told_of_once(world: World, peer: Peer) -> None:
    """A recall that withdraws a copy tells its recipient of nothing to fetch, and its sender that it moved."""
    await hooked(world, peer)
    await hooked(world, peer, A, "/sender")
    document = world.document(A, B)
    async with world.client(A) as client:
        await client.submit(world.envelope(document))
        await tell(world)
        business = Business(operation=Operation.RECALL, reason="Gửi nhầm", target=document.reference, paper="0")
        await client.submit(world.envelope(replaced(document, business=business)))
    await tell(world)
    assert [one.path for one in peer.seen] == ["/hook", "/sender"]
    assert [one["data"].get("state") for one in told(peer)] == [None, "recalled"]


async def test_held_document_is_told_of_when_it_is_released(world: World, peer: Peer) -> None:
    await hooked(world, peer)
    taken = await held(world, B)
    await tell(world)
    assert peer.seen == []
    await bring_list(world)
    await do(world.exchange, release.CHORE)
    await tell(world)
    assert [(one["type"], one["data"]["envelope"]) for one in told(peer)] == [("delivery.waiting", taken.id)]


async def test_notice_of_a_transaction_that_failed_is_never_told(world: World, peer: Peer) -> None:
    await hooked(world, peer)
    envelope = await sent(world)
    await tell(world)
    with pytest.raises(RuntimeError):
        async with world.exchange.database.transaction() as conn:
            await conn.execute("UPDATE deliveries SET held = true WHERE envelope = $1::uuid", envelope)
            await conn.execute("UPDATE deliveries SET held = false WHERE envelope = $1::uuid", envelope)
            assert await conn.fetchval("SELECT count(*) FROM notices WHERE state = 'waiting'") == 1
            raise RuntimeError("rolled back")
    await tell(world)
    assert len(peer.seen) == 1


async def test_failure_is_kept_and_tried_again_under_the_same_id(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    peer.script(BROKEN, GOOD)
    await sent(world)
    await tell(world)
    after_first = await now(world, made)
    assert (after_first.state, after_first.row.failure) == (WebhookState.FAILING, "HTTP 500")
    [(notice, _)] = await webhooks.list_notices(world.exchange.database)
    assert 15 <= (notice.due_at - notice.made_at).total_seconds() <= 32
    await tell(world)
    assert len(peer.seen) == 1  # not due yet
    await time_passes(world)
    await tell(world)
    first, second = peer.seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(notice.id)
    assert first.body == second.body
    assert is_signed(second, made.secret)
    [(notice, tries)] = await webhooks.list_notices(world.exchange.database)
    assert [(one.n, one.status, one.failure) for one in tries] == [(1, 500, "HTTP 500"), (2, 204, None)]
    assert all(one.ended_at for one in tries)
    assert notice.state == "told"
    assert (await now(world, made)).state is WebhookState.ACTIVE


async def test_nothing_the_other_side_wrote_is_kept(world: World, peer: Peer) -> None:
    await hooked(world, peer)
    peer.script(BROKEN)
    await sent(world)
    await tell(world)
    async with world.exchange.database.acquire() as conn:
        kept = await conn.fetchval("SELECT string_agg(w::text || a::text, '') FROM webhooks w, notice_attempts a")
    assert "secret of the peer" not in kept


async def test_breaker_leaves_a_dead_address_alone_and_lets_one_try_through(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    peer.script(BROKEN)
    for _ in range(5):
        await sent(world)
    await tell(world)
    assert len(peer.seen) == 5  # one batch
    await time_passes(world)
    await tell(world)
    found = await now(world, made)
    assert (found.state, found.row.failures) == (WebhookState.PAUSED, 3)
    seen = len(peer.seen)
    assert seen == 5 + 2  # one at a time, until the breaker opened
    await execute(world.exchange, "UPDATE notices SET due_at = clock_timestamp()")
    await tell(world)
    assert len(peer.seen) == seen
    await execute(world.exchange, "UPDATE webhooks SET paused_until = clock_timestamp()")
    await tell(world)
    assert len(peer.seen) == seen + 1
    peer.script(GOOD)
    await time_passes(world)
    await tell(world)
    assert len({one.headers["webhook-id"] for one in peer.seen}) == 5
    assert (await now(world, made)).state is WebhookState.ACTIVE


async def test_dead_address_slows_no_other(world: World, peer: Peer) -> None:
    """The living one is told, of later things too, while the dead one still hangs."""
    released, hanging, living = asyncio.Event(), asyncio.Event(), asyncio.Queue[str]()

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/dead":
            hanging.set()
            await released.wait()
        else:
            living.put_nowait(request.path)
        return web.Response()

    peer.script(answer)
    await hooked(world, peer, B, "/dead")
    await hooked(world, peer, C, "/living")
    await sent(world, B, C)
    telling = asyncio.create_task(tell(world))
    await hanging.wait()
    await living.get()
    await sent(world, C)
    await living.get()
    assert not telling.done()
    released.set()
    await telling


async def test_given_up_after_five_days_and_told_when_an_operator_says_so(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    peer.script(BROKEN)
    await sent(world)
    await tell(world)
    await execute(world.exchange, "UPDATE notices SET until = clock_timestamp() WHERE state = 'waiting'")
    await time_passes(world)
    await tell(world)
    assert (await now(world, made)).count == notices.NoticeCount(dead=1)
    [(dead, _)] = await webhooks.list_notices(world.exchange.database, dead=True)
    peer.script(GOOD)
    assert await webhooks.resend(world.exchange.database, notice=dead.id) == 1
    await tell(world)
    assert (await now(world, made)).count == notices.NoticeCount()
    [(again, tries)] = await webhooks.list_notices(world.exchange.database)
    assert (again.id, again.state, [one.status for one in tries]) == (dead.id, "told", [500, 500, 204])


async def test_given_up_while_its_address_is_left_alone(world: World, peer: Peer) -> None:
    """A breaker that is open does not keep a notice alive."""
    made = await hooked(world, peer)
    await sent(world)
    await execute(world.exchange, "UPDATE notices SET until = clock_timestamp()")
    await execute(world.exchange, "UPDATE webhooks SET paused_until = clock_timestamp() + interval '1 hour'")
    await tell(world)
    assert (await now(world, made)).count == notices.NoticeCount(dead=1)
    assert await webhooks.resend(world.exchange.database, webhook=made.row.id) == 1
    await tell(world)  # an operator's word lets a try through the breaker
    assert len(peer.seen) == 1


async def test_new_notice_is_tried_for_five_days(world: World, peer: Peer) -> None:
    await hooked(world, peer)
    await sent(world)
    [(notice, _)] = await webhooks.list_notices(world.exchange.database)
    assert (notice.until - notice.made_at).total_seconds() == pytest.approx(5 * 86_400, abs=1)
    waits, passed = 0, 0.0
    while passed < 5 * 86_400:
        waits += 1
        passed += push.retry_seconds(waits)
    assert waits > 100  # no hour of the five days without a try


async def test_what_nobody_was_there_to_tell_gets_its_try(world: World, peer: Peer) -> None:
    """Five days in which no worker ran are not the address's fault."""
    await hooked(world, peer)
    await sent(world)
    await execute(world.exchange, "UPDATE notices SET until = clock_timestamp()")
    await tell(world)
    assert len(peer.seen) == 1


async def test_gone_ends_the_webhook(world: World, peer: Peer) -> None:
    await hooked(world, peer)
    peer.script(web.Response(status=410))
    await sent(world)
    await tell(world)
    await sent(world)
    await time_passes(world)
    await tell(world)
    assert len(peer.seen) == 1
    assert await webhooks.list_webhooks(world.exchange.database) == []


async def test_redirect_is_a_failure_and_not_followed(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    peer.script(web.Response(status=307, headers={"Location": f"{peer.url}/elsewhere"}))
    await sent(world)
    await tell(world)
    assert [one.path for one in peer.seen] == ["/hook"]
    assert (await now(world, made)).row.failure == "HTTP 307"


async def test_two_secrets_sign_while_a_new_one_is_brought_in(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    new = await webhooks.rotate_secret(world.exchange.database, made.row.id)
    assert new.ending == 1
    await sent(world)
    await tell(world)
    assert is_signed(peer.seen[0], made.secret)
    assert is_signed(peer.seen[0], new.secret)
    await webhooks.rotate_secret(world.exchange.database, made.row.id, overlap_hours=0)
    await sent(world)
    await tell(world)
    assert not is_signed(peer.seen[1], made.secret)
    assert not is_signed(peer.seen[1], new.secret)


async def test_teller_that_died_leaves_its_notice_to_be_told_again(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    await sent(world)
    async with world.exchange.database.transaction() as conn:
        [claimed] = await notices.claim_notices(conn, made.row.id, limit=9)
    await tell(world)
    assert peer.seen == []  # somebody may still be at it
    await time_passes(world)
    await tell(world)
    assert [one.headers["webhook-id"] for one in peer.seen] == [str(claimed.id)]
    [(_, tries)] = await webhooks.list_notices(world.exchange.database)
    assert [(one.n, one.ended_at is None) for one in tries] == [(1, True), (2, False)]


async def test_late_word_of_an_older_try_changes_nothing(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    await sent(world)
    async with world.exchange.database.transaction() as conn:
        [old] = await notices.claim_notices(conn, made.row.id, limit=9)
    await time_passes(world)
    async with world.exchange.database.transaction() as conn:
        [present] = await notices.claim_notices(conn, made.row.id, limit=9)
        late = notices.Ending(notice=old.id, n=old.attempts, status=204, failure=None, again_seconds=30)
        await notices.settle(conn, [late])
    [(notice, _)] = await webhooks.list_notices(world.exchange.database)
    assert (notice.state, notice.due_at) == ("waiting", present.due_at)


async def test_two_tellers_share_no_notice(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    for _ in range(3):
        await sent(world)
    async with (
        world.exchange.database.transaction() as first,
        world.exchange.database.transaction() as second,
    ):
        mine = await notices.claim_notices(first, made.row.id, limit=2)
        theirs = await notices.claim_notices(second, made.row.id, limit=2)
    assert len(mine) + len(theirs) == len({one.id for one in (*mine, *theirs)}) == 3


async def test_nothing_is_told_in_a_lost_turn(world: World, peer: Peer) -> None:
    await hooked(world, peer)
    await sent(world)
    with pytest.raises(TurnLost):
        async for _ in push.push(world.exchange, Turn(name=push.CHORE.name, token=0)):
            raise AssertionError("it worked without a turn")
    assert peer.seen == []


async def test_urgent_ones_are_told_first(world: World, peer: Peer) -> None:
    made = await hooked(world, peer)
    first = await sent(world)
    second = await sent(world)
    await execute(world.exchange, "UPDATE notices SET urgency = 3 WHERE envelope = $1::uuid", second)
    async with world.exchange.database.transaction() as conn:
        claimed = [await notices.claim_notices(conn, made.row.id, limit=1) for _ in range(2)]
    assert [str(one.envelope) for [one] in claimed] == [second, first]


async def test_old_notices_are_forgotten_with_their_tries(world: World, peer: Peer) -> None:
    await hooked(world, peer)
    await sent(world)
    await tell(world)
    await execute(world.exchange, "UPDATE notices SET ended_at = ended_at - interval '29 days'")
    await tell(world)
    assert len(await webhooks.list_notices(world.exchange.database)) == 1
    await execute(world.exchange, "UPDATE notices SET ended_at = ended_at - interval '2 days'")
    await tell(world)
    async with world.exchange.database.acquire() as conn:
        assert (
            await conn.fetchval("SELECT (SELECT count(*) FROM notices) + (SELECT count(*) FROM notice_attempts)") == 0
        )


async def test_broken_webhook_stops_no_other(world: World, peer: Peer) -> None:
    """A lane that ends with a bug is that webhook's trouble alone."""
    made = await hooked(world, peer)
    await hooked(world, peer, C, "/other")
    await execute(world.exchange, "UPDATE webhooks SET authority = 'no PEM' WHERE id = $1", made.row.id)
    await sent(world, B, C)
    await tell(world)
    assert [one.path for one in peer.seen] == ["/other"]
    assert (await now(world, made)).state is WebhookState.PAUSED
    async with world.exchange.database.acquire() as conn:
        found = await rows.webhook(conn, made.row.id)
    assert found is not None
    assert found.failures == 1
