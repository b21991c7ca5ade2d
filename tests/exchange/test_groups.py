"""Groups of agencies: by members and by rule, told by the API, and expanded by the sender before signing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from click.testing import CliRunner

from admin.cli import main
from envelopes.faults import Refused
from envelopes.model import Organization
from exchange import directory, groups, succession
from exchange.api.document import document
from exchange.client import ApiRefused
from exchange.client_groups import addressed
from tests.exchange.test_api_document import checker
from tests.support.world import A, B, C, D, World

if TYPE_CHECKING:
    from storage.database import Database

PROVINCE = "H08"


@pytest.fixture
async def grown(world: World) -> World:
    """A world in which A and D are departments and B a district, all below a province, and C below B."""
    database = world.exchange.database
    await directory.add_agency(database, code=PROVINCE, name="Ủy ban nhân dân tỉnh", level="tinh")
    for code, level, parent in ((A, "so", PROVINCE), (D, "so", PROVINCE), (B, "huyen", PROVINCE), (C, "xa", B)):
        found = await directory.agency(world.exchange, code)
        await directory.add_agency(database, code=code, name=found.name, level=level, parent=parent)
    return world


async def reached(database: Database, name: str) -> list[str]:
    _, found = await groups.show_group(database, name)
    return [one.code for one in found]


async def test_rule_finds_agencies_of_a_level_and_below_an_agency(grown: World) -> None:
    database = grown.exchange.database
    await groups.add_group(database, "departments", level="so")
    await groups.add_group(database, "everybody", below=PROVINCE)
    await groups.add_group(database, "communes", level="xa", below=PROVINCE)
    assert await reached(database, "departments") == [A, D]
    assert await reached(database, "everybody") == [A, B, C, D]
    assert await reached(database, "communes") == [C]
    await directory.add_agency(database, code="H08.50", name="Sở Tư pháp", level="so", parent=PROVINCE)
    assert await reached(database, "departments") == [A, D, "H08.50"]


async def test_members_are_named_beside_the_rule_and_taken_out(grown: World) -> None:
    database = grown.exchange.database
    await groups.add_group(database, "some", members=[B])
    row = await groups.add_group(database, "some", title="Một số đơn vị", members=[C, B])
    assert (row.title, row.members) == ("Một số đơn vị", (B, C))
    await groups.remove_group(database, "some", members=[B])
    assert await reached(database, "some") == [C]
    await groups.remove_group(database, "some")
    assert await groups.list_groups(database) == []


async def test_locked_are_left_out_and_successors_stand_in(grown: World) -> None:
    database = grown.exchange.database
    await groups.add_group(database, "some", members=[B, C, D])
    await directory.lock_agency(database, D)
    await succession.merge(database, C, into=B)
    assert await reached(database, "some") == [B]
    await succession.dissolve(database, B)
    assert await reached(database, "some") == []


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("các sở", {"level": "so"}, "group.malformed"),
        ("empty", {}, "group.empty"),
        ("some", {"members": ["H08.99"]}, "agency.unknown"),
        ("some", {"below": "H08.99"}, "agency.unknown"),
        ("some", {"level": "so", "title": "hai\ndòng"}, "group.title"),
    ],
)
async def test_group_that_cannot_be_is_refused(grown: World, name: str, given: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        await groups.add_group(grown.exchange.database, name, **given)
    assert [fault.code for fault in refused.value.faults] == [code]
    assert await groups.list_groups(grown.exchange.database) == []


async def test_api_tells_groups_as_documented(grown: World) -> None:
    await groups.add_group(grown.exchange.database, "departments", title="Các sở", level="so")
    headers = {"Authorization": f"Bearer {grown.actors[C].credential}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for path, name in (("/v1/groups", "Groups"), ("/v1/groups/departments", "GroupNow")):
            async with session.get(grown.url + path) as answer:
                assert answer.status == 200
                checker(document(), {"$ref": f"#/components/schemas/{name}"}).validate(await answer.json())
        for path in ("/v1/groups/none", "/v1/groups/c%C3%A1c"):
            async with session.get(grown.url + path) as answer:
                assert answer.status == 404
    async with aiohttp.ClientSession() as stranger, stranger.get(f"{grown.url}/v1/groups") as answer:
        assert answer.status == 401


async def test_client_makes_recipients_of_a_group(grown: World) -> None:
    await groups.add_group(grown.exchange.database, "departments", title="Các sở", level="so")
    async with grown.client(A) as client:
        assert [one.name for one in (await client.groups()).groups] == ["departments"]
        group = await client.group("departments")
        with pytest.raises(ApiRefused) as refused:
            await client.group("none")
    assert refused.value.status == 404
    named = (Organization(code=C, name="Xã C"), Organization(code=D, name="tên khác"))
    found = addressed(A, named, [group, group])
    assert [(one.code, one.name) for one in found] == [(C, "Xã C"), (D, "tên khác")], "each once, never the sender"


async def test_composed_letter_reaches_everybody_of_the_group_under_its_signature(grown: World) -> None:
    await groups.add_group(grown.exchange.database, "everybody", below=PROVINCE)
    actor, path = grown.actors[A], grown.folder / "group.edxml"
    key, certificate = grown.folder / "key.pem", grown.folder / "certificate.pem"
    key.write_bytes(actor.key_pem)
    certificate.write_bytes(actor.certificate_pem)
    words = [
        "compose",
        "--from",
        A,
        "--to-group",
        "everybody",
        "--number",
        "9",
        "--notation",
        "SNV",
        "--out",
        str(path),
    ]
    words += ["--subject", "V/v nhóm", "--signatory", "Nguyễn Thị Đào", "--attach", str(grown.attachment()), "--sign"]
    environment = {
        "LIENTHONG_URL": grown.url,
        "LIENTHONG_CREDENTIAL": actor.credential,
        "LIENTHONG_SIGN_KEY_FILE": str(key),
        "LIENTHONG_SIGN_CERTIFICATE_FILE": str(certificate),
    }
    made = await grown.exchange.threads.run(lambda: CliRunner().invoke(main, words, env=environment))
    assert made.exit_code == 0, made.output
    async with grown.client(A) as client:
        taken = await client.submit(path)
    assert sorted(one.recipient for one in taken.deliveries) == [B, C, D]
    assert taken.signature.outcome == "verified"


def test_letter_to_nobody_is_wrong_usage() -> None:
    words = ["compose", "--from", A, "--number", "9", "--notation", "SNV", "--subject", "x", "--signatory", "y"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert "--to-group" in done.output
