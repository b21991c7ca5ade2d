"""The desk says of a removed attachment when it went, by which rule, and whose rule that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.admin.conftest import CLERKS, text_of
from tests.admin.letters import B, Letter, put

if TYPE_CHECKING:
    from tests.admin.conftest import Desk


async def test_removed_attachment_names_the_rule_and_keeps_its_name(desk: Desk) -> None:
    deliveries = await put(desk.exchange.database, Letter(files=("Phụ lục.txt",), state="collected"))
    browser = await desk.sign_in(CLERKS[B])
    path = f"/desk/deliveries/{deliveries[B]}"
    assert "Đã gỡ bỏ" not in await text_of(browser, path)
    async with desk.exchange.database.transaction() as conn:
        await conn.execute(
            """WITH made AS (INSERT INTO retention_rules (document_type, valid_from, months, entered_by)
                             VALUES ('', '2000-01-01', 1, 'lan') RETURNING id)
               INSERT INTO removals (envelope, rule, files, bytes) SELECT e.id, made.id, 1, 1 FROM made, envelopes e"""
        )
        await conn.execute("UPDATE attachments SET removed = true")
    page = await text_of(browser, path)
    for words in ("Phụ lục.txt", "Đã gỡ bỏ lúc", "theo quy tắc lưu trữ số 1 do lan đặt"):
        assert words in page, words
