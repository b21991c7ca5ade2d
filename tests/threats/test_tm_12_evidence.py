"""TM-12 through the service: what a certificate was found good by stays with the envelope; what is stale holds it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from exchange import authorities, evidence, release
from exchange.client_errors import ApiRefused
from signing.certificates import describe
from tests.support.exchanges import do, execute
from tests.support.revocation_data import DAY, Revoked, revocation_list
from tests.support.world import A, B

if TYPE_CHECKING:
    from exchange.client_types import Submission
    from tests.support.world import World

HOUR = timedelta(hours=1)


async def sent(exchange: World) -> Submission:
    async with exchange.client(A) as sender:
        return await sender.submit(exchange.envelope(exchange.document(A, B), exchange.attachment()))


async def kept(exchange: World, taken: Submission) -> list[bytes]:
    """The lists (DER) that the envelope's outcome rests on."""
    found = await evidence.evidence_of(exchange.exchange.database, UUID(taken.id))
    assert all(hashlib.sha256(one.der).digest() == one.sha256 for one in found)
    return [one.der for one in found]


def a_list(exchange: World, *, begin: timedelta, end: timedelta, revoked: Revoked | None = None) -> bytes:
    at = datetime.now(UTC).replace(microsecond=0)
    entries = {describe(exchange.actors[A].certificate_pem).der: revoked} if revoked else {}
    return revocation_list(exchange.authority, entries, begin=at + begin, end=at + end)


async def test_tm_12_list_used_at_receipt_stays_with_the_envelope(exchange: World) -> None:
    first = a_list(exchange, begin=-timedelta(minutes=1), end=DAY)
    await authorities.add_crl(exchange.exchange.database, first)
    one = await sent(exchange)
    second = a_list(exchange, begin=-timedelta(seconds=1), end=DAY)
    await authorities.add_crl(exchange.exchange.database, second)
    other = await sent(exchange)
    assert first in await kept(exchange, one)
    assert second not in await kept(exchange, one)
    assert second in await kept(exchange, other)


async def test_tm_12_unsigned_and_held_rest_on_nothing_until_released(exchange: World) -> None:
    async with exchange.client("H08.40") as sender:
        unsigned = await sender.submit(
            exchange.envelope(exchange.document("H08.40", B), exchange.attachment(), signed=False)
        )
    assert await kept(exchange, unsigned) == []
    await execute(exchange.exchange, "DELETE FROM revocation_lists")
    await execute(exchange.exchange, "UPDATE trust_version SET version = version + 1")
    held = await sent(exchange)
    assert held.signature.outcome == "held"
    assert await kept(exchange, held) == []
    fresh = a_list(exchange, begin=-HOUR, end=DAY)
    await authorities.add_crl(exchange.exchange.database, fresh)
    await do(exchange.exchange, release.CHORE)
    assert await kept(exchange, held) == [fresh]


async def test_tm_12_revoked_after_receipt_is_released_and_signs_no_more(exchange: World) -> None:
    await execute(exchange.exchange, "DELETE FROM revocation_lists")
    await execute(exchange.exchange, "UPDATE trust_version SET version = version + 1")
    held = await sent(exchange)
    later = Revoked(at=datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2))
    named = a_list(exchange, begin=-HOUR, end=DAY, revoked=later)
    await authorities.add_crl(exchange.exchange.database, named)
    await do(exchange.exchange, release.CHORE)
    async with exchange.client(A) as sender:
        assert (await sender.envelope(held.id)).signature.outcome == "verified"
        assert await kept(exchange, held) == [named]
        with pytest.raises(ApiRefused, match=r"certificate\.revoked"):
            await sender.submit(exchange.envelope(exchange.document(A, B), exchange.attachment()))
