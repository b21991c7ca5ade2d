"""`/v1/agencies`: who can be written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.limits import AGENCY_CODE
from exchange import directory
from exchange.api.cursors import agency_place
from exchange.api.pages import page
from exchange.api.shapes import json_answer
from exchange.contact import FIELDS
from exchange.errors import NotThere

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.api.call import Call
    from exchange.api.shapes import Json
    from storage.directory import Agency

QUERY = ("limit", "cursor")


async def agencies(call: Call) -> web.StreamResponse:
    """One page of the directory, by code."""
    limit, after = call.query.limit(), call.query.cursor(agency_place)
    found = await directory.agencies_page(call.exchange, after=after or "", limit=limit + 1)
    return page(call, "agencies", found, limit, shape=agency_json, cursor=lambda agency: agency.code)


async def agency(call: Call) -> web.StreamResponse:
    """One agency."""
    code = call.request.match_info["code"]
    if not AGENCY_CODE.fullmatch(code):
        raise NotThere
    return json_answer(agency_json(await directory.agency(call.exchange, code)))


def agency_json(agency: Agency) -> Json:
    """One agency of the directory, and whether documents can be delivered to it."""
    return {
        "code": agency.code,
        "name": agency.name,
        "level": agency.level,
        "parent": agency.parent,
        "active": agency.active,
        "aliases": list(agency.aliases),
        "old_code": agency.old_code,
        "code102": agency.code102,
        "dissolved_on": agency.dissolved_on.isoformat() if agency.dissolved_on else None,
        "successor": agency.successor,
        **{name: getattr(agency, name) for name in FIELDS},
        "capabilities": list(agency.capabilities),
    }
