"""What an administrator must see to: what is held and whose certificates end; to a clerk these pages do not exist."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from exchange.authorities import add_crl, trust_root
from exchange.certification import add_certificate, revoke_certificate
from exchange.delegation import add_delegation
from signing.authority import Authority
from signing.certificates import describe
from storage import certificates as table
from tests.admin.conftest import ADMINISTRATOR, CLERKS, status_of, text_of
from tests.admin.letters import A, B, C, Letter, put
from tests.support.revocation_data import Revoked, revocation_list

if TYPE_CHECKING:
    from exchange.exchange import Exchange
    from tests.admin.conftest import Desk

PAGES = ("/desk/held", "/desk/certificates")
REASON = "danh sách thu hồi đã quá hạn / the list is stale"


async def registered(exchange: Exchange, code: str, *, days: int = 365, **options: bool) -> bytes:
    """The SHA-256 of a certificate in the directory, by the authority «Gốc thử»."""
    _, pem = Authority.make("Gốc thử").issue(f"Chứng thư {days} ngày", days=days)
    facts = await add_certificate(exchange.database, code, pem)
    if options.get("pending"):
        async with exchange.database.transaction() as conn:
            await conn.execute("UPDATE certificates SET approved_at = NULL WHERE sha256 = $1", facts.sha256)
    return facts.sha256


@pytest.mark.parametrize("path", PAGES)
async def test_clerk_has_no_page_of_an_administrator(desk: Desk, path: str) -> None:
    clerk = await desk.sign_in(CLERKS[A])
    assert await status_of(clerk, path) == 404
    assert path not in await text_of(clerk, "/desk/outgoing")


async def test_administrator_sees_what_is_held_and_what_to_do(desk: Desk) -> None:
    sha256 = await registered(desk.exchange, A)
    letter = Letter(outcome="held", held_reason=REASON, certificate=sha256, recipients=(B, C))
    await put(desk.exchange.database, letter)
    await put(desk.exchange.database, Letter(number="126"))
    administrator = await desk.sign_in(ADMINISTRATOR)
    page = await text_of(administrator, "/desk/held")
    for shown in (
        "1 văn bản, lâu nhất từ 20/11/2026 09:15",
        "H08.02,2026/11/19,125/SNV-VP",
        "Sở Nội vụ tỉnh Bình Định",
        f"tới {B}, {C}",
        REASON,
        "CN=Chứng thư 365 ngày",
        sha256.hex()[:16],
        "CN=Gốc thử",
        "lienthong ca crl",
    ):
        assert shown in page, shown
    assert "126/SNV-VP" not in page
    assert 'Đang tạm giữ <span class="mark warn">1</span>' in await text_of(administrator, "/desk/all")


async def test_held_pages_follow_one_another_oldest_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.holding.PAGE", 2)
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    for n in (3, 1, 2):
        at = begin + timedelta(days=n)
        await put(desk.exchange.database, Letter(number=f"{n}00", outcome="held", held_reason=REASON, accepted_at=at))
    administrator = await desk.sign_in(ADMINISTRATOR)
    first = await text_of(administrator, "/desk/held")
    assert first.index("100/SNV-VP") < first.index("200/SNV-VP")
    assert "300/SNV-VP" not in first
    link = first.split('class="button" href="')[1].split('"')[0]
    second = await text_of(administrator, link)
    assert "300/SNV-VP" in second
    assert "100/SNV-VP" not in second


async def test_nothing_held_is_said_so(desk: Desk) -> None:
    administrator = await desk.sign_in(ADMINISTRATOR)
    assert "Không có văn bản nào bị giữ" in await text_of(administrator, "/desk/held")
    for place in ("", "x", "0" * 45):
        assert await status_of(administrator, f"/desk/held?after={place}") == 404


async def test_administrator_sees_certificates_that_end_first(desk: Desk) -> None:
    exchange = desk.exchange
    await registered(exchange, A, days=20)
    await registered(exchange, B, days=25)
    await registered(exchange, B, days=300)
    await registered(exchange, C, days=200, pending=True)
    gone = await registered(exchange, C, days=100)
    await revoke_certificate(exchange.database, gone.hex())
    page = await text_of(await desk.sign_in(ADMINISTRATOR), "/desk/certificates")
    order = [page.index(f"Chứng thư {days} ngày") for days in (20, 25, 200, 300)]
    assert order == sorted(order)
    assert "Chứng thư 100 ngày" not in page
    for shown in ("Còn 19 ngày", "Đề nghị đơn vị gia hạn", "Còn 24 ngày", "Đã có chứng thư mới", "Chờ duyệt"):
        assert page.count(shown) == 1, shown
    assert "Sở Nội vụ tỉnh Bình Định" in page


async def test_certificate_on_a_loaded_list_is_marked(desk: Desk) -> None:
    root = Authority.make("Gốc thử")
    _, pem = root.issue("Sở Nội vụ")
    database, at = desk.exchange.database, datetime.now(UTC).replace(microsecond=0)
    await add_certificate(database, A, pem)
    await trust_root(database, root.root_pem)
    administrator = await desk.sign_in(ADMINISTRATOR)
    assert "Đang dùng" in await text_of(administrator, "/desk/certificates")
    hour = timedelta(hours=1)
    named = {describe(pem).der: Revoked(at=at - hour)}
    await add_crl(database, revocation_list(root, named, begin=at - hour, end=at + hour))
    page = await text_of(administrator, "/desk/certificates")
    assert '<span class="mark bad">Bị thu hồi theo danh sách</span>' in page
    assert "Đang dùng" not in page


async def test_expired_certificate_is_shown_until_it_is_renewed(desk: Desk) -> None:
    await registered(desk.exchange, A, days=20)
    async with desk.exchange.database.transaction() as conn:
        await conn.execute("UPDATE certificates SET not_after = clock_timestamp() - interval '9 days'")
        [row] = await table.certificate_lines(conn, skip=0, limit=9)
    assert not row.renewed
    administrator = await desk.sign_in(ADMINISTRATOR)
    assert "Hết hạn" in await text_of(administrator, "/desk/certificates")
    await registered(desk.exchange, A, days=300)
    assert "Hết hạn" not in await text_of(administrator, "/desk/certificates")


async def test_pages_of_certificates_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.certification.PAGE", 2)
    administrator = await desk.sign_in(ADMINISTRATOR)
    assert "lienthong certificate add" in await text_of(administrator, "/desk/certificates")
    for days in (100, 200, 300):
        await registered(desk.exchange, A, days=days)
    first = await text_of(administrator, "/desk/certificates")
    assert "Chứng thư 300 ngày" not in first
    assert "page=2" in first
    second = await text_of(administrator, "/desk/certificates?page=2")
    assert "Chứng thư 300 ngày" in second
    assert "page=3" not in second
    for number in ("0", "-1", "x", "1e9", "999999", "%00"):
        assert await status_of(administrator, f"/desk/certificates?page={number}") == 404, number


async def test_rejected_document_is_seen_by_its_sender_alone_with_the_reason(desk: Desk) -> None:
    letter = Letter(outcome="rejected", held_reason="chứng thư đã bị thu hồi", state="refused")
    made = await put(desk.exchange.database, letter)
    sender, recipient = await desk.sign_in(CLERKS[A]), await desk.sign_in(CLERKS[B])
    page = await text_of(sender, f"/desk/deliveries/{made[B]}")
    assert "Trục đã trả lại văn bản, nơi nhận không thấy: chứng thư đã bị thu hồi" in page
    assert "tạm giữ văn bản" not in page
    for path in ("/desk/outgoing", f"/desk/deliveries/{made[B]}"):
        assert '<span class="mark bad">Trục trả lại</span>' in await text_of(sender, path)
        assert "Từ chối tiếp nhận" not in await text_of(sender, path)
    assert "Bị trả lại" in await text_of(sender, "/desk/outgoing")
    assert "125/SNV-VP" not in await text_of(recipient, "/desk/incoming")
    assert await status_of(recipient, f"/desk/deliveries/{made[B]}") == 404


async def test_delegate_is_named_where_the_signature_is(desk: Desk) -> None:
    await add_delegation(desk.exchange.database, A, C)
    made = await put(desk.exchange.database, Letter(signer=C))
    page = await text_of(await desk.sign_in(CLERKS[B]), f"/desk/deliveries/{made[B]}")
    assert f'ký thay bởi <span class="code">{C}</span>' in page
