"""An update: a new version for those who keep the document and for added ones, the old one taken from removed ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from envelopes.model import ReceiverChange
from exchange.aliases import add_alias
from exchange.client import ApiRefused
from exchange.release import CHORE
from tests.exchange.test_release import bring_list, lose_lists
from tests.exchange.test_statuses import word
from tests.support.changes import at, links, recall, send, sound, spelled, states, take, update, waiting, words
from tests.support.exchanges import do
from tests.support.world import A, B, C, D

if TYPE_CHECKING:
    from tests.support.world import World


async def test_new_version_is_delivered_and_both_stay_readable_and_linked(world: World) -> None:
    document = world.document(A, B)
    first = await send(world, document)
    await take(world, B)
    second = await send(world, update(document, subject="V/v báo cáo (bản sửa)"))
    assert await states(world, first.id) == {B: "collected"}
    assert await states(world, second.id) == {B: "waiting"}
    assert await links(world, first.id) == [("updated_by", second.id, (B,))]
    assert await links(world, second.id) == [("updates", first.id, (B,))]
    old = await at(world, first.id, B)
    assert (words(old)[-1], old.events[-1].description) == ("updated", "Sửa phụ lục")
    [new] = await take(world, B)
    assert (new.operation, new.reason, new.subject) == ("update", "Sửa phụ lục", "V/v báo cáo (bản sửa)")
    assert [one.delivery for one in new.links] == [first.deliveries[0].id]
    async with world.client(B) as recipient:
        for delivery in (first.deliveries[0].id, new.id):
            await recipient.fetch_envelope(delivery, world.folder / "again.edxml")
        assert spelled((await recipient.delivery(first.deliveries[0].id)).links) == [("updated_by", second.id, (B,))]
    await sound(world)


async def test_receiver_list_is_applied(world: World) -> None:
    """B keeps it, C is removed although it stands in To, D is added although it does not."""
    document = world.document(A, B, C)
    first = await send(world, document)
    second = await send(world, update(document, added=[D], removed=[C]))
    assert await states(world, first.id) == {B: "waiting", C: "recalled"}
    assert {one.recipient: one.state for one in second.deliveries} == {B: "waiting", C: "completed", D: "waiting"}
    assert await states(world, second.id) == {B: "waiting", C: "completed", D: "waiting"}
    assert [one.operation for one in await waiting(world, B)] == ["new", "update"]
    assert await waiting(world, C) == []
    [added] = await waiting(world, D)
    assert (added.operation, added.links) == ("update", ())  # it has no other version
    assert words(await at(world, first.id, C)) == ["taken", "withdrawn"]
    assert await links(world, second.id) == [("recalls", first.id, (C,)), ("updates", first.id, (B,))]
    await sound(world)


@pytest.mark.parametrize(("code", "original", "own"), [("15", "recalled", "completed"), ("16", "accepted", "refused")])
async def test_removed_receiver_is_asked_by_status_and_never_gets_the_new_version(
    world: World, code: str, original: str, own: str
) -> None:
    document = world.document(A, B, C)
    first = await send(world, document)
    await take(world, C)
    async with world.client(A) as sender, world.client(C) as removed:
        await removed.submit(word(world, document, C, A, "03"))
        second = await sender.submit(world.envelope(update(document, removed=[C])))
        assert await states(world, first.id) == {B: "waiting", C: "recall_asked"}
        [told] = (await removed.inbox()).deliveries
        assert told.status is not None
        assert (told.kind, told.sender, told.status.code, told.status.description) == (
            "status",
            A,
            "13",
            "Sửa phụ lục",
        )
        assert told.status.delivery == next(one.id for one in first.deliveries if one.recipient == C)
        assert told.signature is not None
        assert told.signature.outcome == "verified"  # by the exchange's seal
        for one in second.deliveries:
            if one.recipient == C:
                with pytest.raises(ApiRefused) as refused:
                    await removed.fetch_envelope(one.id, world.folder / "new.edxml")
                assert refused.value.status == 410
        await removed.submit(word(world, document, C, A, code, "lý do"))
        assert (await states(world, first.id))[C] == original
        assert await states(world, second.id) == {B: "waiting", C: own}
        await removed.confirm(told.id, told.sha256)
    await sound(world)


async def test_the_exchanges_13_is_nobodys_outbox_and_has_a_receipt(world: World) -> None:
    document = world.document(A, B, C)
    await send(world, document)
    await take(world, C)
    await send(world, update(document, removed=[C]))
    async with world.client(A) as sender:
        assert [one.operation for one in (await sender.outbox()).envelopes] == ["update", "new"]
    await sound(world)


async def test_update_may_only_remove(world: World) -> None:
    document = world.document(A, B, C)
    first = await send(world, document)
    await take(world, B)
    second = await send(world, update(document, B, removed=[B, C]))
    assert await states(world, first.id) == {B: "recall_asked", C: "recalled"}
    assert await states(world, second.id) == {B: "recall_asked", C: "completed"}
    assert await waiting(world, B) == []
    await sound(world)


async def test_removed_receiver_that_never_had_it_is_named(world: World) -> None:
    document = world.document(A, B)
    await send(world, document)
    second = await send(world, update(document, removed=[C]))
    assert [(one.recipient, one.fault.code) for one in second.undeliverable] == [(C, "recall.not_sent")]
    with pytest.raises(ApiRefused) as refused:
        await send(world, update(document, C, removed=[C]))
    assert [fault.code for fault in refused.value.faults] == ["recall.not_sent"]


async def test_receiver_list_speaks_of_agencies_by_any_of_their_codes(world: World) -> None:
    await add_alias(world.exchange.database, C, "H08.OLD")
    document = world.document(A, B, C)
    first = await send(world, document)
    second = await send(world, update(document, removed=["H08.OLD"]))
    assert await states(world, first.id) == {B: "waiting", C: "recalled"}
    assert await states(world, second.id) == {B: "waiting", C: "completed"}


async def test_receiver_both_added_and_removed_is_refused(world: World) -> None:
    document = world.document(A, B, C)
    first = await send(world, document)
    made = update(document)
    assert made.business is not None
    changes = (ReceiverChange(agency=C, added=True), ReceiverChange(agency=C, added=False))
    with pytest.raises(ApiRefused) as refused:
        await send(world, replace(made, business=replace(made.business, receivers=changes)))
    [fault] = refused.value.faults
    assert (fault.code, fault.path.rpartition("/")[0][-11:]) == ("receiver.contradicted", "Receiver[2]")
    assert await states(world, first.id) == {B: "waiting", C: "waiting"}


async def test_later_update_updates_the_latest_version(world: World) -> None:
    document = world.document(A, B)
    first = await send(world, document)
    second = await send(world, update(document, added=[C]))
    third = await send(world, update(document, B, C, subject="Lần ba"))
    assert await links(world, third.id) == [("updates", second.id, (B, C))]
    assert await links(world, first.id) == [("updated_by", second.id, (B,))]
    await send(world, recall(document, B, C))
    assert [await states(world, one.id) for one in (first, second, third)] == [
        {B: "recalled"},
        {B: "recalled", C: "recalled"},
        {B: "recalled", C: "recalled"},
    ]


async def test_version_under_a_reference_of_its_own_is_recalled_with_the_document(world: World) -> None:
    document, other = world.document(A, B), world.document(A, C)
    first = await send(world, document)
    await send(world, update(other, C, target=document.reference))  # to somebody new alone: linked as such
    async with world.client(A) as sender:
        [second] = [one for one in (await sender.outbox()).envelopes if one.operation == "update"]
    assert spelled(second.links) == [("updates", first.id, ())]
    await send(world, recall(document, B, C))
    assert (await states(world, first.id), await states(world, second.id)) == ({B: "recalled"}, {C: "recalled"})


@pytest.mark.parametrize(
    ("code", "state", "event"), [("15", "accepted", "update_agreed"), ("16", "refused", "update_declined")]
)
async def test_recipient_agrees_to_an_update_or_does_not(world: World, code: str, state: str, event: str) -> None:
    document = world.document(A, B)
    first = await send(world, document)
    await take(world, B)
    async with world.client(B) as recipient:
        await recipient.submit(word(world, document, B, A, "03"))
        second = await send(world, update(document))
        answer = await recipient.submit(word(world, document, B, A, code, "lý do"))
    assert answer.warnings == ()
    assert await states(world, first.id) == {B: "accepted"}
    new = await at(world, second.id, B)
    assert (new.state, words(new)[-1]) == (state, event)
    await sound(world)


async def test_statuses_speak_of_the_newest_version_they_fit(world: World) -> None:
    document = world.document(A, B)
    first = await send(world, document)
    async with world.client(B) as recipient:
        await take(world, B)
        await recipient.submit(word(world, document, B, A, "03"))
        second = await send(world, update(document))
        await recipient.submit(word(world, document, B, A, "05"))
        assert (await states(world, first.id), await states(world, second.id)) == ({B: "in_hand"}, {B: "waiting"})
        await recipient.submit(word(world, document, B, A, "03", "Bản cập nhật"))
        await recipient.submit(word(world, document, B, A, "06"))
    assert (await states(world, first.id), await states(world, second.id)) == ({B: "in_hand"}, {B: "completed"})
    await sound(world)


async def test_update_of_what_is_not_here_is_a_letter_with_a_warning(world: World) -> None:
    made = await send(world, update(world.document(A, B, C), removed=[C], target="cũ"))
    assert [one.code for one in made.warnings] == ["target.unknown"]
    assert {one.recipient: one.state for one in made.deliveries} == {B: "waiting", C: "waiting"}
    assert await links(world, made.id) == []


async def test_held_update_does_nothing_until_it_is_released(world: World) -> None:
    document = world.document(A, B, C)
    first = await send(world, document)
    await take(world, C)
    await lose_lists(world)
    second = await send(world, update(document, removed=[C]))
    assert await states(world, first.id) == {B: "waiting", C: "collected"}
    assert await waiting(world, C, "status") == []
    await bring_list(world)
    await do(world.exchange, CHORE)
    assert await states(world, first.id) == {B: "waiting", C: "recall_asked"}
    assert await states(world, second.id) == {B: "waiting", C: "recall_asked"}
    assert [one.status.code for one in await waiting(world, C, "status") if one.status] == ["13"]
    await sound(world)
