"""Attached PDFs are looked at behind the exchange's back, and nothing they do holds anything up."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from cryptography.x509.oid import NameOID

from exchange import pdf_checks
from exchange.chores import Turn, TurnLost
from exchange.worker import Worker
from signing.authority import Authority
from storage.pdf_checks import claim_pdf
from tests.support.exchanges import do, execute, file_of
from tests.support.pdfs import ORGANIZATION, PERSON, doubling, pen, plain, signed
from tests.support.world import A, B, C, trust, world_of

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.client_types import Attachment, PdfSignatures
    from tests.support.world import World


async def sent(world: World, *files: tuple[str, bytes]) -> str:
    """The envelope of a letter from A to B with these attachments."""
    paths = [world.attachment(name, content) for name, content in files]
    async with world.client(A) as client:
        return (await client.submit(world.envelope(world.document(), *paths))).id


async def received(world: World, agency: str = B) -> list[Attachment]:
    """The attachments of what waits for the agency."""
    async with world.client(agency) as client:
        return [one for delivery in (await client.inbox()).deliveries for one in delivery.attachments]


async def told(world: World) -> PdfSignatures:
    """What B is told of the one PDF that waits for it."""
    [one] = await received(world)
    assert one.pdf_signatures is not None
    return one.pdf_signatures


async def make_due(world: World) -> None:
    await execute(world.exchange, "UPDATE pdf_checks SET due_at = clock_timestamp()")


@pytest.fixture
def no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the program cannot be started."""
    monkeypatch.setattr("exchange.pdf_program.sys.executable", "/nonexistent")


async def test_two_signatures_are_told_to_recipient_and_sender(world: World) -> None:
    once = signed(plain(), pen(world.authority, PERSON))
    twice = signed(once, pen(world.authority, ORGANIZATION), field="Signature2")
    envelope = await sent(world, ("125.signed.pdf", twice))
    pending = await told(world)
    assert (pending.state, pending.signatures) == ("pending", ())
    await do(world.exchange, pdf_checks.CHORE)
    found = await told(world)
    async with world.client(A) as client:
        [shown] = (await client.envelope(envelope)).attachments
        [listed] = (await client.outbox()).envelopes[0].attachments
    assert found == shown.pdf_signatures == listed.pdf_signatures
    assert found.state == "checked"
    assert [(one.signer, one.verdict, one.changes) for one in found.signatures] == [
        ("Nguyễn Thị Đào", "valid", "permitted"),
        ("Sở Nội vụ", "valid", "none"),
    ]
    assert await received(world, C) == []


async def test_document_is_handed_over_while_its_pdf_waits(world: World) -> None:
    content = signed(plain(), pen(world.authority, PERSON))
    await sent(world, ("125.signed.pdf", content))
    async with world.client(B) as client:
        [one] = (await client.inbox()).deliveries
        assert one.attachments[0].pdf_signatures is not None
        assert one.attachments[0].pdf_signatures.state == "pending"
        fetched = await client.fetch_attachment(one.id, 1, world.folder / "got.pdf")
        assert fetched.path.read_bytes() == content
        assert (await client.confirm(one.id, one.sha256)).state == "collected"


@pytest.mark.usefixtures("no_program")
async def test_pdf_without_signature_needs_no_program(world: World) -> None:
    await sent(world, ("125.pdf", plain(padding=400_000)))
    await do(world.exchange, pdf_checks.CHORE)
    assert (await told(world)).state == "none"


async def test_only_pdfs_are_looked_at(world: World) -> None:
    await sent(world, ("note.txt", "Kính gửi".encode()))
    [one] = await received(world)
    assert one.pdf_signatures is None


async def test_pdf_is_known_by_its_bytes_and_not_by_its_name(world: World) -> None:
    await sent(world, ("125.docx", signed(plain(), pen(world.authority, PERSON))))
    await do(world.exchange, pdf_checks.CHORE)
    assert [one.verdict for one in (await told(world)).signatures] == ["valid"]


