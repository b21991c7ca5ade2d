"""What is held, since when and why, and what an administrator can do about it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from admin.desk_keys import EXCHANGE
from admin.desk_render import page
from admin.desk_tabs import HELD, administrators_only, tab_links
from envelopes.faults import Refused
from exchange import holding
from exchange.api.cursors import outbox_cursor, outbox_place
from exchange.errors import NotThere

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from aiohttp import web


async def show_held(request: web.Request) -> web.StreamResponse:
    """One page of held envelopes, the oldest first. For administrators."""
    administrators_only(request)
    place = _place(request)
    found = await holding.held_page(request.app[EXCHANGE].database, after=place, limit=holding.PAGE)
    newer = {"after": outbox_cursor(*found.newer)} if found.newer else None
    return page(
        request,
        "held.html",
        here=HELD,
        tabs=await tab_links(request),
        found=found,
        oldest=found.now - timedelta(seconds=found.count.seconds),
        oldest_page=place is None,
        issuers=sorted({one.issuer for one in found.envelopes if one.issuer}),
        newer=request.app.router["held"].url_for().with_query(newer) if newer else None,
    )


def _place(request: web.Request) -> tuple[datetime, UUID] | None:
    after = request.query.get("after")
    if after is None:
        return None
    try:
        return outbox_place(after)
    except Refused:
        raise NotThere from None
