"""`/v1/agencies`: who can be written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.limits import AGENCY_CODE
from exchange import directory
from exchange.api.cursors import agency_place
from exchange.api.pages import page
from exchange.api.shapes import agency_json, json_answer
from exchange.errors import NotThere

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.api.call import Call

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
