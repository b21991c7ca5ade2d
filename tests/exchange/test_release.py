"""Held envelopes: nobody sees them while revocation cannot be told; then they go or end, as things were at receipt."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from exchange.audit import audit
from exchange.certification import add_certificate, revoke_certificate
from exchange.chores import Turn
from exchange.client_errors import ApiRefused
from exchange.client_files import write_envelope
from exchange.release import CHORE
from signing.authority import Revocation
from signing.certificates import describe
from signing.revocation import crl_facts
from signing.sign import Signer
from storage import chores, trust
from tests.support.exchanges import do, execute
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from exchange.chores import Steps
    from exchange.client_types import Submission
    from signing.revocation import CrlFacts
    from tests.support.world import World


async def lose_lists(world: World) -> None:
    """No revocation list is known any more."""
    await execute(world.exchange, "DELETE FROM revocation_lists")
    await execute(world.exchange, "UPDATE trust_version SET version = version + 1")


async def bring_list(world: World, *revoked: bytes | Revocation) -> CrlFacts:
    """A fresh revocation list with these certificates (PEM: revoked for some minutes) on it."""
    facts = crl_facts(world.authority.crl(7, revoked))
    async with world.exchange.database.transaction() as conn:
        await trust.add_revocation_list(
            conn,
            sha256=facts.sha256,
            der=facts.der,
            issuer=facts.issuer,
            scope=facts.scope,
            this_update=facts.this_update,
            next_update=facts.next_update,
        )
    return facts


def revoked(world: World, code: str, at: datetime) -> Revocation:
    """The agency's certificate, revoked at that moment."""
    serial = x509.load_pem_x509_certificate(world.actors[code].certificate_pem).serial_number
    return Revocation(serial=serial, at=at)


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


async def test_release_keeps_the_lists_that_say_so(world: World) -> None:
    taken = await held(world)
    facts = await bring_list(world)
    await do(world.exchange, CHORE)
    async with world.exchange.database.acquire() as conn:
        kept = await conn.fetchval("SELECT evidence FROM envelopes WHERE id = $1::text::uuid", taken.id)
    assert kept == [facts.sha256]


async def test_held_weak_signature_is_released_as_weak(world: World) -> None:
    taken = await held(world)
    await execute(world.exchange, "UPDATE envelopes SET weak = true")
    await bring_list(world)
    await do(world.exchange, CHORE)
    assert await outcome(world, taken.id) == ("verified_weak", None)


async def test_certificate_revoked_at_receipt_ends_its_document(world: World) -> None:
    taken = await held(world, B, C)
    await bring_list(world, world.actors[A].certificate_pem)
    await do(world.exchange, CHORE)
    async with world.client(A) as sender, world.client(B) as recipient, world.client(C) as other:
        seen = await sender.envelope(taken.id)
        assert (seen.signature.outcome, {one.state for one in seen.deliveries}) == ("rejected", {"refused"})
        assert "revoked" in (seen.signature.reason or "")
        last = seen.deliveries[0].events[-1]
        assert (last.event, last.code, last.description) == ("rejected", None, seen.signature.reason)
        for stranger in (recipient, other):
            assert (await stranger.inbox()).deliveries == ()
            for one in taken.deliveries:
                with pytest.raises(ApiRefused) as refused:
                    await stranger.delivery(one.id)
                assert refused.value.status == 404
        assert b'outcome="held"' in await sender.receipt(taken.id)
    assert (await audit(world.exchange, deep=True)).findings == ()


async def test_what_was_rejected_stays_so_whatever_list_comes(world: World) -> None:
    taken = await held(world)
    await bring_list(world, world.actors[A].certificate_pem)
    await do(world.exchange, CHORE)
    await lose_lists(world)
    await bring_list(world)
    await do(world.exchange, CHORE)
    assert (await outcome(world, taken.id))[0] == "rejected"


async def test_rejected_document_is_sent_again_under_its_reference(world: World) -> None:
    await lose_lists(world)
    document = world.document(A)
    file = world.envelope(document, world.attachment())
    async with world.client(A) as sender, world.client(B) as recipient:
        first = await sender.submit(file)
        await bring_list(world, world.actors[A].certificate_pem)
        await do(world.exchange, CHORE)
        with pytest.raises(ApiRefused) as refused:
            await sender.submit(file)
        assert [fault.code for fault in refused.value.faults] == ["certificate.revoked"]
        key, certificate = world.authority.issue("Sở Nội vụ")
        await add_certificate(world.exchange.database, A, certificate)
        signed = world.folder / "again.edxml"
        write_envelope(document, [world.attachment()], signed, signer=Signer.load(key, certificate))
        second = await sender.submit(signed)
        assert (second.reference, second.created, second.signature.outcome) == (first.reference, True, "verified")
        [arrived] = (await recipient.inbox()).deliveries
        assert arrived.envelope == second.id
        await recipient.report(arrived, "03", signer=world.actors[B].signer)
        assert (await sender.envelope(second.id)).deliveries[0].state == "accepted"
        assert (await sender.envelope(first.id)).deliveries[0].state == "refused"
        assert not (await sender.submit(signed)).created


async def test_certificate_revoked_after_receipt_lets_its_document_go(world: World) -> None:
    taken = await held(world)
    await bring_list(world, revoked(world, A, taken.accepted_at + timedelta(seconds=2)))
    await do(world.exchange, CHORE)
    assert await outcome(world, taken.id) == ("verified", None)


