"""SHA-1 through the whole service: from a system with an exception until its day, as weak; from no other, ever."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from envelopes.limits import LOCAL_TIME
from exchange import directory
from exchange.certification import add_certificate
from exchange.client_errors import ApiRefused
from exchange.release import CHORE
from signing.algorithms import C14N, ENVELOPED, MISSPELT_EXC_C14N
from signing.sign import Signer
from storage import envelopes
from tests.exchange.test_release import bring_list, lose_lists
from tests.signing import by_hand
from tests.signing.by_hand import RSA_SHA1, SHA1, key_info, reference
from tests.signing.people import Agency
from tests.support.exchanges import do, execute
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from exchange.client_types import Submission
    from tests.support.world import World


@pytest.fixture
async def old(world: World) -> Agency:
    """What agency A's old software signs with: an RSA key, its certificate registered."""
    key, pem = world.authority.issue("Sở Nội vụ", key_kind="rsa2048")
    await add_certificate(world.exchange.database, A, pem)
    return Agency(Signer.load(key, pem), key, pem)


async def today(world: World) -> date:
    async with world.exchange.database.acquire() as conn:
        return (await envelopes.clock(conn)).astimezone(LOCAL_TIME).date()


async def allow(world: World, code: str, *, days: int = 0) -> None:
    until = await today(world) + timedelta(days=days)
    await directory.allow_weak(world.exchange.database, f"system.{code}", until)


def weakly_signed(world: World, old: Agency, *, sender: str = A) -> Path:
    path = world.envelope(world.document(sender, B), world.attachment(), signed=False)
    field = reference("", ENVELOPED, MISSPELT_EXC_C14N, digest=SHA1)
    text = by_hand.signature((field,), method=RSA_SHA1, canonicalization=C14N, rest=key_info(old))
    path.write_bytes(by_hand.sign(path.read_bytes(), text, old))
    return path


async def submit(world: World, path: Path, code: str = A) -> Submission:
    async with world.client(code) as sender:
        return await sender.submit(path)


async def refused(world: World, path: Path, code: str = A) -> str:
    with pytest.raises(ApiRefused) as caught:
        await submit(world, path, code)
    [fault] = caught.value.faults
    return fault.code


async def test_listed_system_is_taken_as_weak_on_its_last_day(world: World, old: Agency) -> None:
    await allow(world, A)
    path = weakly_signed(world, old)
    taken = await submit(world, path)
    assert (taken.signature.outcome, taken.signature.profile) == ("verified_weak", "W")
    async with world.client(B) as recipient, world.client(A) as sender:
        [arrived] = (await recipient.inbox()).deliveries
        assert arrived.signature is not None
        assert arrived.signature.outcome == "verified_weak"
        receipt = await sender.receipt(taken.id)
        assert b'outcome="verified_weak"' in receipt
        again = await sender.submit(path)
        assert (again.id, await sender.receipt(again.id)) == (taken.id, receipt)


async def test_weak_and_signed_are_counted_apart(world: World, old: Agency) -> None:
    await allow(world, A)
    await submit(world, weakly_signed(world, old))
    await submit(world, world.envelope(world.document(A, B), world.attachment()))
    async with world.exchange.database.acquire() as conn:
        counts = {
            row["outcome"]: row["count"]
            for row in await conn.fetch("SELECT outcome, count(*) FROM envelopes WHERE system IS NOT NULL GROUP BY 1")
        }
    assert counts == {"verified": 1, "verified_weak": 1}


async def test_unlisted_system_is_told_what_to_do(world: World, old: Agency) -> None:
    await allow(world, B)
    with pytest.raises(ApiRefused) as caught:
        await submit(world, weakly_signed(world, old))
    [fault] = caught.value.faults
    assert fault.code == "signature.algorithm"
    assert "lienthong system weak" in fault.vi


async def test_after_the_last_day_weak_signatures_are_refused(world: World, old: Agency) -> None:
    await allow(world, A)
    await execute(world.exchange, "UPDATE systems SET weak_until = $1", await today(world) - timedelta(days=1))
    assert await refused(world, weakly_signed(world, old)) == "signature.weak_ended"


async def test_exception_can_be_taken_back(world: World, old: Agency) -> None:
    await allow(world, A, days=30)
    await directory.allow_weak(world.exchange.database, f"system.{A}", None)
    assert await refused(world, weakly_signed(world, old)) == "signature.algorithm"


async def test_exception_of_a_system_is_none_for_strangers_keys(world: World, old: Agency) -> None:
    """C may sign weakly, and has A's letter signed by A's key neither for itself nor for A."""
    await allow(world, C)
    assert await refused(world, weakly_signed(world, old, sender=C), C) == "signature.invalid"
    assert await refused(world, weakly_signed(world, old), C) == "sender.foreign"


async def test_held_weak_document_is_released_as_weak(world: World, old: Agency) -> None:
    await allow(world, A)
    await lose_lists(world)
    taken = await submit(world, weakly_signed(world, old))
    assert taken.signature.outcome == "held"
    await bring_list(world)
    await do(world.exchange, CHORE)
    async with world.client(A) as sender, world.client(B) as recipient:
        assert (await sender.envelope(taken.id)).signature.outcome == "verified_weak"
        assert len((await recipient.inbox()).deliveries) == 1


async def test_database_keeps_weak_from_being_called_signed(world: World, old: Agency) -> None:
    await allow(world, A)
    taken = await submit(world, weakly_signed(world, old))
    with pytest.raises(Exception, match="envelopes_weak_check"):
        await execute(world.exchange, "UPDATE envelopes SET outcome = 'verified' WHERE id = $1::text::uuid", taken.id)


async def test_claimed_time_is_kept_and_shown_and_decides_nothing(world: World) -> None:
    path = world.envelope(world.document(A, B), world.attachment(), signed=False)
    at = (await today(world)) - timedelta(days=400)
    signer = world.actors[A].signer
    moment = datetime.combine(at, time(8), LOCAL_TIME)
    path.write_bytes(signer.sign_parts(path.read_bytes(), xades=True, at=moment))
    taken = await submit(world, path)
    assert (taken.signature.outcome, taken.signature.claimed_at) == ("verified", moment)
    assert taken.accepted_at - moment > timedelta(days=300)
    async with world.client(B) as recipient:
        [arrived] = (await recipient.inbox()).deliveries
        assert arrived.signature is not None
        assert arrived.signature.claimed_at == moment
