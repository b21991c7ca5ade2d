"""The room a list of agencies is copied into, until the transaction that enters it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from envelopes.agency_codes import likeness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage.connection import Connection

SECONDS = 120.0
"""For one statement here: it goes over a whole list of 123,000 on a machine that may be busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The `n`th agency of a list, in a line that others may stand in too; None: the list does not say.

    `others`: its other codes and their kinds. `deleted`: it has ended, on `dissolved_on` if that is known;
    `said_alive`: the list says that it has not.
    """

    n: int
    line: int
    code: str
    name: str | None
    likeness: str | None
    level: str | None
    parent: str | None
    national_id: str | None
    national_pid: str | None
    mail: str | None
    phone: str | None
    fax: str | None
    address: str | None
    website: str | None
    center_code: str | None
    version: int | None
    modified_on: datetime | None
    is_agency: bool | None
    dissolved_on: date | None
    deleted: bool
    said_alive: bool
    successor: str | None
    others: Mapping[str, str]


_TYPES = {"n": "integer", "line": "integer", "version": "integer", "modified_on": "timestamptz", "dissolved_on": "date"}
_TYPES |= dict.fromkeys(("is_agency", "deleted", "said_alive"), "boolean")
_COLUMNS = tuple(name for name in Entry.__slots__ if name != "others")


async def begin(conn: Connection) -> None:
    """Make room for a list until the transaction ends."""
    columns = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in _COLUMNS)
    await conn.execute(
        f"""SET LOCAL statement_timeout = '{int(SECONDS)}s';
            CREATE TEMPORARY TABLE incoming ({columns}, is_new boolean NOT NULL DEFAULT false,
                   is_changed boolean NOT NULL DEFAULT false) ON COMMIT DROP;
            CREATE TEMPORARY TABLE incoming_codes (n integer, line integer, code text, agency text, kind text,
                   likeness text) ON COMMIT DROP"""
    )


async def put(conn: Connection, entries: Sequence[Entry]) -> None:
    """Bring some entries."""
    await conn.copy_records_to_table(
        "incoming", columns=_COLUMNS, records=[[getattr(one, name) for name in _COLUMNS] for one in entries]
    )
    codes = [
        (one.n, one.line, code, one.code, kind)
        for one in entries
        for code, kind in {one.code: "own", **one.others}.items()
    ]
    await conn.copy_records_to_table("incoming_codes", records=[(*code, likeness(code[2])) for code in codes])
