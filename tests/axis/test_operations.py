"""Recalls, updates and replacements through the national client's door: the same rules, told in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.axis.test_two_doors import report
from tests.support.changes import REASON, at, recall, replacement, sound, states, update, waiting, words
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from pathlib import Path

    from tests.axis.conftest import Clients
    from tests.support.world import World


async def test_recall_withdraws_and_asks_through_the_facade(world: World, clients: Clients, tmp_path: Path) -> None:
    """A, B and C all use the national client; B fetched, C did not."""
    document = world.document(A, B, C)
    sent = await clients(A).send(world.envelope(document).read_bytes(), A)
    [row] = (await clients(B).received()).data or []
    assert (await clients(B).get(row["docId"], tmp_path)).ok
    assert (await clients(B).update_status(row["docId"], "done")).ok
    [unseen] = (await clients(C).received()).data or []
    asked = await clients(A).send(world.envelope(recall(document)).read_bytes(), A)
    assert asked.ok

    assert (await clients(C).received()).data == []
    gone = await clients(C).get(unseen["docId"], tmp_path)
    assert (gone.ok, gone.code) == (False, "10")
    confirmed = await clients(C).update_status(unseen["docId"], "done")
    assert (confirmed.ok, confirmed.code) == (False, "10")
    assert "Gui nham noi nhan" in (confirmed.description or "")
    [told] = (await clients(B).received()).data or []
    assert (told["from"], (await clients(B).get(told["docId"], tmp_path)).ok) == (A, True)
    assert (await clients(B).send(report(world, document, B, "15"), B, "status")).ok

    rows = (await clients(A).sent(docId=sent.doc_id)).data or []
    assert {one["toCode"]: one["receiveStatusDesc"] for one in rows} == {B: "Đã thu hồi", C: "Đã thu hồi"}
    assert sent.doc_id is not None
    assert asked.doc_id is not None
    assert words(await at(world, sent.doc_id, C))[-1] == "withdrawn"
    assert words(await at(world, sent.doc_id, B))[-1] == "recalled"
    assert await states(world, asked.doc_id) == {B: "completed", C: "completed"}
    await sound(world)


async def test_update_and_replacement_through_the_facade(world: World, clients: Clients) -> None:
    document, new = world.document(A, B, C), world.document(A, B)
    first = await clients(A).send(world.envelope(document).read_bytes(), A)
    second = await clients(A).send(world.envelope(update(document, removed=[C])).read_bytes(), A)
    third = await clients(A).send(world.envelope(replacement(new, {document.reference: [B]})).read_bytes(), A)
    assert first.ok
    assert second.ok
    assert third.ok
    assert len((await clients(B).received()).data or []) == 3
    assert (await clients(C).received()).data == []
    [_, _, told] = await waiting(world, B)
    assert [(one.kind, one.envelope) for one in told.links] == [
        ("replaces", first.doc_id),
        ("replaces", second.doc_id),
    ]


async def test_recall_of_another_agencys_document_is_refused_in_the_axis_words(world: World, clients: Clients) -> None:
    document = world.document(A, B)
    assert (await clients(A).send(world.envelope(document).read_bytes(), A)).ok
    foreign = recall(world.document(C, B), target=document.reference, reason=REASON)
    refused = await clients(C).send(world.envelope(foreign).read_bytes(), C)
    assert (refused.ok, refused.code) == (False, "10")
    assert "target.foreign" in (refused.description or "")
    assert len((await clients(B).received()).data or []) == 1
