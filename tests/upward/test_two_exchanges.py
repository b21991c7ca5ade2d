"""Two exchanges, one the other's parent: documents go up and come down, statuses both ways, each once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from envelopes.model import Business, Operation
from exchange import succession
from exchange.audit import audit
from exchange.credentials import new_credential
from exchange.upward import parents
from storage import credentials, directory
from tests.upward.conftest import A, B, C, D, E, certify, connect

if TYPE_CHECKING:
    from pathlib import Path

    from envelopes.model import Document
    from exchange.client_types import Submission
    from tests.upward.conftest import Pair, Side


async def submit(side: Side, code: str, path: Path) -> Submission:
    async with side.client(code) as client:
        return await client.submit(path)


async def fetch(side: Side, code: str, delivery: str, folder: Path) -> bytes:
    """The file as the recipient gets it, confirmed."""
    path = folder / f"got-{delivery}.edxml"
    async with side.client(code) as client:
        fetched = await client.fetch_envelope(delivery, path)
        await client.confirm(delivery, fetched.sha256)
    return path.read_bytes()


async def report(pair: Pair, side: Side, code: str, status: str, text: str = "") -> None:
    """The recipient reports on the one document it got."""
    [row] = await side.rows(
        "SELECT id FROM deliveries WHERE recipient = $1 AND kind = 'document' ORDER BY accepted_at DESC LIMIT 1", code
    )
    async with side.client(code) as client:
        delivery = await client.delivery(str(row["id"]))
        await client.report(delivery, status, description=text, signer=pair.keys[code].signer)


async def heard(side: Side, code: str) -> list[str]:
    """The codes of all statuses that wait for an agency."""
    return [one.status.code for one in await side.inbox(code, "status") if one.status]


async def test_a_document_goes_up_and_its_statuses_come_down(pair: Pair, tmp_path: Path) -> None:
    path = pair.envelope(pair.document(A, C))
    sent = await submit(pair.lower, A, path)
    assert sent.undeliverable == ()
    await pair.up()
    [arrived] = await pair.upper.inbox(C)
    assert await fetch(pair.upper, C, arrived.id, tmp_path) == path.read_bytes()
    await pair.down()
    assert await pair.lower.states(A, sent.id) == {C: "collected"}
    for code, state in (("03", "accepted"), ("05", "in_hand"), ("06", "completed")):
        await report(pair, pair.upper, C, code)
        await pair.down()
        assert await pair.lower.states(A, sent.id) == {C: state}
    assert await heard(pair.lower, A) == ["01", "03", "05", "06"]
    assert "upward_sent" in await pair.lower.events(A, sent.id)
    assert await pair.upper.inbox(D) == []
    assert await pair.lower.inbox(E) == []


async def test_a_document_comes_down_and_its_statuses_go_up(pair: Pair, tmp_path: Path) -> None:
    path = pair.envelope(pair.document(C, B))
    sent = await submit(pair.upper, C, path)
    await pair.down()
    [arrived] = await pair.lower.inbox(B)
    assert (arrived.sender, arrived.recipient) == (C, B)
    assert await fetch(pair.lower, B, arrived.id, tmp_path) == path.read_bytes()
    await report(pair, pair.lower, B, "02", "không thuộc thẩm quyền")
    await pair.both()
    assert await pair.upper.states(C, sent.id) == {B: "refused"}
    assert await heard(pair.upper, C) == ["01", "02"]
    assert await pair.lower.inbox(A) == []
    assert await pair.lower.inbox(E) == []


async def test_a_document_for_both_sides_reaches_each_once(pair: Pair, tmp_path: Path) -> None:
    """The parent serves B through us and brings B's copy back: an echo, which is confirmed and delivered to nobody."""
    sent = await submit(pair.lower, A, pair.envelope(pair.document(A, B, C)))
    for _ in range(3):
        await pair.both()
    assert len(await pair.lower.inbox(B)) == 1
    assert len(await pair.upper.inbox(C)) == 1
    [arrived] = await pair.lower.inbox(B)
    await fetch(pair.lower, B, arrived.id, tmp_path)
    await pair.both()
    assert await pair.lower.states(A, sent.id) == {B: "collected", C: "waiting"}
    assert await heard(pair.lower, A) == ["01"]
    states = await pair.lower.rows("SELECT state, count(*)::int AS n FROM downward GROUP BY state")
    assert states == [{"state": "echo", "n": 2}]  # B's copy, and the 01 that the parent then wrote for B
    assert await pair.upper.rows("SELECT 1 FROM deliveries WHERE recipient = $1 AND confirmed_at IS NULL", B) == []


