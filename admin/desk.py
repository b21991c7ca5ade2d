"""The desk: pages for clerks and administrators, a sub-application that the composer mounts at `/desk`."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp_jinja2
import jinja2
from aiohttp import web
from aiohttp_session import session_middleware

from admin.desk_guard import own_forms_only, signed_in_only, with_error_pages, with_headers
from admin.desk_keys import EXCHANGE, PORTER
from admin.desk_sessions import SessionTable
from admin.desk_words import FILTERS, sign_words
from admin.pages import certificates, deliveries, held, signing_in
from exchange.accounts import Porter

if TYPE_CHECKING:
    from exchange.exchange import Exchange

STATIC = Path(str(files("admin") / "static"))
UUID_FORM = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def routes() -> list[web.RouteDef]:
    """Every page there is."""
    return [
        web.get("", deliveries.show_home, name="root"),
        web.get("/", deliveries.show_home, name="home"),
        web.get("/sign-in", signing_in.show_sign_in, name="sign_in"),
        web.post("/sign-in", signing_in.do_sign_in, name="sign_in"),
        web.post("/sign-out", signing_in.do_sign_out, name="sign_out"),
        web.get("/{tab:incoming|outgoing|all}", deliveries.show_list, name="list"),
        web.get("/held", held.show_held, name="held"),
        web.get("/certificates", certificates.show_certificates, name="certificates"),
        web.get(f"/deliveries/{{id:{UUID_FORM}}}", deliveries.show_details, name="details"),
    ]


def create_desk(exchange: Exchange, *, porter: Porter | None = None) -> web.Application:
    """The pages over this exchange; `porter` remembers failed sign-ins, with a clock of its own if need be."""
    table = SessionTable(exchange.database, secure=exchange.settings.desk_secure_cookie)
    app = web.Application(
        middlewares=[with_headers, with_error_pages, session_middleware(table), signed_in_only, own_forms_only]
    )
    app[EXCHANGE] = exchange
    app[PORTER] = porter or Porter()
    app.add_routes(routes())
    app.router.add_static("/static", STATIC, name="static")
    _set_up_templates(app)
    return app


def _set_up_templates(app: web.Application) -> None:
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.PackageLoader("admin", "templates"),
        filters=FILTERS,
        default_helpers=False,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = hashlib.sha256((STATIC / "desk.css").read_bytes()).hexdigest()[:12]

    def address(name: str, **parts: str) -> str:
        return str(app.router[name].url_for(**parts))

    def static(name: str) -> str:
        return f"{app.router['static'].url_for(filename=name)}?v={style}"

    environment.globals.update(address=address, static=static, sign=sign_words)
