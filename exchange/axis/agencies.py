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
    """Every agency that has not ended, with its old code: this list has no mark for those that have."""
    return await _streamed(call, _plain)


async def agencies_qd20(call: AxisCall) -> web.StreamResponse:
    """The same with codes of QCVN 102; `level`, whose meaning nobody knows, narrows nothing."""
    return await _streamed(call, _qd20)


async def units(call: AxisCall) -> web.StreamResponse:
    """Every agency there is or was, to synchronise; a version that is no integer or a flag that is text loses all."""
    return await _streamed(call, _unit, with_ended=True)


def _plain(agency: Agency) -> dict[str, Any]:
    return _named(agency) | {"pid": pid(agency), "oldCode": old_code(agency)}


def _qd20(agency: Agency) -> dict[str, Any]:
    return _named(agency) | {"code102": agency.code102 or old_code(agency) or agency.code}


def _unit(agency: Agency) -> dict[str, Any]:
    return _named(agency) | {
        "pid": pid(agency),
        "centerCode": agency.center_code,
        "modifyDate": written(agency.modified_on),
        "version": agency.version,
        "deleted": agency.dissolved,
        "isAgency": agency.is_agency,
    }


def _named(agency: Agency) -> dict[str, Any]:
    return {"id": agency.national_id or agency.code, "code": agency.code, "name": agency.name, "mail": agency.mail}


def pid(agency: Agency) -> str:
    """The `id` of the agency above it: as the national list says, else its parent's; empty when none is known."""
    return agency.national_pid or agency.parent_id or agency.parent or ""


def old_code(agency: Agency) -> str:
    """Its code of QCVN 102:2016, else the first of its other codes that has that form; empty when none has."""
    by_form = (code for code in agency.aliases if (form := form_of(code)) and form.key == "old")
    return agency.old_code or next(by_form, "")


async def _streamed(
    call: AxisCall, shape: Callable[[Agency], dict[str, Any]], *, with_ended: bool = False
) -> web.StreamResponse:
    page = await directory.agencies_page(call.exchange, after="", limit=PAGE)
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(call.request)
    try:
        await _write(call, response, page, shape, with_ended=with_ended)
    except ConnectionError:
        return response  # the caller went away
    except Exception as error:  # half a list must not look whole
        log.error("list.broken", error=f"{type(error).__name__}: {error}")
        if call.request.transport is not None:
            call.request.transport.abort()
    return response


async def _write(
    call: AxisCall,
    response: web.StreamResponse,
    page: list[Agency],
    shape: Callable[[Agency], dict[str, Any]],
    *,
    with_ended: bool,
) -> None:
    await response.write(json_text({**common(), "data": []}).removesuffix(b"]}"))
    before = b""
    while page:
        rows = [shape(agency) for agency in page if with_ended or not agency.dissolved]
        if rows:
            await response.write(before + (await call.exchange.threads.run(json_text, rows))[1:-1])
            before = b","
        page = await directory.agencies_page(call.exchange, after=page[-1].code, limit=PAGE)
    await response.write(b"]}")
