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
from tests.support.changes import at, send, sound, take
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


async def test_same_word_again_is_taken_and_tells_nobody_twice(world: World) -> None:
    """Another message with another text, the same status: one line of history, one notice (05 alone may repeat)."""
    document = world.document(A, B)
    taken = await send(world, document)
    await take(world, B)
    async with world.client(A) as sender, world.client(B) as recipient:
        for code in ("03", "04", "05", "06"):
            first = await recipient.submit(word(world, document, B, A, code))
            again = await recipient.submit(word(world, document, B, A, code, "lần nữa"))
            assert (first.warnings, again.created) == ((), True)
            assert [one.code for one in again.warnings] == ([] if code == "05" else ["status.repeated"])
        heard = [one.status.code for one in (await sender.inbox(kind="status")).deliveries if one.status]
    assert heard == ["01", "03", "04", "05", "05", "06"]
    seen = await at(world, taken.id, B)
    assert [event.code for event in seen.events if event.code] == heard
    assert not any(event.flagged for event in seen.events)
    await sound(world)


@pytest.mark.parametrize("first", ["the recipient's system", "the exchange"])
async def test_arrival_is_told_once_whoever_says_it_first(world: World, first: str) -> None:
    document = world.document(A, B)
    taken = await send(world, document)
    async with world.client(A) as sender, world.client(B) as recipient:
        if first == "the exchange":
            await take(world, B)
        await recipient.submit(word(world, document, B, A, "01"))
        if first != "the exchange":
            await take(world, B)
        told = [one for one in (await sender.inbox(kind="status")).deliveries if one.status]
    assert [one.status.code for one in told if one.status] == ["01"]
    assert (await at(world, taken.id, B)).state == "collected"
    await sound(world)


@pytest.mark.parametrize("code", ["02", "13", "16"])
async def test_word_that_says_no_needs_a_reason(world: World, code: str) -> None:
    document = world.document(A, B)
    taken = await send(world, document)
    await take(world, B)
    speaker, about = (A, B) if code == "13" else (B, A)
    async with world.client(speaker) as client:
        with pytest.raises(ApiRefused) as refused:
            await client.submit(word(world, document, speaker, about, code))
    assert [fault.code for fault in refused.value.faults] == ["reason.missing"]
    assert (await at(world, taken.id, B)).state == "collected"


async def test_status_is_matched_by_number_with_its_date_and_never_without_the_year(world: World) -> None:
    this = world.document(A, B, number="12")
    last = replaced(this, issued_on=this.issued_on.replace(year=this.issued_on.year - 1, day=1), reference="năm ngoái")
    older, newer = await send(world, last), await send(world, this)
    await take(world, B)
    async with world.client(B) as recipient:
        await recipient.submit(word(world, replaced(last, reference=""), B, A, "03"))
        unknown = replaced(last, reference="", issued_on=last.issued_on.replace(year=last.issued_on.year - 1))
        with pytest.raises(ApiRefused) as refused:
            await recipient.submit(word(world, unknown, B, A, "03"))
        assert [fault.code for fault in refused.value.faults] == ["status.unmatched"]
    assert ((await at(world, older.id, B)).state, (await at(world, newer.id, B)).state) == ("accepted", "collected")


async def test_matching_by_number_and_date_has_an_index(world: World) -> None:
    async with world.exchange.database.transaction() as conn:
        await conn.execute("SET LOCAL enable_seqscan = off")
        lines = await conn.fetch(
            """EXPLAIN SELECT id FROM envelopes e WHERE e.kind = 'document' AND e.sender = 'x'
               AND e.number || '/' || e.notation = '12/UB' AND e.issued_on = '2026-01-01'"""
        )
    assert "envelopes_by_number" in "".join(line[0] for line in lines)
