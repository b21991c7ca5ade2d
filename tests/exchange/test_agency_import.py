"""A whole list of agencies: entered, entered again, told by line what is wrong with it, and written out."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from envelopes.faults import Refused
from exchange import aliases, directory, succession
from exchange.agency_import import Report, export_agencies, import_agencies
from storage import directory as rows
from storage import successions
from storage.database import Database
from tests.support.world import A, B, C, D

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.databases import Template

PROVINCE, OFFICE = "H08", "H08.50"
NATIONAL = [
    {"id": "a1", "pid": "", "code": PROVINCE, "name": "Ủy ban nhân dân tỉnh", "mail": "ubnd@example.vn"},
    {"id": "a2", "pid": "a1", "code": OFFICE, "name": "Văn phòng", "oldCode": "000.00.50.H08", "code102": "50.H08"},
]


@pytest.fixture
async def known(database: Database) -> Database:
    """A directory with agencies A, B and C."""
    for code, name in ((A, "Sở Nội vụ"), (B, "Sở Y tế"), (C, "Sở Công Thương")):
        await directory.add_agency(database, code=code, name=name)
    return database


async def entered(database: Database, file: Path, content: Any, *, dry_run: bool = False) -> Report:
    """What entering this list did: objects as the national list's JSON, text as CSV."""
    if isinstance(content, str):
        file.write_text(content, encoding="utf-8")
        form = "csv"
    else:
        file.write_text(json.dumps({"status": "OK", "data": content}, indent=1), encoding="utf-8")
        form = "json"
    return await import_agencies(database, file, form=form, dry_run=dry_run, moved=lambda _done, _size: None)


async def written(database: Database, form: str) -> str:
    out = io.StringIO()
    await export_agencies(database, out, form=form, moved=lambda _: None)
    return out.getvalue()


def numbers(report: Report) -> tuple[int, int, int]:
    return report.added, report.changed, report.unchanged


def said(remarks: Any) -> list[tuple[int, str, str]]:
    return [(one.line, one.code, one.fault.code) for one in remarks]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list"


async def test_national_list_is_entered_with_its_tree_and_codes(known: Database, file: Path) -> None:
    report = await entered(known, file, NATIONAL)
    assert numbers(report) == (2, 0, 0)
    async with known.acquire() as conn:
        found = await rows.agencies(conn, [PROVINCE, "000.00.50.H08", "50.H08"])
    assert found[PROVINCE].mail == "ubnd@example.vn"
    office = found["000.00.50.H08"]
    assert (office.code, office.parent, office.old_code, office.code102) == (
        OFFICE,
        PROVINCE,
        "000.00.50.H08",
        "50.H08",
    )
    assert found["50.H08"] == office


async def test_second_time_changes_nothing(known: Database, file: Path) -> None:
    await entered(known, file, NATIONAL)
    before = await written(known, "json")
    again = await entered(known, file, NATIONAL)
    assert numbers(again) == (0, 0, 2)
    assert await written(known, "json") == before


async def test_dry_run_tells_the_same_and_keeps_nothing(known: Database, file: Path) -> None:
    before = await written(known, "csv")
    assert numbers(await entered(known, file, NATIONAL, dry_run=True)) == (2, 0, 0)
    assert await written(known, "csv") == before


async def test_what_the_list_does_not_say_stays(known: Database, file: Path) -> None:
    await entered(known, file, NATIONAL)
    report = await entered(known, file, f"code,name\n{OFFICE},Văn phòng tỉnh\n{PROVINCE},Ủy ban nhân dân tỉnh\n")
    assert numbers(report) == (0, 1, 1)
    office = (await entered(known, file, NATIONAL, dry_run=True), await written(known, "json"))[1]
    row = next(one for one in json.loads(office)["data"] if one["code"] == OFFICE)
    assert (row["name"], row["parent"], row["oldCode"]) == ("Văn phòng tỉnh", PROVINCE, "000.00.50.H08")


async def test_deleted_parent_ends_and_its_children_stay(known: Database, file: Path) -> None:
    await entered(known, file, NATIONAL)
    report = await entered(known, file, [NATIONAL[0] | {"deleted": True}, NATIONAL[1] | {"deleted": False}])
    assert numbers(report) == (0, 1, 1)
    listed = {one["code"]: one for one in json.loads(await written(known, "json"))["data"]}
    assert (listed[PROVINCE]["deleted"], listed[OFFICE]["deleted"], listed[OFFICE]["parent"]) == (True, False, PROVINCE)
    alive = await entered(known, file, [NATIONAL[0] | {"deleted": False}])
    assert said(alive.noted) == [(4, PROVINCE, "list.still_ended")]


async def test_each_wrong_line_is_told_with_its_reason_and_the_rest_entered(known: Database, file: Path) -> None:
    await aliases.add_alias(known, A, "000.00.02.H08")
    report = await entered(
        known,
        file,
        "code;name;version;level\n"
        "H08.60;Sở Tư pháp;1;so\n"
        "H08 61;Có dấu cách;1;so\n"
        "H08.62;;1;so\n"
        "H08.60;Lặp lại;1;so\n"
        "000.00.02.H08;Mã cũ của A;1;so\n"
        "H08.63;Sở Số;một;so\n"
        "H08.64;Sở Cấp;1;làng\n",
    )
    assert numbers(report) == (1, 0, 0)
    assert said(report.refused) == [
        (3, "H08 61", "agency.malformed"),
        (4, "H08.62", "agency.nameless"),
        (5, "H08.60", "list.twice"),
        (6, "000.00.02.H08", "agency.taken"),
        (7, "H08.63", "list.field"),
        (8, "H08.64", "list.field"),
    ]


