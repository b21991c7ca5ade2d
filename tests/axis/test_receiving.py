"""Lists, fetching and confirming, with all the parameters a long-lived client object drags along."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.axis.raw import call, fail, signed
from tests.support.world import A, B, C, secret_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.axis.conftest import Clients
    from tests.support.world import World


async def test_parameters_left_over_from_other_operations_change_nothing(
    world: World, clients: Clients, tmp_path: Path
) -> None:
    """list, get, update, list, send, list: each call drags docId, docid, status, to, from and hash-file along."""
    b = clients(B)
    for _ in range(2):
        await clients(A).send(world.envelope(world.document(A, B, C)).read_bytes(), A)
    first, second = [row["docId"] for row in (await b.received()).data or []]
    assert (await b.get(first, tmp_path)).ok
    assert (await b.update_status(first, "done")).ok
    assert [row["docId"] for row in (await b.received()).data or []] == [second]
    assert (await b.send(world.envelope(world.document(B, C)).read_bytes(), B, to=f'["{C}"]')).ok
    assert [row["docId"] for row in (await b.received()).data or []] == [second]
    assert (await b.get(second, tmp_path)).path == tmp_path / f"{second}.edxml"
    assert (await b.update_status(second, "done")).ok
    assert (await b.received()).data == []
    assert len((await b.sent()).data or []) == 1, "docId of a received document is no filter for what was sent"


@pytest.mark.parametrize("spelled", ["docId", "docid"])
async def test_both_spellings_of_the_id_confirm(world: World, clients: Clients, spelled: str, tmp_path: Path) -> None:
    b = clients(B)
    await clients(A).send(world.envelope().read_bytes(), A)
    [row] = (await b.received()).data or []
    assert (await b.get(row["docId"], tmp_path, spelled=spelled)).ok
    assert (await b.update_status(row["docId"], "done", spelled=spelled)).ok
    assert (await b.received()).data == []


async def test_confirming_twice_sends_one_notice(world: World, clients: Clients) -> None:
    await clients(A).send(world.envelope().read_bytes(), A)
    [row] = (await clients(B).received()).data or []
    assert (await clients(B).update_status(row["docId"], "done")).ok
    assert (await clients(B).update_status(row["docId"], "done")).ok
    assert len((await clients(A).received("status")).data or []) == 1


async def test_a_failed_fetch_stays_on_the_list_and_in_the_history(world: World, clients: Clients) -> None:
    await clients(A).send(world.envelope().read_bytes(), A)
    [row] = (await clients(B).received()).data or []
    for word in ("processing", "fail", "fail"):
        assert (await clients(B).update_status(row["docId"], word)).ok
    assert len((await clients(B).received()).data or []) == 1
    async with world.client(B) as client:
        events = (await client.delivery(row["docId"])).events
    assert [event.event for event in events] == ["taken", "transport_processing", "transport_fail"]


@pytest.mark.parametrize("word", ["06", "inbox", "acceptance", "", "x" * 3000])
async def test_no_business_state_is_reported_by_transport(world: World, clients: Clients, word: str) -> None:
    await clients(A).send(world.envelope().read_bytes(), A)
    [row] = (await clients(B).received()).data or []
    assert (await clients(B).update_status(row["docId"], word)).status == "FAIL"
    assert len((await clients(B).received()).data or []) == 1


@pytest.mark.parametrize("doc_id", ["", "x", "../../etc/passwd", "00000000-0000-0000-0000-000000000000"])
async def test_an_id_that_is_nobodys_fails_in_each_operations_form(
    world: World, clients: Clients, doc_id: str, tmp_path: Path
) -> None:
    client = clients(B)
    got = await client.get(doc_id, tmp_path)
    assert (got.status, got.code, got.path) == ("FAIL", "10", None)
    assert (await client.update_status(doc_id, "done")).status == "FAIL"
    if client.version == "2.0.1":
        assert (await client.download(doc_id, tmp_path)).code == "100"


async def test_a_strangers_document_does_not_exist(world: World, clients: Clients, tmp_path: Path) -> None:
    await clients(A).send(world.envelope().read_bytes(), A)
    [row] = (await clients(B).received()).data or []
    assert (await clients(C).get(row["docId"], tmp_path)).status == "FAIL"
    assert (await clients(C).update_status(row["docId"], "done")).status == "FAIL"
    assert len((await clients(B).received()).data or []) == 1


@pytest.mark.parametrize("version", ["2.0.1"])  # the older client has no such operation
async def test_counts_and_downloads_of_the_newer_client(world: World, clients: Clients, tmp_path: Path) -> None:
    b = clients(B)
    file = world.envelope(world.document(A, B), world.attachment()).read_bytes()
    await clients(A).send(file, A)
    assert (await b.count()).count == 1
    assert (await b.count("Status")).count == 0
    [row] = (await b.received()).data or []
    stored = await b.download(row["docId"], tmp_path)
    assert stored.path is not None
    assert stored.path.read_bytes() == file
    assert (await b.update_status(row["docId"], "done")).ok
    assert (await b.count()).count == 0
    assert (await clients(A).count("Status")).count == 1


async def test_a_span_of_dates_bounds_the_lists(world: World, clients: Clients) -> None:
    await clients(A).send(world.envelope().read_bytes(), A)
    b = clients(B)
    assert (await b.received(fromDate="01/01/2020 00:00:00", toDate="31/12/2020 23:59:59")).data == []
    assert len((await b.received(fromDate="01/01/2020 00:00:00", toDate="31/12/2099 23:59:59")).data or []) == 1
    assert len((await b.received(fromDate="nonsense", toDate="")).data or []) == 1


async def test_service_type_is_compared_in_any_case(world: World, clients: Clients) -> None:
    await clients(A).send(world.envelope().read_bytes(), A)
    assert len((await clients(B).received("EDOC", servicetype="edoc")).data or []) == 1


async def test_answers_are_ascii_and_without_null(world: World, clients: Clients) -> None:
    await clients(A).send(world.envelope().read_bytes(), A)
    for result in (await clients(A).sent(), await clients(B).received()):
        assert result.raw.isascii()
        assert b"null" not in result.raw
        assert result.ok
    [row] = (await clients(A).sent()).data or []
    assert row["title"] == "V/v triển khai liên thông văn bản điện tử"


async def test_many_lists_leave_the_service_open_to_others(world: World, clients: Clients) -> None:
    """The client never closes what it lists by; 200 idle connections keep nobody out."""
    for _ in range(200):
        assert (await clients(B).received()).ok
    assert len(clients(B).open_connections) == 200
    assert (await clients(A).send(world.envelope().read_bytes(), A)).ok


async def test_a_large_file_comes_whole_through_base64(world: World, clients: Clients, tmp_path: Path) -> None:
    attachment = world.attachment("to.pdf", b"%PDF-1.4\n" + bytes(range(256)) * 20_000)
    file = world.envelope(world.document(A, B), attachment).read_bytes()
    assert (await clients(A).send(file, A)).ok
    [row] = (await clients(B).received()).data or []
    got = await clients(B).get(row["docId"], tmp_path)
    assert got.path is not None
    assert got.path.read_bytes() == file


async def test_a_get_with_a_method_or_body_of_others_is_answered(world: World) -> None:
    headers = signed({"systemid": f"system.{A}", "docId": "x"}, secret_of(A))
    assert fail(await call(world.url, "/getEdoc", headers, body=b"x" * 10_000)) == "10"
    assert json.loads((await call(world.url, "/getEdoc", headers, method="PUT")).body)["data"] == ""
