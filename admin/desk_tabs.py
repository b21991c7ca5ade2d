"""The tabs above every list: a clerk has the lists of the own agency, an administrator also what needs care."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from admin.desk_keys import EXCHANGE, VISITOR
from admin.desk_words import TABS
from exchange import browse, holding
from exchange.errors import NotThere

if TYPE_CHECKING:
    from aiohttp import web
    from yarl import URL

HELD, CERTIFICATES = "Đang tạm giữ", "Chứng thư số"


@dataclass(frozen=True, slots=True, kw_only=True)
class TabLink:
    """One tab. `mark`: a number beside it that somebody should see; empty when there is none."""

    name: str
    address: URL
    mark: str = ""


async def tab_links(request: web.Request) -> list[TabLink]:
    """The tabs of whoever asks, in their order."""
    account, router = request[VISITOR].account, request.app.router
    found = [
        TabLink(name=TABS[one.value], address=router["list"].url_for(tab=one.value)) for one in browse.tabs(account)
    ]
    if account.is_administrator:
        number = await holding.held_number(request.app[EXCHANGE].database)
        found.append(TabLink(name=HELD, address=router["held"].url_for(), mark=str(number) if number else ""))
        found.append(TabLink(name=CERTIFICATES, address=router["certificates"].url_for()))
    return found


def administrators_only(request: web.Request) -> None:
    """Raises `NotThere` for anybody else: to a clerk the page does not exist."""
    if not request[VISITOR].account.is_administrator:
        raise NotThere
