"""A parent's directory read into ours: who is not ours is beyond, and half a list changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from envelopes.faults import Refused
from exchange.upward import listing, parents
from storage import directory
from tests.support.exchanges import execute
from tests.support.peer import Peer, listening_peer
from tests.upward.conftest import NODE, SECRET, A, B, C, D, connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from exchange.upward.listing import Synced
    from tests.upward.conftest import Pair


@pytest.fixture
async def peer(strangers: Pair) -> AsyncIterator[Peer]:
    """A scripted server in the parent's place."""
    async with listening_peer() as made:
        await parents.add_parent(
            strangers.lower.exchange.database, name="nation", url=made.url, system=NODE, secret=SECRET
        )
        yield made


def directory_of(*rows: Any, **fields: Any) -> web.Response:
    text = json.dumps({"status": "OK", "ErrorCode": "0", "ErrorDesc": "", "data": list(rows)} | fields)
    return web.Response(text=text, content_type="application/json")


def entry(code: str, name: str = "", **more: str) -> dict[str, str]:
    return {"id": f"id-{code}", "pid": "", "code": code, "name": name or f"Đơn vị {code}", "mail": ""} | more


async def sync(pair: Pair) -> Synced:
    return await listing.sync(pair.lower.exchange.database, "nation", lambda _done: None)


async def beyond(pair: Pair) -> dict[str, str]:
    rows = await pair.lower.rows("SELECT code, name FROM agencies WHERE beyond = 'nation' ORDER BY code")
    return {row["code"]: row["name"] for row in rows}


async def test_the_lists_of_two_exchanges_become_one_directory(strangers: Pair) -> None:
    await connect(strangers)
    assert await beyond(strangers) == {C: "Bộ Nội vụ", D: "Bộ Tư pháp"}
    async with strangers.lower.client(A) as client:
        codes = {one.code for one in (await client.agencies()).agencies}
    assert {A, B, C, D} <= codes
    done = await sync(strangers)
    assert (done.listed, done.added, done.renamed, done.ours, done.gone) == (4, 0, 0, 2, [])


async def test_ours_stay_ours_under_whichever_code_they_are_listed(strangers: Pair, peer: Peer) -> None:
    await execute(
        strangers.lower.exchange,
        "INSERT INTO agency_codes (code, agency, likeness) VALUES ('000.00.02.H08', $1, 'x')",
        A,
    )
    peer.script(directory_of(entry(A, "Tên khác"), entry("000.00.02.H08"), entry(B), entry("X.1")))
    done = await sync(strangers)
    assert (done.added, done.ours) == (1, 3)
    assert await beyond(strangers) == {"X.1": "Đơn vị X.1"}
    [row] = await strangers.lower.rows("SELECT name, beyond FROM agencies WHERE code = $1", A)
    assert row == {"name": "Sở Nội vụ", "beyond": None}


async def test_other_codes_lead_to_the_agency_beyond(strangers: Pair, peer: Peer) -> None:
    peer.script(directory_of(entry("X.1", oldCode="000.00.X1", code102="X.1"), entry("X.2", oldCode=A)))
    await sync(strangers)
    async with strangers.lower.exchange.database.acquire() as conn:
        found = await directory.agencies(conn, ["000.00.X1", A])
    assert {code: agency.code for code, agency in found.items()} == {"000.00.X1": "X.1", A: A}
    assert (found["000.00.X1"].old_code, found["000.00.X1"].code102) == ("000.00.X1", "")


async def test_new_names_come_and_what_is_gone_is_locked(strangers: Pair, peer: Peer) -> None:
    peer.script(directory_of(entry("X.1"), entry("X.2"), entry("X.3")))
    await sync(strangers)
    peer.script(directory_of(entry("X.1", "Tên mới"), entry("X.3")))
    done = await sync(strangers)
    assert (done.renamed, done.gone) == (1, ["X.2"])
    assert (await beyond(strangers))["X.1"] == "Tên mới"
    async with strangers.lower.client(A) as client:
        sent = await client.submit(strangers.envelope(strangers.document(A, "X.1", "X.2")))
    assert [(one.recipient, one.fault.code) for one in sent.undeliverable] == [("X.2", "recipient.locked")]
    peer.script(directory_of(entry("X.1", "Tên mới"), entry("X.2"), entry("X.3")))
    assert (await sync(strangers)).locked == ["X.2"]  # whoever locked it, an administrator unlocks it


