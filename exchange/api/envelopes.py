"""`/v1/envelopes`: submit an edXML file, look at what became of it, fetch the sealed receipt."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import structlog

from envelopes.faults import Refused
from exchange import look
from exchange.api.body import envelope_intake, read_body
from exchange.api.downloads import hand_out
from exchange.api.shapes import json_answer, sent_json
from exchange.download import Download
from exchange.submit import submit as take

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

    from exchange.api.call import Call
    from exchange.submit import Taken

log = structlog.get_logger()


async def submit(call: Call) -> web.StreamResponse:
    """Take the edXML file in the body: 201, or 200 with the first answer when it was taken before."""
    body = read_body(call.request, envelope_intake(call.exchange.settings))
    try:
        taken = await call.shared.whole(take(call.exchange, call.system, body))
    except Refused as refused:
        call.shared.metrics.refused.labels(refused.faults[0].code).inc()
        codes = sorted({fault.code for fault in refused.faults})
        log.info("envelope.refused", system=call.system.id, codes=codes)
        raise
    _note(call, taken)
    place = f"/v1/envelopes/{taken.sent.envelope.id}"
    status = 201 if taken.created else 200
    return json_answer(sent_json(taken.sent, history=False), status=status, headers={"Location": place})


def _note(call: Call, taken: Taken) -> None:
    sent, metrics = taken.sent, call.shared.metrics
    row = sent.envelope
    if not taken.created:
        metrics.repeated.inc()
        log.info("envelope.repeated", system=call.system.id, envelope=str(row.id))
        return
    metrics.taken.labels(row.kind, row.outcome).inc()
    metrics.taken_bytes.inc(row.size)
    event = "document.taken" if row.kind == "document" else "status.reported"
    log.info(
        event,
        system=call.system.id,
        envelope=str(row.id),
        sender=row.sender,
        outcome=row.outcome,
        size=row.size,
        deliveries=len(sent.deliveries),
        undeliverable=len(row.undeliverable),
    )


async def envelope(call: Call) -> web.StreamResponse:
    """One sent envelope with each delivery's state and history."""
    sent = await look.sent(call.exchange, call.system, call.id())
    return json_answer(sent_json(sent, history=True))


async def receipt(call: Call) -> web.StreamResponse:
    """The sealed receipt, byte-identical for ever."""
    envelope_id = call.id()
    data = await look.receipt(call.exchange, call.system, envelope_id)

    async def read(start: int, length: int | None) -> AsyncIterator[bytes]:
        yield data[start:] if length is None else data[start : start + length]

    found = Download(
        name=f"{envelope_id}.receipt.xml",
        media_type="application/xml",
        size=len(data),
        sha256=hashlib.sha256(data).digest(),
        read=read,
    )
    return await hand_out(call.request, found, media_type=found.media_type)
