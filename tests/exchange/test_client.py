"""The client library against a peer that is busy, away, broken or lying: one outcome, nothing half-done."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from envelopes.faults import FaultClass
from exchange import client_transport
from exchange.client import (
    ONCE,
    ApiBusy,
    ApiFailed,
    ApiRefused,
    ApiUnknown,
    ApiUnreachable,
    Client,
    Patience,
)
from tests.support.peer import DELIVERY, SUBMISSION, Peer, hang_up, listening_peer, problem, refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Pauses:
    """Takes the place of sleeping and writes down how long it would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with listening_peer() as made:
        yield made


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def client(peer: Peer, pauses: Pauses) -> AsyncIterator[Client]:
    async with Client(peer.url, "c0.secret", patience=Patience(attempts=4, sleep=pauses.sleep)) as made:
        yield made


def taken(status: int = 201) -> web.Response:
    return web.json_response(SUBMISSION, status=status)


async def test_submission_is_understood_and_credential_shown(peer: Peer, client: Client, tmp_path: Path) -> None:
    peer.script(taken())
    path = tmp_path / "letter.edxml"
    path.write_bytes(b"<edXML/>" * 100_000)
    answer = await client.submit(path)
    [seen] = peer.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/v1/envelopes", path.read_bytes())
    assert seen.headers["Authorization"] == "Bearer c0.secret"
    assert seen.headers["Content-Type"] == "application/xml"
    assert seen.headers["Content-Length"] == str(path.stat().st_size)
    assert answer.created
    assert answer.accepted_at == datetime(2026, 11, 23, 2, 15, 0, 123000, tzinfo=UTC)
    assert answer.signature.profile == "P"
    assert [one.recipient for one in answer.deliveries] == ["H08.30"]
    assert answer.undeliverable[0].fault.vi == "Không có đơn vị này"


async def test_replay_is_told_apart(peer: Peer, client: Client) -> None:
    peer.script(taken(200))
    assert not (await client.submit(b"<edXML/>")).created


async def test_refusal_lists_every_fault_and_is_not_tried_again(peer: Peer, client: Client, pauses: Pauses) -> None:
    peer.script(refused())
    with pytest.raises(ApiRefused) as caught:
        await client.submit(b"<edXML/>")
    assert caught.value.status == 422
    assert [(fault.code, fault.cls, fault.value) for fault in caught.value.faults] == [
        ("field.missing", FaultClass.MISSING, ""),
        ("attachment.missing", FaultClass.BAD_VALUE, "cid:a2"),
    ]
    assert caught.value.problem["request_id"] == "r-1"
    assert (len(peer.seen), pauses.seconds) == (1, [])


async def test_refusal_of_a_proxy_is_a_refusal_too(peer: Peer, client: Client) -> None:
    peer.script(web.Response(status=404, text="<html>nginx</html>", content_type="text/html"))
    with pytest.raises(ApiRefused) as caught:
        await client.receipt("x")
    assert (caught.value.status, caught.value.faults) == (404, ())


@pytest.mark.parametrize("busy", [503, 408, 429, 502, 504, 507])
async def test_busy_exchange_is_asked_again_with_the_same_file(peer: Peer, client: Client, busy: int) -> None:
    peer.script(problem(busy, "busy"), problem(busy, "busy"), taken())
    await client.submit(b"<edXML/>")
    assert [seen.body for seen in peer.seen] == [b"<edXML/>"] * 3


async def test_pause_asked_for_is_kept_and_doubles_otherwise(peer: Peer, client: Client, pauses: Pauses) -> None:
    peer.script(problem(503, "busy", pause=7), problem(503, "busy"), problem(503, "busy"), taken())
    await client.submit(b"<edXML/>")
    first, second, third = pauses.seconds
    assert first == 7
    assert 0.5 <= second <= 1.0
    assert 1.0 <= third <= 2.0


