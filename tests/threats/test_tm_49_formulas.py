"""TM-49: a document's subject, or an agency's name, is a formula to the spreadsheet that opens an exported table."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some

from envelopes.cells import harmless_cell, plain_cell
from exchange.agency_files import ListWriter, read_rows
from exchange.directory import add_agency, list_agencies
from exchange.export_files import ExportFolder
from exchange.threads import Threads

if TYPE_CHECKING:
    from storage.database import Database

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""OWASP's list, with the full-width forms that some programs take for the plain ones."""


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_tm_49_cell_that_begins_like_a_formula_is_marked(beginning: str) -> None:
    cell = harmless_cell(f"{beginning}HYPERLINK(1)")
    assert cell.startswith("'")
    assert plain_cell(cell) == f"{beginning}HYPERLINK(1)"


@given(some.text())
def test_tm_49_no_cell_begins_like_a_formula_and_none_is_lost(text: str) -> None:
    cell = harmless_cell(text)
    assert not cell.startswith(BEGINNINGS)
    assert plain_cell(cell) == text


async def test_tm_49_table_of_an_export_holds_no_formula(tmp_path: Path) -> None:
    threads = Threads(1)
    folder = ExportFolder(tmp_path / "out", threads, ["=head", "plain"])
    for beginning in BEGINNINGS:
        await folder.row([f"{beginning}1+1", f'x{beginning}"'])
    folder.finish()
    await threads.close()
    text = (tmp_path / "out" / "documents.csv").read_bytes().decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert len(found) == 1 + len(BEGINNINGS)
    for row in found:
        assert not any(cell.startswith(BEGINNINGS) for cell in row)


async def test_tm_49_list_of_agencies_holds_no_formula_and_comes_back_as_it_was(
    database: Database, tmp_path: Path
) -> None:
    await add_agency(database, code="H08.02", name="Sở Nội vụ")
    async with database.transaction() as conn:
        await conn.execute("UPDATE agencies SET name = '=1+1', phone = '+84 256 382 2294'")
    path = tmp_path / "agencies.csv"
    [agency] = await list_agencies(database)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = ListWriter(file, "csv")
        writer.write(agency)
        writer.close()
    [_, row] = csv.reader(path.read_text(encoding="utf-8").splitlines())
    assert not any(cell.startswith(BEGINNINGS) for cell in row)
    [(_, back)] = read_rows(path, "csv", lambda _done, _of: None)
    assert (back["name"], back["phone"]) == ("=1+1", "+84 256 382 2294")
