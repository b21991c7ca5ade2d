"""Held envelopes: nobody sees them while revocation cannot be told; once it can, they go or stay, with the reason."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from exchange.release import CHORE
from signing.certificates import crl_facts, describe
from storage import certificates, trust
from tests.support.exchanges import do, execute
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.client_types import Submission
    from tests.support.world import World


async def lose_lists(world: World) -> None:
    """No revocation list is known any more."""
    await execute(world.exchange, "DELETE FROM revocation_lists")
    await execute(world.exchange, "UPDATE trust_version SET version = version + 1")


async def bring_list(world: World, *revoked: str) -> None:
    """A fresh revocation list, with these agencies' certificates on it."""
    pems: Sequence[bytes] = [world.actors[code].certificate_pem for code in revoked]
    facts = crl_facts(world.authority.crl(7, pems))
    async with world.exchange.database.transaction() as conn:
        await trust.add_revocation_list(
            conn,
            sha256=facts.sha256,
            der=facts.der,
            issuer=facts.issuer,
            this_update=facts.this_update,
            next_update=facts.next_update,
        )


async def held(world: World, *recipients: str) -> Submission:
    """A document that A sent while nobody could tell whether its certificate is revoked."""
    await lose_lists(world)
    async with world.client(A) as sender:
        taken = await sender.submit(world.envelope(world.document(A, *recipients), world.attachment()))
    assert taken.signature.outcome == "held"
    return taken


async def outcome(world: World, envelope: str) -> tuple[str, str | None]:
    async with world.exchange.database.acquire() as conn:
        row = await conn.fetchrow("SELECT outcome, held_reason FROM envelopes WHERE id = $1::text::uuid", envelope)
    assert row is not None
    return row["outcome"], row["held_reason"]


async def test_held_document_goes_on_its_way_with_a_new_list(world: World) -> None:
    taken = await held(world, B, C)
    await do(world.exchange, CHORE)
    async with world.client(A) as sender, world.client(B) as recipient, world.client(C) as other:
        assert (await recipient.inbox()).deliveries == ()
        sleeping = asyncio.create_task(recipient.inbox(wait=20))
        await bring_list(world)
        await do(world.exchange, CHORE)
        [arrived] = (await sleeping).deliveries
        assert arrived.envelope == taken.id
        assert len((await other.inbox()).deliveries) == 1
        seen = await sender.envelope(taken.id)
        assert seen.signature.outcome == "verified"
        assert [event.event for event in seen.deliveries[0].events] == ["held", "released"]
        receipt = await sender.receipt(taken.id)
        assert b'outcome="held"' in receipt  # what was sealed stays as it was


async def test_revoked_certificate_keeps_its_documents_for_ever(world: World) -> None:
    taken = await held(world)
    await bring_list(world, A)
    for _ in range(2):
        await do(world.exchange, CHORE)
        found, reason = await outcome(world, taken.id)
        assert found == "held"
        assert reason is not None
        assert "revoked" in reason
    async with world.client(B) as recipient:
        assert (await recipient.inbox()).deliveries == ()


async def test_certificate_withdrawn_from_the_directory_keeps_its_documents(world: World) -> None:
    taken = await held(world)
    async with world.exchange.database.transaction() as conn:
        sha256 = describe(world.actors[A].certificate_pem).sha256
        await certificates.revoke_certificate(conn, sha256)
    await bring_list(world)
    await do(world.exchange, CHORE)
    found, reason = await outcome(world, taken.id)
    assert found == "held"
    assert reason is not None
    assert "withdrawn" in reason


async def test_one_bad_certificate_holds_up_no_other(world: World) -> None:
    bad = await held(world)
    async with world.client(C) as sender:
        good = await sender.submit(world.envelope(world.document(C, B), world.attachment()))
    await bring_list(world, A)
    await do(world.exchange, CHORE)
    assert (await outcome(world, bad.id))[0] == "held"
    assert (await outcome(world, good.id))[0] == "verified"


async def test_held_status_takes_effect_when_released(world: World) -> None:
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(world.envelope(None, world.attachment()))
        [waiting] = (await recipient.inbox()).deliveries
        await recipient.confirm(waiting.id, waiting.sha256)
        await lose_lists(world)
        await recipient.report(waiting, "03", signer=world.actors[B].signer)
        await recipient.report(waiting, "06", signer=world.actors[B].signer)
        assert (await sender.envelope(taken.id)).deliveries[0].state == "collected"
        assert [one.status.code for one in (await sender.inbox()).deliveries if one.status] == ["01"]
        await bring_list(world)
        await do(world.exchange, CHORE)
        seen = (await sender.envelope(taken.id)).deliveries[0]
        assert seen.state == "completed"
        assert [event.code for event in seen.events] == [None, "01", "03", "06"]
        assert [one.status.code for one in (await sender.inbox()).deliveries if one.status] == ["01", "03", "06"]