async def test_attempts_are_bounded(peer: Peer, client: Client, pauses: Pauses) -> None:
    peer.script(problem(503, "busy", pause=2, detail="kho đang bận"))
    with pytest.raises(ApiBusy) as caught:
        await client.inbox()
    assert (caught.value.status, caught.value.retry_after) == (503, 2)
    assert "kho đang bận" in str(caught.value)
    assert (len(peer.seen), pauses.seconds) == (4, [2, 2, 2])


async def test_pause_beyond_patience_gives_up_at_once(peer: Peer, client: Client) -> None:
    peer.script(problem(503, "busy", pause=3600))
    with pytest.raises(ApiBusy):
        await client.inbox()
    assert len(peer.seen) == 1


async def test_pause_may_be_a_date(peer: Peer, client: Client) -> None:
    late = web.Response(status=503, headers={"Retry-After": "Fri, 31 Dec 2999 23:59:59 GMT"})
    peer.script(late)
    with pytest.raises(ApiBusy) as caught:
        await client.inbox()
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 3600


async def test_garbled_pause_is_no_pause(peer: Peer, client: Client) -> None:
    peer.script(web.Response(status=503, headers={"Retry-After": "soon"}), web.json_response({"deliveries": []}))
    assert (await client.inbox()).deliveries == ()


async def test_unknown_commit_stays_the_outcome_until_settled(peer: Peer, client: Client) -> None:
    peer.script(problem(503, "unknown"), problem(503, "busy"))
    with pytest.raises(ApiUnknown):
        await client.submit(b"<edXML/>")
    assert len(peer.seen) == 4
    peer.script(problem(503, "unknown"), taken(200))
    assert (await client.submit(b"<edXML/>")).id == SUBMISSION["id"]


async def test_broken_connection_is_tried_again(peer: Peer, client: Client) -> None:
    peer.script(hang_up, taken())
    await client.submit(b"<edXML/>")
    assert [seen.body for seen in peer.seen] == [b"<edXML/>"] * 2


async def test_stream_is_sent_once(peer: Peer, client: Client) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"<edXML>"
        yield b"</edXML>"

    peer.script(problem(503, "busy"), taken())
    with pytest.raises(ApiBusy):
        await client.submit(chunks())
    assert [seen.body for seen in peer.seen] == [b"<edXML></edXML>"]


async def test_nobody_there_is_unreachable(peer: Peer, pauses: Pauses) -> None:
    async with Client("http://127.0.0.1:1", "c0.secret", patience=Patience(attempts=3, sleep=pauses.sleep)) as client:
        with pytest.raises(ApiUnreachable):
            await client.submit(b"<edXML/>")
    assert len(pauses.seconds) == 2


