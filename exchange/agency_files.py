"""Lists of agencies as files: CSV, and the national list's JSON (axis client 4.1 to 4.3), read as a stream and written.

Both have the same fields under the same names, so one list can be written as either and read again without loss.
"""

from __future__ import annotations

import csv
import json
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from envelopes.cells import harmless_cell, plain_cell
from envelopes.limits import LOCAL_TIME
from exchange import agency_import_rules as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    from storage.directory import Agency

FIELDS: tuple[str, ...] = (
    "code",
    "name",
    "id",
    "pid",
    "oldCode",
    "code102",
    "aliases",
    "mail",
    "level",
    "parent",
    "phone",
    "fax",
    "address",
    "website",
    "centerCode",
    "version",
    "modifyDate",
    "isAgency",
    "deleted",
    "dissolvedOn",
    "successor",
)
"""The national list's names, and ours for what it does not have."""

BLOCK = 2**16
"""Characters read at a time."""

MOVED_EVERY = 500
"""Entries after which the bar moves."""

MOST_ROW = 2**20
"""Characters of one entry: 1,000 times the usual one. What is longer is no list."""

MOMENT = "%d/%m/%Y %H:%M:%S"
"""How `modifyDate` is written, in Vietnam's time; `dissolvedOn` is its first part."""

Row = tuple[int, dict[str, str]]
"""Line in the file (from 1) and the fields that stand there; one that does not is not known, not empty."""


def read_rows(path: Path, form: str, moved: Callable[[int, int], None]) -> Iterator[Row]:
    """Every entry of the file, `form` csv or json; `moved` is told how much is read. Raises `Refused`, OSError."""
    size = path.stat().st_size
    with path.open("rb") as octets, TextIOWrapper(octets, encoding="utf-8-sig", newline="") as file:
        try:
            for n, row in enumerate(_json_rows(file) if form == "json" else _csv_rows(file)):
                if n % MOVED_EVERY == 0:
                    moved(min(octets.tell(), size), size)
                yield row
        except UnicodeDecodeError as error:
            rules.FILE_UNREADABLE.refuse("file", line="?", reason=f"UTF-8: {error.reason}")
    moved(size, size)


def _csv_rows(file: TextIO) -> Iterator[Row]:
    head = file.readline()
    separator = max(",;\t", key=head.count)
    names = [name.strip() for name in next(csv.reader([head], delimiter=separator), [])]
    if "code" not in names:
        rules.FILE_WITHOUT_CODE.refuse("file", known=", ".join(FIELDS))
    reader = csv.reader(file, delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cells):
                yield (
                    reader.line_num + 1,
                    {name: plain_cell(cell.strip()) for name, cell in zip(names, cells, strict=False)},
                )
    except csv.Error as error:
        rules.FILE_UNREADABLE.refuse("file", line=reader.line_num + 1, reason=error)


class _Text:
    """The part of a file that is being looked at, and the line it begins in."""

    def __init__(self, file: TextIO) -> None:
        self.file, self.text, self.line, self.ended = file, "", 1, False

    def more(self) -> None:
        """Read on; refused when there is nothing more, or nothing that is an entry."""
        block = self.file.read(BLOCK)
        if not block:
            self.refuse("bị cắt giữa chừng / cut short")
        if len(self.text) > MOST_ROW:
            self.refuse("không phải danh sách JSON / no JSON list")
        self.text += block

    def pass_by(self, length: int) -> None:
        """Be done with so many characters."""
        self.line += self.text.count("\n", 0, length)
        self.text = self.text[length:]

    def refuse(self, reason: str) -> None:
        """Nothing of this file is taken."""
        rules.FILE_UNREADABLE.refuse("file", line=self.line, reason=reason)


def _json_rows(file: TextIO) -> Iterator[Row]:
    """The objects of the first list in the file: the whole of it, or `data` of an answer."""
    here, decoder = _Text(file), json.JSONDecoder()
    while "[" not in here.text:
        here.more()
    here.pass_by(here.text.index("[") + 1)
    at = 0
    while True:
        while at < len(here.text) and here.text[at] in " \t\r\n,":
            at += 1
        if here.text[at : at + 1] == "]":
            return
        start = at
        try:
            found, at = decoder.raw_decode(here.text, start)
        except (ValueError, RecursionError):
            here.pass_by(start)
            here.more()
            at = 0
            continue
        if not isinstance(found, dict):
            here.pass_by(start)
            here.refuse("không phải đối tượng JSON / no JSON object")
        yield here.line + here.text.count("\n", 0, start), _texts(found)
        if at > BLOCK // 2:
            here.pass_by(at)
            at = 0


def _texts(found: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(found[name]) for name in FIELDS if found.get(name) is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    return str(value).strip()


def row_of(agency: Agency) -> dict[str, Any]:
    """The agency with every field, in JSON's types; dates in Vietnam's form."""
    named = {agency.code, agency.old_code, agency.code102}
    return {
        "code": agency.code,
        "name": agency.name,
        "id": agency.national_id,
        "pid": agency.national_pid,
        "oldCode": agency.old_code,
        "code102": agency.code102,
        "aliases": " ".join(code for code in agency.aliases if code not in named),
        "mail": agency.mail,
        "level": agency.level or "",
        "parent": agency.parent or "",
        "phone": agency.phone,
        "fax": agency.fax,
        "address": agency.address,
        "website": agency.website,
        "centerCode": agency.center_code,
        "version": agency.version,
        "modifyDate": agency.modified_on.astimezone(LOCAL_TIME).strftime(MOMENT),
        "isAgency": agency.is_agency,
        "deleted": agency.dissolved,
        "dissolvedOn": agency.dissolved_on.strftime("%d/%m/%Y") if agency.dissolved_on else "",
        "successor": agency.successor or "",
    }


class ListWriter:
    """Writes agencies one after the other; `close` ends the list."""

    def __init__(self, file: TextIO, form: str) -> None:
        self._file = file
        self._csv = csv.DictWriter(file, FIELDS, lineterminator="\n") if form == "csv" else None
        self._before = ""
        if self._csv is not None:
            self._csv.writeheader()
        else:
            file.write('{"status":"OK","ErrorCode":"0","ErrorDesc":"Thanh cong","data":[')

    def write(self, agency: Agency) -> None:
        """Add one agency."""
        row = row_of(agency)
        if self._csv is not None:
            self._csv.writerow({name: harmless_cell(_text(value)) for name, value in row.items()})
        else:
            self._file.write(f"{self._before}\n{json.dumps(row, ensure_ascii=False)}")
            self._before = ","

    def close(self) -> None:
        """End the list; the file stays open."""
        if self._csv is None:
            self._file.write("\n]}\n")
