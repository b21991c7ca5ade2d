"""`/v1/envelopes/{id}/conversation`: the documents that answer, update, replace and recall each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.api.cursors import outbox_cursor, outbox_place
from exchange.api.pages import page
from exchange.api.shapes import message_json
from exchange.conversation import conversation as follow

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.api.call import Call

QUERY = ("limit", "cursor")


async def conversation(call: Call) -> web.StreamResponse:
    """One page of a thread, oldest first."""
    limit, after = call.query.limit(), call.query.cursor(outbox_place)
    found = await follow(call.exchange, call.system, call.id(), after=after, limit=limit + 1)
    return page(
        call,
        "messages",
        found,
        limit,
        shape=lambda one: message_json(*one),
        cursor=lambda one: outbox_cursor(one[0].accepted_at, one[0].id),
    )
