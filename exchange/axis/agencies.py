"""The directory in the client's three forms, streamed: its reader wants all of it at once (axis client 4.1 to 4.3).

The national list has over 111,000 entries; a page at a time keeps memory flat, and no connection of the database waits
for a slow reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from envelopes.agency_codes import form_of
from exchange import directory
from exchange.axis.answers import common, json_text
from exchange.axis.times import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.axis.call import AxisCall
    from storage.directory import Agency

PAGE = 2000
"""Agencies read at a time."""

log = structlog.get_logger()


async def agencies(call: AxisCall) -> web.StreamResponse:
    """Every agency with its old code."""
    return await _streamed(call, _plain)


async def agencies_qd20(call: AxisCall) -> web.StreamResponse:
    """Every agency with its code of QCVN 102; `level`, whose meaning nobody knows, narrows nothing."""
    return await _streamed(call, _qd20)


async def units(call: AxisCall) -> web.StreamResponse:
    """Every agency as a unit to synchronise; here a version is an integer and flags are booleans, or all is lost."""
    return await _streamed(call, _unit)


def _plain(agency: Agency) -> dict[str, Any]:
    return _named(agency) | {"pid": agency.parent or "", "oldCode": old_code(agency)}


def _qd20(agency: Agency) -> dict[str, Any]:
    return _named(agency) | {"code102": old_code(agency) or agency.code}


def _unit(agency: Agency) -> dict[str, Any]:
    more = {"pid": agency.parent or "", "centerCode": "", "modifyDate": written(agency.added_at)}
    return _named(agency) | more | {"version": 1, "deleted": not agency.active, "isAgency": True}


def _named(agency: Agency) -> dict[str, Any]:
    return {"id": agency.code, "code": agency.code, "name": agency.name, "mail": ""}


def old_code(agency: Agency) -> str:
    """The first of its other codes that has the old form; empty when none has."""
    return next((code for code in agency.aliases if (form := form_of(code)) and form.key == "old"), "")


async def _streamed(call: AxisCall, shape: Callable[[Agency], dict[str, Any]]) -> web.StreamResponse:
    page = await directory.agencies_page(call.exchange, after="", limit=PAGE)
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(call.request)
    try:
        await _write(call, response, page, shape)
    except ConnectionError:
        return response  # the caller went away
    except Exception as error:  # half a list must not look whole
        log.error("list.broken", error=f"{type(error).__name__}: {error}")
        if call.request.transport is not None:
            call.request.transport.abort()
    return response


async def _write(
    call: AxisCall, response: web.StreamResponse, page: list[Agency], shape: Callable[[Agency], dict[str, Any]]
) -> None:
    await response.write(json_text({**common(), "data": []}).removesuffix(b"]}"))
    before = b""
    while page:
        rows = [shape(agency) for agency in page]
        await response.write(before + (await call.exchange.threads.run(json_text, rows))[1:-1])
        before = b","
        page = await directory.agencies_page(call.exchange, after=page[-1].code, limit=PAGE)
    await response.write(b"]}")
