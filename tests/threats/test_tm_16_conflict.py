"""TM-16: of two contents under one reference the first stays, however many come at once."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from tests.support.world import A, B
from tests.threats.through_service import codes, stored, system_of

if TYPE_CHECKING:
    from tests.support.world import World as Exchange

SUBMISSIONS = 50


async def test_fifty_at_once_half_of_them_altered_leave_one(exchange: Exchange) -> None:
    document = exchange.document()
    files = [exchange.envelope(document, exchange.attachment(name)).read_bytes() for name in ("a.pdf", "b.pdf")]
    digests = [hashlib.sha256(file).hexdigest() for file in files]
    async with system_of(exchange, A) as sender, system_of(exchange, B) as recipient:
        answers = await asyncio.gather(*(sender.submit(file) for file in files * (SUBMISSIONS // 2)))
        created = [n for n, answer in enumerate(answers) if answer.status == 201]
        assert len(created) == 1
        winner = created[0] % 2
        for n, answer in enumerate(answers):
            if n % 2 == winner:
                assert answer.status in {200, 201}
                assert answer.json["sha256"] == digests[winner]
            else:
                assert (answer.status, codes(answer)) == (409, ["reference.conflict"])
                assert answer.json["faults"][0]["value"] == f"{digests[winner]} {digests[1 - winner]}"
        assert await stored(exchange) == {"envelopes": 1, "deliveries": 1}
        [arrived] = (await recipient.inbox()).json["deliveries"]
        assert (await recipient.file(arrived["id"])).body == files[winner]
