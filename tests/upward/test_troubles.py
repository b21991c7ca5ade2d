"""A parent that is away, unsure, final, lying or slow: nothing is lost, nothing is sent twice, people see why."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from exchange.program_checks import Wrong
from exchange.upward import parents, up
from exchange.upward.parent_checks import parents_talk
from tests.support.exchanges import execute
from tests.support.peer import Peer, listening_peer
from tests.upward.conftest import LIMIT, SECRET, A, B, C, D, connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.upward.conftest import Pair


def answer(**fields: Any) -> web.Response:
    return web.json_response({"status": "OK", "ErrorCode": "0", "ErrorDesc": "Thanh cong", **fields})


def failure(number: str, text: str = "loi", **fields: Any) -> web.Response:
    return web.json_response({"status": "FAIL", "ErrorCode": number, "ErrorDesc": text, **fields})


async def hangs_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.fixture
async def peer(pair: Pair) -> AsyncIterator[Peer]:
    """A scripted server in the parent's place."""
    async with listening_peer() as listening:
        await execute(pair.lower.exchange, "UPDATE parents SET url = $1", listening.url)
        yield listening


async def send(pair: Pair, *recipients: str) -> str:
    """A document of A's that waits to go up."""
    async with pair.lower.client(A) as client:
        return (await client.submit(pair.envelope(pair.document(A, *recipients)))).id


async def send_from_b(pair: Pair) -> str:
    """Another sender's."""
    async with pair.lower.client(B) as client:
        return (await client.submit(pair.envelope(pair.document(B, C)))).id


async def waiting(pair: Pair) -> list[tuple[str, int]]:
    rows = await pair.lower.rows("SELECT state, attempts FROM upward ORDER BY envelope")
    return [(row["state"], row["attempts"]) for row in rows]


def parameters(seen: Any) -> dict[str, str]:
    """What a call says, from its signed head."""
    given = json.loads(seen.headers["XroadVnpt-sign-header"])
    return {name.removeprefix("XroadVnpt-"): value for name, value in given.items()}


async def test_a_call_is_the_contracts(pair: Pair, peer: Peer) -> None:
    """Section 3 and 4.10: signed head, no parameter of another call, the file and one CRLF, an unpadded digest."""
    envelope = await send(pair, C)
    peer.script(answer(DocId="5b86ff00aa"))
    await pair.up()
    [seen] = peer.seen
    file = next(pair.folder.glob(f"{A}-*.edxml")).read_bytes()
    assert (seen.method, seen.path) == ("POST", "/sendEdoc")
    assert seen.body == file + b"\r\n"
    given = parameters(seen)
    assert given.keys() == {
        "systemid", "timestamp", "from", "messagetype", "servicetype", "hash-file", "Content-Type",
    }  # fmt: skip
    assert (given["from"], given["messagetype"], given["Content-Type"]) == (A, "edoc", "application/octet-stream")
    assert seen.headers["Content-Length"] == str(len(file) + 2)
    assert await pair.lower.rows("SELECT doc_id FROM upward") == [{"doc_id": "5b86ff00aa"}]
    assert SECRET not in json.dumps(seen.headers)
    assert "upward_sent" in await pair.lower.events(A, envelope)


@pytest.mark.parametrize(
    ("trouble", "tries"), [(hangs_up, 2), (failure("15", "Sai SystemId"), 1), (web.Response(status=502, text="<"), 2)]
)
async def test_a_parent_that_is_away_is_waited_for(pair: Pair, peer: Peer, trouble: Any, tries: int) -> None:
    await send(pair, C)
    await send_from_b(pair)
    await send_from_b(pair)
    peer.script(trouble)
    await pair.up()
    assert len(peer.seen) == tries  # the third would fare no better
    assert await waiting(pair) == [("waiting", tries - 1), ("waiting", tries - 1), ("waiting", 0)]
    [line] = await pair.lower.rows("SELECT failures, outcome FROM parent_lines WHERE direction = 'up'")
    assert line["failures"] == 1
    assert line["outcome"]
    peer.script(answer(DocId="1"), answer(DocId="2"), answer(DocId="3"))
    await pair.up()
    assert {state for state, _ in await waiting(pair)} == {"sent"}
    [line] = await pair.lower.rows("SELECT failures, outcome FROM parent_lines WHERE direction = 'up'")
    assert line == {"failures": 0, "outcome": None}


