"""Certificates of agencies, those that end first first, and what an administrator must see to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from admin.desk_keys import EXCHANGE
from admin.desk_render import page
from admin.desk_tabs import CERTIFICATES, administrators_only, tab_links
from exchange import certification
from exchange.certification import CertificateState
from exchange.errors import NotThere

if TYPE_CHECKING:
    from aiohttp import web

    from storage.certificates import CertificateLine

NUMBER = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
"""A page; more than 99,999 there never are."""

WORDS = {
    CertificateState.PENDING: ("warn", "Chờ duyệt", "Quản trị khác duyệt: lienthong certificate approve"),
    CertificateState.LISTED: ("bad", "Bị thu hồi theo danh sách", "Đơn vị cần chứng thư mới"),
    CertificateState.EXPIRED: ("bad", "Hết hạn", "Đơn vị cần chứng thư mới"),
    CertificateState.ENDING: ("warn", "Sắp hết hạn", "Đề nghị đơn vị gia hạn"),
    CertificateState.FUTURE: ("new", "Chưa đến hạn dùng", ""),
    CertificateState.IN_USE: ("good", "Đang dùng", ""),
}
"""Colour, words, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One line as the page shows it."""

    line: CertificateLine
    mark: str
    words: str
    advice: str


async def show_certificates(request: web.Request) -> web.StreamResponse:
    """One page of certificates. For administrators."""
    administrators_only(request)
    number = _number(request)
    exchange = request.app[EXCHANGE]
    found = await certification.certificates_page(exchange.database, exchange.trust, number)
    now = datetime.now(UTC)
    more = {"page": str(number + 1)} if found.more else None
    return page(
        request,
        "certificates.html",
        here=CERTIFICATES,
        tabs=await tab_links(request),
        lines=[_shown(line, now, found.listed) for line in found.lines],
        number=number,
        more=request.app.router["certificates"].url_for().with_query(more) if more else None,
    )


def _shown(line: CertificateLine, now: datetime, listed: frozenset[bytes]) -> Shown:
    state = certification.state_of(line, now, listed)
    mark, words, advice = WORDS[state]
    if state is CertificateState.ENDING:
        words = f"Còn {(line.not_after - now).days} ngày"
    if line.renewed and state is CertificateState.ENDING:
        mark, advice = "plain", "Đã có chứng thư mới"
    return Shown(line=line, mark=mark, words=words, advice=advice)


def _number(request: web.Request) -> int:
    text = request.query.get("page", "1")
    if not NUMBER.fullmatch(text):
        raise NotThere
    return int(text)
