"""What every page of the desk keeps out: foreign forms, inline code, other hosts' frames; and how it says no."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from admin.desk import create_desk, routes
from exchange.exchange import open_exchange
from exchange.settings import load_settings
from storage.outages import DatabaseAway
from tests.admin.conftest import CLERKS, form_token, status_of, text_of
from tests.admin.letters import A, B

if TYPE_CHECKING:
    from tests.admin.conftest import Desk

UNSAFE = [route.path for route in routes() if route.method != "GET"]
FOREIGN = (
    ("Sec-Fetch-Site", "cross-site"),
    ("Sec-Fetch-Site", "same-site"),
    ("Sec-Fetch-Site", "none"),
    ("Origin", "http://evil"),
    ("Origin", "null"),
)
TEMPLATES = sorted(Path(str(files("admin") / "templates")).glob("*.html"))


def test_every_unsafe_page_is_known() -> None:
    assert UNSAFE == ["/sign-in", "/sign-out"]


async def test_form_without_this_sessions_token_is_refused(desk: Desk) -> None:
    browser, other = await desk.sign_in(CLERKS[A]), await desk.sign_in(CLERKS[B])
    foreign = form_token(await text_of(other, "/desk/incoming"))
    for path in UNSAFE:
        for token in ("", "0" * 32, "é", foreign):
            async with browser.post(f"/desk{path}", data={"csrf": token}, allow_redirects=False) as answer:
                assert answer.status == 403, (path, token)
    assert await status_of(browser, "/desk/incoming") == 200


async def test_form_from_another_site_is_refused(desk: Desk) -> None:
    browser = await desk.sign_in(CLERKS[A])
    token = form_token(await text_of(browser, "/desk/incoming"))
    for path in UNSAFE:
        for name, value in FOREIGN:
            headers = {name: value}
            async with browser.post(f"/desk{path}", data={"csrf": token}, headers=headers) as answer:
                assert answer.status == 403, (path, headers)
    assert await status_of(browser, "/desk/incoming") == 200


async def test_form_from_our_own_page_is_heard(desk: Desk) -> None:
    browser = await desk.sign_in(CLERKS[A])
    token = form_token(await text_of(browser, "/desk/incoming"))
    origin = f"http://{desk.server.host}:{desk.server.port}"
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": origin}
    async with browser.post("/desk/sign-out", data={"csrf": token}, headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303


async def test_body_that_is_no_form_of_ours_is_refused(desk: Desk) -> None:
    browser = await desk.open()
    form = "application/x-www-form-urlencoded"
    for body, media_type, status in (
        (b"csrf=" + b"x" * 20_000, form, 413),
        (b"&".join(b"a%d=1" % n for n in range(100)), form, 400),
        (b"csrf=\xff", form, 400),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415),
        (b"{}", "application/json", 415),
    ):
        async with browser.post("/desk/sign-in", data=body, headers={"Content-Type": media_type}) as answer:
            assert answer.status == status, body[:20]


async def test_every_answer_forbids_foreign_content_and_frames(desk: Desk) -> None:
    browser = await desk.sign_in(CLERKS[A])
    for path in ("/desk/sign-in", "/desk/incoming", "/desk/nothing", "/desk/static/desk.css", "/desk/"):
        async with browser.get(path, allow_redirects=False) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            kept = "public" in answer.headers["Cache-Control"]
            assert kept is path.endswith(".css")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_template_has_no_inline_code_and_escapes_everything(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe|autoescape false", text)
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", text, flags=re.DOTALL)
    assert all('name="csrf"' in form for form in forms)


async def test_page_that_is_not_there_is_a_page_in_vietnamese(desk: Desk) -> None:
    browser = await desk.open()
    async with browser.get("/desk/nothing") as answer:
        assert answer.status == 404
        assert "Không tìm thấy" in await answer.text()


async def test_static_files_do_not_lead_out_of_their_folder(desk: Desk) -> None:
    browser = await desk.open()
    for path in ("/desk/static/../desk.py", "/desk/static/%2e%2e/desk.py", "/desk/static/"):
        async with browser.get(path) as answer:
            assert answer.status in (403, 404), path


async def test_database_that_is_away_is_a_page_with_retry_after(dsn: str, tmp_path: Path) -> None:
    real = Path(parse_qs(urlsplit(dsn).query)["host"][0])
    sockets = tmp_path / "s"
    sockets.symlink_to(real)
    settings = load_settings({}, data_dir=tmp_path, database_url=_through(dsn, sockets))
    async with open_exchange(settings) as exchange:
        app = web.Application()
        app.add_subapp("/desk", create_desk(exchange))
        async with TestClient(TestServer(app)) as browser:
            sockets.unlink()
            await _break_connections(dsn)
            with pytest.raises(DatabaseAway):
                await exchange.database.ping()
            async with browser.get("/desk/incoming", cookies={"lienthong": "0" * 64}) as answer:
                assert answer.status == 503
                assert answer.headers["Retry-After"] == "5"
                assert "Tạm thời gián đoạn" in await answer.text()
            sockets.symlink_to(real)
            assert await status_of(browser, "/desk/sign-in") == 200
            assert await status_of(browser, "/desk/incoming") == 303


def _through(dsn: str, folder: Path) -> str:
    """The same database, its socket reached through another folder."""
    return f"{dsn.partition('?')[0]}?host={folder}"


async def _break_connections(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    await conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await conn.close()
