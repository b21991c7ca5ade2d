"""Forms that no browser sends: each is answered with a page that says no, none is an error of ours."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from admin.desk import create_desk
from exchange.api.app import create_app
from exchange.api.runner import ApiRunner
from tests.support.raw import head, line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from exchange.exchange import Exchange

TOKEN = "0123456789abcdef" * 2


@pytest.fixture
async def url(exchange: Exchange) -> AsyncIterator[str]:
    """The desk, listening as in the service."""
    app = create_app(exchange)
    app.add_subapp("/desk", create_desk(exchange))
    runner = ApiRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture(autouse=True)
def no_error_is_logged(caplog: pytest.LogCaptureFixture) -> object:
    """Whoever can write errors into the log hides the real ones."""
    yield
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


def form(**headers: object) -> bytes:
    given: dict[str, object] = {
        "Content_Type": "application/x-www-form-urlencoded",
        "Cookie": f"lienthong-form={TOKEN}",
    } | headers
    return head("POST", "/desk/sign-in", "", **given)


@pytest.mark.parametrize("origin", ["http://[::1", "http://a\u2100b", "null", "http://evil.example", "://", "x"])
async def test_form_from_an_address_that_is_none_is_forbidden(url: str, origin: str) -> None:
    body = f"csrf={TOKEN}&name=a&password=b".encode()
    async with line(url) as connection:
        connection.send(form(Origin=origin, Content_Length=len(body)) + body)
        assert (await connection.answer()).status == 403


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content_Length": 100}, b"csrf="),
        ({"Transfer_Encoding": "chunked"}, b"100\r\ncsrf="),
        ({"Content_Length": 6}, b"name=\xff"),
    ],
)
async def test_form_that_is_none_or_breaks_off_is_refused(url: str, headers: dict[str, object], body: bytes) -> None:
    async with line(url) as connection:
        connection.send(form(**headers) + body)
        if b"name" not in body:
            connection.end()
        assert (await connection.answer()).status == 400
