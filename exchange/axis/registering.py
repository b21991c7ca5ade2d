"""`registerAgency` and `deleteAgency`: what a system wants of the directory (axis client 4.4, 4.5).

The head is signed, the body of `registerAgency` is not: whoever sits between could change it. So an administrator of
the exchange says yes first, unless the operator lets systems keep the agencies below their own. Nothing is deleted.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from exchange import registration
from exchange.api.body import json_intake, read_whole
from exchange.axis import rules
from exchange.axis.answers import success
from exchange.axis.numbers import OK, TEXTS
from exchange.contact import MOST_TEXT
from exchange.directory import agency
from exchange.errors import NotThere
from storage.agency_requests import RequestRow, Wanted

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.axis.call import AxisCall
    from storage.directory import Agency

FIELDS = ("id", "pcode", "code", "name", "mail", "mobile", "fax")
"""What the client's own example has; anything else in the body is not looked at."""

log = structlog.get_logger()


async def register(call: AxisCall) -> web.StreamResponse:
    """Add an agency or change one: it is the same call. Without `pcode` it is below the system's own, or stays."""
    intake = replace(json_intake(call.exchange.settings), media_type=call.request.content_type)
    given = _fields(await read_whole(call.request, intake))
    known = await _known(call, given["code"])
    wanted = Wanted(
        action="add",
        code=given["code"],
        name=given["name"],
        level=known.level if known else None,
        parent=_parent(call, given["pcode"], known),
        mail=given["mail"],
        phone=given["mobile"],
        fax=given["fax"],
    )
    return await _answer(call, wanted)


async def delete(call: AxisCall) -> web.StreamResponse:
    """Let an agency be no more. What is below it stays, as does everything sent and received."""
    code = call.head.get("AgencyCode")
    if not code:
        rules.AGENCY_MISSING.refuse("AgencyCode")
    return await _answer(call, Wanted(action="dissolve", code=code))


async def _answer(call: AxisCall, wanted: Wanted) -> web.StreamResponse:
    at_once = call.exchange.settings.axis_registration
    done = await call.shared.whole(
        registration.enter_for_system(call.exchange.database, call.system, wanted, at_once=at_once)
    )
    if not isinstance(done, RequestRow):
        log.info("axis.directory_changed", action=wanted.action, agency=done.code, system=call.system.id)
        return success()
    log.info("axis.directory_asked", action=wanted.action, agency=wanted.code, request=done.id, system=call.system.id)
    return success(ErrorDesc=f"{TEXTS[OK]}: cho quan tri truc duyet, yeu cau so {done.id}")


def _fields(body: bytes) -> dict[str, Any]:
    """The body's fields, None where there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        rules.BODY_MALFORMED.refuse("body")
    if not isinstance(found, dict):
        rules.BODY_MALFORMED.refuse("body")
    given = {name: found.get(name) for name in FIELDS}
    for name, value in given.items():
        if value is None:
            continue
        if not isinstance(value, str) or len(value) > MOST_TEXT or not value.isprintable():
            rules.FIELD_MALFORMED.refuse(name, name=name)
        given[name] = value.strip()
    for name in ("code", "name"):
        if not given[name]:
            rules.FIELD_MISSING.refuse(name, name=name)
    return given


async def _known(call: AxisCall, code: str) -> Agency | None:
    try:
        return await agency(call.exchange, code)
    except NotThere:
        return None


def _parent(call: AxisCall, pcode: str | None, known: Agency | None) -> str | None:
    """The parent's code. Some integrations write their own system's id there, others nothing."""
    if pcode and pcode != call.system.id:
        return pcode
    if known is not None:
        return known.parent
    if len(call.system.agencies) != 1:
        rules.FIELD_MISSING.refuse("pcode", name="pcode")
    return next(iter(call.system.agencies))
