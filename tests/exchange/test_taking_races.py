"""What changes between the gate and the commit: nothing is taken on grounds that no longer hold."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from exchange.certification import revoke_certificate
from exchange.client_errors import ApiRefused
from exchange.client_files import write_envelope
from exchange.delegation import add_delegation, end_delegation
from exchange.identifiers import uuid7
from signing.certificates import describe
from storage import certificates, directory, envelopes
from storage.outages import DatabaseAway
from tests.exchange.test_release import bring_list, lose_lists
from tests.support.exchanges import execute
from tests.support.world import A, C

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from exchange.client_types import Submission
    from tests.support.world import World


@asynccontextmanager
async def being_stored(
    world: World, file: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[asyncio.Task[Submission]]:
    """A's submission of the file, past the gate; its objects are stored when this ends."""
    reached, go_on = asyncio.Event(), asyncio.Event()
    put = world.exchange.objects.put

    async def slow(sha256: str, path: Path, size: int) -> None:
        reached.set()
        await go_on.wait()
        await put(sha256, path, size)

    monkeypatch.setattr(world.exchange.objects, "put", slow)
    async with world.client(A) as sender:
        sending = asyncio.create_task(sender.submit(file))
        await asyncio.wait([sending, asyncio.create_task(reached.wait())], return_when=asyncio.FIRST_COMPLETED)
        yield sending
        go_on.set()
        await asyncio.wait([sending])


def refused_with(sending: asyncio.Task[Submission]) -> list[str]:
    error = sending.exception()
    assert isinstance(error, ApiRefused)
    return [fault.code for fault in error.faults]


def letter(world: World) -> Path:
    return world.envelope(None, world.attachment())


def delegates_letter(world: World) -> Path:
    """A letter of A that C signed."""
    path = world.folder / "delegated.edxml"
    write_envelope(world.document(A), [world.attachment()], path, signer=world.actors[C].signer)
    return path


async def supersede_lists(world: World) -> None:
    """The lists there are become old, so that one made in this second displaces them."""
    await execute(world.exchange, "UPDATE revocation_lists SET this_update = this_update - interval '1 hour'")


async def test_list_that_comes_while_a_document_is_stored_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await supersede_lists(world)
    async with being_stored(world, letter(world), monkeypatch) as sending:
        await bring_list(world, world.actors[A].certificate_pem)
    assert refused_with(sending) == ["certificate.revoked"]


async def test_good_list_that_comes_while_a_document_is_stored_is_what_it_rests_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await supersede_lists(world)
    async with being_stored(world, letter(world), monkeypatch) as sending:
        facts = await bring_list(world)
    taken = sending.result()
    assert taken.signature.outcome == "verified"
    async with world.exchange.database.acquire() as conn:
        assert await conn.fetchval("SELECT evidence FROM envelopes") == [facts.sha256]
    async with world.client(A) as sender:
        assert b'outcome="verified"' in await sender.receipt(taken.id)


async def test_lists_lost_while_a_document_is_stored_hold_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with being_stored(world, letter(world), monkeypatch) as sending:
        await lose_lists(world)
    assert sending.result().signature.outcome == "held"


async def test_list_that_comes_while_a_held_document_is_stored_lets_it_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lose_lists(world)
    async with being_stored(world, letter(world), monkeypatch) as sending:
        await bring_list(world)
    assert sending.result().signature.outcome == "verified"


async def test_delegation_that_ends_while_a_document_is_stored_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await add_delegation(world.exchange.database, A, C)
    async with being_stored(world, delegates_letter(world), monkeypatch) as sending:
        await end_delegation(world.exchange.database, row.id)
    assert refused_with(sending) == ["delegation.ended"]


async def test_delegate_locked_while_its_document_is_stored_signs_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_delegation(world.exchange.database, A, C)
    async with (
        being_stored(world, delegates_letter(world), monkeypatch) as sending,
        world.exchange.database.transaction() as conn,
    ):
        await directory.set_locked(conn, C, locked=True)
    assert refused_with(sending) == ["delegation.ended"]


async def test_withdrawal_of_the_delegates_certificate_is_told_as_such(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_delegation(world.exchange.database, A, C)
    async with being_stored(world, delegates_letter(world), monkeypatch) as sending:
        await revoke_certificate(world.exchange.database, sha256_of(world, C).hex())
    assert refused_with(sending) == ["certificate.withdrawn"]


async def test_delegates_document_is_taken_while_the_delegation_lasts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_delegation(world.exchange.database, A, C)
    async with being_stored(world, delegates_letter(world), monkeypatch) as sending:
        await supersede_lists(world)
        await bring_list(world)
    assert (sending.result().signature.outcome, sending.result().signature.signer) == ("verified", C)


async def test_withdrawal_waits_for_what_is_being_taken(world: World) -> None:
    async with world.client(A) as sender:
        taken = await sender.submit(letter(world))
    database, sha256 = world.exchange.database, sha256_of(world, A)
    async with database.acquire() as conn:
        row = await envelopes.envelope(conn, id_of(taken), senders=[A])
        receipt = await envelopes.receipt(conn, id_of(taken), senders=[A])
    assert row is not None
    assert receipt is not None
    second = replace(row, id=uuid7(), reference=row.reference + "x", identity=bytes(32))
    async with database.transaction() as conn:
        assert await envelopes.insert_envelope(conn, second, skeleton=b"<x/>", receipt=receipt)
        with pytest.raises(DatabaseAway, match="lock timeout"):
            async with database.transaction() as other:
                await other.execute("SET LOCAL lock_timeout = '50ms'")
                await certificates.revoke_certificate(other, sha256)
    await revoke_certificate(database, sha256.hex())


def sha256_of(world: World, code: str) -> bytes:
    return describe(world.actors[code].certificate_pem).sha256


def id_of(taken: Submission) -> UUID:
    return UUID(taken.id)
