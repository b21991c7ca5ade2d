"""`sendEdoc`: a document or status message, through the same use case as the native API (axis client 4.10)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from exchange.api.body import envelope_intake, read_body
from exchange.axis import rules
from exchange.axis.answers import success
from exchange.axis.hashing import the_file
from exchange.directory import acted_for
from exchange.submit import submit

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.axis.call import AxisCall

log = structlog.get_logger()


async def send(call: AxisCall) -> web.StreamResponse:
    """Take the file in the body. The same file again gives the same DocId, however often the line broke.

    Recipients come from the signed file alone (TM-03): `to`, left over from who knows when, is not looked at.
    """
    await _check_sender(call)
    intake = replace(envelope_intake(call.exchange.settings), media_type=call.request.content_type)
    body = the_file(read_body(call.request, intake), call.head.get("hash-file"))
    taken = await call.shared.whole(submit(call.exchange, call.system, body))
    row = taken.sent.envelope
    log.info("axis.sent", envelope=str(row.id), system=call.system.id, created=taken.created)
    return success(DocId=str(row.id))


async def _check_sender(call: AxisCall) -> None:
    """`from` must be one of the system's agencies, before a byte of the body is read (conformance C25)."""
    sender = call.head.get("from")
    if not sender:
        rules.FROM_MISSING.refuse("from", system=call.system.id)
    if not await acted_for(call.exchange, call.system, sender):
        rules.FROM_FOREIGN.refuse("from", sender, sender=sender, system=call.system.id)
