"""A replacement: the old documents are linked with the new one, and marked for the agencies named and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exchange.client import ApiRefused
from exchange.release import CHORE
from tests.exchange.test_release import bring_list, lose_lists
from tests.support.changes import at, links, recall, replacement, send, sound, spelled, states, take, waiting, words
from tests.support.exchanges import do
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from tests.support.world import World


async def test_old_is_marked_for_the_agencies_named_and_no_others(world: World) -> None:
    old = world.document(A, B, C)
    first = await send(world, old)
    await take(world, B)
    second = await send(world, replacement(world.document(A, B, C), {old.reference: [B]}))
    assert await states(world, first.id) == {B: "collected", C: "waiting"}  # marked, not moved
    assert words(await at(world, first.id, B))[-1] == "replaced"
    assert words(await at(world, first.id, C)) == ["taken"]
    assert await links(world, first.id) == [("replaced_by", second.id, (B,))]
    assert await links(world, second.id) == [("replaces", first.id, (B,))]
    [told] = await waiting(world, B)
    assert spelled(told.links) == [("replaces", first.id, (B,))]
    assert [spelled(one.links) for one in await waiting(world, C)] == [[], []]  # nothing was replaced for C
    async with world.client(B) as recipient:
        [link] = (await recipient.delivery(first.deliveries[0].id)).links
        assert (link.kind, link.delivery) == ("replaced_by", told.id)
    await sound(world)


async def test_nobody_named_means_everybody_who_had_it(world: World) -> None:
    old = world.document(A, B)
    first = await send(world, old)
    second = await send(world, replacement(world.document(A, B, C), {old.reference: []}))
    assert await links(world, second.id) == [("replaces", first.id, (B,))]


async def test_one_document_takes_the_place_of_several(world: World) -> None:
    one, two = world.document(A, B), world.document(A, C)
    first, second = await send(world, one), await send(world, two)
    new = await send(world, replacement(world.document(A, B, C), {one.reference: [B], two.reference: [C]}))
    assert await links(world, new.id) == [("replaces", first.id, (B,)), ("replaces", second.id, (C,))]
    assert words(await at(world, second.id, C)) == ["taken", "replaced"]


async def test_what_cannot_be_marked_is_warned_of_and_the_rest_is_done(world: World) -> None:
    old = world.document(A, B)
    first = await send(world, old)
    new = await send(world, replacement(world.document(A, B, C), {old.reference: [B, C], "không có": [B]}))
    assert sorted((one.code, one.value) for one in new.warnings) == [
        ("replaced.not_sent", C),
        ("target.unknown", "không có"),
    ]
    assert await links(world, new.id) == [("replaces", first.id, (B,))]
    assert len(new.deliveries) == 2


async def test_document_of_another_agency_cannot_be_replaced(world: World) -> None:
    theirs = world.document(C, B)
    await send(world, theirs)
    with pytest.raises(ApiRefused) as refused:
        await send(world, replacement(world.document(A, B), {theirs.reference: [B]}))
    assert [fault.code for fault in refused.value.faults] == ["target.foreign"]
    [waits] = await waiting(world, B)
    assert (waits.sender, waits.links) == (C, ())


async def test_replacement_is_recalled_like_any_document(world: World) -> None:
    old, new = world.document(A, B), world.document(A, B)
    first = await send(world, old)
    second = await send(world, replacement(new, {old.reference: [B]}))
    await send(world, recall(new))
    assert (await states(world, first.id), await states(world, second.id)) == ({B: "waiting"}, {B: "recalled"})
    [left] = await waiting(world, B)
    assert left.links == ()  # B sees nothing of what was withdrawn


async def test_held_replacement_marks_nothing_until_it_is_released(world: World) -> None:
    old = world.document(A, B)
    first = await send(world, old)
    await lose_lists(world)
    second = await send(world, replacement(world.document(A, B), {old.reference: [B]}))
    assert words(await at(world, first.id, B)) == ["taken"]
    assert [one.links for one in await waiting(world, B)] == [()]
    assert await links(world, first.id) == [("replaced_by", second.id, (B,))]  # its sender knows what it asked for
    await bring_list(world)
    await do(world.exchange, CHORE)
    assert words(await at(world, first.id, B)) == ["taken", "replaced"]
    assert [spelled(one.links) for one in await waiting(world, B)] == [
        [("replaced_by", second.id, (B,))],
        [("replaces", first.id, (B,))],
    ]
    await sound(world)
