"""What every request to the desk passes: headers, outages told as pages, who is signed in, forms from our own pages.

Innermost last: `with_headers`, `with_error_pages`, the session, `signed_in_only`, `own_forms_only` (TM-44, TM-48).
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import structlog
from aiohttp import web
from aiohttp.client_exceptions import ClientPayloadError
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp_session import get_session

from admin.desk_keys import EXCHANGE, FORM, VISITOR, Visitor
from admin.desk_render import page, see_other
from exchange import accounts
from exchange.errors import NotThere
from storage.outages import DatabaseAway

if TYPE_CHECKING:
    from collections.abc import Mapping

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()

SAFE_METHODS = frozenset({"GET", "HEAD"})
OPEN_ROUTES = frozenset({"sign_in", "static"})
"""Names of the routes that need nobody signed in."""

SIGN_IN_COOKIE = "lienthong-form"
"""Before anybody is signed in there is no session to keep the form's token: it stands in a cookie of its own."""

FORM_TOKEN = re.compile(r"[0-9a-f]{32}", re.ASCII)

MAX_FORM_BYTES = 16 * 1024
"""Our largest form has three short fields."""

FORM_SECONDS = 10
"""A form fits one packet; slower means that somebody holds connections."""

MAX_FIELDS = 20

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

ERROR_WORDS: Mapping[int, tuple[str, str]] = {
    403: ("Không được phép", "Biểu mẫu không được gửi từ trang này hoặc đã quá hạn. Hãy tải lại trang rồi thử lại."),
    404: ("Không tìm thấy", "Trang hoặc văn bản này không có, hoặc không thuộc đơn vị của bạn."),
    503: ("Tạm thời gián đoạn", "Cơ sở dữ liệu chưa trả lời. Dữ liệu không mất; hãy tải lại trang sau ít giây."),
    500: ("Có lỗi trong chương trình", "Lỗi đã được ghi lại. Hãy thử lại, hoặc báo quản trị kèm mã bên dưới."),
}
"""Title and what to do, for the pages that say no."""


@web.middleware
async def with_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Nothing but our own origin is loaded, no page is framed, no page is kept by caches."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        _add_headers(request, error)
        raise
    _add_headers(request, response)
    return response


def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    if response.prepared:
        return
    response.headers.update(HEADERS)
    static = request.match_info.route.name == "static" and response.status < HTTPStatus.BAD_REQUEST
    response.headers["Cache-Control"] = "public, max-age=86400" if static else "no-store"


@web.middleware
async def with_error_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say no, outage and bug as pages a person can read."""
    try:
        return await handler(request)
    except NotThere:
        return error_page(request, 404)
    except DatabaseAway:
        response = error_page(request, 503)
        response.headers["Retry-After"] = "5"
        return response
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return error_page(request, error.status)
    except Exception:
        number = str(structlog.contextvars.get_contextvars().get("request_id", ""))  # bound around every request
        log.exception("desk.failed", route=request.match_info.route.name)
        return error_page(request, 500, number=number)


def error_page(request: web.Request, status: int, *, number: str = "") -> web.Response:
    """A page that says what went wrong and what to do."""
    title, text = ERROR_WORDS.get(status, ("Yêu cầu không hợp lệ", "Hãy quay lại trang trước rồi thử lại."))
    return page(request, "error.html", status=status, title=title, text=text, number=number)


@web.middleware
async def signed_in_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whoever is not signed in is led to the sign-in page; a disabled account is not signed in any more."""
    if request.match_info.route.name in OPEN_ROUTES or request.match_info.http_exception is not None:
        return await handler(request)
    session = await get_session(request)
    name, csrf = session.get("account"), session.get("csrf")
    account = await accounts.account(request.app[EXCHANGE], str(name)) if name else None
    if account is None:
        if not session.new:
            session.invalidate()
        return see_other(request.app.router["sign_in"].url_for())
    request[VISITOR] = Visitor(account=account, csrf=str(csrf))
    return await handler(request)


@web.middleware
async def own_forms_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A request that changes something must come from our own page and carry the token of this visitor's session."""
    if request.method in SAFE_METHODS or request.match_info.http_exception is not None:
        return await handler(request)
    if not _is_own(request):
        raise web.HTTPForbidden
    form = await _read_form(request)
    visitor = request.get(VISITOR)
    expected = visitor.csrf if visitor else sign_in_token(request)
    if not expected or not hmac.compare_digest(form.get("csrf", "").encode(), expected.encode()):
        raise web.HTTPForbidden
    request[FORM] = form
    return await handler(request)


def sign_in_token(request: web.Request) -> str:
    """The token of the sign-in form, from its cookie; empty when there is none."""
    token = request.cookies.get(SIGN_IN_COOKIE, "")
    return token if FORM_TOKEN.fullmatch(token) else ""


def _is_own(request: web.Request) -> bool:
    """Browsers say where a request comes from; on plain addresses they only send Origin."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    try:
        return origin is None or urlsplit(origin).netloc == request.host
    except ValueError:  # no address at all
        return False


async def _read_form(request: web.Request) -> dict[str, str]:
    """The fields, counted and timed by ourselves (SECURITY 2.6). Raises HTTP errors."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    body = bytearray()
    try:
        async with asyncio.timeout(FORM_SECONDS):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > MAX_FORM_BYTES:
                    raise web.HTTPRequestEntityTooLarge(max_size=MAX_FORM_BYTES, actual_size=len(body))
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, web.RequestPayloadError, ClientPayloadError, HttpProcessingError):  # no form, or cut off
        raise web.HTTPBadRequest from None
