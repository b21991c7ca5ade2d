"""The desk in a real browser: sign in, look at the list, open a document, sign out; wide and on a telephone."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright

from exchange.certification import add_certificate
from signing.authority import Authority
from storage.deliveries import Event
from storage.envelopes import Note
from tests.admin.conftest import ADMINISTRATOR, CLERKS, PASSWORD
from tests.admin.letters import A, B, C, Letter, put, report

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

    from storage.database import Database
    from tests.admin.conftest import Desk

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PICTURES = os.environ.get("DESK_PICTURES")
"""A folder to keep pictures of the pages in, for whoever wants to look at them."""

pytestmark = pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason="chromium is not installed: apt-get install chromium"
)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """The system's own Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


async def busy_day(database: Database) -> None:
    """What a clerk of B may find on a morning."""
    first = Letter(
        number="125",
        subject="V/v triển khai liên thông văn bản điện tử trên địa bàn tỉnh năm 2026",
        urgency=3,
        files=("125.signed.pdf", "Phụ lục danh sách đơn vị kết nối trục liên thông.xlsx"),
        state="in_hand",
        due_on=date(2026, 11, 30),
        undeliverable=(
            Note(code="x", vi="Đơn vị nhận H08.99 không có trong danh mục của trục.", en="x", recipient="H08.99"),
        ),
    )
    made = await put(database, first)
    delivery = made[B]
    await report(
        database,
        delivery,
        Event(delivery=delivery, event="collected", code="01", by=B),
        Event(delivery=delivery, event="accepted", code="03", by=B, description="Số đến 418, ngày 20/11/2026"),
        Event(delivery=delivery, event="in_hand", code="05", by=B, description="Chuyển phòng Nội vụ tham mưu"),
    )
    others = [
        Letter(number="126", subject="Giấy mời họp giao ban công tác cải cách hành chính quý IV", state="accepted"),
        Letter(number="98", subject="V/v thay thế Công văn số 90/SNV-VP", operation="replace", state="collected"),
        Letter(sender=C, number="12", subject="Báo cáo kết quả tháng 11", outcome="absent", state="completed"),
        Letter(number="130", subject="V/v điều chỉnh kế hoạch tập huấn", state="refused", outcome="verified_weak"),
        Letter(number="131", subject="Thông báo lịch tiếp công dân tháng 12 năm 2026", urgency=1),
    ]
    for n, letter in enumerate(others):
        await put(database, replace(letter, accepted_at=datetime(2026, 11, 20, 3 + n, 7 * n, tzinfo=UTC)))
    await put(database, Letter(sender=B, recipients=(A, C), number="77", subject="V/v đề nghị bổ sung biên chế"))


async def picture(page: Page, name: str) -> None:
    """Keep a picture of the page if somebody wants to look."""
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


