"""`/v1/deliveries`: what a recipient fetches and confirms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import structlog
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from envelopes.faults import Refused
from exchange import collect, download
from exchange.api.body import json_intake, read_whole
from exchange.api.downloads import hand_out, harmless
from exchange.api.rules import JSON_INVALID, JSON_MALFORMED, JSON_MISSING, JSON_UNKNOWN
from exchange.api.shapes import arrival_json, confirmed_json, json_answer

if TYPE_CHECKING:
    from aiohttp import web
    from pydantic_core import ErrorDetails

    from envelopes.faults import Fault
    from exchange.api.call import Call

ATTACHMENT_QUERY = ("form",)
FORMS = ("opened", "transferred")

log = structlog.get_logger()


class Confirmation(BaseModel):
    """What a recipient confirms: the SHA-256 of the file as it stored it, in lower-case hex."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


async def delivery(call: Call) -> web.StreamResponse:
    """One delivery with its history."""
    arrival = await collect.arrival(call.exchange, call.system, call.id())
    return json_answer(arrival_json(arrival, history=True))


async def envelope(call: Call) -> web.StreamResponse:
    """The file exactly as submitted."""
    found = await download.open_envelope(call.exchange, call.system, call.id())
    return await hand_out(call.request, found, media_type=found.media_type)


async def attachment(call: Call) -> web.StreamResponse:
    """One attachment as a person opens it, or the octets as transferred."""
    transferred = call.query.choice("form", FORMS) == "transferred"
    found = await download.open_attachment(call.exchange, call.system, call.id(), call.n(), transferred=transferred)
    return await hand_out(call.request, found, media_type=harmless(found.media_type))


async def confirm(call: Call) -> web.StreamResponse:
    """The recipient has stored the file; the same again gets the same answer."""
    delivery_id = call.id()
    given = _confirmation(await read_whole(call.request, json_intake(call.exchange.settings)))
    confirmed = await call.shared.whole(collect.confirm(call.exchange, call.system, delivery_id, given.sha256))
    call.shared.metrics.confirmed.inc()
    log.info("delivery.collected", system=call.system.id, delivery=str(delivery_id), state=confirmed.state)
    return json_answer(confirmed_json(confirmed))


def _confirmation(data: bytes) -> Confirmation:
    try:
        return Confirmation.model_validate_json(data)
    except ValidationError as error:
        raise Refused(*(_fault(one) for one in error.errors(include_url=False)[:20])) from None


def _fault(error: ErrorDetails) -> Fault:
    if not error["loc"]:
        return JSON_MALFORMED.at()
    name = str(error["loc"][0])[:50]
    if error["type"] == "missing":
        return JSON_MISSING.at(name, name=name)
    if error["type"] == "extra_forbidden":
        return JSON_UNKNOWN.at(name, name=name)
    return JSON_INVALID.at(name, error["input"], name=name, reason=error["msg"])
