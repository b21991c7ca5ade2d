"""Signing in: a new session each time, kept on the server, ended by signing out, by idleness and by a long day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from admin.desk import create_desk
from exchange.exchange import open_exchange
from exchange.settings import load_settings
from storage import accounts
from tests.admin.conftest import CLERKS, PASSWORD, form_token, send_sign_in, status_of, text_of
from tests.admin.letters import A, B, people

if TYPE_CHECKING:
    from pathlib import Path

    from tests.admin.conftest import Browser, Desk

LIST = "/desk/incoming"
COOKIE = "lienthong"


def cookie_of(browser: Browser, name: str) -> str:
    """The value of a cookie, as the browser keeps it."""
    return next((cookie.value for cookie in browser.session.cookie_jar if cookie.key == name), "")


def token_of(browser: Browser) -> str:
    """The session's token."""
    return cookie_of(browser, COOKIE)


def bring(browser: Browser, name: str, value: str) -> None:
    """Put a cookie into the browser."""
    browser.session.cookie_jar.update_cookies({name: value}, browser.make_url("/"))


async def execute(desk: Desk, statement: str) -> None:
    """Change the database behind the desk's back."""
    async with desk.exchange.database.transaction() as conn:
        await conn.execute(statement)


async def test_sign_in_leads_to_the_list_and_names_the_clerk(desk: Desk) -> None:
    browser = await desk.sign_in(CLERKS[A])
    page = await text_of(browser, LIST)
    assert "<strong>clerk.a</strong>" in page
    assert "Văn thư H08.02" in page
    assert "Sở Nội vụ tỉnh Bình Định" in page


async def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(desk: Desk) -> None:
    browser = await desk.open()
    async with await send_sign_in(browser, CLERKS[A], PASSWORD) as answer:
        cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert not cookie["max-age"]


async def test_behind_tls_cookies_are_for_this_host_and_tls_only(dsn: str, tmp_path: Path, password_hash: str) -> None:
    settings = load_settings({}, data_dir=tmp_path, database_url=dsn, desk_secure_cookie=True)
    async with open_exchange(settings) as exchange:
        await people(exchange.database)
        async with exchange.database.transaction() as conn:
            await accounts.add_account(conn, name="clerk", role="clerk", agency=A, password_hash=password_hash)
        app = web.Application()
        app.add_subapp("/desk", create_desk(exchange))
        jar = CookieJar(unsafe=True, treat_as_secure_origin=[])
        async with TestClient(TestServer(app), cookie_jar=jar) as browser:
            async with browser.get("/desk/sign-in") as shown:
                form = next(iter(shown.cookies.values()))
                token = form_token(await shown.text())
            fields = {"csrf": token, "name": "clerk", "password": PASSWORD}
            headers = {"Cookie": f"{form.key}={form.value}"}
            async with browser.post("/desk/sign-in", data=fields, headers=headers, allow_redirects=False) as answer:
                session = answer.cookies["__Host-lienthong"]
    assert form["secure"] is True
    assert (session["secure"], session["path"], session["domain"]) == (True, "/", "")


async def test_each_sign_in_gets_a_new_token_and_ends_the_one_before(desk: Desk) -> None:
    browser, thief = await desk.sign_in(CLERKS[A]), await desk.open()
    first = token_of(browser)
    bring(thief, COOKIE, first)
    assert await status_of(thief, LIST) == 200
    left_open = cookie_of(browser, "lienthong-form")  # the sign-in page in another window
    fields = {"csrf": left_open, "name": CLERKS[A], "password": PASSWORD}
    async with browser.post("/desk/sign-in", data=fields, allow_redirects=False) as answer:
        assert answer.status == 303
    assert token_of(browser) != first
    assert await status_of(browser, LIST) == 200
    assert await status_of(thief, LIST) == 303


async def test_token_that_a_visitor_brings_along_is_never_adopted(desk: Desk) -> None:
    browser = await desk.open()
    bring(browser, COOKIE, "a" * 64)
    async with await send_sign_in(browser, CLERKS[A], PASSWORD) as answer:
        assert answer.status == 303
    assert token_of(browser) != "a" * 64


