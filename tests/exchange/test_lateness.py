"""What is late: marked once, since the right moment, however it is found out, and never what is owed by nobody."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import pytest

from envelopes.limits import LOCAL_TIME
from envelopes.time_rules import Duty, TimeRule, Unit
from envelopes.working_time import midnight
from exchange import calendar, lateness, release
from exchange.client import ApiRefused
from exchange.lateness import CHORE
from tests.exchange.test_release import bring_list, lose_lists
from tests.support.changes import at, recall, replacement, send, states, take, update, words
from tests.support.exchanges import do, execute
from tests.support.time_passes import accepted, look, passes, rewrite
from tests.support.world import A, B, C, replaced

if TYPE_CHECKING:
    from exchange.client_types import Delivery, SentDelivery, Submission
    from tests.support.world import World

QUARTER, MINUTE = timedelta(minutes=15), timedelta(minutes=1)
HELD = timedelta(hours=5)
EXPRESS = 3
"""Urgency 3 is to be answered in a quarter of an hour by the clock, so nothing here depends on the time of day."""


async def sent(world: World, *recipients: str, **changes: object) -> Submission:
    """An express letter of A's."""
    return await send(world, replaced(world.document(A, *recipients or (B,)), urgency=EXPRESS, **changes))


async def say(world: World, code: str, about: str, *, reason: str = "", who: str = B) -> None:
    """The recipient's word about a delivery."""
    async with world.client(who) as client:
        one = await client.delivery(about)
        await client.report(one, code, description=reason, signer=world.actors[who].signer)


async def received(world: World, delivery: str, who: str = B) -> Delivery:
    async with world.client(who) as client:
        return await client.delivery(delivery)


def lates(one: SentDelivery | Delivery) -> list[str]:
    """The lines of its history that say that it is late."""
    return [event.event for event in one.events if event.event in ("late_to_receive", "overdue")]


async def test_what_nobody_answers_is_late_since_its_limit_and_both_are_told(world: World) -> None:
    taken = await sent(world, B)
    [delivery] = taken.deliveries
    await look(world, QUARTER - MINUTE)
    assert (await at(world, taken.id, B)).late_to_receive_since is None
    await look(world, timedelta(hours=2))
    since = (await accepted(world, delivery.id)) + QUARTER
    here, there = await at(world, taken.id, B), await received(world, delivery.id)
    for seen in (here, there):
        assert seen.late_to_receive_since is not None
        assert abs(seen.late_to_receive_since - since) < timedelta(milliseconds=1)
        assert lates(seen) == ["late_to_receive"]
        assert seen.state == "waiting", "late is no state"
        assert "chậm tiếp nhận" in (seen.events[-1].description or "")
    async with world.client(C) as stranger:
        with pytest.raises(ApiRefused):
            await stranger.delivery(delivery.id)


async def test_it_is_marked_once_however_often_somebody_looks(world: World) -> None:
    taken = await sent(world, B)
    await look(world, timedelta(hours=1))
    first = await at(world, taken.id, B)
    await do(world.exchange, CHORE)
    await do(world.exchange, CHORE)
    assert await at(world, taken.id, B) == first
    await say(world, "03", taken.deliveries[0].id)
    await look(world, timedelta(hours=1))
    after = await at(world, taken.id, B)
    assert (after.state, after.late_to_receive_since) == ("accepted", first.late_to_receive_since)
    assert lates(after) == ["late_to_receive"]


@pytest.mark.parametrize("code", ["02", "03"])
async def test_what_was_answered_in_time_is_never_late(world: World, code: str) -> None:
    taken = await sent(world, B)
    await take(world, B)
    await say(world, code, taken.deliveries[0].id, reason="thiếu phụ lục")
    await look(world, timedelta(days=3))
    assert lates(await at(world, taken.id, B)) == []


async def test_confirming_is_no_answer(world: World) -> None:
    taken = await sent(world, B)
    await take(world, B)
    await look(world, timedelta(hours=1))
    found = await at(world, taken.id, B)
    assert (found.state, lates(found)) == ("collected", ["late_to_receive"])


