"""Statuses: who may say what of which delivery, in which order, under one reference, in one second, while held."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from envelopes.model import Business, Operation, Organization, ResponseFor, StatusMessage
from envelopes.writing import write_status
from exchange.client import ApiRefused
from exchange.release import CHORE
from signing.authority import Authority
from storage import deliveries
from tests.exchange.test_release import bring_list, lose_lists
from tests.support.exchanges import do
from tests.support.world import A, B, C, replaced, world_of

if TYPE_CHECKING:
    from pathlib import Path

    from envelopes.model import Document
    from tests.support.world import World


async def test_documents_of_one_reference_confirmed_in_one_second_each_bring_01(dsn: str, tmp_path: Path) -> None:
    """An RSA seal signs the same words in the same way, so the exchange's statuses on them are the same bytes."""
    key, certificate = tmp_path / "seal.key", tmp_path / "seal.pem"
    key_pem, certificate_pem = Authority.make("Seal root").issue("seal", key_kind="rsa2048")
    key.write_bytes(key_pem)
    certificate.write_bytes(certificate_pem)
    async with world_of(dsn, tmp_path, seal_key_file=key, seal_certificate_file=certificate) as world:
        document = world.document()
        async with world.client(A) as sender, world.client(B) as recipient:
            for operation in (Operation.NEW, Operation.UPDATE, Operation.RECALL):
                business = Business(operation=operation, reason="Sửa trích yếu", paper="0")
                await sender.submit(world.envelope(replaced(document, business=business)))
                for one in (await recipient.inbox()).deliveries:  # what was fetched is not withdrawn
                    await recipient.fetch_envelope(one.id, tmp_path / "fetched.edxml")
            waiting = (await recipient.inbox()).deliveries
            await asyncio.gather(*(recipient.confirm(one.id, one.sha256) for one in waiting))
            told = [one.status for one in (await sender.inbox(kind="status")).deliveries if one.status]
        assert {one.code for one in told} == {"01"}
        assert {one.delivery for one in told} == {one.id for one in waiting}
        assert len(told) == len(waiting) == 3


async def test_held_status_out_of_order_is_warned_of_once_released(world: World) -> None:
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(world.envelope(None, world.attachment()))
        [waiting] = (await recipient.inbox()).deliveries
        await lose_lists(world)
        early = await recipient.report(waiting, "06", signer=world.actors[B].signer)
        assert (early.signature.outcome, early.warnings) == ("held", ())
        await bring_list(world)
        await do(world.exchange, CHORE)
        [event] = [event for event in (await sender.envelope(taken.id)).deliveries[0].events if event.code == "06"]
        assert event.flagged
        assert [warning.code for warning in (await recipient.envelope(early.id)).warnings] == ["status.out_of_order"]


async def test_status_is_stamped_once_it_is_its_turn(world: World) -> None:
    """Two at once to one delivery: whichever takes effect later was accepted later."""
    async with world.client(A) as sender, world.client(B) as recipient:
        await sender.submit(world.envelope())
        [waiting] = (await recipient.inbox()).deliveries
        async with world.exchange.database.transaction() as conn:
            await deliveries.lock_delivery(conn, UUID(waiting.id))
            reporting = asyncio.create_task(recipient.report(waiting, "03", signer=world.actors[B].signer))
            async with world.exchange.database.acquire() as other:
                while not await other.fetchval("SELECT true FROM pg_locks WHERE NOT granted LIMIT 1"):
                    await asyncio.sleep(0)
            before = await conn.fetchval("SELECT clock_timestamp()")
        assert (await reporting).accepted_at >= before.replace(microsecond=before.microsecond // 1000 * 1000)


def word(world: World, document: Document, speaker: str, about: str, code: str, description: str = "") -> bytes:
    """A signed status message of `speaker` on a document; `about`: the agency that ResponseFor names."""
    answers = ResponseFor(
        agency=about,
        code=f"{document.number}/{document.notation}",
        issued_on=document.issued_on,
        reference=document.reference,
    )
    status = StatusMessage(
        sender=Organization(code=speaker),
        answers=answers,
        code=code,
        description=description,
        reported_at=datetime.now(UTC).replace(microsecond=0),
    )
    return world.actors[speaker].signer.sign_parts(write_status(status))


async def test_document_asked_back_and_given_back_moves_no_more(world: World) -> None:
    document = world.document(A, B)
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(world.envelope(document, world.attachment()))
        await recipient.fetch_envelope(taken.deliveries[0].id, world.folder / "fetched.edxml")
        asked = await sender.submit(word(world, document, A, B, "13", "Gửi nhầm nơi nhận"))
        assert [one.recipient for one in asked.deliveries] == [B]
        assert (await sender.envelope(taken.id)).deliveries[0].state == "recall_asked"
        [told] = (await recipient.inbox(kind="status")).deliveries
        assert told.status is not None
        assert (told.status.code, told.status.delivery) == ("13", taken.deliveries[0].id)
        await recipient.submit(word(world, document, B, A, "15"))
        late = await recipient.submit(word(world, document, B, A, "03"))
        assert [warning.code for warning in late.warnings] == ["status.out_of_order"]
        [waiting] = (await recipient.inbox(kind="document")).deliveries
        assert (await recipient.confirm(waiting.id, waiting.sha256)).state == "recalled"
        assert (await sender.envelope(taken.id)).deliveries[0].state == "recalled"


@pytest.mark.parametrize(
    ("speaker", "about", "code"),
    [(C, A, "03"), (C, B, "13"), (A, C, "13"), (B, A, "13")],
    ids=["stranger reports", "stranger asks back", "asked back from a stranger", "recipient asks back"],
)
async def test_word_of_somebody_it_is_not_for_is_refused(world: World, speaker: str, about: str, code: str) -> None:
    document = world.document(A, B)
    async with world.client(A) as sender, world.client(speaker) as other:
        taken = await sender.submit(world.envelope(document))
        with pytest.raises(ApiRefused) as refused:
            await other.submit(word(world, document, speaker, about, code, "lý do"))
        assert (refused.value.status, refused.value.faults[0].code) == (422, "status.unmatched")
        assert (await sender.envelope(taken.id)).deliveries[0].state == "waiting"