async def fits(page: Page) -> bool:
    """Whether nothing sticks out on the right."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("width", [1280, 360])
async def test_clerk_signs_in_opens_a_document_and_signs_out(desk: Desk, chromium: Browser, width: int) -> None:
    await busy_day(desk.exchange.database)
    context = await chromium.new_context(viewport={"width": width, "height": 800}, locale="vi-VN")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    base = str(desk.server.make_url("/desk"))

    await page.goto(base)
    assert page.url == f"{base}/sign-in"
    await picture(page, f"sign-in-{width}")
    await page.get_by_label("Tên đăng nhập").fill(CLERKS[B])
    await page.get_by_label("Mật khẩu").fill(PASSWORD)
    await page.get_by_role("button", name="Đăng nhập").click()

    await page.wait_for_url(f"{base}/incoming")
    assert await page.get_by_role("heading", level=1).inner_text() == "Văn bản đến"
    assert await page.get_by_role("row").count() == 7
    assert await fits(page)
    await picture(page, f"incoming-{width}")

    await page.get_by_role("link", name="Văn bản đi", exact=True).click()
    await page.wait_for_url(f"{base}/outgoing")
    assert await page.get_by_role("cell", name="V/v đề nghị bổ sung biên chế").count() == 2
    await picture(page, f"outgoing-{width}")

    await page.goto(f"{base}/incoming")
    await page.get_by_role("link", name="V/v triển khai liên thông").click()
    await page.wait_for_url("**/deliveries/*")
    assert await page.get_by_role("listitem").filter(has_text="Số đến 418").is_visible()
    assert await page.get_by_text("125.signed.pdf").is_visible()
    assert await fits(page)
    await picture(page, f"details-{width}")

    await page.get_by_role("button", name="Đăng xuất").click()
    await page.wait_for_url(f"{base}/sign-in")
    await page.goto(f"{base}/incoming")
    assert page.url == f"{base}/sign-in"
    assert complaints == []


async def test_keyboard_reaches_the_content_first_and_focus_is_seen(desk: Desk, chromium: Browser) -> None:
    page = await (await chromium.new_context()).new_page()
    await page.goto(str(desk.server.make_url("/desk/sign-in")))
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Tới nội dung chính")
    assert await skip.evaluate("link => link === document.activeElement && link.getBoundingClientRect().top >= 0")
    assert await skip.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.get_by_label("Tên đăng nhập").evaluate("field => field === document.activeElement")


async def test_wrong_password_and_empty_list_say_what_to_do(desk: Desk, chromium: Browser) -> None:
    page = await (await chromium.new_context(viewport={"width": 1280, "height": 800})).new_page()
    await page.goto(str(desk.server.make_url("/desk/sign-in")))
    await page.get_by_label("Tên đăng nhập").fill(CLERKS[C])
    await page.get_by_label("Mật khẩu").fill("sai mật khẩu")
    await page.get_by_role("button", name="Đăng nhập").click()
    assert "không đúng" in await page.get_by_role("alert").inner_text()
    await picture(page, "wrong-password")
    await page.get_by_label("Mật khẩu").fill(PASSWORD)
    await page.get_by_role("button", name="Đăng nhập").click()
    await page.get_by_role("heading", name="Chưa có văn bản đến").wait_for()
    await picture(page, "empty")
    await page.goto(str(desk.server.make_url("/desk/nothing")))
    await picture(page, "not-found")


@pytest.mark.parametrize("width", [1280, 360])
async def test_administrator_looks_at_what_needs_care(desk: Desk, chromium: Browser, width: int) -> None:
    await busy_day(desk.exchange.database)
    authority = Authority.make("Tổ chức chứng thực thử nghiệm")
    for code, days in ((A, 20), (B, 300)):
        facts = await add_certificate(desk.exchange.database, code, authority.issue("Cơ quan ký số", days=days)[1])
    reason = "the list of «CN=Tổ chức chứng thực thử nghiệm» ended at 2026-11-19T00:00:00Z"
    letter = Letter(number="140", outcome="held", held_reason=reason, certificate=facts.sha256, recipients=(B, C))
    await put(desk.exchange.database, letter)
    page = await (await chromium.new_context(viewport={"width": width, "height": 800}, locale="vi-VN")).new_page()
    base = str(desk.server.make_url("/desk"))
    await page.goto(base)
    await page.get_by_label("Tên đăng nhập").fill(ADMINISTRATOR)
    await page.get_by_label("Mật khẩu").fill(PASSWORD)
    await page.get_by_role("button", name="Đăng nhập").click()
    await page.wait_for_url(f"{base}/all")
    await page.get_by_role("link", name="Đang tạm giữ 1").click()
    await page.wait_for_url(f"{base}/held")
    assert await page.get_by_role("heading", name="Phải làm gì").is_visible()
    assert await fits(page)
    await picture(page, f"held-{width}")
    await page.get_by_role("link", name="Chứng thư số").click()
    await page.wait_for_url(f"{base}/certificates")
    assert await page.get_by_text("Còn 19 ngày").is_visible()
    assert await fits(page)
    await picture(page, f"certificates-{width}")