async def test_what_comes_down_for_two_of_ours_is_one_envelope(pair: Pair) -> None:
    sent = await submit(pair.upper, C, pair.envelope(pair.document(C, A, B, D)))
    for _ in range(2):
        await pair.both()
    assert len(await pair.lower.inbox(A)) == len(await pair.lower.inbox(B)) == 1
    [row] = await pair.lower.rows("SELECT count(*)::int AS n FROM envelopes WHERE kind = 'document'")
    assert row == {"n": 1}
    assert await pair.upper.states(C, sent.id) == {A: "collected", B: "collected", D: "waiting"}
    assert await pair.lower.rows("SELECT 1 FROM upward WHERE state = 'sent'") == []  # D is the parent's own business


async def test_nothing_goes_through_twice_however_often_it_is_asked(pair: Pair) -> None:
    await submit(pair.lower, A, pair.envelope(pair.document(A, C)))
    await submit(pair.upper, C, pair.envelope(pair.document(C, A)))
    for _ in range(4):
        await pair.both()
    assert len(await pair.upper.inbox(C, "document")) == 1
    assert len(await pair.lower.inbox(A, "document")) == 1
    assert await heard(pair.upper, C) == ["01"]
    again = await pair.lower.rows("SELECT max(attempts) AS n FROM downward")
    assert again == [{"n": 1}]


async def test_a_recall_before_it_went_up_never_leaves(pair: Pair) -> None:
    document = pair.document(A, C)
    sent = await submit(pair.lower, A, pair.envelope(document))
    await submit(pair.lower, A, pair.envelope(recall_of(pair, document)))
    await pair.both()
    assert await pair.lower.states(A, sent.id) == {C: "recalled"}
    assert await pair.upper.inbox(C) == []
    assert await pair.upper.rows("SELECT 1 FROM envelopes") == []


@pytest.mark.parametrize(("answer", "state"), [("15", "recalled"), ("16", "collected")])
async def test_a_recall_after_it_went_up_is_asked_there(pair: Pair, tmp_path: Path, answer: str, state: str) -> None:
    document = pair.document(A, C)
    sent = await submit(pair.lower, A, pair.envelope(document))
    await pair.up()
    [arrived] = await pair.upper.inbox(C)
    await fetch(pair.upper, C, arrived.id, tmp_path)
    await pair.down()
    await submit(pair.lower, A, pair.envelope(recall_of(pair, document)))
    assert await pair.lower.states(A, sent.id) == {C: "recall_asked"}
    await pair.up()
    assert [one.operation for one in await pair.upper.inbox(C, "document")] == ["recall"]
    async with pair.upper.client(C) as client:
        delivery = await client.delivery(arrived.id)
        await client.report(delivery, answer, description="lý do", signer=pair.keys[C].signer)
    await pair.down()
    assert await pair.lower.states(A, sent.id) == {C: state}


def recall_of(pair: Pair, document: Document) -> Document:
    business = Business(operation=Operation.RECALL, reason="Gửi nhầm", target=document.reference)
    return replace(document, business=business)


async def test_a_large_file_goes_both_ways_unchanged(pair: Pair, tmp_path: Path) -> None:
    up, down = (pair.envelope(pair.document(*who), size=3_000_001) for who in ((A, C), (C, A)))
    digests = [hashlib.sha256(path.read_bytes()).digest() for path in (up, down)]
    await submit(pair.lower, A, up)
    await submit(pair.upper, C, down)
    await pair.both()
    [there], [here] = await pair.upper.inbox(C, "document"), await pair.lower.inbox(A, "document")
    found = [await fetch(pair.upper, C, there.id, tmp_path), await fetch(pair.lower, A, here.id, tmp_path)]
    assert [hashlib.sha256(data).digest() for data in found] == digests


