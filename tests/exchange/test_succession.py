"""Agencies that end: what is sent to them reaches who follows, and what they had is finished (agencies section 6)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from envelopes.faults import Refused
from envelopes.limits import LOCAL_TIME
from envelopes.model import Organization
from exchange import aliases, directory, hierarchy, succession
from exchange.client import ApiRefused
from exchange.client_files import write_envelope
from storage import successions
from tests.support import changes
from tests.support.world import A, B, C, D, replaced

if TYPE_CHECKING:
    from datetime import date

    from exchange.client_types import Submission
    from storage.database import Database
    from tests.support.world import World

OLD_B = "000.00.30.H08"


def today() -> date:
    """The day in Vietnam."""
    return datetime.now(LOCAL_TIME).date()


async def sent(world: World, *recipients: str) -> Submission:
    """A letter from A."""
    async with world.client(A) as sender:
        return await sender.submit(world.envelope(world.document(A, *recipients), world.attachment()))


async def faults_of(world: World, sender: str, *recipients: str) -> list[tuple[str, str]]:
    """Code and English text of what a letter is refused for."""
    async with world.client(sender) as client:
        with pytest.raises(ApiRefused) as refused:
            await client.submit(world.envelope(world.document(sender, *recipients), world.attachment()))
    return [(fault.code, fault.en) for fault in refused.value.faults]


async def waiting(world: World, code: str) -> list[str]:
    """To whom the deliveries are that wait for this agency's system."""
    async with world.client(code) as client:
        return [one.recipient for one in (await client.inbox()).deliveries]


async def test_document_to_a_merged_agency_reaches_its_successor_and_its_sender_is_told(world: World) -> None:
    await aliases.add_alias(world.exchange.database, B, OLD_B)
    await succession.merge(world.exchange.database, B, into=D)
    taken = await sent(world, OLD_B)
    assert [one.recipient for one in taken.deliveries] == [D]
    [warning] = taken.warnings
    assert (warning.code, warning.value) == ("recipient.redirected", OLD_B)
    assert D in warning.en
    assert [await waiting(world, code) for code in (D, C)] == [[D], []]
    async with world.client(A) as sender:
        assert [one.code for one in (await sender.envelope(taken.id)).warnings] == ["recipient.redirected"]


async def test_two_recipients_that_became_one_get_one_delivery(world: World) -> None:
    await succession.merge(world.exchange.database, B, into=D)
    for named in ((B, D, C), (D, B, C)):
        taken = await sent(world, *named)
        assert [one.recipient for one in taken.deliveries] == [C, D]
        assert sorted(one.code for one in taken.warnings) == ["recipient.merged", "recipient.redirected"]


async def test_an_agency_named_twice_under_its_own_codes_is_still_refused(world: World) -> None:
    await aliases.add_alias(world.exchange.database, D, "000.00.40.H08")
    await succession.merge(world.exchange.database, B, into=D)
    assert [code for code, _ in await faults_of(world, A, B, D, "000.00.40.H08")] == ["recipient.repeated"]


async def test_chain_of_successors_is_followed_to_its_end(world: World) -> None:
    database = world.exchange.database
    await succession.merge(database, B, into=C)
    await succession.merge(database, C, into=D)
    assert [one.recipient for one in (await sent(world, B)).deliveries] == [D]
    async with database.acquire() as conn:
        assert await successions.heirs(conn) == {A: A, B: D, C: D, D: D}
        assert await successions.heirs(conn, [B], on=today() - timedelta(days=1)) == {B: B}
        assert await successions.forebears(conn, [A, C, D]) == {C: [B], D: [B, C]}


async def test_merger_takes_effect_on_its_day(world: World) -> None:
    await succession.merge(world.exchange.database, B, into=D, on=today() + timedelta(days=1))
    taken = await sent(world, B)
    assert ([one.recipient for one in taken.deliveries], taken.warnings) == ([B], ())
    assert [await waiting(world, code) for code in (B, D)] == [[B], []]


