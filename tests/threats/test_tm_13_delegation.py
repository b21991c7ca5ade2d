"""TM-13: whose certificate may sign an agency's documents: its own, or one of whoever it delegates to at that time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from envelopes.limits import MAX_CANDIDATES
from exchange.certification import Entering, add_certificate, revoke_certificate
from exchange.client_errors import ApiRefused
from exchange.client_files import write_envelope
from exchange.delegation import add_delegation, approve_delegation, end_delegation
from signing.certificates import describe
from storage import certificates, directory
from tests.support.exchanges import execute
from tests.support.world import A, B, C, D

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.client_types import Submission
    from tests.support.world import World


def letter(exchange: World, *, sender: str = A, signer: str, xades: bool = False) -> Path:
    """A letter to B from one agency, signed with the key of another."""
    document = exchange.document(sender, B)
    path = exchange.folder / f"{document.number}-by-{signer}.edxml"
    write_envelope(document, [exchange.attachment()], path, signer=exchange.actors[signer].signer, xades=xades)
    return path


async def send(exchange: World, *, sender: str = A, signer: str, xades: bool = False) -> Submission:
    """The sender's own system submits it."""
    async with exchange.client(sender) as client:
        return await client.submit(letter(exchange, sender=sender, signer=signer, xades=xades))


async def refused(exchange: World, *, sender: str = A, signer: str) -> list[str]:
    """The codes it is refused with."""
    with pytest.raises(ApiRefused) as error:
        await send(exchange, sender=sender, signer=signer)
    return [fault.code for fault in error.value.faults]


async def test_tm_13_agency_cannot_sign_as_another(exchange: World) -> None:
    assert await refused(exchange, signer=C) == ["signature.invalid"]
    assert (await send(exchange, signer=A)).signature.outcome == "verified"


async def test_tm_13_delegate_signs_while_the_delegation_is_in_force(exchange: World) -> None:
    row = await add_delegation(exchange.exchange.database, A, C)
    taken = await send(exchange, signer=C)
    certificate = describe(exchange.actors[C].certificate_pem).sha256.hex()
    signature = (taken.signature.outcome, taken.signature.signer, taken.signature.certificate)
    assert signature == ("verified", C, certificate)
    async with exchange.client(A) as sender, exchange.client(B) as recipient:
        assert certificate.encode() in await sender.receipt(taken.id)
        [arrived] = (await recipient.inbox()).deliveries
        assert arrived.signature is not None
        assert (arrived.sender, arrived.signature.signer) == (A, C)
    assert (await send(exchange, signer=A)).signature.signer is None
    await end_delegation(exchange.exchange.database, row.id)
    assert await refused(exchange, signer=C) == ["signature.invalid"]


async def test_tm_13_delegation_counts_from_its_day_to_its_day(exchange: World) -> None:
    database, now = exchange.exchange.database, datetime.now(UTC)
    await add_delegation(database, A, C, valid_from=now + timedelta(hours=1))
    assert await refused(exchange, signer=C) == ["signature.invalid"]
    await add_delegation(database, A, C, valid_until=now + timedelta(hours=1))
    assert (await send(exchange, signer=C)).signature.signer == C
    await execute(
        exchange.exchange,
        """UPDATE delegations SET valid_from = valid_from - interval '1 day',
                  valid_until = valid_until - interval '1 day' WHERE valid_until IS NOT NULL""",
    )
    assert await refused(exchange, signer=C) == ["signature.invalid"]


async def test_tm_13_delegation_goes_one_way_and_no_further(exchange: World) -> None:
    database = exchange.exchange.database
    await add_delegation(database, A, C)
    await add_delegation(database, C, B)
    assert await refused(exchange, sender=C, signer=A) == ["signature.invalid"]
    assert await refused(exchange, sender=A, signer=B) == ["signature.invalid"]
    assert (await send(exchange, sender=C, signer=B)).signature.signer == B


async def test_tm_13_delegate_cannot_submit_for_the_other(exchange: World) -> None:
    await add_delegation(exchange.exchange.database, A, C)
    async with exchange.client(C) as delegate:
        with pytest.raises(ApiRefused) as error:
            await delegate.submit(letter(exchange, signer=C))
    assert [fault.code for fault in error.value.faults] == ["sender.foreign"]


async def test_tm_13_delegate_that_is_locked_or_lost_its_certificate_signs_nothing(exchange: World) -> None:
    database = exchange.exchange.database
    await add_delegation(database, A, C)
    async with database.transaction() as conn:
        await directory.set_locked(conn, C, locked=True)
    assert await refused(exchange, signer=C) == ["signature.invalid"]
    async with database.transaction() as conn:
        await directory.set_locked(conn, C, locked=False)
    assert (await send(exchange, signer=C)).signature.signer == C
    await revoke_certificate(database, describe(exchange.actors[C].certificate_pem).sha256.hex())
    assert await refused(exchange, signer=C) == ["signature.invalid"]


async def test_tm_13_delegation_counts_once_a_second_administrator_approved_it(exchange: World) -> None:
    database = exchange.exchange.database
    row = await add_delegation(database, A, C, entering=Entering(by="an", two_persons=True))
    assert await refused(exchange, signer=C) == ["signature.invalid"]
    await approve_delegation(database, row.id, by="bình")
    assert (await send(exchange, signer=C)).signature.signer == C


@pytest.mark.parametrize("signer", [A, C], ids=["own", "delegate's"])
@pytest.mark.parametrize("xades", [False, True])
async def test_tm_13_certificate_that_the_signature_names_counts_however_many_there_are(
    exchange: World, signer: str, *, xades: bool
) -> None:
    database = exchange.exchange.database
    await add_delegation(database, A, C)
    for owner in (A, C):
        for _ in range(MAX_CANDIDATES):
            await add_certificate(database, owner, exchange.authority.issue("Sở Nội vụ")[1])
    taken = await send(exchange, signer=signer, xades=xades)
    assert (taken.signature.outcome, taken.signature.signer) == ("verified", None if signer == A else C)


async def test_tm_13_own_certificates_come_before_those_of_delegates(exchange: World) -> None:
    database = exchange.exchange.database
    await add_delegation(database, A, C)
    for _ in range(MAX_CANDIDATES):
        await add_certificate(database, C, exchange.authority.issue("Sở Nội vụ")[1])
    async with database.acquire() as conn:
        found = await certificates.candidates(conn, A)
    assert found.owners == (A, *[C] * (MAX_CANDIDATES - 1))


async def test_tm_13_delegation_lets_nobody_send_unsigned(exchange: World) -> None:
    await add_delegation(exchange.exchange.database, A, D)  # whose own system may send unsigned
    unsigned = exchange.envelope(exchange.document(A, B), exchange.attachment(), signed=False)
    async with exchange.client(A) as sender:
        with pytest.raises(ApiRefused) as error:
            await sender.submit(unsigned)
    assert [fault.code for fault in error.value.faults] == ["signature.missing"]


async def test_tm_13_delegate_reports_for_the_recipient(exchange: World) -> None:
    await add_delegation(exchange.exchange.database, B, C)
    async with exchange.client(A) as sender, exchange.client(B) as recipient:
        taken = await sender.submit(letter(exchange, signer=A))
        [waiting] = (await recipient.inbox()).deliveries
        await recipient.report(waiting, "03", signer=exchange.actors[C].signer)
        assert (await sender.envelope(taken.id)).deliveries[0].state == "accepted"
