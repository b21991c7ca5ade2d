"""The national client with only its URL changed: a document goes out, comes in, and its statuses come back."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tests.support.world import A, B, C

if TYPE_CHECKING:
    from pathlib import Path

    from tests.axis.conftest import Clients
    from tests.support.world import World


async def test_a_document_goes_from_client_to_client(world: World, clients: Clients, tmp_path: Path) -> None:
    a, b, c = clients(A), clients(B), clients(C)
    file = world.envelope(world.document(A, B), world.attachment()).read_bytes()

    sent = await a.send(file, A)
    assert sent.ok, sent.raw
    listed = await b.received()
    assert [row["from"] for row in listed.data or []] == [A]
    doc_id = (listed.data or [])[0]["docId"]
    got = await b.get(doc_id, tmp_path)
    assert got.ok
    assert got.path is not None
    assert got.path.read_bytes() == file
    assert (await b.update_status(doc_id, "done")).ok
    assert (await b.received()).data == []
    assert (await c.received()).data == []

    rows = (await a.sent(docId=sent.doc_id)).data
    assert [(row["toCode"], row["receiveStatus"]) for row in rows or []] == [(B, "done")]
    statuses = (await a.received("status")).data
    assert len(statuses or []) == 1


async def test_the_same_file_again_has_the_same_id(world: World, clients: Clients) -> None:
    file = world.envelope().read_bytes()
    first, second = await clients(A).send(file, A), await clients(A).send(file, A)
    assert first.doc_id == second.doc_id
    assert uuid.UUID(first.doc_id)
    assert len((await clients(B).received()).data or []) == 1
