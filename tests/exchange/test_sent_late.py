"""Documents that come later after their issue than they should: taken, delivered, and noted as sent late."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from envelopes.limits import LOCAL_TIME
from envelopes.model import Trace
from envelopes.time_rules import Duty, TimeRule, Unit
from exchange import calendar, lateness
from exchange.calendar import CalendarKeeper
from exchange.identifiers import uuid7
from storage.envelopes import EnvelopeRow
from tests.support.changes import recall, replacement, send, update
from tests.support.exchanges import execute
from tests.support.world import A, B, replaced

if TYPE_CHECKING:
    from exchange.client_types import Submission
    from tests.support.world import World

LONG_AGO = date(2026, 10, 16)


def warned(taken: Submission) -> list[str]:
    return [one.code for one in taken.warnings if one.code == "document.sent_late"]


async def test_old_letter_is_taken_and_noted_as_sent_late_again_and_again(world: World) -> None:
    path = world.envelope(replaced(world.document(), issued_on=LONG_AGO))
    async with world.client(A) as sender:
        first, again = await sender.submit(path), await sender.submit(path)
        assert (first.created, again.created) == (True, False)
        assert warned(first) == warned(again) == warned(await sender.envelope(first.id)) == ["document.sent_late"]
    [warning] = [one for one in first.warnings if one.code == "document.sent_late"]
    assert (warning.path.endswith("PromulgationDate"), warning.value) == (True, "2026-10-16")
    assert "11:30 19/10/2026" in warning.vi, "the next working morning after a Friday is the Monday's"
    assert "11:30 19/10/2026" in warning.en
    async with world.client(B) as recipient:
        assert [one.envelope for one in (await recipient.inbox()).deliveries] == [first.id]


async def test_strict_system_may_be_late_as_well(world: World) -> None:
    await execute(world.exchange, "UPDATE systems SET strict = true")
    trace = Trace(agency=A, at=datetime.now(LOCAL_TIME))
    taken = await send(world, replaced(world.document(), issued_on=LONG_AGO, traces=(trace,)))
    assert [one.code for one in taken.warnings] == ["document.sent_late"]


async def test_letter_of_today_is_in_time(world: World) -> None:
    assert warned(await send(world, world.document())) == []


async def test_recall_and_update_come_when_there_is_reason_to(world: World) -> None:
    document = replaced(world.document(), issued_on=LONG_AGO)
    old = await send(world, document)
    assert warned(await send(world, update(document))) == []
    assert warned(await send(world, recall(document))) == []
    other = replacement(replaced(world.document(), issued_on=LONG_AGO), {old.reference: [B]})
    assert warned(await send(world, other)) == ["document.sent_late"]


FRIDAY, MONDAY = date(2026, 10, 16), date(2026, 10, 19)


CASES = {
    "the same evening": (0, FRIDAY, "2026-10-16T23:59", False),
    "over the weekend": (0, FRIDAY, "2026-10-18T20:00", False),
    "the Monday morning": (0, FRIDAY, "2026-10-19T11:30", False),
    "after the Monday morning": (0, FRIDAY, "2026-10-19T11:31", True),
    "after the next morning": (0, FRIDAY - timedelta(days=1), "2026-10-16T11:31", True),
    "urgent, the same day": (1, FRIDAY, "2026-10-16T23:59", False),
    "urgent, the next day": (1, FRIDAY, "2026-10-17T00:01", True),
    "express, the next working morning": (4, FRIDAY, "2026-10-19T08:00", True),
    "after a Saturday that was made up for": (0, date(2026, 8, 21), "2026-08-22T12:00", True),
    "over the national day": (0, date(2026, 8, 28), "2026-09-03T11:00", False),
    "over the new year": (0, date(2026, 2, 13), "2026-02-23T11:00", False),
}


async def test_next_working_morning_is_in_time_and_the_same_day_for_urgent_ones(world: World) -> None:
    for name, (urgency, issued, accepted, late) in CASES.items():
        row = issued_and_accepted(urgency, issued, datetime.fromisoformat(accepted).replace(tzinfo=LOCAL_TIME))
        async with world.exchange.database.acquire() as conn:
            found = await lateness.sent_late(world.exchange, conn, row)
        assert [one.code for one in found] == (["document.sent_late"] if late else []), name


def issued_and_accepted(urgency: int, issued: date, accepted: datetime) -> EnvelopeRow:
    return EnvelopeRow(
        id=uuid7(),
        kind="document",
        operation="new",
        sender=A,
        system=f"system.{A}",
        reference="1",
        sha256=b"",
        size=1,
        identity=b"",
        outcome="verified",
        profile="P",
        certificate=None,
        urgency=urgency,
        issued_on=issued,
        accepted_at=accepted,
    )


async def test_process_goes_by_its_calendar_for_a_while_and_then_by_the_new_one(world: World) -> None:
    keeper, database = CalendarKeeper(), world.exchange.database
    async with database.acquire() as conn:
        first = await keeper.current(conn)
        await calendar.set_days(database, MONDAY, MONDAY, hours=(), name="Mưa lũ")
        assert await keeper.current(conn) is first
        keeper.forget()
        assert not (await keeper.current(conn)).calendar.works(MONDAY)


async def test_limits_of_sending_are_data(world: World) -> None:
    rule = TimeRule(duty=Duty.SEND, urgency=0, valid_from=date(2026, 1, 1), amount=None, unit=Unit.DAYS, source="thử")
    await calendar.set_rules(world.exchange.database, [rule])
    world.exchange.calendar.forget()
    assert warned(await send(world, replaced(world.document(), issued_on=LONG_AGO))) == []
