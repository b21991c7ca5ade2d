"""What is on the desk: each clerk sees the documents of the own agency, an administrator all, a stranger nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from admin.desk import routes
from storage.deliveries import Event
from storage.envelopes import Note
from tests.admin.conftest import ADMINISTRATOR, CLERKS, status_of, text_of
from tests.admin.letters import A, B, C, Letter, many, put, report

if TYPE_CHECKING:
    from tests.admin.conftest import Browser, Desk

NOBODY = "00000000-0000-7000-8000-000000000000"


async def test_recipient_sees_what_came_in(desk: Desk) -> None:
    await put(desk.exchange.database, Letter(number="125", subject="V/v tập huấn", urgency=3))
    page = await text_of(await desk.sign_in(CLERKS[B]), "/desk/incoming")
    for shown in ("V/v tập huấn", "125/SNV-VP", "19/11/2026", "20/11/2026 09:15", "Sở Nội vụ tỉnh Bình Định"):
        assert shown in page
    for words in ("Hỏa tốc", "Chờ nhận", "Chữ ký hợp lệ"):
        assert words in page


@pytest.mark.parametrize(
    ("state", "words"),
    [("waiting", "Chậm tiếp nhận"), ("accepted", "Quá hạn xử lý"), ("completed", None), ("refused", None)],
)
async def test_what_is_late_now_is_marked_for_both(desk: Desk, state: str, words: str | None) -> None:
    made = await put(desk.exchange.database, Letter(state=state))
    async with desk.exchange.database.transaction() as conn:
        await conn.execute("UPDATE deliveries SET late_to_receive_since = now()")
        if state != "waiting":
            await conn.execute("UPDATE deliveries SET overdue_since = now()")
    for code, tab in ((A, "outgoing"), (B, "incoming")):
        clerk = await desk.sign_in(CLERKS[code])
        for page in (await text_of(clerk, f"/desk/{tab}"), await text_of(clerk, f"/desk/deliveries/{made[B]}")):
            assert [one for one in ("Chậm tiếp nhận", "Quá hạn xử lý") if one in page] == ([words] if words else [])


async def test_sender_sees_one_line_for_each_recipient(desk: Desk) -> None:
    await put(desk.exchange.database, Letter(recipients=(B, C)))
    page = await text_of(await desk.sign_in(CLERKS[A]), "/desk/outgoing")
    assert page.count("125/SNV-VP") == 2
    assert "Ủy ban nhân dân huyện Tuy Phước" in page
    assert "Ủy ban nhân dân xã Phước Sơn" in page


async def test_stranger_sees_neither_list_nor_document(desk: Desk) -> None:
    made = await put(desk.exchange.database, Letter())
    stranger = await desk.sign_in(CLERKS[C])
    for tab in ("incoming", "outgoing"):
        assert "125/SNV-VP" not in await text_of(stranger, f"/desk/{tab}")
    assert await status_of(stranger, f"/desk/deliveries/{made[B]}") == 404
    assert await status_of(stranger, f"/desk/deliveries/{NOBODY}") == 404


async def test_recipient_cannot_open_delivery_of_the_other_recipient(desk: Desk) -> None:
    made = await put(desk.exchange.database, Letter(recipients=(B, C)))
    clerk = await desk.sign_in(CLERKS[B])
    assert await status_of(clerk, f"/desk/deliveries/{made[B]}") == 200
    assert await status_of(clerk, f"/desk/deliveries/{made[C]}") == 404


async def test_clerk_has_no_list_of_everything(desk: Desk) -> None:
    assert await status_of(await desk.sign_in(CLERKS[A]), "/desk/all") == 404


async def test_administrator_sees_every_agency(desk: Desk) -> None:
    await put(desk.exchange.database, Letter(number="1"))
    made = await put(desk.exchange.database, Letter(sender=B, recipients=(C,), number="2", outcome="absent"))
    administrator = await desk.sign_in(ADMINISTRATOR)
    page = await text_of(administrator, "/desk/all")
    assert "1/SNV-VP" in page
    assert "2/SNV-VP" in page
    assert "Không ký số" in page
    assert await status_of(administrator, f"/desk/deliveries/{made[C]}") == 200
    assert await status_of(administrator, "/desk/incoming") == 404


@pytest.mark.parametrize(
    ("name", "first"), [(CLERKS[A], "/desk/incoming"), (ADMINISTRATOR, "/desk/all")], ids=["clerk", "administrator"]
)
async def test_home_leads_to_own_first_list(desk: Desk, name: str, first: str) -> None:
    browser = await desk.sign_in(name)
    for home in ("/desk", "/desk/"):
        async with browser.get(home, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, first)


async def test_held_document_is_seen_by_sender_and_not_by_recipient(desk: Desk) -> None:
    letter = Letter(outcome="held", held_reason="danh sách thu hồi đã quá hạn")
    made = await put(desk.exchange.database, letter)
    recipient, sender = await desk.sign_in(CLERKS[B]), await desk.sign_in(CLERKS[A])
    assert "125/SNV-VP" not in await text_of(recipient, "/desk/incoming")
    assert await status_of(recipient, f"/desk/deliveries/{made[B]}") == 404
    for path in ("/desk/outgoing", f"/desk/deliveries/{made[B]}"):
        page = await text_of(sender, path)
        assert "Tạm giữ" in page
        assert '<span class="mark warn">Trục tạm giữ</span>' in page
        assert "Chờ nhận" not in page
    assert "danh sách thu hồi đã quá hạn" in await text_of(sender, f"/desk/deliveries/{made[B]}")


@pytest.mark.parametrize(
    ("name", "path"),
    [(CLERKS[B], "/desk/incoming"), (CLERKS[A], "/desk/outgoing"), (ADMINISTRATOR, "/desk/all")],
    ids=["incoming", "outgoing", "all"],
)
async def test_pages_show_every_document_once_newest_first(desk: Desk, name: str, path: str) -> None:
    numbers = await many(desk.exchange.database, 120)
    browser = await desk.sign_in(name)
    pages = await _walk(browser, path)
    assert [len(page) for page in pages] == [50, 50, 20]
    seen = [number for page in pages for number in page]
    assert sorted(seen) == sorted(numbers)
    assert [int(number) // 2 for number in seen] == [int(number) // 2 for number in numbers]


async def _walk(browser: Browser, path: str) -> list[list[str]]:
    pages, link = [], path
    while link:
        page = await text_of(browser, link)
        pages.append(re.findall(r'class="number">(\d+)/', page))
        found = re.search(r'href="([^"]+)" rel="next"', page)
        link = found[1] if found else ""
    return pages


async def test_place_that_is_none_is_a_page_and_no_error(desk: Desk) -> None:
    browser = await desk.sign_in(CLERKS[B])
    for before in ("", "x", "%00", "0" * 45, "0" * 45 + "g"):
        assert await status_of(browser, f"/desk/incoming?before={before}") == 404, before


@pytest.mark.parametrize(
    ("name", "path", "advice"),
    [
        (CLERKS[B], "/desk/incoming", "mã định danh nơi nhận: <code>H08.30</code>"),
        (CLERKS[B], "/desk/outgoing", "Hãy phát hành văn bản trên hệ thống quản lý văn bản"),
        (ADMINISTRATOR, "/desk/all", "lienthong system add"),
    ],
    ids=["incoming", "outgoing", "all"],
)
async def test_empty_list_says_what_to_do(desk: Desk, name: str, path: str, advice: str) -> None:
    assert advice in await text_of(await desk.sign_in(name), path)


async def test_details_tell_the_history_and_the_files(desk: Desk) -> None:
    made = await put(desk.exchange.database, Letter(files=("125.signed.pdf", "Phụ lục.xlsx"), state="refused"))
    await report(
        desk.exchange.database,
        made[B],
        Event(delivery=made[B], event="collected", code="01", by=B),
        Event(delivery=made[B], event="refused", code="02", by=B, description="Gửi nhầm đơn vị"),
        Event(delivery=made[B], event="accepted", code="03", by=B, flagged=True),
    )
    page = await text_of(await desk.sign_in(CLERKS[A]), f"/desk/deliveries/{made[B]}")
    told = [
        "Trục đã nhận và chuyển tới nơi nhận",
        "Đã đến hệ thống của nơi nhận",
        "Từ chối tiếp nhận</strong>",
        "Gửi nhầm đơn vị",
        "Đã tiếp nhận</strong>",
        "Sai thứ tự",
    ]
    places = [page.index(words, page.index('id="timeline"')) for words in told]
    assert places == sorted(places)
    for words in ("125.signed.pdf", "148 KB", "Phụ lục.xlsx", "296 KB", "H08.02,2026/11/19,125/SNV-VP"):
        assert words in page


async def test_only_the_sender_learns_whom_a_document_did_not_reach(desk: Desk) -> None:
    note = Note(code="recipient.unknown", vi="Đơn vị nhận H08.99 không có", en="unknown", recipient="H08.99")
    made = await put(desk.exchange.database, Letter(undeliverable=(note,)))
    path = f"/desk/deliveries/{made[B]}"
    assert "Đơn vị nhận H08.99 không có" in await text_of(await desk.sign_in(CLERKS[A]), path)
    assert "H08.99" not in await text_of(await desk.sign_in(CLERKS[B]), path)


async def test_markup_in_a_document_stays_text(desk: Desk) -> None:
    bad = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    made = await put(desk.exchange.database, Letter(subject=bad, files=(bad,)))
    browser = await desk.sign_in(CLERKS[B])
    for path in ("/desk/incoming", f"/desk/deliveries/{made[B]}"):
        page = await text_of(browser, path)
        assert "<script" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;" in page


async def test_nobody_signed_in_is_led_to_the_sign_in_from_every_page(desk: Desk) -> None:
    browser = await desk.open()
    paths = [route.path for route in routes() if route.method == "GET" and not route.path.startswith("/sign-in")]
    for path in paths:
        asked = re.sub(r"\{tab.*\}", "incoming", re.sub(r"\{id:.*\}", NOBODY, path))
        async with browser.get(f"/desk{asked}", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/desk/sign-in"), path
    assert len(paths) == 6
