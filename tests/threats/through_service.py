"""Attacks as they arrive: posted to the listening exchange with the sender's own credential."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from envelopes.limits import LOCAL_TIME
from tests.signing.people import Agency
from tests.support.asking import asking
from tests.support.world import now
from tests.threats.forms import LETTER

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from tests.support.asking import Answered, Asking
    from tests.support.world import World


def yesterdays_letter() -> bytes:
    """The letter that is attacked, issued yesterday: it is from A to B, as the agencies of the world are."""
    day = (now().astimezone(LOCAL_TIME) - timedelta(days=1)).strftime("%Y/%m/%d")
    return LETTER.replace(b"2026/11/20", day.encode())


def agency_of(exchange: World, code: str) -> Agency:
    """An agency of the exchange, as the signing tests know one."""
    actor = exchange.actors[code]
    return Agency(actor.signer, actor.key_pem, actor.certificate_pem)


def system_of(exchange: World, code: str) -> AbstractAsyncContextManager[Asking]:
    """An agency's system, asking by hand."""
    return asking(exchange.url, exchange.actors[code].credential)


def codes(answer: Answered) -> list[str]:
    """Why a file was refused."""
    return [fault["code"] for fault in answer.json["faults"]]


async def stored(exchange: World) -> dict[str, int]:
    """How many envelopes and deliveries there are."""
    async with exchange.exchange.database.acquire() as conn:
        return {name: await conn.fetchval(f"SELECT count(*) FROM {name}") for name in ("envelopes", "deliveries")}