async def test_both_databases_stay_provable(pair: Pair, tmp_path: Path) -> None:
    await submit(pair.lower, A, pair.envelope(pair.document(A, B, C)))
    await submit(pair.upper, C, pair.envelope(pair.document(C, A, B)))
    await pair.both()
    for one in await pair.upper.inbox(C, "document"):
        await fetch(pair.upper, C, one.id, tmp_path)
    await pair.both()
    for side in (pair.lower, pair.upper):
        assert (await audit(side.exchange, deep=True, fix=False)).findings == ()


async def test_the_lower_exchange_needs_no_certificate_where_the_parent_vouches(strangers: Pair) -> None:
    await connect(strangers, vouches=True, seal=False)
    sent = await submit(strangers.lower, A, strangers.envelope(strangers.document(A, C)))
    await submit(strangers.upper, C, strangers.envelope(strangers.document(C, A)))
    await strangers.both()
    [arrived] = await strangers.lower.inbox(A, "document")
    assert arrived.signature is not None
    assert arrived.signature.outcome == "absent"
    [row] = await strangers.lower.rows("SELECT warnings FROM envelopes WHERE sender = $1", C)
    assert "signature.unproven" in row["warnings"]
    await certify(strangers.lower, strangers.keys, (C,))
    await submit(strangers.upper, C, strangers.envelope(strangers.document(C, B)))
    await strangers.both()
    [known] = await strangers.lower.inbox(B, "document")
    assert known.signature is not None
    assert known.signature.outcome == "verified"
    assert await strangers.lower.states(A, sent.id) == {C: "waiting"}


async def test_what_comes_down_for_one_of_ours_merged_into_an_agency_beyond_is_not_lost(pair: Pair) -> None:
    await certify(pair.lower, pair.keys, (D,))
    await succession.merge(pair.lower.exchange.database, B, into=C)
    await submit(pair.upper, D, pair.envelope(pair.document(D, A, B)))
    await pair.down()
    await pair.up()
    rows = await pair.lower.rows("SELECT recipient FROM deliveries WHERE kind = 'document' ORDER BY recipient")
    assert [row["recipient"] for row in rows] == [C, A]
    [row] = await pair.lower.rows("SELECT state, failure FROM upward")  # a parent that lets only ours send says no
    assert (row["state"], row["failure"][:2]) == ("refused", "19")
    found, stuck = await parents.show_parent(pair.lower.exchange.database, "nation")
    assert (found.up, [one.direction for one in stuck]) == ({"refused": 1}, ["up"])


async def test_a_status_of_ours_that_never_went_up_is_no_echo(pair: Pair) -> None:
    """B reported at the parent itself: nobody here knows, so it has to show."""
    async with pair.upper.exchange.database.transaction() as conn:
        for code in (A, B):
            await directory.add_system(conn, system=f"u.{code}", agencies=[code], allow_unsigned=False, axis_secret="s")
            text, credential, digest = new_credential()
            await credentials.add_credential(
                conn, credential=credential, system=f"u.{code}", secret_sha256=digest, valid_days=None
            )
            pair.upper.credentials[code] = text
    await submit(pair.upper, A, pair.envelope(pair.document(A, B)))
    async with pair.upper.client(B) as client:
        [one] = (await client.inbox()).deliveries
        await client.report(one, "02", description="khong dung tham quyen", signer=pair.keys[B].signer)
    await pair.down()
    rows = await pair.lower.rows("SELECT state, failure FROM downward WHERE failure LIKE '[parent.sender_here]%'")
    assert [row["state"] for row in rows] == ["refused"] * 2  # the document, too, never went up from here
    assert await pair.lower.rows("SELECT 1 FROM envelopes") == []
