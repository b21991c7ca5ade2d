"""The life of a document, driven by the client library against the listening service."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from exchange.client import ApiRefused
from storage import directory
from tests.support.world import A, B, C, D

if TYPE_CHECKING:
    from tests.support.world import World

WIRE = Path(__file__).parent.parent.parent / "docs" / "wire.md"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def arrive(world: World, *recipients: str) -> tuple[str, str, Path]:
    """Send a letter from A; envelope id, the first recipient's delivery id, the file."""
    path = world.envelope(world.document(A, *recipients), world.attachment())
    async with world.client(A) as sender:
        taken = await sender.submit(path)
    return taken.id, taken.deliveries[0].id, path


async def test_signed_document_travels_and_its_statuses_come_back(world: World) -> None:
    path = world.envelope(world.document(A, B, C), world.attachment(content=b"%PDF-1.4 noi dung"))
    async with world.client(A) as sender, world.client(B) as recipient, world.client(C) as other:
        taken = await sender.submit(path)
        assert (taken.kind, taken.operation, taken.sender) == ("document", "new", A)
        assert (taken.signature.outcome, taken.signature.profile) == ("verified", "P")
        assert taken.sha256 == sha256(path)
        assert [one.recipient for one in taken.deliveries] == [B, C]

        [waiting] = (await recipient.inbox()).deliveries
        assert waiting.attachments[0].name == "125.signed.pdf"
        stored = world.folder / "stored.edxml"
        await recipient.fetch_envelope(waiting.id, stored)
        assert stored.read_bytes() == path.read_bytes()
        confirmed = await recipient.confirm(waiting.id, sha256(stored))
        assert confirmed.state == "collected"
        signer = world.actors[B].signer
        for code in ("03", "05", "06"):
            await recipient.report(waiting, code, signer=signer)

        [foreign] = (await other.inbox()).deliveries
        await other.fetch_envelope(foreign.id, world.folder / "c.edxml")
        await other.confirm(foreign.id, taken.sha256)
        await other.report(foreign, "02", description="Không thuộc thẩm quyền", signer=world.actors[C].signer)

        seen = await sender.envelope(taken.id)
        assert {one.recipient: one.state for one in seen.deliveries} == {B: "completed", C: "refused"}
        statuses = (await sender.inbox(kind="status")).deliveries
        assert [(one.sender, one.status.code) for one in statuses if one.status] == [
            (B, "01"),
            (B, "03"),
            (B, "05"),
            (B, "06"),
            (C, "01"),
            (C, "02"),
        ]
        for one in statuses:
            await sender.confirm(one.id, one.sha256)
        assert (await sender.inbox()).deliveries == ()


async def test_example_for_integrators_runs_as_it_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    [example] = re.findall(r"```python\n(.*?)```", WIRE.read_text(encoding="utf-8"), flags=re.DOTALL)
    known: dict[str, Any] = {}
    exec(example, known)
    monkeypatch.chdir(world.folder)
    here = world.actors[B]
    Path("key.pem").write_bytes(here.key_pem)
    Path("certificate.pem").write_bytes(here.certificate_pem)
    world.envelope(world.document(B, C), world.attachment(), signed=False, name="letter.edxml")
    _, delivery, path = await arrive(world, B)
    await known["exchange_letters"](world.url, here.credential, Path("key.pem"), Path("certificate.pem"))
    assert Path(f"{delivery}.edxml").read_bytes() == path.read_bytes()
    assert b"H08.31" in Path("receipt.xml").read_bytes()
    async with world.client(A) as sender:
        assert [one.state for one in (await sender.outbox()).envelopes[0].deliveries] == ["accepted"]


async def test_attachment_is_what_was_attached(world: World) -> None:
    _, delivery, _ = await arrive(world)
    async with world.client(B) as recipient:
        target = world.folder / "opened.pdf"
        await recipient.fetch_attachment(delivery, 1, target)
        assert target.read_bytes() == (world.folder / "125.signed.pdf").read_bytes()


