"""`/healthz` and `/readyz`: whether the process lives, and whether documents should be sent to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from exchange.api.shapes import json_answer
from exchange.checks import readiness

if TYPE_CHECKING:
    from aiohttp import web

    from exchange.api.call import Call

RETRY_SECONDS = 5
"""A prober asks again after this."""

log = structlog.get_logger()


async def alive(_call: Call) -> web.StreamResponse:
    """The process answers."""
    return json_answer({"status": "alive"})


async def ready(call: Call) -> web.StreamResponse:
    """Red (503) while a check says that documents could not be taken; why, `lienthong check` tells its operator."""
    results = await readiness(call.exchange)
    red = [one for one in results if one.ready and not one.ok]
    shown = {"ready": not red, "checks": [{"name": one.name, "ok": one.ok} for one in results]}
    if not red:
        return json_answer(shown)
    for one in red:
        log.warning("readiness.red", check=one.name, detail=one.detail)
    return json_answer(shown, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