async def test_entries_of_no_use_are_counted_and_left_out(strangers: Pair, peer: Peer) -> None:
    odd = [entry("có dấu"), {"code": "X.9"}, {"name": "Không mã"}, {"code": 5, "name": "Số"}, entry("X" * 40)]
    peer.script(directory_of(*odd, entry("X.1"), entry("X.1", "Hai lần")))
    done = await sync(strangers)
    assert (done.listed, done.unusable, done.added) == (7, 5, 1)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (web.Response(text='{"status":"OK","ErrorCode":"0","data":[{"code":"X.1","name":"a"}'), "parent.silent"),
        (web.Response(text="<html>", status=502), "parent.silent"),
        (directory_of(entry("X.1"), status="FAIL", ErrorCode="15"), "parent.silent"),
        (directory_of(), "parent.list_empty"),
        (directory_of(entry("có dấu")), "parent.list_empty"),
    ],
)
async def test_half_a_list_changes_nothing(strangers: Pair, peer: Peer, answer: web.Response, code: str) -> None:
    peer.script(directory_of(entry("X.5")))
    await sync(strangers)
    peer.script(answer)
    with pytest.raises(Refused) as refused:
        await sync(strangers)
    assert refused.value.faults[0].code == code
    assert await beyond(strangers) == {"X.5": "Đơn vị X.5"}
    assert await strangers.lower.rows("SELECT 1 FROM agencies WHERE locked_at IS NOT NULL") == []


async def test_what_one_parent_reaches_another_does_not_take_over(strangers: Pair, peer: Peer) -> None:
    peer.script(directory_of(entry("X.1")))
    await sync(strangers)
    database = strangers.lower.exchange.database
    await parents.add_parent(database, name="other", url=peer.url, system=NODE, secret=SECRET)
    peer.script(directory_of(entry("X.1", "Tên khác"), entry("Y.1")))
    done = await listing.sync(database, "other", lambda _done: None)
    assert (done.added, done.elsewhere) == (1, 1)
    found = {one.name: one.agencies for one in await parents.list_parents(database)}
    assert found == {"nation": 1, "other": 1}


async def test_a_document_for_two_parents_goes_to_each(strangers: Pair, peer: Peer) -> None:
    await connect(strangers)  # `nation` is the upper exchange from here on
    database = strangers.lower.exchange.database
    await parents.add_parent(database, name="other", url=peer.url, system=NODE, secret=SECRET)
    peer.script(directory_of(entry("Y.1")))
    await listing.sync(database, "other", lambda _done: None)
    async with strangers.lower.client(A) as client:
        await client.submit(strangers.envelope(strangers.document(A, C, "Y.1")))
    peer.script(web.json_response({"status": "OK", "ErrorCode": "0", "ErrorDesc": "", "DocId": "y"}))
    await strangers.up()
    rows = await strangers.lower.rows("SELECT parent, state FROM upward ORDER BY parent")
    assert rows == [{"parent": "nation", "state": "sent"}, {"parent": "other", "state": "sent"}]
    assert len(await strangers.upper.inbox(C)) == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": "có dấu"}, "parent.malformed"),
        ({"name": ""}, "parent.malformed"),
        ({"url": "ftp://x"}, "source.malformed"),
        ({"url": "http://user:pw@x/"}, "source.malformed"),
        ({"system": "a b"}, "parent.system_malformed"),
        ({"secret": "  \n"}, "parent.secret_missing"),
        ({"seal": b"no certificate"}, "certificate.unreadable"),
    ],
)
async def test_a_parent_wrongly_described_is_refused(strangers: Pair, given: dict[str, Any], code: str) -> None:
    good: dict[str, Any] = {"name": "nation", "url": "http://127.0.0.1:1", "system": NODE, "secret": SECRET}
    with pytest.raises(Refused) as refused:
        await parents.add_parent(strangers.lower.exchange.database, **(good | given))
    assert refused.value.faults[0].code == code
    assert await parents.list_parents(strangers.lower.exchange.database) == []


async def test_unknown_and_removed_parents_are_named(strangers: Pair, peer: Peer) -> None:
    database = strangers.lower.exchange.database
    with pytest.raises(Refused, match=r"parent\.unknown"):
        await parents.show_parent(database, "nobody")
    await parents.remove_parent(database, "nation")
    with pytest.raises(Refused, match=r"parent\.removed"):
        await sync(strangers)
    assert peer.seen == []