async def test_what_waits_for_a_merged_agency_is_its_successors_to_finish(world: World) -> None:
    taken = await sent(world, B)
    await succession.merge(world.exchange.database, B, into=D)
    async with world.client(C) as stranger, world.client(D) as successor, world.client(A) as sender:
        assert (await stranger.inbox()).deliveries == ()
        [one] = (await successor.inbox(agency=D)).deliveries
        with pytest.raises(ApiRefused) as refused:
            await stranger.confirm(one.id, "0" * 64)
        assert refused.value.status == 404
        fetched = await successor.fetch_envelope(one.id, world.folder / "got.edxml")
        await successor.confirm(one.id, fetched.sha256)
        await successor.report(one, "03", reporter=D, signer=world.actors[D].signer)
        [followed] = (await sender.envelope(taken.id)).deliveries
        assert (followed.recipient, followed.state) == (B, "accepted")
        assert [event.by for event in followed.events] == [A, B, D]


async def test_dissolved_agency_sends_nothing_new_but_finishes_what_it_has(world: World) -> None:
    taken = await sent(world, B)
    await succession.merge(world.exchange.database, B, into=D)
    [(code, text)] = await faults_of(world, B, A)
    assert code == "sender.dissolved"
    assert D in text
    async with world.client(B) as recipient, world.client(A) as sender:
        [one] = (await recipient.inbox()).deliveries
        await recipient.report(one, "03", reporter=B, signer=world.actors[B].signer)
        assert (await sender.envelope(taken.id)).deliveries[0].state == "accepted"


async def test_document_to_a_dissolved_agency_without_successor_is_refused_with_the_day(world: World) -> None:
    await succession.dissolve(world.exchange.database, B)
    [(code, text)] = await faults_of(world, A, B)
    assert code == "recipient.dissolved"
    assert f"{today():%d/%m/%Y}" in text
    assert [one.recipient for one in (await sent(world, B, C)).deliveries] == [C]


async def test_recall_reaches_the_copy_of_a_merged_agency(world: World) -> None:
    document = world.document(A, B)
    async with world.client(A) as sender:
        taken = await sender.submit(world.envelope(document, world.attachment()))
        await succession.merge(world.exchange.database, B, into=D)
        await sender.submit(world.envelope(changes.recall(document), name="recall.edxml"))
        assert (await sender.envelope(taken.id)).deliveries[0].state == "recalled"
    assert await waiting(world, D) == []


async def test_circles_of_successors_are_refused(world: World) -> None:
    database = world.exchange.database
    await succession.merge(database, B, into=C, on=today() + timedelta(days=30))
    for code, into in ((C, B), (B, B)):
        with pytest.raises(Refused) as refused:
            await succession.merge(database, code, into=into)
        assert [fault.code for fault in refused.value.faults] == ["agency.successor_circular"]


async def test_of_two_mergers_into_each_other_at_once_one_is_refused(world: World) -> None:
    database = world.exchange.database
    both = await asyncio.gather(
        succession.merge(database, B, into=C), succession.merge(database, C, into=B), return_exceptions=True
    )
    assert [type(one).__name__ for one in both if isinstance(one, Refused)] == ["Refused"]


async def test_of_two_parents_below_each_other_at_once_one_is_refused(world: World) -> None:
    database = world.exchange.database
    both = await asyncio.gather(
        directory.add_agency(database, code=B, name="B", parent=C),
        directory.add_agency(database, code=C, name="C", parent=B),
        return_exceptions=True,
    )
    [refused] = [one for one in both if isinstance(one, Refused)]
    assert refused.faults[0].code == "agency.circular"


async def test_merger_is_undone_while_nothing_went_the_new_way(world: World) -> None:
    database = world.exchange.database
    await succession.merge(database, B, into=D)
    undone = await succession.undo(database, B)
    assert (undone.dissolved_on, undone.successor) == (None, None)
    assert [one.recipient for one in (await sent(world, B)).deliveries] == [B]
    await succession.merge(database, B, into=D)
    await sent(world, B)
    with pytest.raises(Refused) as refused:
        await succession.undo(database, B)
    assert refused.value.faults[0].code == "agency.undo_late"


