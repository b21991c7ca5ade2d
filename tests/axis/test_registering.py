"""`registerAgency` and `deleteAgency`: what a system wants of the directory waits, or is done below its own agency."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from envelopes.faults import Refused
from exchange import directory, registration
from storage import directory as rows
from storage.agency_requests import Wanted
from tests.axis.double import AxisClient
from tests.support.world import A, B, C, World, secret_of, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from storage.directory import Agency
    from tests.axis.conftest import Clients

NEW, ADMIN = "H08.02.01", "quantri.1"


def body(**changes: Any) -> str:
    given = {
        "id": "",
        "pcode": A,
        "code": NEW,
        "name": "Phòng Tổ chức",
        "mail": "to@example.vn",
        "mobile": "",
        "fax": "",
    }
    return json.dumps(given | changes, ensure_ascii=False)


@pytest.fixture
async def open_world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world in which systems keep the agencies below their own."""
    async with world_of(dsn, tmp_path, axis_registration=True) as made:
        yield made


def client_of(world: World, code: str) -> AxisClient:
    return AxisClient(world.url, f"system.{code}", secret_of(code))


async def found(world: World, code: str) -> Agency | None:
    async with world.exchange.database.acquire() as conn:
        return await rows.agency(conn, code)


async def waiting(world: World) -> list[tuple[str, str, str | None]]:
    requests = await registration.list_requests(world.exchange.database)
    return [(one.wanted.action, one.wanted.code, one.wanted.system) for one in requests]


async def test_registration_waits_for_an_administrator(world: World, clients: Clients) -> None:
    result = await clients(A).register_agency(body())
    assert result.ok
    assert "cho quan tri truc duyet" in (result.description or "")
    assert await found(world, NEW) is None
    assert (await clients(A).register_agency(body())).ok
    assert await waiting(world) == [("add", NEW, f"system.{A}")], "asked twice, waits once"
    [request] = await registration.list_requests(world.exchange.database)
    await registration.approve(world.exchange.database, request.id, by=ADMIN)
    agency = await found(world, NEW)
    assert agency is not None
    assert (agency.name, agency.parent, agency.mail) == ("Phòng Tổ chức", A, "to@example.vn")
    assert NEW in {row["code"] for row in (await clients(B).get_agencies()).data or []}
    [decided] = await registration.list_requests(world.exchange.database, waiting_only=False)
    assert (decided.state, decided.decided_by) == ("approved", ADMIN)
    assert decided.decided_at is not None


async def test_deletion_waits_and_then_ends_the_agency_alone(world: World, clients: Clients) -> None:
    database = world.exchange.database
    await directory.add_agency(database, code=NEW, name="Phòng Tổ chức", parent=B)
    assert (await clients(C).delete_agency(B)).ok
    agency = await found(world, B)
    assert agency is not None
    assert not agency.dissolved
    [request] = await registration.list_requests(database)
    await registration.approve(database, request.id, by=ADMIN)
    parent, child = await found(world, B), await found(world, NEW)
    assert parent is not None
    assert child is not None
    assert (parent.dissolved, child.dissolved, child.parent) == (True, False, B)
    assert (await clients(C).delete_agency(B)).ok
    assert await waiting(world) == [], "what is so already is not asked for"


async def test_refused_request_changes_nothing(world: World, clients: Clients) -> None:
    await clients(A).register_agency(body())
    [request] = await registration.list_requests(world.exchange.database)
    await registration.refuse(world.exchange.database, request.id, by=ADMIN)
    assert await found(world, NEW) is None
    with pytest.raises(Refused) as refused:
        await registration.approve(world.exchange.database, request.id, by=ADMIN)
    assert refused.value.faults[0].code == "request.decided"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('{"id": "", "pcode": "H08.02" "code": }', "10"),
        ("", "10"),
        ("[]", "10"),
        ("null", "10"),
        ("[" * 3_000, "10"),
        (body(code=""), "10"),
        (body(name=7), "10"),
        (body(mail="x" * 600), "10"),
        (body(name="hai\ndòng"), "10"),
        ('{"code": "H08.1", "name": "\\ud800"}', "10"),
        (body(code="H08 02"), "18"),
        (body(code="Н08.02.01"), "18"),
        (body(pcode="H08.99"), "18"),
    ],
)
async def test_malformed_body_fails_in_the_clients_own_form(
    world: World, clients: Clients, text: str, number: str
) -> None:
    result = await clients(A).register_agency(text)
    assert (result.status, result.code) == ("FAIL", number), result.raw
    assert result.description
    assert await waiting(world) == []


