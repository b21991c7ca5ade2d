"""`/v1/groups`: groups of agencies, for senders to put into To before they sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.api.shapes import json_answer
from exchange.groups import group_now, list_groups

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.api.call import Call
    from exchange.api.shapes import Json
    from storage.groups import GroupRow


async def groups(call: Call) -> web.StreamResponse:
    """Every group; they are few, so there are no pages."""
    return json_answer({"groups": [_group(row) for row in await list_groups(call.exchange.database)]})


async def group(call: Call) -> web.StreamResponse:
    """One group with the agencies that are in it now."""
    row, reached = await group_now(call.exchange, call.request.match_info["name"])
    return json_answer(_group(row) | {"agencies": [{"code": one.code, "name": one.name} for one in reached]})


def _group(row: GroupRow) -> Json:
    return {"name": row.name, "title": row.title, "level": row.level, "below": row.below}