async def test_look_alikes_are_listed_and_not_merged(known: Database, file: Path) -> None:
    report = await entered(
        known, file, "code,name\nHO8.02,Đơn vị khác\nH08.70,Sở Nội vụ\nH08.71,Sở Nộі vụ\nh08.30,Sở Y tế 2\n"
    )
    assert said(report.alike) == [
        (2, "HO8.02", "agency.confusable"),
        (4, "H08.71", "agency.confusable"),
        (5, "h08.30", "agency.confusable"),
    ]
    assert (numbers(report), report.same_names) == ((1, 0, 0), 1)


async def test_old_code_of_another_agency_stays_with_it(known: Database, file: Path) -> None:
    report = await entered(known, file, [{"code": "H08.60", "name": "Sở Tư pháp", "oldCode": B}])
    assert (numbers(report), said(report.noted)) == ((1, 0, 0), [(4, "H08.60", "list.code_taken")])


async def test_unknown_and_circular_parents_are_left_out(known: Database, file: Path) -> None:
    report = await entered(
        known, file, f"code,name,parent\n{A},Sở Nội vụ,{B}\n{B},Sở Y tế,{A}\n{C},Sở Công Thương,X9\n"
    )
    assert said(report.noted) == [
        (2, A, "list.circular"),
        (3, B, "list.circular"),
        (4, C, "list.parent_unknown"),
    ]
    assert numbers(report) == (0, 0, 3)


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_export_is_imported_without_loss(known: Database, template: Template, file: Path, form: str) -> None:
    await entered(known, file, NATIONAL)
    await entered(
        known, file, f"code,name,level,dissolvedOn,successor,phone\n{C},Sở Công Thương,so,01/07/2025,{B},0256\n"
    )
    await aliases.add_alias(known, A, "vxp.saas.03")
    before = await written(known, form)
    file.write_text(before, encoding="utf-8")

    async def into(database: Database) -> Report:
        return await import_agencies(database, file, form=form, moved=lambda _done, _size: None)

    assert numbers(await into(known)) == (0, 0, 5)
    async with template.copy() as dsn:
        empty = await Database.open(dsn)
        report = await into(empty)
        assert (numbers(report), report.refused, report.noted) == ((5, 0, 0), [], [])
        assert await written(empty, form) == before
        await empty.close()


async def test_how_an_agency_ended_here_is_no_lists_to_change(known: Database, file: Path) -> None:
    await succession.merge(known, C, into=B)
    text = f"code,dissolvedOn,successor\n{C},01/07/2025,{A}\n{B},01/07/2025,{A}\n"
    assert numbers(await entered(known, file, text)) == (0, 1, 1)
    async with known.acquire() as conn:
        found = await rows.agencies(conn, [B, C])
        events = await conn.fetch("SELECT agency, event, successor FROM successions ORDER BY id")
        assert await successions.heirs(conn, [C]) == {C: A}
    assert (found[C].successor, found[B].successor) == (B, A)
    assert [tuple(row) for row in events] == [(C, "merged", B), (B, "merged", A)]
    again = await entered(known, file, f"code,dissolvedOn,successor\n{A},01/07/2025,{C}\n")
    assert said(again.noted) == [(2, A, "list.successor")], "the chain would come back"


async def test_entries_of_one_line_are_told_apart(known: Database, file: Path) -> None:
    entries = [NATIONAL[0], {"code": "H08 51", "name": "Sai"}, {"code": B, "oldCode": A}, NATIONAL[1], NATIONAL[0]]
    file.write_text(json.dumps(entries), encoding="utf-8")
    report = await import_agencies(known, file, form="json", moved=lambda _done, _size: None)
    assert numbers(report) == (2, 0, 1)
    assert [(one.n, one.fault.code) for one in report.refused] == [(2, "agency.malformed"), (5, "list.twice")]
    assert [(one.n, one.fault.code) for one in report.noted] == [(3, "list.code_taken")]


@pytest.mark.parametrize(
    "content",
    ['[{"code": "H08.60", "name": "Sở"}', "no list at all", '{"data": [1]}', '[{"code": }]', "[" * 100_000],
)
async def test_half_a_list_changes_nothing(known: Database, file: Path, content: str) -> None:
    before = await written(known, "csv")
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        await import_agencies(known, file, form="json", moved=lambda _done, _size: None)
    assert refused.value.faults[0].code == "list.unreadable"
    assert await written(known, "csv") == before


async def test_agency_that_is_not_listed_stays(known: Database, file: Path) -> None:
    await entered(known, file, [{"code": D, "name": "Sở Xây dựng"}])
    assert [one.code for one in await directory.list_agencies(known)] == [A, B, C, D]
