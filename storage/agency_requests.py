"""Changes of the directory that wait for an administrator's word."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: `action` add, alias or dissolve of the agency `code`; None: not asked for.

    `by`: the administrator who asks; else `system`, through the axis client. `reason`: why it waits.
    """

    action: str
    code: str
    name: str | None = None
    level: str | None = None
    parent: str | None = None
    alias: str | None = None
    kind: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    mail: str | None = None
    phone: str | None = None
    fax: str | None = None
    reason: str = field(default="", compare=False)
    by: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request: `state` is waiting, approved or refused; times are UTC."""

    id: int
    wanted: Wanted
    asked_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None


_WANTED = tuple(Wanted.__slots__)
_OWN = ("id", "asked_at", "state", "decided_by", "decided_at")
_COLUMNS = ", ".join((*_OWN, *_WANTED))


async def put_request(conn: Connection, wanted: Wanted) -> RequestRow:
    """Write the request down; the one that waits already if the same was asked for by the same before."""
    same = [name for name in _WANTED if name != "reason"]
    row = await conn.fetchrow(
        f"""SELECT {_COLUMNS} FROM agency_requests WHERE state = 'waiting'
            AND {" AND ".join(f"{name} IS NOT DISTINCT FROM ${n}" for n, name in enumerate(same, 1))}
            ORDER BY id LIMIT 1""",
        *(getattr(wanted, name) for name in same),
    ) or await conn.fetchrow(
        f"""INSERT INTO agency_requests ({", ".join(_WANTED)})
            VALUES ({", ".join(f"${n}" for n in range(1, len(_WANTED) + 1))}) RETURNING {_COLUMNS}""",
        *(getattr(wanted, name) for name in _WANTED),
    )
    assert row is not None  # returned by the insert
    return _request(row)


async def waiting_of(conn: Connection, system: str) -> int:
    """How many requests of this system wait."""
    found: int = await conn.fetchval(
        "SELECT count(*) FROM agency_requests WHERE system = $1 AND state = 'waiting'", system
    )
    return found


async def requests(conn: Connection, *, waiting_only: bool) -> list[RequestRow]:
    """Every request, or those that wait, oldest first."""
    rows = await conn.fetch(
        f"SELECT {_COLUMNS} FROM agency_requests WHERE state = 'waiting' OR NOT $1 ORDER BY id", waiting_only
    )
    return [_request(row) for row in rows]


async def lock_request(conn: Connection, request: int) -> RequestRow | None:
    """The request of this id, which nobody else decides until the transaction ends."""
    row = await conn.fetchrow(f"SELECT {_COLUMNS} FROM agency_requests WHERE id = $1 FOR UPDATE", request)
    return _request(row) if row else None


async def decide_request(conn: Connection, request: int, *, state: str, by: str) -> RequestRow:
    """Write down how it was decided, by whom and when."""
    row = await conn.fetchrow(
        f"""UPDATE agency_requests SET state = $2, decided_by = $3, decided_at = clock_timestamp()
            WHERE id = $1 RETURNING {_COLUMNS}""",
        request,
        state,
        by,
    )
    assert row is not None  # locked before
    return _request(row)


def _request(row: object) -> RequestRow:
    given = dict(row.items())  # type: ignore[attr-defined]
    return RequestRow(wanted=Wanted(**{name: given[name] for name in _WANTED}), **{name: given[name] for name in _OWN})
