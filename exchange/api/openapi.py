"""`/v1/openapi.json`: the full truth about this API."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aiohttp import web

from exchange.api.document import document
from exchange.api.shapes import json_bytes

if TYPE_CHECKING:
    from exchange.api.call import Call


async def openapi(_call: Call) -> web.StreamResponse:
    """The OpenAPI 3.1 document."""
    return web.Response(body=_written(), content_type="application/json", headers={"Cache-Control": "public, no-cache"})


@cache
def _written() -> bytes:
    return json_bytes(document())
