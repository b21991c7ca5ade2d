"""Answers of the desk: a page from a template, or the way to another page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp_jinja2 import render_template

from admin.desk_keys import VISITOR

if TYPE_CHECKING:
    from yarl import URL


def page(request: web.Request, template: str, *, status: int = HTTPStatus.OK, **shown: object) -> web.Response:
    """The template with what it shows, and who looks at it."""
    return render_template(template, request, {"visitor": request.get(VISITOR), **shown}, status=status)


def see_other(address: URL) -> web.Response:
    """Lead to another page; going back does not send a form again."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": str(address)})
