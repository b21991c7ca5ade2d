"""Conversations: which letter answers which, told to those who take part and to nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from envelopes.model import ResponseFor
from exchange.client import ApiRefused
from storage import links as rows
from tests.support.changes import links, recall, send, spelled, take, update, waiting
from tests.support.world import A, B, C, D

if TYPE_CHECKING:
    from envelopes.model import Document
    from exchange.client_types import ConversationPage
    from tests.support.world import World


def answer(document: Document, *answered: Document, **changes: object) -> Document:
    """The document, as an answer to others."""
    responses = tuple(
        replace(
            ResponseFor(
                agency=one.sender.code,
                code=f"{one.number}/{one.notation}",
                issued_on=one.issued_on,
                reference=one.reference,
            ),
            **changes,  # type: ignore[arg-type]
        )
        for one in answered
    )
    return replace(document, responses=responses)


async def thread(world: World, code: str, envelope: str, **page: object) -> ConversationPage:
    async with world.client(code) as client:
        return await client.conversation(envelope, **page)  # type: ignore[arg-type]


async def test_letters_and_their_answers_are_listed_from_any_of_them(world: World) -> None:
    question = world.document(A, B)
    first = await send(world, question)
    await take(world, B)
    reply = answer(world.document(B, A), question)
    second = await send(world, reply)
    third = await send(world, answer(world.document(A, B), reply))
    for code, one in ((A, first), (A, third), (B, second), (B, first)):
        found = (await thread(world, code, one.id)).messages
        assert [message.envelope for message in found] == [first.id, second.id, third.id]
        assert [message.sender for message in found] == [A, B, A]
        assert spelled(found[1].links) == [("answers", first.id, ()), ("answered_by", third.id, ())]
    assert await links(world, first.id) == [("answered_by", second.id, ())]
    [told, *_] = await waiting(world, A)
    assert [(one.kind, one.reference, one.delivery) for one in told.links[:1]] == [
        ("answers", question.reference, None)
    ]
    [_, own, _] = (await thread(world, A, first.id)).messages
    assert own.delivery == told.id


async def test_versions_and_recalls_belong_to_the_conversation(world: World) -> None:
    document = world.document(A, B)
    first = await send(world, document)
    await take(world, B)
    second = await send(world, update(document))
    await take(world, B)
    third = await send(world, recall(document))
    for code in (A, B):
        found = (await thread(world, code, second.id)).messages
        assert [(one.envelope, one.operation) for one in found] == [
            (first.id, "new"),
            (second.id, "update"),
            (third.id, "recall"),
        ]


async def test_stranger_sees_neither_the_conversation_nor_its_links(world: World) -> None:
    question = world.document(A, B)
    first = await send(world, question)
    second = await send(world, answer(world.document(B, A, C), question))
    with pytest.raises(ApiRefused) as refused:
        await thread(world, C, first.id)
    assert refused.value.status == 404
    [message] = (await thread(world, C, second.id)).messages  # C has the answer, not the question
    assert (message.envelope, message.links) == (second.id, ())
    assert [one.links for one in await waiting(world, C)] == [()]


async def test_what_is_not_seen_is_not_passed_through(world: World) -> None:
    """A wrote to B and C apart; C's answer to both does not lead B to what it has no part in."""
    to_b, to_c = world.document(A, B), world.document(A, C)
    first, second = await send(world, to_b), await send(world, to_c)
    own = await send(world, answer(world.document(A, D), to_b, to_c))
    assert {one.envelope for one in (await thread(world, A, first.id)).messages} == {first.id, second.id, own.id}
    assert [one.envelope for one in (await thread(world, B, first.id)).messages] == [first.id]


async def test_claimed_answer_to_a_letter_one_never_had_links_nothing(world: World) -> None:
    question = world.document(A, B)
    first = await send(world, question)
    await send(world, answer(world.document(C, A), question))
    assert await links(world, first.id) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"reference": ""}, True),  # number and date of issue
        ({"reference": "", "issued_on": None}, False),  # a number comes back every year
        ({"agency": ""}, True),  # the reference says whose
        ({"agency": "", "reference": ""}, False),
        ({"reference": "H08.02,2020/01/01,1/SNV-VP"}, False),
        ({"agency": C}, False),
    ],
    ids=["by number and date", "number alone", "no agency", "nothing", "another reference", "another agency"],
)
async def test_answer_is_matched_by_reference_or_number_with_date(
    world: World, changes: dict[str, object], found: bool
) -> None:
    question = world.document(A, B)
    first = await send(world, question)
    await send(world, answer(world.document(B, A), question, **changes))
    assert bool(await links(world, first.id)) is found


async def test_number_of_last_year_is_not_answered(world: World) -> None:
    this = world.document(A, B, number="12")
    last = replace(
        this,
        issued_on=this.issued_on.replace(year=this.issued_on.year - 1, day=1),
        reference="năm ngoái",
    )
    older, newer = await send(world, last), await send(world, this)
    await send(world, answer(world.document(B, A), last, reference=""))
    assert (bool(await links(world, older.id)), await links(world, newer.id)) == (True, [])


async def test_recall_that_copies_the_answer_of_its_letter_answers_nothing(world: World) -> None:
    question = world.document(A, B)
    first = await send(world, question)
    reply = answer(world.document(B, A), question)
    second = await send(world, reply)
    await take(world, A)
    await send(world, recall(reply))
    assert await links(world, first.id) == [("answered_by", second.id, ())]


async def test_conversation_comes_in_pages(world: World) -> None:
    question = world.document(A, B)
    letters = [question, *(answer(world.document(B, A), question) for _ in range(4))]
    ids = [(await send(world, one)).id for one in letters]
    seen, cursor = [], None
    while True:
        page = await thread(world, A, ids[0], limit=2, cursor=cursor)
        seen += [one.envelope for one in page.messages]
        if (cursor := page.next) is None:
            break
    assert seen == ids


async def test_many_claimed_answers_cost_little(world: World) -> None:
    """Twenty are looked up; a letter that answers thousands is still a letter."""
    question = world.document(A, B)
    first = await send(world, question)
    others = [replace(question, reference=f"khác {n}", number=str(n)) for n in range(150)]
    await send(world, answer(world.document(B, A), *others, question))
    assert await links(world, first.id) == []


async def test_links_are_only_ever_added_to(world: World) -> None:
    question = world.document(A, B)
    await send(world, question)
    second = await send(world, answer(world.document(B, A), question))
    async with world.exchange.database.transaction() as conn:
        [link] = await rows.links_of(conn, UUID(second.id))
        await rows.insert_links(conn, [link, link])
        assert await rows.links_of(conn, link.source) == [link]
    with pytest.raises(Exception, match="append-only"):
        async with world.exchange.database.transaction() as conn:
            await conn.execute("DELETE FROM links")