async def test_second_copy_gets_first_receipt(world: World) -> None:
    path = world.envelope(None, world.attachment())
    async with world.client(A) as sender, world.client(B) as recipient:
        first = await sender.submit(path)
        receipt = await sender.receipt(first.id)
        again = await sender.submit(path)
        assert again.id == first.id
        assert await sender.receipt(again.id) == receipt
        assert len((await recipient.inbox()).deliveries) == 1


async def test_concurrent_copies_become_one_document(world: World) -> None:
    path = world.envelope(None, world.attachment())
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await asyncio.gather(*(sender.submit(path) for _ in range(12)))
        assert len({one.id for one in taken}) == 1
        assert len((await recipient.inbox()).deliveries) == 1


async def test_second_copy_gets_first_answer_in_the_same_order(world: World) -> None:
    path = world.envelope(world.document(A, C, "H08.99", B))
    async with world.client(A) as sender:
        first, second = await sender.submit(path), await sender.submit(path)
    assert replace(second, created=True) == first


async def test_other_content_under_the_same_reference_is_a_conflict(world: World) -> None:
    document = world.document()
    first, second = world.envelope(document, world.attachment()), world.envelope(document, world.attachment("b.pdf"))
    async with world.client(A) as sender:
        taken = await sender.submit(first)
        with pytest.raises(ApiRefused) as refused:
            await sender.submit(second)
        assert refused.value.status == 409
        fault = refused.value.faults[0]
        assert fault.code == "reference.conflict"
        assert sha256(first) in fault.value
        assert sha256(second) in fault.value
        assert len((await sender.envelope(taken.id)).deliveries) == 1


async def test_half_altered_race_accepts_one_content(world: World) -> None:
    document = world.document()
    same = [world.envelope(document, world.attachment()) for _ in range(2)]
    other = [world.envelope(document, world.attachment("b.pdf")) for _ in range(2)]
    async with world.client(A) as sender, world.client(B) as recipient:
        outcomes = await asyncio.gather(*(sender.submit(path) for path in (same + other) * 5), return_exceptions=True)
        taken = {one.id for one in outcomes if not isinstance(one, BaseException)}
        assert len(taken) == 1
        assert all(one.status == 409 for one in outcomes if isinstance(one, ApiRefused))
        assert not any(isinstance(one, BaseException) and not isinstance(one, ApiRefused) for one in outcomes)
        assert len((await recipient.inbox()).deliveries) == 1


async def test_stranger_sees_nothing(world: World) -> None:
    envelope, delivery, path = await arrive(world)
    async with world.client(C) as stranger:
        assert (await stranger.inbox()).deliveries == ()
        target = world.folder / "stolen"
        for attempt in (
            stranger.envelope(envelope),
            stranger.receipt(envelope),
            stranger.delivery(delivery),
            stranger.fetch_envelope(delivery, target),
            stranger.fetch_attachment(delivery, 1, target),
            stranger.confirm(delivery, sha256(path)),
        ):
            with pytest.raises(ApiRefused) as refused:
                await attempt
            assert refused.value.status == 404
        assert not target.exists()


async def test_stranger_cannot_report(world: World) -> None:
    _, delivery, _ = await arrive(world)
    async with world.client(B) as recipient, world.client(C) as stranger, world.client(A) as sender:
        waiting = await recipient.delivery(delivery)
        with pytest.raises(ApiRefused) as refused:
            await stranger.report(waiting, "03", reporter=C, signer=world.actors[C].signer)
        assert refused.value.status == 422
        assert refused.value.faults[0].code == "status.unmatched"
        assert (await sender.inbox()).deliveries == ()


async def test_reading_changes_nothing(world: World) -> None:
    envelope, delivery, _ = await arrive(world)
    async with world.client(B) as recipient, world.client(A) as sender:
        await recipient.fetch_envelope(delivery, world.folder / "once")
        await recipient.fetch_envelope(delivery, world.folder / "twice")
        assert [one.id for one in (await recipient.inbox()).deliveries] == [delivery]
        assert (await sender.envelope(envelope)).deliveries[0].state == "waiting"


