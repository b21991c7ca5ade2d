"""Signing in and out."""

from __future__ import annotations

import math
import secrets

import structlog
from aiohttp import web
from aiohttp_session import get_session, new_session

from admin.desk_guard import SIGN_IN_COOKIE, sign_in_token
from admin.desk_keys import EXCHANGE, FORM, PORTER
from admin.desk_render import page, see_other
from exchange.accounts import SignInRefused, TooManyTries, sign_in

log = structlog.get_logger()

WRONG = "Tên đăng nhập hoặc mật khẩu không đúng. Hãy thử lại."
SIGN_IN_SECONDS = 3600
"""How long an open sign-in page stays good."""


async def show_sign_in(request: web.Request) -> web.StreamResponse:
    """The sign-in form, or the desk for whoever is signed in already."""
    session = await get_session(request)
    if session.get("account"):
        return see_other(request.app.router["home"].url_for())
    return _form(request, status=200)


async def do_sign_in(request: web.Request) -> web.StreamResponse:
    """Check name and password; a new session under a new token (TM-44)."""
    form = request[FORM]
    name = form.get("name", "").strip()
    try:
        account = await sign_in(
            request.app[EXCHANGE],
            request.app[PORTER],
            name=name,
            password=form.get("password", ""),
            address=request.remote or "",
        )
    except SignInRefused:
        log.warning("account.refused", address=request.remote)
        return _form(request, status=403, name=name, error=WRONG)
    except TooManyTries as error:
        return _later(request, name, error.seconds)
    session = await new_session(request)
    session["account"] = account.name
    session["csrf"] = secrets.token_hex(16)
    log.info("account.signed_in", account=account.name)
    return see_other(request.app.router["home"].url_for())


async def do_sign_out(request: web.Request) -> web.StreamResponse:
    """End the session."""
    (await get_session(request)).invalidate()
    return see_other(request.app.router["sign_in"].url_for())


def _later(request: web.Request, name: str, seconds: float) -> web.StreamResponse:
    wait = math.ceil(seconds)
    log.warning("account.throttled", address=request.remote, seconds=wait)
    response = _form(request, status=429, name=name, error=f"Đã thử sai nhiều lần. Hãy đợi {wait} giây rồi thử lại.")
    response.headers["Retry-After"] = str(wait)
    return response


def _form(request: web.Request, *, status: int, name: str = "", error: str = "") -> web.Response:
    token = sign_in_token(request) or secrets.token_hex(16)
    response = page(request, "sign_in.html", status=status, csrf=token, name=name, error=error)
    secure = request.app[EXCHANGE].settings.desk_secure_cookie
    response.set_cookie(
        SIGN_IN_COOKIE,
        token,
        max_age=SIGN_IN_SECONDS,
        httponly=True,
        samesite="Strict",
        secure=secure,
        path=str(request.app.router["sign_in"].url_for()),
    )
    return response