async def test_merger_stays_once_the_successor_has_finished_something(world: World) -> None:
    await sent(world, B)
    await succession.merge(world.exchange.database, B, into=D)
    async with world.client(D) as successor:
        [one] = (await successor.inbox()).deliveries
        await successor.fetch_envelope(one.id, world.folder / "got.edxml")
    with pytest.raises(Refused) as refused:
        await succession.undo(world.exchange.database, B)
    assert refused.value.faults[0].code == "agency.undo_late"


async def test_code_is_over_after_its_last_day_and_the_fault_says_so(world: World) -> None:
    database = world.exchange.database
    await aliases.add_alias(database, B, OLD_B, valid_until=today())
    first = await sent(world, OLD_B)
    assert [one.recipient for one in first.deliveries] == [B]
    yesterday = today() - timedelta(days=1)
    await aliases.add_alias(database, B, OLD_B, valid_until=yesterday)
    [(code, text)] = await faults_of(world, A, OLD_B)
    assert code == "recipient.expired"
    assert f"{yesterday:%d/%m/%Y}" in text
    async with world.client(A) as sender:
        assert [one.recipient for one in (await sender.envelope(first.id)).deliveries] == [B]


async def test_code_is_unknown_before_its_first_day(world: World) -> None:
    await aliases.add_alias(world.exchange.database, B, OLD_B, valid_from=today() + timedelta(days=1))
    assert [code for code, _ in await faults_of(world, A, OLD_B)] == ["recipient.early"]


async def test_sender_under_a_code_that_is_over_is_told_until_when_it_was_valid(world: World) -> None:
    old = "000.00.02.H08"
    yesterday = today() - timedelta(days=1)
    await aliases.add_alias(world.exchange.database, A, old, valid_until=yesterday)
    letter = replaced(world.document(A, B), sender=Organization(code=old, name="Sở Nội vụ"))
    path = world.folder / "old.edxml"
    write_envelope(letter, [world.attachment()], path, signer=world.actors[A].signer)
    async with world.client(A) as sender, world.client(C) as stranger:
        with pytest.raises(ApiRefused) as refused:
            await sender.submit(path)
        assert refused.value.faults[0].code == "sender.expired"
        assert f"{yesterday:%d/%m/%Y}" in refused.value.faults[0].en
        with pytest.raises(ApiRefused) as foreign:
            await stranger.submit(path)
        assert foreign.value.faults[0].code == "sender.foreign"


async def test_tree_has_below_the_successor_what_was_below_a_merged_agency(world: World) -> None:
    database = world.exchange.database
    await directory.add_agency(database, code=C, name="Ủy ban nhân dân xã C", parent=B)
    await directory.add_agency(database, code="H08.32", name="Phòng E", parent=C)
    assert await outline(database, B) == [(B, 0), (C, 1), ("H08.32", 2)]
    await succession.merge(database, B, into=D)
    assert await outline(database) == [(A, 0), (D, 0), (B, 1), (C, 1), ("H08.32", 2)]
    await succession.undo(database, B)
    await succession.merge(database, B, into=C)  # the one below takes the place of the one above
    assert await outline(database) == [(A, 0), (C, 0), (B, 1), ("H08.32", 1), (D, 0)]


async def outline(database: Database, code: str | None = None) -> list[tuple[str, int]]:
    """The tree as codes and depths."""
    return [(one.agency.code, one.depth) for one in await hierarchy.tree(database, code)]


async def test_update_is_linked_to_the_copy_of_the_merged_agency(world: World) -> None:
    document = world.document(A, B)
    async with world.client(A) as sender:
        first = await sender.submit(world.envelope(document, world.attachment()))
        await succession.merge(world.exchange.database, B, into=D)
        second = await sender.submit(world.envelope(changes.update(document), world.attachment(), name="update.edxml"))
        assert [one.recipient for one in second.deliveries] == [D]
        [followed] = (await sender.envelope(first.id)).deliveries
        assert [event.event for event in followed.events] == ["taken", "updated"]
        [link] = (await sender.envelope(second.id)).links
        assert (link.kind, link.envelope, link.recipients) == ("updates", first.id, (B,))
    assert await waiting(world, D) == [B, D]