async def test_sign_out_ends_the_session_on_the_server(desk: Desk) -> None:
    browser = await desk.sign_in(CLERKS[A])
    token = token_of(browser)
    fields = {"csrf": form_token(await text_of(browser, LIST))}
    async with browser.post("/desk/sign-out", data=fields, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/desk/sign-in")
    assert token_of(browser) == ""
    bring(browser, COOKIE, token)
    assert await status_of(browser, LIST) == 303


@pytest.mark.parametrize(
    ("column", "within", "beyond"),
    [("seen_at", "29 minutes", "31 minutes"), ("started_at", "11 hours 59 minutes", "12 hours 1 minute")],
    ids=["idle", "absolute"],
)
async def test_session_ends_by_itself(desk: Desk, column: str, within: str, beyond: str) -> None:
    browser = await desk.sign_in(CLERKS[A])
    await execute(desk, f"UPDATE sessions SET {column} = clock_timestamp() - interval '{within}'")
    assert await status_of(browser, LIST) == 200
    await execute(desk, f"UPDATE sessions SET {column} = clock_timestamp() - interval '{beyond}'")
    assert await status_of(browser, LIST) == 303


async def test_use_keeps_a_session_alive(desk: Desk) -> None:
    browser = await desk.sign_in(CLERKS[A])
    for _ in range(3):
        await execute(desk, "UPDATE sessions SET seen_at = seen_at - interval '29 minutes'")
        assert await status_of(browser, LIST) == 200


async def test_disabled_account_is_signed_out_at_once_and_cannot_return(desk: Desk) -> None:
    browser = await desk.sign_in(CLERKS[A])
    await execute(desk, "UPDATE accounts SET disabled_at = clock_timestamp() WHERE name = 'clerk.a'")
    assert await status_of(browser, LIST) == 303
    async with await send_sign_in(browser, CLERKS[A], PASSWORD) as answer:
        assert answer.status == 403


async def test_sessions_are_stored_without_their_token(desk: Desk) -> None:
    token = token_of(await desk.sign_in(CLERKS[A]))
    async with desk.exchange.database.acquire() as conn:
        rows = await conn.fetch("SELECT encode(token_sha256, 'hex') AS digest, data::text FROM sessions")
    assert len(rows) == 1
    assert token not in str([tuple(row.values()) for row in rows])


async def test_unknown_name_and_wrong_password_get_the_same_answer(desk: Desk) -> None:
    told = []
    for name in (CLERKS[A], "clerk.x"):
        async with await send_sign_in(await desk.open(), name, "not the password") as answer:
            text = await answer.text()
            told.append((answer.status, text.replace(name, "").replace(form_token(text), "")))
    assert told[0] == told[1]
    assert told[0][0] == 403


async def test_name_that_nobody_can_have_is_simply_wrong(desk: Desk) -> None:
    for name in ("a\0b", "x" * 5000, "văn thư"):
        async with await send_sign_in(await desk.open(), name, PASSWORD) as answer:
            assert answer.status == 403


async def test_guessing_is_slowed_and_never_locks_out(desk: Desk) -> None:
    browser = await desk.open()
    statuses = []
    for _ in range(4):
        async with await send_sign_in(browser, CLERKS[A], "guess") as answer:
            statuses.append(answer.status)
    assert statuses == [403, 403, 403, 429]
    async with await send_sign_in(browser, CLERKS[A], PASSWORD) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        assert "Hãy đợi 1 giây" in await answer.text()
    async with await send_sign_in(await desk.open(), CLERKS[B], PASSWORD) as answer:
        assert answer.status == 303
    desk.clock.now += 1
    async with await send_sign_in(browser, CLERKS[A], PASSWORD) as answer:
        assert answer.status == 303


async def test_whoever_is_signed_in_is_led_past_the_sign_in_page(desk: Desk) -> None:
    browser = await desk.sign_in(CLERKS[A])
    async with browser.get("/desk/sign-in", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/desk/")