async def test_file_in_its_zip_is_looked_at_as_it_is_opened(world: World) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("0b5e0d8e-4c1f-4c7e-9d0a-6f2b8a1c3d4e.pdf", signed(plain(), pen(world.authority, PERSON)))
    await sent(world, ("125.pdf", packed.getvalue()))
    await do(world.exchange, pdf_checks.CHORE)
    assert [one.verdict for one in (await told(world)).signatures] == ["valid"]


async def test_new_root_counts_for_what_comes_after_it(world: World) -> None:
    other = Authority.make("Another root")
    content = signed(plain(), pen(other, PERSON))
    await sent(world, ("125.pdf", content))
    await do(world.exchange, pdf_checks.CHORE)
    assert [one.trust for one in (await told(world)).signatures] == ["untrusted"]
    async with world.exchange.database.transaction() as conn:
        await trust(conn, other)
    await sent(world, ("126.pdf", content))
    await do(world.exchange, pdf_checks.CHORE)
    first, second = [one.pdf_signatures for one in await received(world)]
    assert first is not None
    assert second is not None
    assert [one.trust for one in (*first.signatures, *second.signatures)] == ["untrusted", "trusted"]


async def test_poisonous_file_ends_as_unchecked_and_stops_no_other(dsn: str, tmp_path: Path) -> None:
    async with world_of(dsn, tmp_path, pdf_seconds=0.3) as world:
        mark = pen(world.authority, PERSON)
        await sent(world, ("a.pdf", doubling(mark, 40)), ("b.pdf", signed(plain(), mark)))
        for _ in range(3):
            before = next(one.pdf_signatures for one in await received(world))
            assert before is not None
            assert before.state == "pending"
            await make_due(world)
            await do(world.exchange, pdf_checks.CHORE)
        poison, other = [one.pdf_signatures for one in await received(world)]
    assert poison is not None
    assert poison.reason is not None
    assert (poison.state, poison.reason.code) == ("unchecked", "pdf.too_slow")
    assert other is not None
    assert other.state == "checked"


async def test_file_whose_look_never_came_to_an_end_is_given_up(world: World) -> None:
    """As when it took the whole process with it, three times."""
    await sent(world, ("125.pdf", signed(plain(), pen(world.authority, PERSON))))
    for _ in range(3):
        await make_due(world)
        async with world.exchange.database.transaction() as conn:
            assert await claim_pdf(conn) is not None
    await make_due(world)
    await do(world.exchange, pdf_checks.CHORE)
    found = await told(world)
    assert found.reason is not None
    assert (found.state, found.reason.code) == ("unchecked", "pdf.ended")


async def test_large_file_is_left_unchecked(dsn: str, tmp_path: Path) -> None:
    async with world_of(dsn, tmp_path, pdf_max_bytes=5000) as world:
        await sent(world, ("125.pdf", signed(plain(padding=5000), pen(world.authority, PERSON))))
        await do(world.exchange, pdf_checks.CHORE)
        found = await told(world)
    assert found.reason is not None
    assert (found.state, found.reason.code) == ("unchecked", "pdf.too_large")


@pytest.mark.parametrize("damage", ["gone", "altered"])
async def test_file_the_store_lost_is_tried_again(world: World, damage: str) -> None:
    content = signed(plain(), pen(world.authority, PERSON))
    await sent(world, ("125.pdf", content))
    [one] = await received(world)
    path = file_of(world.exchange, one.sha256)
    path.unlink()
    if damage == "altered":
        path.write_bytes(content.replace(b"QUYET", b"QUYEN"))
    await do(world.exchange, pdf_checks.CHORE)
    assert (await told(world)).state == "pending"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    await make_due(world)
    await do(world.exchange, pdf_checks.CHORE)
    assert (await told(world)).state == "checked"


