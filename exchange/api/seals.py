"""`/v1/seals`: the certificates by which receipts are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.api.shapes import json_answer, seal_json
from exchange.seals import list_seals

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.api.call import Call


async def seals(call: Call) -> web.StreamResponse:
    """The present seal and every one before it, newest first."""
    present = call.exchange.seal.certificate_sha256
    rows = await list_seals(call.exchange.database)
    return json_answer({"seals": [seal_json(row, in_use=row.sha256 == present) for row in rows]})
