"""A node that acts for many agencies: those named for it and all below others, as the tree stands at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envelopes.faults import Refused
from exchange import acting, directory, hierarchy, succession
from exchange.client import Client
from storage import credentials
from tests.support.world import A, B, C, D

if TYPE_CHECKING:
    from storage.database import Database
    from tests.support.world import World

NODE = "node.province"


async def acts_for(database: Database, made: str) -> set[str]:
    """The agencies of the system whose credential this is."""
    async with database.acquire() as conn:
        row = await credentials.credential(conn, made.partition(".")[0])
    assert row is not None
    return set(row.system.agencies)


async def test_node_receives_for_all_below_and_for_nobody_else(world: World) -> None:
    database = world.exchange.database
    await directory.add_agency(database, code=B, name="Ủy ban nhân dân huyện B", parent=A)
    made = await directory.add_system(database, system=NODE, agencies=[], below=[A])
    assert await acts_for(database, made.credential) == {B}
    await directory.add_agency(database, code=D, name="Sở Xây dựng", parent=B)  # added below later
    assert await acts_for(database, made.credential) == {B, D}
    async with world.client(A) as sender, Client(world.url, made.credential) as node:
        await sender.submit(world.envelope(world.document(A, B, C), world.attachment()))
        assert [one.recipient for one in (await node.inbox()).deliveries] == [B]


async def test_node_acts_for_what_merged_into_those_below(world: World) -> None:
    database = world.exchange.database
    await directory.add_agency(database, code=B, name="Ủy ban nhân dân huyện B", parent=A)
    await succession.merge(database, C, into=B)
    made = await directory.add_system(database, system=NODE, agencies=[D], below=[A])
    assert await acts_for(database, made.credential) == {B, C, D}
    await succession.undo(database, C)
    await succession.merge(database, C, into=A)  # the one above is not below itself
    await directory.add_agency(database, code="H08.33", name="Phòng G", parent=C)
    assert await acts_for(database, made.credential) == {B, D, "H08.33"}


async def test_what_was_granted_is_taken_back(world: World) -> None:
    database = world.exchange.database
    await directory.add_agency(database, code=B, name="Ủy ban nhân dân huyện B", parent=A)
    made = await directory.add_system(database, system=NODE, agencies=[C])
    await acting.grant(database, NODE, agencies=[D], below=[A])
    await acting.grant(database, NODE, agencies=[D], below=[A])
    assert await acts_for(database, made.credential) == {B, C, D}
    [listed] = [one for one in await directory.list_systems(database) if one.system.id == NODE]
    assert (listed.below, set(listed.system.agencies)) == ((A,), {B, C, D})
    await acting.withdraw(database, NODE, agencies=[C, D])
    assert await acts_for(database, made.credential) == {B}
    with pytest.raises(Refused) as refused:
        await acting.withdraw(database, NODE, below=[A])
    assert refused.value.faults[0].code == "system.without_agency"
    assert await acts_for(database, made.credential) == {B}


async def test_grant_to_an_unknown_system_or_agency_is_refused(world: World) -> None:
    with pytest.raises(Refused) as refused:
        await acting.grant(world.exchange.database, "nobody", below=[A])
    assert refused.value.faults[0].code == "system.unknown"
    with pytest.raises(Refused) as unknown:
        await acting.grant(world.exchange.database, f"system.{A}", below=["H99"])
    assert unknown.value.faults[0].code == "agency.unknown"


async def test_who_acts_for_an_agency_is_the_same_from_both_ends(world: World) -> None:
    """Webhooks are found from the agency, inboxes from the system."""
    database = world.exchange.database
    await directory.add_agency(database, code=B, name="Ủy ban nhân dân huyện B", parent=A)
    await directory.add_agency(database, code="H08.33", name="Phòng G", parent=C)
    await succession.merge(database, C, into=B)
    await succession.merge(database, D, into=A)
    await directory.add_system(database, system=NODE, agencies=[], below=[A])
    await directory.add_system(database, system="node.two", agencies=[A, "H08.33"], below=[B])
    async with database.acquire() as conn:
        forwards = await conn.fetch("SELECT id, unnest(acts_for(id)) AS agency FROM systems")
        backwards = await conn.fetch("SELECT id, a.code AS agency FROM agencies a, acted_for_by(a.code) AS id")
    assert {tuple(row) for row in forwards} == {tuple(row) for row in backwards}
    assert ("node.province", "H08.33") in {tuple(row) for row in forwards}
    assert ("node.two", D) in {tuple(row) for row in forwards}


async def test_node_loses_what_merged_away_with_all_below_it(world: World) -> None:
    """TM-46: a district of this province goes to another one; its communes' mail is the other node's from then on."""
    database = world.exchange.database
    commune = "H08.30.33"
    await directory.add_agency(database, code=B, name="Ủy ban nhân dân huyện B", parent=A)
    await directory.add_agency(database, code=commune, name="Ủy ban nhân dân xã G", parent=B)
    await directory.add_agency(database, code=D, name="Sở Xây dựng", parent=C)
    made = await directory.add_system(database, system=NODE, agencies=[], below=[A])
    other = await directory.add_system(database, system="node.other", agencies=[], below=[C])
    assert await acts_for(database, made.credential) == {B, commune}
    await succession.merge(database, B, into=D)
    assert await acts_for(database, made.credential) == set()
    assert await acts_for(database, other.credential) == {B, D, commune}
    async with database.acquire() as conn:
        found = {row["system"] for row in await conn.fetch("SELECT acted_for_by($1) AS system", commune)}
    assert found == {"node.other"}
    async with world.client(A) as sender, Client(world.url, made.credential) as node:
        await sender.submit(world.envelope(world.document(A, commune)))
        assert (await node.inbox()).deliveries == ()
    async with Client(world.url, other.credential) as node:
        assert [one.recipient for one in (await node.inbox()).deliveries] == [commune]


async def test_what_was_below_a_merged_agency_is_its_heirs_to_act_for(world: World) -> None:
    """A system for all below each agency has what the tree has there, from both ends."""
    database = world.exchange.database
    for code, parent in (
        ("H11", None),
        ("H11.10", "H11"),
        ("H11.10.01", "H11.10"),
        ("H11.20", "H11"),  # its child takes its place
        ("H11.20.01", "H11.20"),
        ("H11.20.01.01", "H11.20.01"),
        ("H11.20.02", "H11.20"),
        ("H11.30", "H11"),  # dissolved without successor
        ("H11.30.01", "H11.30"),
        ("H12", None),
        ("H12.10", "H12"),
        ("H12.20", "H12"),
    ):
        await directory.add_agency(database, code=code, name=f"Cơ quan {code}", parent=parent)
    every = [one.code for one in await directory.list_agencies(database)]
    for code in every:
        await directory.add_system(database, system=f"node.{code}", agencies=[], below=[code])
    await succession.merge(database, "H11.10", into="H12.10")
    await succession.merge(database, "H12.10", into="H12.20")
    await succession.merge(database, "H11.20.01", into="H11.20.01.01")
    await succession.merge(database, "H11.20", into="H11.20.01.01")
    await succession.dissolve(database, "H11.30")
    place_of = {"H12.20": {"H11.10", "H12.10"}, "H11.20.01.01": {"H11.20", "H11.20.01"}}  # beside, not below
    async with database.acquire() as conn:
        forwards = {tuple(row) for row in await conn.fetch("SELECT id, unnest(acts_for(id)) FROM systems")}
        backwards = {
            tuple(row) for row in await conn.fetch("SELECT id, a.code FROM agencies a, acted_for_by(a.code) AS id")
        }
    assert forwards == backwards
    for code in every:
        below = {place.agency.code for place in await hierarchy.tree(database, code)} - {code}
        acted_for = {agency for system, agency in forwards if system == f"node.{code}"}
        assert acted_for == below - place_of.get(code, set()), code
    assert {system for system, agency in forwards if agency == "H11.10.01"} == {"node.H12", "node.H12.20"}
    assert {system for system, agency in forwards if agency == "H11.20.01.01"} == {"node.H11"}
    assert {system for system, agency in forwards if agency == "H11.10"} == {"node.H12"}