async def test_store_away_costs_the_file_no_try(world: World) -> None:
    await sent(world, ("125.pdf", signed(plain(), pen(world.authority, PERSON))))
    store = world.exchange.settings.data_dir / "objects" / "sha256"
    store.rename(store.with_name("unmounted"))
    for _ in range(4):
        await make_due(world)
        await Worker(world.exchange, []).attempt(pdf_checks.CHORE, early=True)
    store.with_name("unmounted").rename(store)
    await make_due(world)
    await do(world.exchange, pdf_checks.CHORE)
    assert (await told(world)).state == "checked"


async def test_outcome_of_a_lost_turn_is_not_written(world: World) -> None:
    await sent(world, ("125.pdf", plain()))
    stale = Turn(name=pdf_checks.CHORE.name, token=0)
    with pytest.raises(TurnLost):
        async for _ in pdf_checks.check_pdfs(world.exchange, stale):
            raise AssertionError("it worked without a turn")
    assert (await told(world)).state == "pending"


HOSTILE_TIMES = [b"D:00010101000000+14'", b"D:99991231235959-14'", b"D\\07299991231235959Z"]


@pytest.mark.parametrize("claimed", HOSTILE_TIMES)
async def test_time_nobody_can_show_is_not_told_and_stops_no_page(world: World, claimed: bytes) -> None:
    content = signed(plain(), pen(world.authority, PERSON))
    [genuine] = re.findall(rb"D\\072\d{14}Z", content)
    assert len(genuine) == len(claimed)
    envelope = await sent(world, ("125.signed.pdf", content.replace(genuine, claimed)))
    await do(world.exchange, pdf_checks.CHORE)
    [one] = (await told(world)).signatures
    assert (one.signed_at, one.time) == (None, None)
    async with world.client(A) as client:
        assert (await client.envelope(envelope)).id == envelope


@pytest.mark.parametrize("kept", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z"])
async def test_time_nobody_can_show_that_was_written_down_before_stops_no_page(world: World, kept: str) -> None:
    await sent(world, ("125.signed.pdf", signed(plain(), pen(world.authority, PERSON))))
    await do(world.exchange, pdf_checks.CHORE)
    async with world.exchange.database.acquire() as conn:
        [one] = json.loads(await conn.fetchval("SELECT signatures FROM pdf_checks"))
        written = json.dumps([one | {"signed_at": kept}])
        await conn.execute("UPDATE pdf_checks SET signatures = $1", written)
    [found] = (await told(world)).signatures
    assert (found.signed_at, found.time, found.verdict) == (None, None, "valid")


@pytest.mark.parametrize(
    "field", [b"(Signat\\000)", b"(\xfe\xff\xd8\x00\x00A\x00B\x00C)"], ids=["NUL", "half a character"]
)
async def test_name_no_database_keeps_stops_no_other_file(world: World, field: bytes) -> None:
    hostile = signed(plain(), pen(world.authority, PERSON | {NameOID.COMMON_NAME: "A\0B"}))
    assert b"(Signature1)" in hostile
    await sent(world, ("125.signed.pdf", hostile.replace(b"(Signature1)", field)))
    await sent(world, ("126.signed.pdf", signed(plain(), pen(world.authority, PERSON))))
    await do(world.exchange, pdf_checks.CHORE)
    found = [one.pdf_signatures for one in await received(world)]
    assert [[signature.signer for signature in one.signatures] for one in found if one] == [
        ["A\ufffdB"],
        ["Nguyễn Thị Đào"],
    ]


async def test_nothing_is_left_in_the_spool(world: World) -> None:
    await sent(world, ("125.pdf", signed(plain(), pen(world.authority, PERSON))))
    await do(world.exchange, pdf_checks.CHORE)
    assert list(world.exchange.settings.spool.iterdir()) == []


async def test_same_submission_again_gets_the_same_answer(world: World) -> None:
    """What was found out meanwhile is no part of it."""
    path = world.envelope(world.document(), world.attachment("125.pdf", plain()))
    async with world.client(A) as client:
        first = await client.submit(path)
        await do(world.exchange, pdf_checks.CHORE)
        second = await client.submit(path)
    assert (first.attachments, second.attachments) == ((), ())
    assert first.id == second.id
