"""What waits for the system's agencies, how much of it, and what became of what they sent (axis client 4.6, 4.9, 4.11).

Parameters left over from other operations are not read: a client object sends all it ever had (section 3.3).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from exchange import collect, look
from exchange.axis.answers import rows, success
from exchange.axis.times import Span, span_of, written
from exchange.errors import NotThere

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

    from exchange.axis.call import AxisCall
    from exchange.collect import Arrival
    from exchange.look import Sent
    from storage.deliveries import DeliveryRow

PAGE = 500
"""Rows fetched at a time."""

MOST_ROWS = 5000
"""Rows of one answer. The client cannot page; what is beyond comes once these are confirmed (received), or with
`fromDate` and `toDate` (sent)."""

KINDS = {"edoc": "document", "status": "status"}
STATES = {
    "waiting": "Chưa tiếp nhận",
    "collected": "Đã đến",
    "refused": "Từ chối tiếp nhận",
    "accepted": "Đã tiếp nhận",
    "assigned": "Phân công",
    "in_hand": "Đang xử lý",
    "completed": "Hoàn thành",
    "recall_asked": "Đang xin thu hồi",
    "recalled": "Đã thu hồi",
}


async def received(call: AxisCall) -> web.StreamResponse:
    """Messages not yet confirmed, most urgent first, then oldest."""
    span, kind = span_of(call.head), KINDS.get(call.head.get("messagetype").lower())
    found: list[dict[str, Any]] = []
    async for one in _arrivals(call, kind):
        if span.has(one.delivery.accepted_at):
            found.append(_received_row(one))
        if len(found) == MOST_ROWS:
            break
    return rows(found)


async def _arrivals(call: AxisCall, kind: str | None) -> AsyncIterator[Arrival]:
    after = None
    while True:
        page = await collect.inbox(call.exchange, call.system, kind=kind, agency=None, wait=0, limit=PAGE, after=after)
        for one in page:
            yield one
        if len(page) < PAGE:
            return
        last = page[-1].delivery
        after = (last.urgency, last.accepted_at, last.id)


def _received_row(one: Arrival) -> dict[str, Any]:
    at = written(one.delivery.accepted_at)
    return {
        "docId": str(one.delivery.id),
        "serviceType": "eDoc",
        "messageType": "edoc" if one.delivery.kind == "document" else "status",
        "created_time": at,
        "updated_time": at,
        "from": one.envelope.sender,
        "to": one.delivery.recipient,
        "status": "initial",
        "status_desc": "Chưa lấy về",
    }


async def count_documents(call: AxisCall) -> web.StreamResponse:
    """How many documents wait."""
    return success(count=await collect.count_waiting(call.exchange, call.system, kind="document"))


async def count_statuses(call: AxisCall) -> web.StreamResponse:
    """How many status messages wait."""
    return success(count=await collect.count_waiting(call.exchange, call.system, kind="status"))


async def sent(call: AxisCall) -> web.StreamResponse:
    """One row for each recipient of each envelope, newest first."""
    kind = KINDS.get(call.head.get("messagetype").lower())
    one = await _named(call)
    if one is not None:
        return rows(_sent_rows(one))
    span = span_of(call.head)
    found: list[dict[str, Any]] = []
    async for envelope in _sent(call, span):
        if kind in (None, envelope.envelope.kind):
            found += _sent_rows(envelope)
        if len(found) >= MOST_ROWS:
            break
    return rows(found)


async def _named(call: AxisCall) -> Sent | None:
    """The envelope that `docId` names, if this system sent it; anything else is left over from another operation."""
    with suppress(ValueError, NotThere):
        return await look.sent(call.exchange, call.system, UUID(call.head.get("docId")))
    return None


async def _sent(call: AxisCall, span: Span) -> AsyncIterator[Sent]:
    before = None
    while True:
        page = await look.outbox(call.exchange, call.system, before=before, limit=PAGE)
        for one in page:
            if span.since and one.envelope.accepted_at < span.since:
                return
            if span.has(one.envelope.accepted_at):
                yield one
        if len(page) < PAGE:
            return
        before = (page[-1].envelope.accepted_at, page[-1].envelope.id)


def _sent_rows(one: Sent) -> list[dict[str, Any]]:
    envelope = one.envelope
    notation = f"{envelope.number}/{envelope.notation}" if envelope.kind == "document" else None
    return [
        {
            "senderDocId": str(envelope.id),
            "receiverDocId": str(delivery.id),
            "fromCode": envelope.sender,
            "toCode": delivery.recipient,
            "serviceType": "eDoc",
            "messageType": "edoc" if envelope.kind == "document" else "status",
            "title": envelope.subject,
            "notation": notation,
            "sentTime": written(envelope.accepted_at),
            "sendStatus": "done",
            "sendStatusDesc": "Trục đã nhận",
            **_receipt(delivery),
        }
        for delivery in one.deliveries
    ]


def _receipt(delivery: DeliveryRow) -> dict[str, Any]:
    confirmed = delivery.confirmed_at
    return {
        "receivedTime": written(confirmed) if confirmed else None,
        "receiveStatus": "done" if confirmed else "initial",
        "receiveStatusDesc": STATES.get(delivery.state, delivery.state),
    }
