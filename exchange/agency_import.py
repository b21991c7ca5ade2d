"""Entering a whole list of agencies, such as the national one, and writing ours out (agencies section 5).

A list adds and changes, it never deletes: what it calls deleted ends here, with its children and its history in place.
What it gets wrong is told by line and left out; the rest is entered. Nothing of it is seen before all of it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envelopes.agency_codes import difference
from envelopes.faults import Refused
from exchange import agency_import_rules as rules
from exchange import directory_rules
from exchange.agency_entries import entry_of
from exchange.agency_files import ListWriter, read_rows
from exchange.directory import PAGE
from storage import agency_codes, agency_import, agency_lists, directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TextIO

    import asyncpg

    from envelopes.faults import Fault
    from storage.agency_lists import Entry
    from storage.connection import Connection
    from storage.database import Database

BATCH = 2000
"""Entries copied at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What is wrong with the `n`th entry of the list, in this line."""

    n: int
    line: int
    code: str
    fault: Fault


@dataclass(slots=True, kw_only=True)
class Report:
    """What entering a list did, or would do. `read` counts its entries.

    `refused`: entries left out. `alike`: those left out because people take them for another agency (TM-53).
    `noted`: entered, but for one thing. `same_names`: new agencies with exactly the name of another one, which the
    national list has by the thousand.
    """

    dry_run: bool
    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    same_names: int = 0
    refused: list[Remark] = field(default_factory=list)
    alike: list[Remark] = field(default_factory=list)
    noted: list[Remark] = field(default_factory=list)


class _DryRun(Exception):  # noqa: N818 - says what it is
    """Everything is known and nothing is to be kept."""


async def import_agencies(
    database: Database, path: Path, *, form: str, dry_run: bool = False, moved: Callable[[int, int], None]
) -> Report:
    """Enter the list in the file (`form` csv or json) and say what that did; with `dry_run` nothing is kept.

    `moved` is told how much of the file is read. Raises `Refused` for a file that is no list; nothing has changed then.
    """
    report = Report(dry_run=dry_run)
    try:
        async with database.transaction() as conn:
            await agency_lists.begin(conn)
            await _copy(conn, path, form, report, moved)
            await agency_codes.lock_registration(conn)  # only now: reading a long file keeps nobody waiting
            await agency_import.ready(conn)
            await _leave_out(conn, report)
            await _look_for_likeness(conn, report)
            await _place(conn, report)
            await _enter(conn, report)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return report


async def _copy(conn: Connection, path: Path, form: str, report: Report, moved: Callable[[int, int], None]) -> None:
    batch: list[Entry] = []
    for line, row in read_rows(path, form, moved):
        report.read += 1
        try:
            batch.append(entry_of(report.read, line, row))
        except Refused as refused:
            report.refused += [
                Remark(n=report.read, line=line, code=row.get("code", ""), fault=fault) for fault in refused.faults
            ]
        if len(batch) == BATCH:
            await agency_lists.put(conn, batch)
            batch.clear()
    if not report.read:
        rules.FILE_EMPTY.refuse("file")
    await agency_lists.put(conn, batch)


async def _leave_out(conn: Connection, report: Report) -> None:
    """Entries that cannot be entered as they are."""
    wrong = [
        _remark(row, row["code"], rules.CODE_TWICE.at("code", row["code"], code=row["code"], first=row["first"]))
        for row in await agency_import.repeated(conn)
    ]
    wrong += [
        _remark(
            row,
            row["code"],
            directory_rules.CODE_TAKEN.at("code", row["code"], code=row["code"], agency=row["agency"]),
        )
        for row in await agency_import.taken(conn)
    ]
    wrong += [
        _remark(row, row["code"], directory_rules.AGENCY_NAMELESS.at("name", code=row["code"]))
        for row in await agency_import.nameless(conn)
    ]
    report.refused += wrong
    report.refused.sort(key=lambda one: one.n)
    await agency_import.leave_out(conn, [one.n for one in wrong])


async def _look_for_likeness(conn: Connection, report: Report) -> None:
    """Leave out what people take for another agency: a code but for one character, a name but for one nobody sees."""
    left_out: set[int] = set()
    codes = []
    for row in await agency_import.codes_alike(conn):
        vi, en = difference(row["code"], row["known"])
        fault = rules.CODE_ALIKE.at("code", row["code"], code=row["code"], known=row["known"], found_vi=vi, found_en=en)
        report.alike.append(_remark(row, row["agency"], fault))
        if row["kind"] == "own":
            left_out.add(row["n"])
        else:
            codes.append(row["code"])
    pairs = {row["name"]: row for row in await agency_import.names_alike(conn) if _hidden(row["name"], row["known"])}
    for row in await agency_import.named(conn, list(pairs)) if pairs else ():
        known = pairs[row["name"]]
        fault = rules.NAME_ALIKE.at("name", row["name"], name=row["name"], known=known["known"], code=known["code"])
        report.alike.append(_remark(row, row["code"], fault))
        left_out.add(row["n"])
    report.alike.sort(key=lambda one: one.n)
    await agency_import.leave_out(conn, list(left_out))
    await agency_import.leave_out_codes(conn, codes)
    report.same_names = await agency_import.same_names(conn)


def _hidden(name: str, known: str) -> bool:
    """Whether two names that look the same differ in more than capitals and blanks."""
    return _plain(name) != _plain(known)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


async def _place(conn: Connection, report: Report) -> None:
    """Parents and successors, as far as they are known and lead back to nobody."""
    for row in await agency_import.place(conn):
        if row["field"] == "parent":
            fault = rules.PARENT_ABSENT.at("parent", row["value"], parent=row["value"])
        else:
            await agency_import.forget(conn, "successor", [row["n"]])
            fault = rules.SUCCESSOR_UNUSABLE.at("successor", row["value"], successor=row["value"])
        report.noted.append(_remark(row, row["code"], fault))
    for name in ("parent", "successor"):
        await _open_circles(conn, name, report)
    for row in await agency_import.still_ended(conn):
        report.noted.append(_remark(row, row["code"], rules.STILL_ENDED.at("deleted", code=row["code"])))


async def _open_circles(conn: Connection, name: str, report: Report) -> None:
    """Figures are summed up these trees and documents follow them: no agency may be above itself."""
    rows = await agency_import.edges(conn, name)
    above = {row["code"]: row["above"] for row in rows}
    said = {row["code"]: row for row in rows if row["n"] is not None}
    for circle in _circles(above):
        wrong = [code for code in circle if code in said]
        for code in wrong:
            rule = rules.PARENT_CIRCULAR if name == "parent" else rules.SUCCESSOR_UNUSABLE
            fault = rule.at(name, above[code], code=code, parent=above[code], successor=above[code])
            report.noted.append(_remark(said[code], code, fault))
        await agency_import.forget(conn, name, [said[code]["n"] for code in wrong])


def _circles(above: dict[str, str | None]) -> list[list[str]]:
    """Every circle of agencies that are above themselves."""
    done: set[str] = set()
    found = []
    for start in above:
        way: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in done and at not in way:
            way[at] = None
            at = above.get(at)
        if at is not None and at in way:
            codes = list(way)
            found.append(codes[codes.index(at) :])
        done.update(way)
    return found


async def _enter(conn: Connection, report: Report) -> None:
    await agency_import.enter(conn)
    for row in await agency_import.enter_codes(conn):
        fault = rules.OTHER_CODE_TAKEN.at("code", row["code"], code=row["code"], agency=row["agency"], own=row["own"])
        report.noted.append(_remark(row, row["own"], fault))
    report.noted.sort(key=lambda one: one.n)
    report.added, report.changed, report.unchanged = await agency_import.counts(conn)


def _remark(row: asyncpg.Record, code: str, fault: Fault) -> Remark:
    return Remark(n=row["n"], line=row["line"], code=code, fault=fault)


async def export_agencies(database: Database, file: TextIO, *, form: str, moved: Callable[[int], None]) -> int:
    """Write every agency to the file (`form` csv or json), as one moment has them; how many there are."""
    writer, written, after = ListWriter(file, form), 0, ""
    async with database.transaction(read_only=True) as conn:
        while page := await directory.agency_page(conn, after=after, limit=PAGE):
            for agency in page:
                writer.write(agency)
            written, after = written + len(page), page[-1].code
            moved(written)
    writer.close()
    return written
