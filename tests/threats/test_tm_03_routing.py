"""TM-03: who a letter is from and for is told by what was signed; nothing around it can widen or change that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.world import A, B, C
from tests.threats.forms import FORMS
from tests.threats.through_service import agency_of, codes, stored, system_of, yesterdays_letter

if TYPE_CHECKING:
    from tests.support.world import World as Exchange

QUERIES = ("to", "recipient", "recipients", "from", "sender", "agency", "priority", "operation", "kind", "system")
HEADERS = ("To", "From", "X-Recipient", "X-Sender", "X-Forwarded-For", "X-Agency", "X-Priority", "Recipient", "Sender")
HOP = b"<edXML:TraceHeader><edXML:OrganId>%s</edXML:OrganId></edXML:TraceHeader>"


async def routed(exchange: Exchange, envelope: str) -> tuple[str, str, list[str], int]:
    """Sender, operation, recipients and urgency of the rows."""
    async with exchange.exchange.database.acquire() as conn:
        row = await conn.fetchrow("SELECT sender, operation FROM envelopes WHERE id = $1::text::uuid", envelope)
        rows = await conn.fetch("SELECT recipient, urgency FROM deliveries WHERE envelope = $1::text::uuid", envelope)
    assert row is not None
    return row["sender"], row["operation"], [one["recipient"] for one in rows], rows[0]["urgency"]


async def test_parameter_that_contradicts_the_letter_is_refused(exchange: Exchange) -> None:
    file = agency_of(exchange, A).signer.sign_parts(yesterdays_letter())
    async with system_of(exchange, A) as sender:
        for name in QUERIES:
            answer = await sender.ask(f"/v1/envelopes?{name}={C}", "POST", data=file)
            assert (answer.status, codes(answer)) == (400, ["query.unknown"]), name
    assert await stored(exchange) == {"envelopes": 0, "deliveries": 0}


async def test_headers_that_contradict_the_letter_change_nothing(exchange: Exchange) -> None:
    file = agency_of(exchange, A).signer.sign_parts(yesterdays_letter())
    headers = {"Content-Type": "application/xml"} | dict.fromkeys(HEADERS, C)
    async with system_of(exchange, A) as sender, system_of(exchange, C) as stranger:
        answer = await sender.ask("/v1/envelopes", "POST", data=file, headers=headers)
        assert answer.status == 201
        assert await routed(exchange, answer.json["id"]) == (A, "new", [B], 0)
        assert (await stranger.inbox()).json["deliveries"] == []


@pytest.mark.parametrize("form", FORMS)
async def test_trace_is_claimed_and_routes_nothing(exchange: Exchange, form: str) -> None:
    """Also a trace that was signed with the whole file, and names the stranger as the one it came from."""
    letter = yesterdays_letter().replace(b"<edXML:Bussiness>", HOP % C.encode() + b"<edXML:Bussiness>", 1)
    file = FORMS[form](agency_of(exchange, A), letter)
    async with system_of(exchange, A) as sender, system_of(exchange, C) as stranger:
        answer = await sender.submit(file)
        assert answer.status == 201
        assert await routed(exchange, answer.json["id"]) == (A, "new", [B], 0)
        assert (await stranger.inbox()).json["deliveries"] == []
        refused = await stranger.submit(file)
        assert (refused.status, codes(refused)) == (422, ["sender.foreign"])