@pytest.mark.parametrize("code", ["02", "03"])
async def test_answer_that_came_late_while_nobody_looked_is_found_afterwards(world: World, code: str) -> None:
    taken = await sent(world, B)
    delivery = taken.deliveries[0].id
    await passes(world, timedelta(hours=1))
    await say(world, code, delivery, reason="thiếu phụ lục")
    await passes(world, timedelta(hours=1))
    await say(world, "03", delivery)  # says it again, or out of order: the first answer counts
    await look(world, timedelta(hours=1))
    found = await at(world, taken.id, B)
    assert found.late_to_receive_since is not None
    assert abs(found.late_to_receive_since - (await accepted(world, delivery)) - QUARTER) < timedelta(milliseconds=1)
    assert lates(found) == ["late_to_receive"]


async def test_young_lines_of_history_are_looked_at_when_nothing_can_come_before_them(world: World) -> None:
    taken = await sent(world, B)
    await passes(world, timedelta(hours=1))
    await say(world, "03", taken.deliveries[0].id)
    await do(world.exchange, CHORE)
    assert lates(await at(world, taken.id, B)) == []
    await look(world, timedelta(seconds=lateness.SETTLE_SECONDS))
    assert lates(await at(world, taken.id, B)) == ["late_to_receive"]


async def test_each_recipient_is_late_for_itself(world: World) -> None:
    taken = await sent(world, B, C)
    ids = {one.recipient: one.id for one in taken.deliveries}
    await say(world, "03", ids[C], who=C)
    await look(world, timedelta(hours=1))
    assert (lates(await at(world, taken.id, B)), lates(await at(world, taken.id, C))) == (["late_to_receive"], [])


async def test_common_letter_has_a_working_day_over_the_weekend(world: World) -> None:
    taken = await send(world, world.document())
    friday = datetime(2026, 10, 16, 16, 0, tzinfo=LOCAL_TIME)
    await look(world, (await accepted(world, taken.deliveries[0].id)) - friday)
    found = await at(world, taken.id, B)
    assert found.late_to_receive_since == datetime(2026, 10, 19, 16, 0, tzinfo=LOCAL_TIME)


async def test_calendar_and_rules_are_what_was_entered(world: World) -> None:
    """The Monday is off, and from the Friday on a letter has half a working day."""
    database, friday = world.exchange.database, datetime(2026, 10, 16, 16, 0, tzinfo=LOCAL_TIME)
    monday = date(2026, 10, 19)
    await calendar.set_days(database, monday, monday, hours=(), name="Mưa lũ")
    rule = TimeRule(
        duty=Duty.RECEIVE, urgency=0, valid_from=friday.date(), amount=240, unit=Unit.WORKING_MINUTES, source="QĐ tỉnh"
    )
    await calendar.set_rules(database, [rule])
    before, after = await send(world, world.document()), await send(world, world.document())
    for one, moment in ((before, friday - timedelta(days=1)), (after, friday)):
        await execute(
            world.exchange,
            "UPDATE deliveries SET accepted_at = $2 WHERE id = $1::text::uuid",
            one.deliveries[0].id,
            moment,
        )
    await do(world.exchange, CHORE)
    assert (await at(world, before.id, B)).late_to_receive_since == datetime(2026, 10, 16, 16, 0, tzinfo=LOCAL_TIME)
    assert (await at(world, after.id, B)).late_to_receive_since == datetime(2026, 10, 20, 10, 30, tzinfo=LOCAL_TIME)


async def test_without_a_limit_nothing_is_late(world: World) -> None:
    rule = TimeRule(duty=Duty.RECEIVE, urgency=EXPRESS, valid_from=date(2000, 1, 1), amount=None, unit=Unit.DAYS)
    await calendar.set_rules(world.exchange.database, [rule])
    taken = await sent(world, B)
    await look(world, timedelta(days=30))
    assert lates(await at(world, taken.id, B)) == []


async def test_held_document_has_time_from_its_release(world: World) -> None:
    await lose_lists(world)
    taken = await sent(world, B)
    await look(world, HELD)
    assert lates(await at(world, taken.id, B)) == [], "its recipient does not see it"
    await passes(world, -HELD)  # the certificate is no older than the test
    await bring_list(world)
    await do(world.exchange, release.CHORE)
    await execute(world.exchange, "UPDATE deliveries SET accepted_at = accepted_at - $1::interval", HELD)
    await look(world, QUARTER - MINUTE)
    assert lates(await at(world, taken.id, B)) == []
    await look(world, 2 * MINUTE)
    found = await at(world, taken.id, B)
    [released] = [event.at for event in found.events if event.event == "released"]
    assert found.late_to_receive_since is not None
    assert abs(found.late_to_receive_since - released - QUARTER) < timedelta(milliseconds=1)


