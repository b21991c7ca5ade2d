"""`/v1/inbox`: what waits for the system's agencies, most urgent first; sleeps while there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange import collect
from exchange.api.cursors import inbox_cursor, inbox_place
from exchange.api.pages import page
from exchange.api.shapes import arrival_json

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.api.call import Call

QUERY = ("kind", "agency", "wait", "limit", "cursor")
KINDS = ("document", "status")


async def inbox(call: Call) -> web.StreamResponse:
    """One page of waiting deliveries."""
    query = call.query
    kind, agency, wait, limit = query.choice("kind", KINDS), query.agency(), query.wait(), query.limit()
    found = await collect.inbox(
        call.exchange,
        call.system,
        kind=kind,
        agency=agency,
        wait=wait,
        limit=limit + 1,
        after=query.cursor(inbox_place),
    )
    return page(
        call,
        "deliveries",
        found,
        limit,
        shape=lambda arrival: arrival_json(arrival, history=False),
        cursor=lambda one: inbox_cursor(one.delivery.urgency, one.delivery.accepted_at, one.delivery.id),
    )