async def test_waits_for_a_parent_that_is_away_grow(pair: Pair, peer: Peer) -> None:
    await send(pair, C)
    peer.script(hangs_up)
    waits = []
    for _ in range(8):
        await pair.up()
        [row] = await pair.lower.rows(
            """SELECT round(extract(epoch FROM due_at - tried_at))::int AS s FROM parent_lines WHERE direction = 'up'"""
        )
        waits.append(row["s"])
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]


async def test_a_final_refusal_is_shown_to_the_sender_and_can_be_tried_again(pair: Pair, peer: Peer) -> None:
    envelope = await send(pair, C)
    other = await send(pair, D)
    peer.script(failure("22", "edXML khong dung chuan"), answer(DocId="2"), answer(DocId="1"))
    await pair.up()
    async with pair.lower.client(A) as client:
        [delivery] = (await client.envelope(envelope)).deliveries
    [event] = [event for event in delivery.events if event.event == "upward_refused"]
    assert event.description == "22: edXML khong dung chuan"
    assert "upward_sent" in await pair.lower.events(A, other)
    found, stuck = await parents.show_parent(pair.lower.exchange.database, "nation")
    assert found.up == {"refused": 1, "sent": 1}
    assert [(one.id, one.direction, one.state) for one in stuck] == [(envelope, "up", "refused")]
    with pytest.raises(Wrong, match="nation: 1"):
        await parents_talk(pair.lower.exchange)
    await pair.up()
    assert len(peer.seen) == 2  # final is final until a person says otherwise
    assert await parents.try_again(pair.lower.exchange.database, "nation") == [envelope]
    await pair.up()
    assert "upward_sent" in await pair.lower.events(A, envelope)
    assert await parents_talk(pair.lower.exchange) == "nation"


async def test_an_unsure_parent_is_asked_again_and_in_the_end_a_person_is(pair: Pair, peer: Peer) -> None:
    envelope = await send(pair, C)
    peer.script(failure("20", "Loi he thong"))
    for n in range(1, up.MOST_ATTEMPTS):
        await pair.up()
        assert await waiting(pair) == [("waiting", n)]
    await pair.up()
    assert (await waiting(pair))[0][0] == "refused"
    assert "upward_refused" in await pair.lower.events(A, envelope)


async def test_one_senders_messages_keep_their_order_and_hold_up_no_other(pair: Pair, peer: Peer) -> None:
    first, second = await send(pair, C), await send(pair, C)
    async with pair.lower.client(B) as client:
        third = (await client.submit(pair.envelope(pair.document(B, C)))).id
    peer.script(failure("20"), answer(DocId="x"))
    await pair.up()
    states = {str(row["envelope"]): row["state"] for row in await pair.lower.rows("SELECT envelope, state FROM upward")}
    assert states == {first: "waiting", second: "waiting", third: "sent"}


@pytest.mark.parametrize("doc_id", ["", "0", "x" * 65])
async def test_success_without_an_id_is_no_success(pair: Pair, peer: Peer, doc_id: str) -> None:
    await send(pair, C)
    peer.script(answer(DocId=doc_id))
    await pair.up()
    assert await waiting(pair) == [("waiting", 1)]


async def test_redirects_are_not_followed(pair: Pair, peer: Peer) -> None:
    await send(pair, C)
    async with listening_peer() as elsewhere:
        elsewhere.script(answer(DocId="1"))
        peer.script(web.Response(status=307, headers={"Location": f"{elsewhere.url}/sendEdoc"}))
        await pair.up()
        assert elsewhere.seen == []
    assert await waiting(pair) == [("waiting", 1)]


async def test_a_damaged_object_is_not_sent_and_not_the_parents_fault(pair: Pair, peer: Peer) -> None:
    await send(pair, C)
    for path in (pair.lower.exchange.settings.data_dir / "objects" / "sha256").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"y" * path.stat().st_size)
    peer.script(answer(DocId="1"))
    await pair.up()
    assert await waiting(pair) == [("waiting", 0)]
    [line] = await pair.lower.rows("SELECT failures FROM parent_lines WHERE direction = 'up'")
    assert line == {"failures": 0}


def listed(*rows: dict[str, Any]) -> web.Response:
    return answer(data=list(rows))


EMPTY = listed()


async def test_a_file_cut_short_is_not_taken_and_is_asked_for_again(pair: Pair, peer: Peer) -> None:
    file = pair.envelope(pair.document(C, B)).read_bytes()
    text = base64.b64encode(file).decode()
    cut = web.Response(text=f'{{"status":"OK","ErrorCode":"0","data":"{text[: len(text) // 2]}')
    row = {"docId": "m1", "from": C, "to": B}
    peer.script(listed(row), cut, EMPTY)
    await pair.down()
    assert await pair.lower.rows("SELECT 1 FROM envelopes") == []
    [kept] = await pair.lower.rows("SELECT state, attempts FROM downward")
    assert kept == {"state": "waiting", "attempts": 1}
    peer.script(listed(row), answer(data=text), answer(), EMPTY)
    await pair.down()
    assert len(await pair.lower.inbox(B)) == 1
    assert parameters(peer.seen[2])["status"] == "done"


