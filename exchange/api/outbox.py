"""`/v1/outbox`: what the system's agencies sent, newest first, with states and histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange import look
from exchange.api.cursors import outbox_cursor, outbox_place
from exchange.api.pages import page
from exchange.api.shapes import sent_json

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.api.call import Call

QUERY = ("limit", "cursor")


async def outbox(call: Call) -> web.StreamResponse:
    """One page of sent envelopes."""
    limit, before = call.query.limit(), call.query.cursor(outbox_place)
    found = await look.outbox(call.exchange, call.system, before=before, limit=limit + 1)
    return page(
        call,
        "envelopes",
        found,
        limit,
        shape=lambda sent: sent_json(sent, history=True),
        cursor=lambda sent: outbox_cursor(sent.envelope.accepted_at, sent.envelope.id),
    )