async def test_answer_that_is_held_is_no_missing_one(world: World) -> None:
    taken = await sent(world, B)
    await lose_lists(world)
    await say(world, "03", taken.deliveries[0].id)
    await look(world, HELD)
    assert lates(await at(world, taken.id, B)) == []
    await passes(world, -HELD)
    await bring_list(world)
    await do(world.exchange, release.CHORE)
    await passes(world, HELD)
    await rewrite(world.exchange, "UPDATE events SET at = at + $1::interval WHERE code = '03'", HELD)
    await look(world, timedelta(hours=1))
    found = await at(world, taken.id, B)
    assert (found.state, lates(found)) == ("accepted", []), "it was said in time, and only released later"


async def test_what_is_taken_back_is_not_owed(world: World) -> None:
    document = replaced(world.document(A, B, C), urgency=EXPRESS)
    taken = await send(world, document)
    await take(world, B)
    asked = await send(world, recall(document))
    await look(world, timedelta(hours=1))
    assert await states(world, taken.id) == {B: "recall_asked", C: "recalled"}
    assert lates(await at(world, taken.id, B)) == lates(await at(world, taken.id, C)) == []
    assert lates(await at(world, asked.id, B)) == [], "a recall is answered at what it recalls"
    await say(world, "16", taken.deliveries[0].id, reason="đã xử lý xong")
    await do(world.exchange, CHORE)
    assert lates(await at(world, taken.id, B)) == ["late_to_receive"], "it is kept, so it is to be answered"


async def test_new_version_is_owed_in_place_of_the_older_one(world: World) -> None:
    document = replaced(world.document(A, B), urgency=EXPRESS)
    first = await send(world, document)
    await passes(world, 10 * MINUTE)
    second = await send(world, update(document, B, C, added=[C]))
    await look(world, 10 * MINUTE)
    assert lates(await at(world, first.id, B)) == [], "its time was not over when the new version came"
    assert lates(await at(world, second.id, B)) == [], "which has a time of its own"
    await look(world, timedelta(hours=1))
    assert [lates(await at(world, second.id, code)) for code in (B, C)] == [["late_to_receive"]] * 2
    assert lates(await at(world, first.id, B)) == []


async def test_new_version_does_not_undo_that_the_older_one_was_late(world: World) -> None:
    document = replaced(world.document(A, B), urgency=EXPRESS)
    first = await send(world, document)
    await passes(world, timedelta(hours=1))
    await send(world, update(document))  # nobody has looked since
    await look(world, MINUTE)
    assert lates(await at(world, first.id, B)) == ["late_to_receive"]


@pytest.mark.parametrize("code", ["03", "15", "16"])
async def test_any_answer_to_a_new_version_is_one(world: World, code: str) -> None:
    document = replaced(world.document(A, B), urgency=EXPRESS)
    first = await send(world, document)
    await take(world, B)
    await say(world, "03", first.deliveries[0].id)
    in_time = await send(world, update(document))
    await say(world, code, in_time.deliveries[0].id, reason="đã xem")
    await look(world, timedelta(hours=1))
    assert [lates(await at(world, one.id, B)) for one in (first, in_time)] == [[], []]
    late = await send(world, update(document, subject="V/v lần thứ ba"))
    await passes(world, timedelta(hours=1))
    await say(world, code, late.deliveries[0].id, reason="đã xem")
    await look(world, timedelta(hours=1))
    assert lates(await at(world, late.id, B)) == ["late_to_receive"]


async def test_what_was_replaced_is_not_owed_any_more(world: World) -> None:
    first = await sent(world, B, C)
    other = replaced(world.document(A, B, C), urgency=EXPRESS)
    second = await send(world, replacement(other, {first.reference: [B]}))
    await look(world, timedelta(hours=1))
    assert (lates(await at(world, first.id, B)), lates(await at(world, first.id, C))) == ([], ["late_to_receive"])
    assert lates(await at(world, second.id, B)) == ["late_to_receive"]


DUE = timedelta(days=2)


async def due(world: World, *recipients: str) -> Submission:
    """A letter that is to be handled the day after tomorrow."""
    today = datetime.now(LOCAL_TIME).date()
    return await send(world, replaced(world.document(A, *recipients or (B,)), due_on=today + DUE))


