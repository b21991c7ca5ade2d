"""Lists of documents, and one of them with everything known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aiohttp import web
from yarl import URL

from admin.desk_keys import EXCHANGE, VISITOR
from admin.desk_render import page, see_other
from admin.desk_tabs import tab_links
from admin.desk_words import TABS
from envelopes.faults import Refused
from exchange import browse
from exchange.api.cursors import outbox_cursor, outbox_place
from exchange.browse import Tab
from exchange.errors import NotThere

if TYPE_CHECKING:
    from storage.browsing import Place


async def show_home(request: web.Request) -> web.StreamResponse:
    """Lead to the first list of this account."""
    return see_other(_address(request, browse.tabs(request[VISITOR].account)[0]))


async def show_list(request: web.Request) -> web.StreamResponse:
    """One page of a list, newest first."""
    account, exchange = request[VISITOR].account, request.app[EXCHANGE]
    tab = Tab(request.match_info["tab"])
    found = await browse.page(exchange, account, tab, before=_place(request))
    older = {"before": outbox_cursor(*found.older)} if found.older else None
    return page(
        request,
        "list.html",
        tab=tab,
        here=TABS[tab.value],
        tabs=await tab_links(request),
        lines=found.lines,
        older=_address(request, tab).with_query(older) if older else None,
        newest=_address(request, tab) if "before" in request.query else None,
        agency=await browse.agency_name(exchange, account),
    )


async def show_details(request: web.Request) -> web.StreamResponse:
    """One delivery: the document, its attachments' names, its history."""
    account, exchange = request[VISITOR].account, request.app[EXCHANGE]
    found = await browse.details(exchange, account, UUID(request.match_info["id"]))
    incoming = found.line.recipient == account.agency
    tab = Tab.ALL if account.is_administrator else Tab.INCOMING if incoming else Tab.OUTGOING
    return page(
        request,
        "details.html",
        found=found,
        tab=tab,
        back=_address(request, tab),
        own=account.is_administrator or found.line.sender == account.agency,
        agency=await browse.agency_name(exchange, account),
    )


def _address(request: web.Request, tab: Tab) -> URL:
    return request.app.router["list"].url_for(tab=tab.value)


def _place(request: web.Request) -> Place | None:
    before = request.query.get("before")
    if before is None:
        return None
    try:
        return outbox_place(before)
    except Refused:
        raise NotThere from None
