"""Who is below whom today: what was below an agency that merged is below its successor (agencies section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.directory import list_agencies, own_codes
from storage import successions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage.database import Database
    from storage.directory import Agency


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An agency in the tree; `depth` 0 is at its top."""

    agency: Agency
    depth: int


async def tree(database: Database, code: str | None = None) -> list[Place]:
    """Every agency once, each after the one it is below and by code; or only this one with all below it.

    A merged agency stands below its successor, with what was below it beside it. Raises `Refused` for an unknown code.
    """
    agencies = {one.code: one for one in await list_agencies(database)}
    async with database.acquire() as conn:
        heirs = await successions.heirs(conn)
        top = (await own_codes(conn, [code]))[0] if code is not None else None
    below = _below(agencies, heirs)
    places: dict[str, Place] = {}
    for start in [top] if top is not None else [*below.get(None, ()), *sorted(agencies)]:
        _walk(start, agencies, below, places)  # the second time nothing is left, unless mergers closed a circle
    return list(places.values())


def _below(agencies: Mapping[str, Agency], heirs: Mapping[str, str]) -> dict[str | None, list[str]]:
    below: dict[str | None, list[str]] = {}
    for code in sorted(agencies):
        above = heirs[code] if heirs[code] != code else agencies[code].parent
        while above is not None and heirs[above] == code:  # it took its parent's place, and is where that was
            above = agencies[above].parent
        below.setdefault(heirs[above] if above is not None else None, []).append(code)
    return below


def _walk(
    start: str,
    agencies: Mapping[str, Agency],
    below: Mapping[str | None, Sequence[str]],
    places: dict[str, Place],
) -> None:
    """Enter the agency and all below it that have no place yet."""
    ahead = [(start, 0)]
    while ahead:
        code, depth = ahead.pop()
        if code not in places:
            places[code] = Place(agency=agencies[code], depth=depth)
            ahead += [(one, depth + 1) for one in reversed(below.get(code, ()))]