async def test_each_document_is_judged_for_its_own_time(world: World) -> None:
    before, after = await held(world), await held(world)
    await execute(
        world.exchange,
        "UPDATE envelopes SET accepted_at = accepted_at - interval '2 minutes' WHERE id = $1::text::uuid",
        before.id,
    )
    await bring_list(world, revoked(world, A, datetime.now(UTC) - timedelta(minutes=1)))
    await do(world.exchange, CHORE)
    assert (await outcome(world, before.id))[0] == "verified"
    assert (await outcome(world, after.id))[0] == "rejected"


async def test_certificate_withdrawn_here_after_receipt_lets_its_document_go(world: World) -> None:
    taken = await held(world)
    await revoke_certificate(world.exchange.database, describe(world.actors[A].certificate_pem).sha256.hex())
    await bring_list(world)
    await do(world.exchange, CHORE)
    assert (await outcome(world, taken.id))[0] == "verified"


async def test_certificate_withdrawn_here_from_before_receipt_ends_its_document(world: World) -> None:
    taken = await held(world)
    sha256 = describe(world.actors[A].certificate_pem).sha256.hex()
    await revoke_certificate(world.exchange.database, sha256, since=taken.accepted_at - timedelta(seconds=1))
    await do(world.exchange, CHORE)
    found, reason = await outcome(world, taken.id)
    assert found == "rejected"
    assert "revoked on this exchange" in (reason or "")


async def look_that_began(world: World) -> Steps:
    """A look at what is held that has judged the certificate and no envelope yet."""
    async with world.exchange.database.transaction() as conn:
        claim = await chores.claim(conn, CHORE.name, worker="test", lease_seconds=0, early=True)
    assert claim.token is not None
    steps = CHORE.steps(world.exchange, Turn(name=CHORE.name, token=claim.token))
    await anext(steps)
    return steps


async def test_certificate_withdrawn_while_a_look_goes_on_is_judged_anew_by_the_next(world: World) -> None:
    taken = await held(world)
    await bring_list(world)
    steps = await look_that_began(world)
    sha256 = describe(world.actors[A].certificate_pem).sha256.hex()
    await revoke_certificate(world.exchange.database, sha256, since=taken.accepted_at - timedelta(seconds=1))
    async for _ in steps:
        assert (await outcome(world, taken.id))[0] == "held"
    await do(world.exchange, CHORE)
    assert (await outcome(world, taken.id))[0] == "rejected"


async def test_certificate_on_a_list_that_came_while_a_look_goes_on_is_judged_anew_by_the_next(world: World) -> None:
    taken = await held(world)
    await bring_list(world)
    steps = await look_that_began(world)
    await execute(world.exchange, "UPDATE revocation_lists SET this_update = this_update - interval '1 hour'")
    await bring_list(world, world.actors[A].certificate_pem)
    async for _ in steps:
        assert (await outcome(world, taken.id))[0] == "held"
    await do(world.exchange, CHORE)
    assert (await outcome(world, taken.id))[0] == "rejected"


async def test_withdrawal_counts_from_its_very_moment(world: World) -> None:
    before, at, after = [await held(world) for _ in range(3)]
    sha256 = describe(world.actors[A].certificate_pem).sha256.hex()
    await revoke_certificate(world.exchange.database, sha256, since=at.accepted_at)
    async with world.exchange.database.acquire() as conn:
        since = await conn.fetchval("SELECT invalid_from FROM certificates WHERE sha256 = $1", bytes.fromhex(sha256))
    await execute(world.exchange, "UPDATE envelopes SET accepted_at = $2 WHERE id = $1::text::uuid", at.id, since)
    await bring_list(world)
    await do(world.exchange, CHORE)
    assert [(await outcome(world, one.id))[0] for one in (before, at, after)] == ["verified", "rejected", "rejected"]


async def test_root_that_is_gone_keeps_documents_held_until_it_is_back(world: World) -> None:
    taken = await held(world)
    await bring_list(world)
    await execute(world.exchange, "CREATE TABLE aside AS SELECT * FROM trust_roots")
    await execute(world.exchange, "DELETE FROM trust_roots")
    await execute(world.exchange, "UPDATE trust_version SET version = version + 1")
    await do(world.exchange, CHORE)
    found, reason = await outcome(world, taken.id)
    assert (found, "leads to no trusted root" in (reason or "")) == ("held", True)
    await execute(world.exchange, "INSERT INTO trust_roots SELECT * FROM aside")
    await execute(world.exchange, "UPDATE trust_version SET version = version + 1")
    await do(world.exchange, CHORE)
    assert (await outcome(world, taken.id))[0] == "verified"


async def test_one_bad_certificate_holds_up_no_other(world: World) -> None:
    bad = await held(world)
    async with world.client(C) as sender:
        good = await sender.submit(world.envelope(world.document(C, B), world.attachment()))
    await bring_list(world, world.actors[A].certificate_pem)
    await do(world.exchange, CHORE)
    assert (await outcome(world, bad.id))[0] == "rejected"
    assert (await outcome(world, good.id))[0] == "verified"


async def test_rejected_status_changes_nothing(world: World) -> None:
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(world.envelope(None, world.attachment()))
        [waiting] = (await recipient.inbox()).deliveries
        await recipient.confirm(waiting.id, waiting.sha256)
        await lose_lists(world)
        reported = await recipient.report(waiting, "03", signer=world.actors[B].signer)
        await bring_list(world, world.actors[B].certificate_pem)
        await do(world.exchange, CHORE)
        seen = (await sender.envelope(taken.id)).deliveries[0]
        assert (seen.state, [event.code for event in seen.events]) == ("collected", [None, "01"])
        assert [one.status.code for one in (await sender.inbox()).deliveries if one.status] == ["01"]
        own = await recipient.envelope(reported.id)
        assert (own.signature.outcome, own.deliveries[0].state) == ("rejected", "refused")
    assert (await audit(world.exchange)).findings == ()


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
