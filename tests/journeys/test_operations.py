"""Every business operation from beginning to end: A sends, B receives, C looks on; both doors on either side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys.doors import DOORS, DoorKind, Office, status_code
from tests.support.changes import recall, replacement, to, update
from tests.support.world import A, B, C, D, World, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    Offices = Callable[[str], Office]


@pytest.fixture
async def world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(dsn, tmp_path) as made:
        yield made


@pytest.fixture(params=[(sender, recipient) for sender in DOORS for recipient in DOORS], ids="-to-".join)
def office(world: World, request: pytest.FixtureRequest) -> Offices:
    """Who sends comes by the first door, everybody else by the second."""
    sender, recipient = request.param

    def at(code: str) -> Office:
        door: DoorKind = sender if code == A else recipient
        return Office(url=world.url, actor=world.actors[code], folder=world.folder, door=door)

    return at


async def test_new(world: World, office: Offices) -> None:
    """Sent, fetched, confirmed, handled: A hears 01, 03, 04, 05, 05, 06; C hears of nothing."""
    a, b, c = office(A), office(B), office(C)
    document = world.document(A, B)
    file = a.written(document, world.attachment())
    sent = await a.send(file)
    assert await b.take() == [file]
    for n, code in enumerate(("03", "04", "05", "05", "06")):
        await b.send(b.worded(document, code, f"bước {n}"))
    assert [status_code(one) for one in await a.take("status")] == ["01", "03", "04", "05", "05", "06"]
    assert await a.states(sent) == {B: "completed"}
    assert await c.waiting() == await c.waiting("status") == {}
    assert await a.count("status") == 0


async def test_refused_by_the_recipient(world: World, office: Offices) -> None:
    a, b = office(A), office(B)
    document = world.document(A, B, C)
    sent = await a.send(a.written(document))
    await b.take()
    with pytest.raises(Exception, match="reason"):  # a refusal says why (conformance C29)
        await b.send(b.worded(document, "02"))
    await b.send(b.worded(document, "02", "Không đúng thẩm quyền"))
    assert [status_code(one) for one in await a.take("status")] == ["01", "02"]
    assert await a.states(sent) == {B: "refused", C: "waiting"}


@pytest.mark.parametrize(("answer", "state"), [("15", "recalled"), ("16", "accepted")])
async def test_recall(world: World, office: Offices, answer: str, state: str) -> None:
    """B has it and is asked; C never saw it and never will; the stranger D hears of nothing."""
    a, b, c = office(A), office(B), office(C)
    document = world.document(A, B, C)
    sent = await a.send(a.written(document))
    await b.take()
    await b.send(b.worded(document, "03"))
    await a.send(a.written(recall(document)))
    assert await a.states(sent) == {B: "recall_asked", C: "recalled"}
    assert await c.waiting() == {}
    assert len(await b.take()) == 1
    await b.send(b.worded(document, answer, "Đã xem xét"))
    assert await a.states(sent) == {B: state, C: "recalled"}
    assert answer in [status_code(one) for one in await a.take("status")]
    assert await office(D).waiting() == {}


@pytest.mark.parametrize("fetched", [True, False])
async def test_recall_by_status_13(world: World, office: Offices, fetched: bool) -> None:
    a, b = office(A), office(B)
    document = world.document(A, B, C)
    sent = await a.send(a.written(document))
    if fetched:
        await b.take()
    await a.send(a.worded(document, "13", "Gửi nhầm", to=B))
    assert await a.states(sent) == {B: "recall_asked" if fetched else "recalled", C: "waiting"}
    assert [status_code(one) for one in (await b.waiting("status")).values()] == (["13"] if fetched else [])
    assert await b.count() == 0
    assert await office(C).count() == 1


async def test_update_with_a_changed_list_of_receivers(world: World, office: Offices) -> None:
    """C is taken off the list before it fetched, D comes on: both versions stay readable to B."""
    a, b, c, d = office(A), office(B), office(C), office(D)
    document = world.document(A, B, C)
    first = await a.send(a.written(document))
    [old] = await b.take()
    second = await a.send(a.written(update(document, B, D, added=(D,), removed=(C,), subject="V/v đính chính")))
    [new] = await b.take()
    assert "đính chính".encode() in new
    assert "đính chính".encode() not in old
    assert await c.waiting() == {}
    assert len(await d.take()) == 1
    assert (await a.states(first))[C] == "recalled"
    assert {code: state for code, state in (await a.states(second)).items() if code in (B, D)} == {
        B: "collected",
        D: "collected",
    }


async def test_replacement_for_one_of_two(world: World, office: Offices) -> None:
    """The old document is replaced for B alone; C keeps it and hears of nothing."""
    a, b, c = office(A), office(B), office(C)
    old = world.document(A, B, C)
    first = await a.send(a.written(old))
    await b.take()
    await c.take()
    new = replacement(world.document(A, B), {old.reference: [B]})
    second = await a.send(a.written(new))
    assert len(await b.take()) == 1
    assert await c.waiting() == {}
    async with world.client(A) as client:
        links = {(one.kind, one.envelope, one.recipients) for one in (await client.envelope(first)).links}
    assert links == {("replaced_by", second, (B,))}


async def test_nobody_else_recalls_what_a_sent(world: World, office: Offices) -> None:
    """TM-14: B, which has it, and C, which has not, ask for it back in vain."""
    a = office(A)
    document = world.document(A, B)
    sent = await a.send(a.written(document))
    for code in (B, C):
        other = office(code)
        stolen = recall(world.document(code, B if code == C else C), target=document.reference)
        with pytest.raises(Exception, match=r"recall|operation|unmatched|target"):
            await other.send(other.written(stolen))
    assert await a.states(sent) == {B: "waiting"}


async def test_conversation(world: World, office: Offices) -> None:
    """B answers with a document of its own; the thread lists both."""
    from dataclasses import replace

    from envelopes.model import ResponseFor

    a, b = office(A), office(B)
    question = world.document(A, B)
    asked = await a.send(a.written(question))
    await b.take()
    refers = ResponseFor(
        agency=A,
        code=f"{question.number}/{question.notation}",
        issued_on=question.issued_on,
        reference=question.reference,
    )
    answer = replace(world.document(B, A), responses=(refers,), recipients=to(A))
    answered = await b.send(b.written(answer))
    assert len(await a.take()) == 1
    async with world.client(A) as client:
        thread = await client.conversation(asked)
    assert {one.envelope for one in thread.messages} == {asked, answered}