async def test_unknown_agency_cannot_be_deleted(world: World, clients: Clients) -> None:
    result = await clients(A).delete_agency("H08.99")
    assert (result.status, result.code) == ("FAIL", "18")
    assert (await clients(A).delete_agency("")).status == "FAIL"


async def test_left_over_parameter_deletes_nothing(world: World, clients: Clients) -> None:
    """A client object sends AgencyCode again with every later call."""
    await directory.add_agency(world.exchange.database, code=NEW, name="Phòng Tổ chức", parent=A)
    await clients(A).delete_agency(NEW)
    [request] = await registration.list_requests(world.exchange.database)
    await registration.refuse(world.exchange.database, request.id, by=ADMIN)
    await clients(A).get_agencies()
    await clients(A).register_agency(body(code="H08.02.02", name="Phòng Tài vụ"))
    assert [action for action, _, _ in await waiting(world)] == ["add"]


async def test_system_cannot_bury_the_administrator(world: World, clients: Clients) -> None:
    for n in range(registration.MOST_WAITING):
        await registration.enter_for_system(
            world.exchange.database,
            rows.System(id=f"system.{A}", agencies=frozenset({A}), allow_unsigned=False),
            Wanted(action="add", code=f"X{n}", name=f"Đơn vị {n}"),
            at_once=False,
        )
    assert (await clients(A).register_agency(body())).code == "10"
    assert (await clients(B).register_agency(body(pcode=B))).ok


async def test_below_its_own_agency_a_system_registers_and_ends_at_once(open_world: World) -> None:
    client = client_of(open_world, A)
    assert (await client.register_agency(body())).description == "Thanh cong"
    assert (await client.register_agency(body(code="H08.02.01.1", pcode=NEW, name="Tổ Một"))).ok
    assert (await client.register_agency(body(name="Phòng Tổ chức cán bộ"))).ok
    agency = await found(open_world, NEW)
    assert agency is not None
    assert agency.name == "Phòng Tổ chức cán bộ"
    assert (await client.delete_agency(NEW)).description == "Thanh cong"
    ended, child = await found(open_world, NEW), await found(open_world, "H08.02.01.1")
    assert ended is not None
    assert child is not None
    assert (ended.dissolved, child.dissolved, child.parent) == (True, False, NEW)
    assert await waiting(open_world) == []


async def test_elsewhere_and_for_itself_a_system_waits_all_the_same(open_world: World) -> None:
    client = client_of(open_world, A)
    await directory.add_agency(open_world.exchange.database, code=NEW, name="Phòng của B", parent=B)
    for text in (body(), body(code=A, pcode="", name="Tên khác"), body(code="H08.31.01", pcode=C, name="Ở nơi khác")):
        assert "duyet" in ((await client.register_agency(text)).description or "")
    for code in (A, B, NEW):
        assert "duyet" in ((await client.delete_agency(code)).description or "")
    assert len(await waiting(open_world)) == 6
    agency = await found(open_world, NEW)
    assert agency is not None
    assert (agency.name, agency.parent) == ("Phòng của B", B)


async def test_look_alike_waits_also_below_its_own_agency(open_world: World) -> None:
    client = client_of(open_world, A)
    assert (await client.register_agency(body())).ok
    result = await client.register_agency(body(code="HO8.02.01", name="Phòng Hai"))
    assert "duyet" in (result.description or "")
    assert await waiting(open_world) == [("add", "HO8.02.01", f"system.{A}")]
