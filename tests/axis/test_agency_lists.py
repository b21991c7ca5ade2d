"""The directory as the client reads it: three forms, every entry at once."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from exchange import contact, directory, succession
from storage import agency_codes
from tests.support.world import A, B, C, D

if TYPE_CHECKING:
    from tests.axis.conftest import Clients
    from tests.support.world import World

NATIONAL = 111_000
"""Entries of the national list (agencies section 5)."""


async def test_every_agency_is_listed_with_its_old_code(world: World, clients: Clients) -> None:
    async with world.exchange.database.transaction() as conn:
        await agency_codes.put_alias(
            conn, alias="000.00.02.H08", agency=A, kind="old", valid_from=None, valid_until=None
        )
    rows = (await clients(B).get_agencies()).data or []
    assert [row["code"] for row in rows] == [A, B, C, D]
    assert [row["oldCode"] for row in rows] == ["000.00.02.H08", "", "", ""]
    assert rows[0]["name"] == "Sở Nội vụ"


async def test_units_have_an_integer_version_and_boolean_flags(world: World, clients: Clients) -> None:
    rows = (await clients(B).get_units()).data or []
    assert len(rows) == 4
    assert all(type(row["version"]) is int and type(row["deleted"]) is bool for row in rows)


async def test_units_are_as_the_directory_has_them(world: World, clients: Clients) -> None:
    database = world.exchange.database
    await contact.set_contact(database, A, {"mail": "vanthu@snv.example.vn"})
    async with database.transaction() as conn:
        await conn.execute(
            "UPDATE agencies SET national_id = '5b86', center_code = 'H08', is_agency = false WHERE code = $1", A
        )
    await directory.add_agency(database, code=C, name="Ủy ban nhân dân xã C", parent=A)
    await succession.merge(database, B, into=D)
    [a, b, c, _] = (await clients(C).get_units()).data or []
    assert (a["id"], a["mail"], a["centerCode"], a["isAgency"], a["deleted"]) == (
        "5b86",
        "vanthu@snv.example.vn",
        "H08",
        False,
        False,
    )
    assert (b["code"], b["deleted"], b["version"]) == (B, True, 2)
    assert (c["id"], c["pid"]) == (C, "5b86")
    assert [row["code"] for row in (await clients(C).get_agencies()).data or []] == [A, C, D]


@pytest.mark.parametrize("version", ["2.0.1"])  # the older client has no such operation
async def test_the_newer_list_names_code102(world: World, clients: Clients) -> None:
    rows = (await clients(B).get_agencies_qd20("1")).data or []
    assert [row["code102"] for row in rows] == [A, B, C, D]


async def test_an_empty_page_of_the_directory_is_an_empty_list(world: World, clients: Clients) -> None:
    assert json.loads((await clients(A).get_agencies()).raw)["status"] == "OK"


@pytest.mark.parametrize("version", ["2.0.1"])
async def test_a_national_directory_comes_in_one_answer_in_flat_memory(world: World, clients: Clients) -> None:
    async with world.exchange.database.transaction() as conn:
        await conn.execute(
            """WITH added AS (INSERT INTO agencies (code, name, likeness)
                   SELECT 'H99.' || n, 'Đơn vị số ' || n, 'x' || n FROM generate_series(1, $1) AS n RETURNING code)
               INSERT INTO agency_codes (code, agency, likeness, kind) SELECT code, code, code, 'own' FROM added""",
            NATIONAL,
        )
    assert (await clients(A).count()).ok
    before = psutil.Process().memory_info().rss
    began = time.perf_counter()
    result = await clients(A).get_agencies()
    seconds = time.perf_counter() - began
    assert len(result.data or []) == NATIONAL + 4
    grown = psutil.Process().memory_info().rss - before - 6 * len(result.raw)
    assert grown < 64 * 2**20, "the answer in the client's hands aside"
    assert seconds < 10, f"{seconds:.1f} s; 3 s are promised on an idle machine, see bench"