async def due_on(world: World, delivery: str) -> date:
    async with world.exchange.database.acquire() as conn:
        found: date = await conn.fetchval("SELECT due_on FROM deliveries WHERE id = $1::text::uuid", delivery)
    return found


async def test_open_document_is_overdue_once_its_day_is_over(world: World) -> None:
    taken = await due(world)
    [delivery] = taken.deliveries
    await say(world, "03", delivery.id)
    await say(world, "05", delivery.id, reason="đang xử lý")
    await look(world, DUE)
    assert (await at(world, taken.id, B)).overdue_since is None, "the day itself is in time"
    await look(world, timedelta(days=1))
    here, there = await at(world, taken.id, B), await received(world, delivery.id)
    ends = midnight(await due_on(world, delivery.id) + timedelta(days=1))
    assert here.overdue_since == there.overdue_since == ends
    assert lates(here) == lates(there) == ["overdue"]
    assert here.state == "in_hand"


@pytest.mark.parametrize("code", ["02", "06"])
async def test_what_was_completed_or_refused_in_time_is_never_overdue(world: World, code: str) -> None:
    taken = await due(world)
    if code == "06":
        await say(world, "03", taken.deliveries[0].id)
    await say(world, code, taken.deliveries[0].id, reason="không thuộc thẩm quyền")
    await look(world, timedelta(days=30))
    assert lates(await at(world, taken.id, B)) == []


async def test_completion_after_the_due_date_is_found_afterwards(world: World) -> None:
    taken = await due(world)
    [delivery] = taken.deliveries
    await say(world, "03", delivery.id)
    await passes(world, timedelta(days=4))
    await say(world, "06", delivery.id)
    await look(world, timedelta(days=1))
    found = await at(world, taken.id, B)
    assert (found.state, lates(found)) == ("completed", ["overdue"])
    assert found.overdue_since == midnight(await due_on(world, delivery.id) + timedelta(days=1))


async def test_update_moves_the_due_date_or_leaves_it(world: World) -> None:
    today = datetime.now(LOCAL_TIME).date()
    document = replaced(world.document(A, B, C), due_on=today + DUE)
    taken = await send(world, document)
    moved = await send(world, update(replaced(document, due_on=today + timedelta(days=20)), B))
    left = await send(world, update(replaced(document, due_on=None), C))
    await look(world, timedelta(days=5))
    assert "overdue" in lates(await at(world, left.id, C)), "the new version says nothing else"
    assert "overdue" not in lates(await at(world, moved.id, B))
    await look(world, timedelta(days=20))
    assert "overdue" in lates(await at(world, moved.id, B))
    for code in (B, C):
        assert "overdue" not in lates(await at(world, taken.id, code)), "a document is handled once, not each version"


@pytest.mark.parametrize("answer", ["", "16"])
async def test_document_is_completed_whichever_version_the_word_is_about(world: World, answer: str) -> None:
    today = datetime.now(LOCAL_TIME).date()
    document = replaced(world.document(A, B), due_on=today + DUE)
    first = await send(world, document)
    await say(world, "03", first.deliveries[0].id)
    second = await send(world, update(document))
    if answer:
        await say(world, answer, second.deliveries[0].id, reason="đã xử lý bản trước")
    await say(world, "06", first.deliveries[0].id)
    await look(world, timedelta(days=30))
    assert "overdue" not in lates(await at(world, first.id, B)) + lates(await at(world, second.id, B))


async def test_older_version_is_owed_where_the_new_one_was_refused(world: World) -> None:
    today = datetime.now(LOCAL_TIME).date()
    document = replaced(world.document(A, B), due_on=today + DUE)
    first = await send(world, document)
    await say(world, "03", first.deliveries[0].id)
    second = await send(world, update(document))
    await say(world, "16", second.deliveries[0].id, reason="đang xử lý bản trước")
    await look(world, timedelta(days=30))
    assert lates(await at(world, first.id, B)) == ["overdue"]
    assert lates(await at(world, second.id, B)) == []


