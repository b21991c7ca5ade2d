"""`/v1/webhooks`: where the system that asks is told of what happens, and how that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.api.shapes import json_answer, moment
from exchange.webhooks import own_webhooks

if TYPE_CHECKING:
    from datetime import datetime

    from aiohttp import web

    from exchange.api.call import Call
    from exchange.api.shapes import Json
    from exchange.webhooks import WebhookNow


async def webhooks(call: Call) -> web.StreamResponse:
    """Every webhook of the system; they are few, so there are no pages."""
    found = await own_webhooks(call.exchange, call.system)
    return json_answer({"webhooks": [webhook_json(one) for one in found]})


def webhook_json(one: WebhookNow) -> Json:
    """A webhook as its own system sees it."""
    row = one.row
    return {
        "id": row.id,
        "url": row.url,
        "events": list(row.events),
        "state": one.state.value,
        "waiting": one.count.waiting,
        "dead": one.count.dead,
        "failures": row.failures,
        "failure": row.failure,
        "failing_since": _moment(row.failing_since),
        "paused_until": _moment(row.paused_until),
        "answered_at": _moment(row.answered_at),
        "added_at": moment(row.added_at),
    }


def _moment(at: datetime | None) -> str | None:
    return moment(at) if at else None