async def test_a_whole_file_whose_answer_is_a_failure_is_not_taken(pair: Pair, peer: Peer) -> None:
    """The fields may come behind the data: only they say whether it counts."""
    text = base64.b64encode(pair.envelope(pair.document(C, B)).read_bytes()).decode()
    failed = web.Response(text=json.dumps({"data": text, "ErrorDesc": "x", "ErrorCode": "20", "status": "FAIL"}))
    peer.script(listed({"docId": "m1", "from": C}), failed, EMPTY)
    await pair.down()
    assert await pair.lower.rows("SELECT 1 FROM envelopes") == []


async def test_garbage_is_refused_and_the_next_one_taken(pair: Pair, peer: Peer) -> None:
    good = base64.b64encode(pair.envelope(pair.document(C, B)).read_bytes()).decode()
    bad = base64.b64encode(b"<edXML>khong phai</edXML>").decode()
    rows = [{"docId": "bad", "from": C}, {"docId": "good", "from": C}, {"from": C}, {"docId": "x" * 99}]
    peer.script(listed(*rows), answer(data=bad), answer(), answer(data=good), answer(), EMPTY)
    await pair.down()
    assert len(await pair.lower.inbox(B)) == 1
    words = [parameters(one)["status"] for one in peer.seen if one.path == "/updateStatus"]
    assert words == ["fail", "done"]


async def test_a_file_larger_than_any_door_takes_is_refused(pair: Pair, peer: Peer) -> None:
    file = pair.envelope(pair.document(C, B), size=LIMIT * 3 // 4).read_bytes()
    assert len(file) > LIMIT
    huge = answer(data=base64.b64encode(file).decode())
    peer.script(listed({"docId": "huge", "from": C}), huge, answer(), EMPTY)
    await pair.down()
    [row] = await pair.lower.rows("SELECT state, failure FROM downward")
    assert row["state"] == "refused"
    assert row["failure"].startswith("[body.too_large]")


async def test_a_parent_that_forgets_what_was_done_is_told_again_but_nothing_is_fetched(pair: Pair, peer: Peer) -> None:
    text = base64.b64encode(pair.envelope(pair.document(C, B)).read_bytes()).decode()
    row = {"docId": "m1", "from": C}
    peer.script(listed(row), answer(data=text), failure("20"), EMPTY, listed(row), EMPTY)
    await pair.down()
    await pair.down()
    assert [one.path for one in peer.seen].count("/getEdoc") == 1
    assert [one.path for one in peer.seen].count("/updateStatus") == 1
    await execute(pair.lower.exchange, "UPDATE downward SET due_at = clock_timestamp()")
    peer.script(listed(row), answer(), EMPTY)
    await pair.down()
    assert [one.path for one in peer.seen] == ["/getReceivedEdocList", "/updateStatus", "/getReceivedEdocList"]


async def test_an_operation_comes_after_its_document_however_it_is_listed(pair: Pair, peer: Peer) -> None:
    rows = [
        {"docId": "late", "from": C, "created_time": "02/01/2026 00:00:00"},
        {"docId": "odd", "from": C, "created_time": "hom qua"},
        {"docId": "early", "from": C, "created_time": "01/12/2025 08:00:00"},
    ]
    peer.script(listed(*rows), *[failure("10")] * 3, EMPTY)
    await pair.down()
    assert [parameters(one)["docId"] for one in peer.seen if one.path == "/getEdoc"] == ["early", "late", "odd"]


async def test_a_parent_no_longer_in_use_is_not_called_and_its_agencies_are_out_of_reach(pair: Pair) -> None:
    database = pair.lower.exchange.database
    await send(pair, C)
    await parents.remove_parent(database, "nation")
    await pair.both()
    assert await pair.upper.rows("SELECT 1 FROM envelopes") == []
    async with pair.lower.client(A) as client:
        mixed = await client.submit(pair.envelope(pair.document(A, B, C)))
    assert [one.fault.code for one in mixed.undeliverable] == ["recipient.locked"]
    await connect(pair)
    await pair.up()
    assert len(await pair.upper.inbox(C)) == 1  # what waited goes up once it is talked to again
