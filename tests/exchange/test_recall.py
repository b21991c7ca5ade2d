"""A recall is honest: what nobody fetched is withdrawn at once, what somebody has is asked for, and both are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from exchange.client import ApiRefused
from exchange.directory import lock_agency
from exchange.release import CHORE
from storage import deliveries, envelopes
from tests.exchange.test_release import bring_list, lose_lists
from tests.exchange.test_statuses import word
from tests.support.asking import asking
from tests.support.changes import REASON, at, links, recall, send, sound, spelled, states, take, update, waiting, words
from tests.support.exchanges import do
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from tests.support.world import World


async def test_recall_withdraws_what_nobody_fetched_and_asks_for_the_rest(world: World) -> None:
    document = world.document(A, B, C)
    taken = await send(world, document)
    await take(world, B)
    asked = await send(world, recall(document))

    assert await states(world, taken.id) == {B: "recall_asked", C: "recalled"}
    assert {one.recipient: one.state for one in asked.deliveries} == {B: "waiting", C: "completed"}
    assert await states(world, asked.id) == {B: "waiting", C: "completed"}
    [told] = await waiting(world, B)
    assert (told.operation, told.reason, told.envelope) == ("recall", REASON, asked.id)
    assert [(one.kind, one.delivery) for one in told.links] == [("recalls", taken.deliveries[0].id)]
    assert await waiting(world, C) == []
    here, there = await at(world, taken.id, B), await at(world, taken.id, C)
    assert words(here) == ["taken", "collected", "recall_asked"]
    assert words(there) == ["taken", "withdrawn"]
    assert [(here.events[-1].by, here.events[-1].description)] == [(A, REASON)]
    assert await links(world, taken.id) == [("recalled_by", asked.id, (B, C))]
    assert await links(world, asked.id) == [("recalls", taken.id, (B, C))]
    await sound(world)


@pytest.mark.parametrize("operation", ["a recall", "status 13"])
async def test_what_was_only_fetched_is_asked_for(world: World, operation: str) -> None:
    document = world.document(A, B)
    taken = await send(world, document)
    await take(world, B, confirm=False)
    if operation == "a recall":
        await send(world, recall(document))
    else:
        async with world.client(A) as sender:
            await sender.submit(word(world, document, A, B, "13", REASON))
    assert await states(world, taken.id) == {B: "recall_asked"}
    kinds = {("document", "new"), ("document", "recall") if operation == "a recall" else ("status", None)}
    async with world.client(B) as recipient:
        assert {(one.kind, one.operation) for one in (await recipient.inbox()).deliveries} == kinds


@pytest.mark.parametrize(
    ("code", "original", "own", "event"),
    [("15", "recalled", "completed", "recall_agreed"), ("16", "accepted", "refused", "recall_declined")],
)
async def test_sender_sees_the_answer_on_both(world: World, code: str, original: str, own: str, event: str) -> None:
    document = world.document(A, B)
    taken = await send(world, document)
    await take(world, B)
    async with world.client(A) as sender, world.client(B) as recipient:
        await recipient.submit(word(world, document, B, A, "03"))
        asked = await sender.submit(world.envelope(recall(document)))
        [told] = (await recipient.inbox(kind="document")).deliveries
        answer = await recipient.report(told, code, description="lý do", signer=world.actors[B].signer)
        assert answer.warnings == ()
        seen, what = await at(world, taken.id, B), await at(world, asked.id, B)
        assert (seen.state, what.state) == (original, own)
        assert words(what)[-1] == event
        heard = [one.status.code for one in (await sender.inbox(kind="status")).deliveries if one.status]
        assert heard == ["01", "03", code]
        # cancelled, never erased: the recipient may still read it
        await recipient.fetch_envelope(taken.deliveries[0].id, world.folder / "again.edxml")
        assert (await recipient.delivery(taken.deliveries[0].id)).state == original
    await sound(world)


async def test_withdrawn_document_is_told_to_be_gone_and_by_whom(world: World) -> None:
    """Its recipient had seen it in its inbox; nothing of it can be had any more, also not its subject."""
    document = world.document(A, B)
    taken = await send(world, document)
    [seen] = await waiting(world, B)
    await send(world, recall(document))
    async with world.client(B) as recipient, asking(world.url, world.actors[B].credential) as system:
        for asked in (
            recipient.delivery(seen.id),
            recipient.fetch_envelope(seen.id, world.folder / "gone.edxml"),
            recipient.confirm(seen.id, seen.sha256),
        ):
            with pytest.raises(ApiRefused) as refused:
                await asked
            [fault] = refused.value.faults
            assert (refused.value.status, fault.code) == (410, "delivery.withdrawn")
            assert REASON in fault.vi
            assert A in fault.en
        assert (await system.file(seen.id)).status == 410
    async with world.client(C) as stranger:
        with pytest.raises(ApiRefused) as unknown:
            await stranger.delivery(seen.id)
        assert unknown.value.status == 404
    assert (await at(world, taken.id, B)).state == "recalled"


async def test_status_13_on_what_nobody_fetched_withdraws_it_and_tells_nobody(world: World) -> None:
    document = world.document(A, B, C)
    taken = await send(world, document)
    async with world.client(A) as sender:
        asked = await sender.submit(word(world, document, A, B, "13", REASON))
    assert [(one.recipient, one.state) for one in asked.deliveries] == [(B, "completed")]
    assert await states(world, taken.id) == {B: "recalled", C: "waiting"}
    async with world.client(B) as recipient:
        assert (await recipient.inbox()).deliveries == ()
    assert len(await waiting(world, C)) == 1
    await sound(world)


@pytest.mark.parametrize("end", ["02", "06", "15"])
async def test_recall_that_comes_too_late_is_named_and_not_lost(world: World, end: str) -> None:
    document = world.document(A, B, C)
    taken = await send(world, document)
    await take(world, B)
    async with world.client(A) as sender, world.client(B) as recipient:
        if end == "15":
            await sender.submit(word(world, document, A, B, "13", REASON))
        for code in {"06": ("03", "06")}.get(end, (end,)):
            await recipient.submit(word(world, document, B, A, code, "lý do"))
        before = (await at(world, taken.id, B)).state
        late = await sender.submit(world.envelope(recall(document)))
    assert [(one.code, before in one.en) for one in late.warnings] == [("recall.late", True)]
    seen = await at(world, taken.id, B)
    assert (seen.state, words(seen)[-1], seen.events[-1].flagged) == (before, "recall_asked", True)
    assert [one.operation for one in await waiting(world, B)] == ["recall"]
    assert await states(world, late.id) == {B: "waiting", C: "completed"}
    await sound(world)


async def test_second_recall_of_one_document_asks_again_and_one_answer_settles_both(world: World) -> None:
    document = world.document(A, B)
    taken = await send(world, document)
    await take(world, B)
    first = await send(world, recall(document))
    second = await send(world, recall(document, reason="Gửi nhầm, đề nghị trả lại"))
    assert first.id != second.id
    assert second.warnings == ()
    async with world.client(B) as recipient:
        assert len((await recipient.inbox(kind="document")).deliveries) == 2
        await recipient.submit(word(world, document, B, A, "15"))
    assert await states(world, taken.id) == {B: "recalled"}
    assert [await states(world, one.id) for one in (first, second)] == [{B: "completed"}] * 2
    assert words(await at(world, taken.id, B)).count("recall_asked") == 1
    await sound(world)


async def test_repeated_recall_file_is_the_first_recall(world: World) -> None:
    document = world.document(A, B)
    taken = await send(world, document)
    await take(world, B)
    file = world.envelope(recall(document))
    async with world.client(A) as sender:
        first, again = await sender.submit(file), await sender.submit(file)
    assert (again.created, again.id, again.deliveries) == (False, first.id, first.deliveries)
    assert words(await at(world, taken.id, B)).count("recall_asked") == 1


async def test_target_is_the_business_blocks_reference_before_the_headers(world: World) -> None:
    """A recall that is a letter of its own names what it takes back; its own reference is not that."""
    named, other = world.document(A, B), world.document(A, B)
    first, second = await send(world, named), await send(world, other)
    letter = world.document(A, B)
    asked = await send(world, recall(letter, target=named.reference))
    assert await states(world, first.id) == {B: "recalled"}
    assert await states(world, second.id) == {B: "waiting"}
    assert asked.reference == letter.reference
    assert [one.reference for one in await waiting(world, B)] == [other.reference]


async def test_answer_that_names_the_recalls_own_reference_settles_the_document(world: World) -> None:
    named = world.document(A, B)
    taken = await send(world, named)
    await take(world, B)
    letter = recall(world.document(A, B), target=named.reference)
    asked = await send(world, letter)
    async with world.client(B) as recipient:
        await recipient.submit(word(world, letter, B, A, "15"))
    assert (await states(world, taken.id), await states(world, asked.id)) == ({B: "recalled"}, {B: "completed"})
    await sound(world)


async def test_recall_from_some_leaves_the_others_alone(world: World) -> None:
    document = world.document(A, B, C)
    taken = await send(world, document)
    asked = await send(world, recall(document, B))
    assert await states(world, taken.id) == {B: "recalled", C: "waiting"}
    assert [one.recipient for one in asked.deliveries] == [B]
    assert len(await waiting(world, C)) == 1


async def test_recall_from_who_never_had_it_is_named(world: World) -> None:
    document = world.document(A, B)
    await send(world, document)
    asked = await send(world, recall(document, B, C))
    assert [one.recipient for one in asked.deliveries] == [B]
    assert [(one.recipient, one.fault.code) for one in asked.undeliverable] == [(C, "recall.not_sent")]
    with pytest.raises(ApiRefused) as refused:
        await send(world, recall(document, C))
    assert (refused.value.status, [one.code for one in refused.value.faults]) == (422, ["recall.not_sent"])
    assert await waiting(world, C) == []


async def test_recall_of_what_is_not_here_is_a_letter_with_a_warning(world: World) -> None:
    """A document that went another way, or before there was this exchange: its recipients must still hear."""
    asked = await send(world, recall(world.document(A, B)))
    assert [one.code for one in asked.warnings] == ["target.unknown"]
    assert [one.operation for one in await waiting(world, B)] == ["recall"]


async def test_recall_of_what_is_not_here_is_answered_all_the_same(world: World) -> None:
    document = world.document(A, B)
    asked = await send(world, recall(document))
    await take(world, B)
    async with world.client(B) as recipient:
        answered = await recipient.submit(word(world, document, B, A, "15"))
    assert answered.warnings == ()
    assert await states(world, asked.id) == {B: "completed"}
    await sound(world)


async def test_held_13_about_what_was_rejected_meanwhile_is_flagged(world: World) -> None:
    document = world.document(A, B)
    await lose_lists(world)
    taken = await send(world, document)
    async with world.client(A) as sender:
        await sender.submit(word(world, document, A, B, "13", REASON))
    async with world.exchange.database.transaction() as conn:  # as if it were signed with another certificate
        await deliveries.refuse_held(conn, UUID(taken.id))
        await envelopes.reject_envelope(conn, UUID(taken.id), reason="chứng thư bị thu hồi")
    await bring_list(world)
    await do(world.exchange, CHORE)
    seen = await at(world, taken.id, B)
    assert (seen.state, seen.events[-1].event, seen.events[-1].flagged) == ("refused", "recall_asked", True)
    assert (await waiting(world, B, "document")) == []


async def test_recall_reaches_a_locked_recipient(world: World) -> None:
    document = world.document(A, B)
    taken = await send(world, document)
    await lock_agency(world.exchange.database, B)
    asked = await send(world, recall(document))
    assert asked.undeliverable == ()
    assert await states(world, taken.id) == {B: "recalled"}


async def test_recall_takes_back_every_version(world: World) -> None:
    document = world.document(A, B)
    first = await send(world, document)
    await take(world, B)
    second = await send(world, update(document))
    asked = await send(world, recall(document))
    assert (await states(world, first.id), await states(world, second.id)) == ({B: "recall_asked"}, {B: "recalled"})
    async with world.client(B) as recipient:
        await recipient.submit(word(world, document, B, A, "15"))
    assert (await states(world, first.id), await states(world, asked.id)) == ({B: "recalled"}, {B: "completed"})
    await sound(world)


async def test_status_meanwhile_moves_the_document_beneath_the_recall(world: World) -> None:
    document = world.document(A, B)
    taken = await send(world, document)
    await take(world, B)
    await send(world, recall(document))
    async with world.client(B) as recipient:
        await recipient.submit(word(world, document, B, A, "03"))
        assert await states(world, taken.id) == {B: "recall_asked"}
        await recipient.submit(word(world, document, B, A, "16", "Đã vào sổ"))
    assert await states(world, taken.id) == {B: "accepted"}
    await sound(world)


async def test_confirmation_and_recall_at_once_one_wins_and_both_are_told(world: World) -> None:
    """Twelve documents, each confirmed and recalled in the same moment."""
    outcomes = set()
    async with world.client(A) as sender, world.client(B) as recipient:
        for _ in range(12):
            document = world.document(A, B)
            taken = await sender.submit(world.envelope(document))
            file, delivery = world.envelope(recall(document)), taken.deliveries[0].id
            recalled, confirmed = await asyncio.gather(
                sender.submit(file), recipient.confirm(delivery, taken.sha256), return_exceptions=True
            )
            assert not isinstance(recalled, BaseException)
            state, own = (await states(world, taken.id))[B], (await states(world, recalled.id))[B]
            if isinstance(confirmed, ApiRefused):
                assert [fault.code for fault in confirmed.faults] == ["delivery.withdrawn"]
                assert (state, own) == ("recalled", "completed")
            else:
                assert not isinstance(confirmed, BaseException)
                assert (state, own) == ("recall_asked", "waiting")
            outcomes.add(state)
    assert outcomes <= {"recalled", "recall_asked"}
    await sound(world)


@pytest.mark.parametrize("first", ["confirmation", "fetch"])
async def test_recall_waits_for_who_was_there_first(world: World, first: str) -> None:
    """The lock on the delivery decides, whichever came before it."""
    document = world.document(A, B)
    taken = await send(world, document)
    delivery = UUID(taken.deliveries[0].id)
    file = world.envelope(recall(document))
    async with world.client(A) as sender:
        async with world.exchange.database.transaction() as conn:
            if first == "fetch":
                assert await deliveries.note_fetched(conn, delivery)
            else:
                await deliveries.lock_delivery(conn, delivery)
                await deliveries.confirm(conn, delivery, state="collected", state_before=None)
            asking_back = asyncio.create_task(sender.submit(file))
            async with world.exchange.database.acquire() as other:
                while not await other.fetchval("SELECT true FROM pg_locks WHERE NOT granted LIMIT 1"):
                    await asyncio.sleep(0)
        asked = await asking_back
    assert await states(world, taken.id) == {B: "recall_asked"}
    assert await states(world, asked.id) == {B: "waiting"}


async def test_held_recall_does_nothing_until_it_is_released(world: World) -> None:
    document = world.document(A, B, C)
    taken = await send(world, document)
    await take(world, B)
    await lose_lists(world)
    asked = await send(world, recall(document))
    assert asked.signature.outcome == "held"
    assert await states(world, taken.id) == {B: "collected", C: "waiting"}
    [seen] = await waiting(world, C)
    assert seen.links == ()  # nobody but the sender knows of it
    await bring_list(world)
    await do(world.exchange, CHORE)
    assert await states(world, taken.id) == {B: "recall_asked", C: "recalled"}
    assert await states(world, asked.id) == {B: "waiting", C: "completed"}
    assert await waiting(world, C) == []
    assert [spelled(one.links) for one in await waiting(world, B)] == [[("recalls", taken.id, (B,))]]
    await sound(world)


async def test_held_document_that_is_recalled_never_reaches_anybody(world: World) -> None:
    document = world.document(A, B)
    await lose_lists(world)
    taken = await send(world, document)
    await bring_list(world)  # the recall is verified at once, the document still waits for its chore
    await send(world, recall(document))
    assert await states(world, taken.id) == {B: "recalled"}
    await do(world.exchange, CHORE)
    assert await waiting(world, B) == []
    assert await states(world, taken.id) == {B: "recalled"}
    await sound(world)


async def test_recall_of_many_is_one_transaction_of_few_statements(world: World) -> None:
    """Two hundred recipients, half of them with the document in hand, are settled in one recall."""
    codes = [f"X{n:03}" for n in range(200)]
    async with world.exchange.database.transaction() as conn:
        await conn.execute(
            "INSERT INTO agencies (code, name, likeness) SELECT c, c, c FROM unnest($1::text[]) AS c", codes
        )
        await conn.execute(
            """INSERT INTO agency_codes (code, agency, likeness, kind)
               SELECT c, c, c, 'own' FROM unnest($1::text[]) AS c""",
            codes,
        )
    document = world.document(A, *codes)
    taken = await send(world, document)
    async with world.exchange.database.transaction() as conn:
        await conn.execute("UPDATE deliveries SET fetched_at = now() WHERE recipient < 'X100'")
    asked = await send(world, recall(document))
    found = list((await states(world, taken.id)).values())
    assert (found.count("recall_asked"), found.count("recalled")) == (100, 100)
    assert [one.state for one in asked.deliveries].count("completed") == 100
    [(kind, _, named)] = await links(world, asked.id)
    assert (kind, len(named)) == ("recalls", 200)


async def test_recall_without_a_reason_is_refused(world: World) -> None:
    document = world.document(A, B)
    taken = await send(world, document)
    with pytest.raises(ApiRefused) as refused:
        await send(world, recall(document, reason=""))
    assert [fault.code for fault in refused.value.faults] == ["reason.missing"]
    assert await states(world, taken.id) == {B: "waiting"}


async def test_recall_names_its_target_by_the_senders_own_reference_alone(world: World) -> None:
    """C has a document under the same reference as A: each recalls its own."""
    ours = world.document(A, B)
    theirs = replace(world.document(C, B), reference=ours.reference)
    first, second = await send(world, ours), await send(world, theirs)
    await send(world, recall(theirs))
    assert await states(world, first.id) == {B: "waiting"}
    assert await states(world, second.id, C) == {B: "recalled"}
