"""`updateStatus`: what became of a message in the receiver's transport (axis client 4.12).

Business states never travel here: they are status messages, and neither changes the other (conformance C33).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange import collect
from exchange.axis import rules
from exchange.axis.answers import success
from exchange.axis.fetching import document_id

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.axis.call import AxisCall

DONE = "done"
NOTED = ("fail", "processing")
"""Kept in the history for people to see; the message stays on the list."""


async def update(call: AxisCall) -> web.StreamResponse:
    """Confirm on `done`; note `fail` and `processing`. The same call again changes nothing."""
    status = call.head.get("status").lower()
    delivery = document_id(call, "docid", "docId")
    if status == DONE:
        await call.shared.whole(collect.confirm_unseen(call.exchange, call.system, delivery))
    elif status in NOTED:
        await call.shared.whole(collect.note_transport(call.exchange, call.system, delivery, status))
    else:
        rules.STATUS_UNKNOWN.refuse("status", status, status=status[:40], known=", ".join((DONE, *NOTED)))
    return success()
