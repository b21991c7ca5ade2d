"""A listening desk with agencies A, B and C, a clerk at each, and an administrator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from admin.desk import create_desk
from exchange.accounts import Porter
from exchange.api.app import create_app
from exchange.exchange import Exchange, open_exchange
from exchange.settings import load_settings
from storage import accounts
from tests.admin.letters import A, B, C, people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from aiohttp import ClientResponse

PASSWORD = "một mật khẩu dài"
CLERKS = {A: "clerk.a", B: "clerk.b", C: "clerk.c"}
ADMINISTRATOR = "administrator"

Browser = TestClient[web.Request, web.Application]


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The password's hash, of a quick kind: the service's own is slow on purpose."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


@pytest.fixture
async def exchange(dsn: str, tmp_path: Path, password_hash: str) -> AsyncIterator[Exchange]:
    """An exchange with people in it and no documents yet."""
    settings = load_settings({}, data_dir=tmp_path, database_url=dsn)
    async with open_exchange(settings) as opened:
        await people(opened.database)
        async with opened.database.transaction() as conn:
            for code, name in CLERKS.items():
                await accounts.add_account(conn, name=name, role="clerk", agency=code, password_hash=password_hash)
            await accounts.add_account(
                conn, name=ADMINISTRATOR, role="administrator", agency=None, password_hash=password_hash
            )
        yield opened


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The listening desk; each visitor has a browser with cookies of its own."""

    server: TestServer[web.Request]
    open: Callable[[], Awaitable[Browser]]
    exchange: Exchange
    clock: Clock

    async def sign_in(self, name: str, password: str = PASSWORD) -> Browser:
        """A browser in which this person has just signed in."""
        browser = await self.open()
        async with await send_sign_in(browser, name, password) as answer:
            assert answer.status == 303, await answer.text()
        return browser


async def send_sign_in(browser: Browser, name: str, password: str) -> ClientResponse:
    """Fill in the sign-in form and send it."""
    async with browser.get("/desk/sign-in") as shown:
        token = form_token(await shown.text())
    fields = {"csrf": token, "name": name, "password": password}
    return await browser.post("/desk/sign-in", data=fields, allow_redirects=False)


def form_token(page: str) -> str:
    """The token of the page's form."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


async def text_of(browser: Browser, path: str) -> str:
    """The page at this path, which must be there."""
    async with browser.get(path, allow_redirects=False) as answer:
        assert answer.status == 200, answer.status
        return await answer.text()


async def status_of(browser: Browser, path: str) -> int:
    """How the page at this path answers."""
    async with browser.get(path, allow_redirects=False) as answer:
        return answer.status


@pytest.fixture
async def desk(exchange: Exchange) -> AsyncIterator[Desk]:
    """The desk, mounted and listening as in the service."""
    clock = Clock()
    app = create_app(exchange)
    app.add_subapp("/desk", create_desk(exchange, porter=Porter.with_clock(clock)))
    server = TestServer(app)
    await server.start_server()
    browsers: list[Browser] = []

    async def opened() -> Browser:
        browsers.append(TestClient(server))
        return browsers[-1]

    yield Desk(server=server, open=opened, exchange=exchange, clock=clock)
    for browser in browsers:
        await browser.session.close()
    await server.close()