async def test_word_out_of_order_completes_nothing(world: World) -> None:
    taken = await due(world)
    [delivery] = taken.deliveries
    await say(world, "06", delivery.id)  # before 03: kept, flagged, and moves nothing
    await say(world, "03", delivery.id)
    await passes(world, timedelta(days=4))
    await say(world, "06", delivery.id)
    await look(world, timedelta(days=1))
    assert lates(await at(world, taken.id, B)) == ["overdue"]


async def test_without_a_due_date_nothing_is_overdue(world: World) -> None:
    taken = await send(world, world.document())
    await say(world, "03", taken.deliveries[0].id)
    await look(world, timedelta(days=400))
    assert lates(await at(world, taken.id, B)) == []


async def test_due_date_can_be_moved_to_the_next_working_day_by_rule(world: World) -> None:
    rules = [
        TimeRule(
            duty=Duty.COMPLETE, urgency=0, valid_from=date(2026, 1, 1), amount=0, unit=Unit.WORKING_DAYS, source="BLDS"
        )
    ]
    await calendar.set_rules(world.exchange.database, rules)
    taken = await due(world)
    saturday = date(2026, 10, 17)
    await execute(world.exchange, "UPDATE deliveries SET due_on = $1, accepted_at = $2", saturday, midnight(saturday))
    await do(world.exchange, CHORE)
    assert (await at(world, taken.id, B)).overdue_since == midnight(date(2026, 10, 20))


async def test_many_late_ones_are_marked_in_steps(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lateness, "STEP_ROWS", 2)
    monkeypatch.setattr(lateness, "STEP_LINES", 3)
    letters = [await sent(world, B, C) for _ in range(3)]
    answered = await sent(world, B, C)
    withdrawn = replaced(world.document(A, B, C), urgency=EXPRESS)
    await send(world, withdrawn)
    await take(world, B)
    recalls = await send(world, recall(withdrawn))
    await passes(world, timedelta(hours=1))
    await say(world, "03", answered.deliveries[0].id)
    await look(world, timedelta(hours=1))
    for one in (*letters, answered):
        for code in (B, C):
            assert lates(await at(world, one.id, code)) == ["late_to_receive"]
    assert lates(await at(world, recalls.id, B)) == []


async def test_two_who_look_at_once_mark_it_once(world: World) -> None:
    taken = await sent(world, B, C)
    await passes(world, timedelta(hours=1))
    working = await calendar.show(world.exchange.database)
    [stretch] = [
        one for one in lateness._stretches(working, "receive", datetime.now(LOCAL_TIME)) if one.urgency == EXPRESS
    ]

    class Free:
        async def hold(self, _conn: object) -> None:
            """As if a second process were given the turn while the first still works."""

    await asyncio.gather(*(lateness._mark_open(world.exchange, Free(), working, "receive", stretch) for _ in range(4)))  # type: ignore[arg-type]
    assert [lates(await at(world, taken.id, code)) for code in (B, C)] == [["late_to_receive"]] * 2


async def test_list_and_figures_show_what_is_late_now(world: World) -> None:
    first, second = await sent(world, B), await sent(world, C)
    overdue = await due(world, B)
    await say(world, "03", overdue.deliveries[0].id)
    await look(world, timedelta(days=10))
    database = world.exchange.database
    everything = await lateness.list_late(database)
    assert [str(one.id) for one in everything] == [one.deliveries[0].id for one in (first, second, overdue)], (
        "the longest first"
    )
    assert [str(one.id) for one in await lateness.list_late(database, C)] == [second.deliveries[0].id]
    assert await figures(world) == {"receive": 2, "complete": 1}
    await say(world, "03", first.deliveries[0].id)
    await say(world, "06", overdue.deliveries[0].id)
    assert [str(one.id) for one in await lateness.list_late(database)] == [second.deliveries[0].id]


async def figures(world: World) -> dict[str, int]:
    async with aiohttp.ClientSession() as session, session.get(f"{world.url}/metrics") as answer:
        text = await answer.text()
    lines = [line for line in text.splitlines() if line.startswith("lienthong_deliveries_late{")]
    return {line.split('"')[1]: round(float(line.split()[-1])) for line in lines}


async def test_history_of_one_that_was_late_reads_as_it_happened(world: World) -> None:
    taken = await sent(world, B)
    await look(world, timedelta(hours=1))
    await take(world, B)
    await say(world, "03", taken.deliveries[0].id)
    assert words(await at(world, taken.id, B)) == ["taken", "late_to_receive", "collected", "accepted"]
