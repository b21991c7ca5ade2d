"""Two doors to one exchange: what goes in through one comes out of the other, documents and statuses alike."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from envelopes.limits import LOCAL_TIME
from envelopes.model import Organization, ResponseFor, StatusMessage
from envelopes.writing import write_status
from exchange import succession
from tests.support.world import A, B, C, D

if TYPE_CHECKING:
    from pathlib import Path

    from envelopes.model import Document
    from tests.axis.conftest import Clients
    from tests.support.world import World


def report(world: World, document: Document, reporter: str, code: str, text: str = "") -> bytes:
    """A status message as the reporter's system writes and signs it."""
    status = StatusMessage(
        sender=Organization(code=reporter),
        answers=ResponseFor(
            agency=document.sender.code,
            code=f"{document.number}/{document.notation}",
            issued_on=document.issued_on,
            reference=document.reference,
        ),
        code=code,
        description=text,
        reported_at=datetime.now(LOCAL_TIME).replace(microsecond=0),
    )
    return world.actors[reporter].signer.sign_parts(write_status(status))


async def test_from_the_native_door_to_the_facade(world: World, clients: Clients, tmp_path: Path) -> None:
    document = world.document(A, B, C)
    file = world.envelope(document, world.attachment())
    async with world.client(A) as client:
        sent = await client.submit(file)
    [row] = (await clients(B).received()).data or []
    got = await clients(B).get(row["docId"], tmp_path)
    assert got.path is not None
    assert got.path.read_bytes() == file.read_bytes()
    assert (await clients(B).update_status(row["docId"], "done")).ok
    assert (await clients(B).send(report(world, document, B, "03"), B, "status")).ok

    async with world.client(A) as client:
        states = {one.recipient: one.state for one in (await client.envelope(sent.id)).deliveries}
        heard = [one.status.code for one in (await client.inbox(kind="status")).deliveries if one.status]
    assert states == {B: "accepted", C: "waiting"}
    assert heard == ["01", "03"]


async def test_from_the_facade_to_the_native_door(world: World, clients: Clients, tmp_path: Path) -> None:
    document = world.document(A, B, C)
    file = world.envelope(document, world.attachment()).read_bytes()
    sent = await clients(A).send(file, A)
    async with world.client(B) as client:
        [one] = (await client.inbox(kind="document")).deliveries
        fetched = await client.fetch_envelope(one.id, tmp_path / "got.edxml")
        await client.confirm(one.id, fetched.sha256)
    assert (tmp_path / "got.edxml").read_bytes() == file
    [status] = (await clients(A).received("status")).data or []
    assert (status["from"], status["to"], status["messageType"]) == (B, A, "status")
    got = await clients(A).get(status["docId"], tmp_path)
    assert got.path is not None
    assert b"StatusCode>01<" in got.path.read_bytes()
    assert (await clients(A).update_status(status["docId"], "done")).ok
    assert (await clients(A).received("status")).data == []
    rows = {row["toCode"]: row["receiveStatus"] for row in (await clients(A).sent(docId=sent.doc_id)).data or []}
    assert rows == {B: "done", C: "initial"}


@pytest.mark.parametrize("code", ["02", "03", "06"])
async def test_every_status_travels_as_a_message(world: World, clients: Clients, code: str) -> None:
    document = world.document(A, B)
    assert (await clients(A).send(world.envelope(document).read_bytes(), A)).ok
    result = await clients(B).send(report(world, document, B, code, "lý do"), B, "status")
    assert result.ok
    assert len((await clients(A).received("status")).data or []) == 1


async def test_a_strangers_status_is_refused_at_the_facade(world: World, clients: Clients) -> None:
    """TM-14: C is no recipient."""
    document = world.document(A, B)
    assert (await clients(A).send(world.envelope(document).read_bytes(), A)).ok
    result = await clients(C).send(report(world, document, C, "03"), C, "status")
    assert (result.status, result.doc_id) == ("FAIL", "")
    assert (await clients(A).received("status")).data == []


async def test_one_document_through_both_doors_is_one_document(world: World, clients: Clients) -> None:
    path = world.envelope()
    async with world.client(A) as client:
        native = await client.submit(path)
    axis = await clients(A).send(path.read_bytes(), A)
    assert axis.doc_id == native.id
    assert len((await clients(B).received()).data or []) == 1


async def test_what_was_sent_to_a_merged_agency_is_finished_by_its_successor_at_the_facade(
    world: World, clients: Clients, tmp_path: Path
) -> None:
    document = world.document(A, B)
    async with world.client(A) as client:
        before = await client.submit(world.envelope(document, world.attachment()))
    await succession.merge(world.exchange.database, B, into=D)
    later = world.envelope(world.document(A, B), world.attachment())
    assert (await clients(A).send(later.read_bytes(), A, "edoc")).ok
    rows = (await clients(D).received()).data or []
    assert [row["to"] for row in rows] == [B, D]
    assert (await clients(C).received()).data in (None, [])
    assert (await clients(D).get(rows[0]["docId"], tmp_path)).path is not None
    assert (await clients(D).update_status(rows[0]["docId"], "done")).ok
    assert (await clients(D).send(report(world, document, D, "03"), D, "status")).ok
    mine = await clients(B).send(world.envelope(world.document(B, A), world.attachment()).read_bytes(), B, "edoc")
    assert (mine.ok, mine.code) == (False, "19")
    async with world.client(A) as client:
        [followed] = (await client.envelope(before.id)).deliveries
    assert (followed.recipient, followed.state) == (B, "accepted")