async def test_silence_is_given_up(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    woken = asyncio.Event()

    async def sleep(_: web.Request) -> web.StreamResponse:
        await woken.wait()
        return web.Response()

    monkeypatch.setattr(client_transport, "ANSWER_SECONDS", 0.05)
    peer.script(sleep)
    async with Client(peer.url, "c0.secret", patience=ONCE) as client:
        with pytest.raises(ApiUnreachable):
            await client.inbox()
    woken.set()


async def test_submission_that_does_not_move_is_given_up(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"<edXML>"
        await asyncio.Event().wait()

    monkeypatch.setattr(client_transport, "STALL_SECONDS", 0.05)
    async with Client(peer.url, "c0.secret", patience=ONCE) as client:
        with pytest.raises(ApiUnreachable):
            await client.submit(stuck())


async def test_trouble_with_the_own_file_is_not_the_exchanges(peer: Peer, client: Client, pauses: Pauses) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"<edXML>"
        raise OSError("disk")

    peer.script(taken())
    with pytest.raises(OSError, match="disk"):
        await client.submit(broken())
    assert pauses.seconds == []


async def test_missing_file_is_said_before_anything_is_sent(peer: Peer, client: Client, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await client.submit(tmp_path / "none.edxml")
    assert peer.seen == []


async def test_failed_exchange_is_not_hammered(peer: Peer, client: Client) -> None:
    peer.script(problem(500, "bug"))
    with pytest.raises(ApiFailed) as caught:
        await client.submit(b"<edXML/>")
    assert (caught.value.request_id, len(peer.seen)) == ("r-1", 1)


async def test_credential_is_not_carried_to_another_address(peer: Peer, client: Client) -> None:
    peer.script(web.Response(status=302, headers={"Location": "http://example.invalid/v1/inbox"}))
    with pytest.raises(ApiFailed, match=r"example\.invalid"):
        await client.inbox()
    assert len(peer.seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        SUBMISSION | {"size": "14321"},
        SUBMISSION | {"size": True},
        SUBMISSION | {"accepted_at": "yesterday"},
        SUBMISSION | {"accepted_at": "2026-11-23T02:15:00"},
        SUBMISSION | {"deliveries": [{"id": 1}]},
        SUBMISSION | {"warnings": [{"code": "x"}]},
        {name: value for name, value in SUBMISSION.items() if name != "receipt"},
    ],
)
async def test_answer_of_another_shape_is_not_believed(peer: Peer, client: Client, answer: object) -> None:
    peer.script(web.json_response(answer, status=201))
    with pytest.raises(ApiFailed):
        await client.submit(b"<edXML/>")


async def test_answer_with_more_than_we_know_is_understood(peer: Peer, client: Client) -> None:
    peer.script(web.json_response(SUBMISSION | {"later": {"version": 2}}))
    assert (await client.envelope("0199-envelope")).reference == SUBMISSION["reference"]


async def test_inbox_is_asked_and_understood(peer: Peer, client: Client) -> None:
    status = DELIVERY | {
        "kind": "status",
        "operation": None,
        "number": None,
        "issued_on": None,
        "attachments": [],
        "status": {"code": "03", "description": "", "reported_at": "2026-11-23T02:20:00Z", "delivery": "0199-d"},
    }
    peer.script(web.json_response({"deliveries": [DELIVERY, status], "next": "more"}))
    page = await client.inbox(wait=2.5, kind="document", agency="H08.30", limit=10)
    assert peer.seen[0].query == {"wait": "2.5", "kind": "document", "agency": "H08.30", "limit": "10"}
    assert page.next == "more"
    first, second = page.deliveries
    assert (first.issued_on, first.attachments[0].media_type) == (date(2026, 11, 20), "application/pdf")
    assert second.status
    assert second.status.code == "03"


async def test_ids_stay_in_their_place_of_the_address(peer: Peer, client: Client) -> None:
    peer.script(refused(404))
    with pytest.raises(ApiRefused):
        await client.delivery("../envelopes/x?y#z")
    assert peer.seen[0].path == "/v1/deliveries/../envelopes/x?y#z"
    assert peer.seen[0].query == {}


async def test_confirmation_says_the_digest(peer: Peer, client: Client) -> None:
    peer.script(web.json_response({"id": "d", "state": "collected", "confirmed_at": "2026-11-23T02:15:00Z"}))
    confirmed = await client.confirm("d", "ab" * 32)
    assert peer.seen[0].body == b'{"sha256": "' + b"ab" * 32 + b'"}'
    assert confirmed.state == "collected"


@pytest.mark.parametrize("credential", ["", "two words", "c0.secret\r\nX-Other: 1", "bí mật"])
def test_credential_of_another_form_is_refused_here(credential: str) -> None:
    with pytest.raises(ValueError, match="credential"):
        Client("http://127.0.0.1:8080", credential)


def test_client_library_brings_no_server_code() -> None:
    program = (
        "import sys, exchange.client, exchange.client_files, exchange.client_signing;"
        "print(' '.join(name for name in sys.modules if name.split('.')[0] in "
        "('exchange', 'storage', 'admin', 'asyncpg', 'minio', 'pydantic', 'alembic')))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name != "exchange" and not name.startswith("exchange.client")] == []