async def test_confirmation_is_once_and_arrival_is_told_once(world: World) -> None:
    envelope, delivery, path = await arrive(world)
    async with world.client(B) as recipient, world.client(A) as sender:
        answers = await asyncio.gather(*(recipient.confirm(delivery, sha256(path)) for _ in range(8)))
        assert len(set(answers)) == 1
        assert [one.status.code for one in (await sender.inbox()).deliveries if one.status] == ["01"]
        [one] = (await sender.envelope(envelope)).deliveries
        assert [event.event for event in one.events] == ["taken", "collected"]


async def test_wrong_digest_confirms_nothing(world: World) -> None:
    _, delivery, _ = await arrive(world)
    async with world.client(B) as recipient:
        with pytest.raises(ApiRefused) as refused:
            await recipient.confirm(delivery, "0" * 64)
        assert refused.value.status == 409
        assert [one.id for one in (await recipient.inbox()).deliveries] == [delivery]


async def test_sleeping_inbox_is_woken(world: World) -> None:
    async with world.client(B) as recipient:
        sleeper = asyncio.create_task(recipient.inbox(wait=30))
        _, delivery, _ = await arrive(world)
        assert [one.id for one in (await sleeper).deliveries] == [delivery]


async def test_urgent_comes_first(world: World) -> None:
    async with world.client(A) as sender, world.client(B) as recipient:
        for urgency in (0, 3, 1):
            await sender.submit(world.envelope(replace(world.document(), urgency=urgency)))
        assert [one.urgency for one in (await recipient.inbox()).deliveries] == [3, 1, 0]


async def test_unknown_and_locked_recipients_do_not_lose_the_others(world: World) -> None:
    async with world.exchange.database.transaction() as conn:
        await directory.set_locked(conn, C, locked=True)
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(world.envelope(world.document(A, B, C, "H08.99")))
        assert [one.recipient for one in taken.deliveries] == [B]
        assert {one.recipient: one.fault.code for one in taken.undeliverable} == {
            C: "recipient.locked",
            "H08.99": "recipient.unknown",
        }
        assert len((await recipient.inbox()).deliveries) == 1
        with pytest.raises(ApiRefused) as refused:
            await sender.submit(world.envelope(world.document(A, C, "H08.99")))
        assert {fault.code for fault in refused.value.faults} == {"recipient.locked", "recipient.unknown"}


async def test_out_of_order_status_is_kept_and_flagged(world: World) -> None:
    envelope, delivery, _ = await arrive(world)
    async with world.client(B) as recipient, world.client(A) as sender:
        waiting, signer = await recipient.delivery(delivery), world.actors[B].signer
        await recipient.report(waiting, "03", signer=signer)
        await recipient.report(waiting, "06", signer=signer)
        late = await recipient.report(waiting, "03", description="muộn", signer=signer)
        assert [warning.code for warning in late.warnings] == ["status.out_of_order"]
        [one] = (await sender.envelope(envelope)).deliveries
        assert one.state == "completed"
        assert [event.flagged for event in one.events if event.code == "03"] == [False, True]
        assert [one.status.code for one in (await sender.inbox()).deliveries if one.status] == ["03", "06", "03"]


async def test_unsigned_is_taken_only_where_policy_says_so_and_called_unsigned(world: World) -> None:
    async with world.client(D) as old, world.client(A) as sender:
        taken = await old.submit(world.envelope(world.document(D, B), world.attachment(), signed=False))
        assert (taken.signature.outcome, taken.signature.profile, taken.signature.certificate) == ("absent", None, None)
        with pytest.raises(ApiRefused) as refused:
            await sender.submit(world.envelope(world.document(A, B), signed=False))
        assert refused.value.faults[0].code == "signature.missing"


async def test_sender_must_be_the_callers_agency(world: World) -> None:
    async with world.client(C) as stranger:
        with pytest.raises(ApiRefused) as refused:
            await stranger.submit(world.envelope(world.document(A, B)))
        assert refused.value.status == 422
        assert refused.value.faults[0].code == "sender.foreign"
