"""Attachments leave by rule: the digests, the receipt and the history stay, and nothing goes that somebody needs."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest

from exchange import pdf_checks, removing, retention, sweep
from exchange.audit import audit
from exchange.chores import Turn
from exchange.client import ApiRefused
from exchange.retention import NewRule
from storage import chores, objects_held
from tests.support.exchanges import announced, do, execute, file_of
from tests.support.world import A, B, C, D, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from envelopes.model import Document
    from exchange.client_types import Submission
    from exchange.removing import DryRun
    from tests.support.world import World

CONTENT = "Phụ lục kèm theo văn bản\n".encode() * 100
OTHER = "Nội dung khác\n".encode() * 100
LONG_AGO = date(2000, 1, 1)


@pytest.fixture
async def world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world in which rules act at once and orphans are swept at any age."""
    async with world_of(dsn, tmp_path, sweep_after_seconds=0, retention_grace_seconds=0) as made:
        await execute(
            made.exchange, "INSERT INTO accounts (name, role, password_hash) VALUES ('lan', 'administrator', 'x')"
        )
        yield made


async def sent(world: World, *contents: bytes, document: Document | None = None, confirmed: bool = True) -> Submission:
    """A document of A with these attachments, for B alone unless told; confirmed by all its recipients."""
    files = [world.attachment(f"phụ lục {n}.txt", content) for n, content in enumerate(contents, 1)]
    async with world.client(A) as sender:
        taken = await sender.submit(world.envelope(document or world.document(A, B), *files))
    if confirmed:
        for delivery in taken.deliveries:
            async with world.client(delivery.recipient) as recipient:
                await recipient.confirm(delivery.id, taken.sha256)
    return taken


async def aged(world: World, taken: Submission, months: int = 13) -> None:
    """The document was accepted so many months ago."""
    await execute(
        world.exchange,
        "UPDATE envelopes SET accepted_at = accepted_at - make_interval(months => $2) WHERE id = $1",
        UUID(taken.id),
        months,
    )


async def rule(world: World, months: int | None = 12, kind: str | None = None, since: date = LONG_AGO) -> int:
    wanted = NewRule(document_type=kind, valid_from=since, months=months)
    row = await retention.set_rule(world.exchange.database, wanted, by="lan")
    return row.rule.id


async def look(world: World) -> None:
    """The worker's round: rules first, then the sweep."""
    await do(world.exchange, removing.CHORE)
    await do(world.exchange, sweep.CHORE)


def there(world: World, *contents: bytes) -> list[bool]:
    return [file_of(world.exchange, hashlib.sha256(content).hexdigest()).exists() for content in contents]


async def refused(world: World, taken: Submission, who: str, what: str) -> ApiRefused:
    async with world.client(who) as client:
        with pytest.raises(ApiRefused) as caught:
            if what == "envelope":
                await client.fetch_envelope(taken.deliveries[0].id, world.folder / "gone.edxml")
            else:
                await client.fetch_attachment(taken.deliveries[0].id, 1, world.folder / "gone.txt")
    return caught.value


async def is_removed(world: World, taken: Submission) -> bool:
    async with world.client(A) as sender:
        found = (await sender.envelope(taken.id)).attachments
    assert len({one.removed is not None for one in found}) == 1
    return found[0].removed is not None


async def test_removed_attachments_leave_digests_receipt_and_history(world: World) -> None:
    taken = await sent(world, CONTENT, OTHER)
    async with world.client(A) as sender:
        before, receipt = await sender.envelope(taken.id), await sender.receipt(taken.id)
    number = await rule(world)
    await look(world)
    assert there(world, CONTENT, OTHER) == [True, True]  # young
    await aged(world, taken)
    await look(world)
    assert there(world, CONTENT, OTHER) == [False, False]
    async with world.client(A) as sender, world.client(B) as recipient:
        after = await sender.envelope(taken.id)
        assert await sender.receipt(taken.id) == receipt
        arrived = await recipient.delivery(taken.deliveries[0].id)
    assert [replace(one, removed=None) for one in after.attachments] == list(before.attachments)
    for one in (*after.attachments, *arrived.attachments):
        assert one.removed is not None
        assert (one.removed.rule, one.removed.by) == (number, "lan")
    for history in (after.deliveries[0].events, arrived.events):
        assert [line.event for line in history] == ["taken", "collected", "attachments_removed"]
        assert f"rule {number}" in (history[-1].description or "")
        assert "1 năm / 1 year" in (history[-1].description or "")


@pytest.mark.parametrize("what", ["envelope", "attachment"])
async def test_download_of_what_was_removed_says_who_when_and_by_which_rule(world: World, what: str) -> None:
    taken = await sent(world, CONTENT)
    number = await rule(world)
    await aged(world, taken)
    await look(world)
    answer = await refused(world, taken, B, what)
    assert answer.status == 410
    [fault] = answer.faults
    assert (fault.code, fault.value) == ("attachment.removed", str(number))
    for words in (fault.vi, fault.en):
        assert taken.reference in words
        assert "lan" in words
    assert (await refused(world, taken, C, what)).status == 404  # a stranger learns nothing


async def test_object_another_envelope_rests_on_stays_until_that_lets_go(world: World) -> None:
    first, second = await sent(world, CONTENT, OTHER), await sent(world, CONTENT)
    await rule(world)
    await aged(world, first)
    await look(world)
    assert there(world, CONTENT, OTHER) == [True, False]
    async with world.client(B) as recipient:
        fetched = await recipient.fetch_attachment(second.deliveries[0].id, 1, world.folder / "còn.txt")
        assert fetched.path.read_bytes() == CONTENT
        await recipient.fetch_envelope(second.deliveries[0].id, world.folder / "còn.edxml")
    await aged(world, second)
    await look(world)
    assert there(world, CONTENT) == [False]


async def test_database_refuses_to_let_go_of_what_is_needed(world: World) -> None:
    await sent(world, CONTENT)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await execute(world.exchange, "DELETE FROM objects")


async def test_object_being_uploaded_is_kept_for_the_new_document(world: World) -> None:
    taken = await sent(world, CONTENT)
    upload = await announced(world.exchange, hashlib.sha256(CONTENT).hexdigest())
    await rule(world)
    await aged(world, taken)
    await look(world)
    assert await is_removed(world, taken)
    assert there(world, CONTENT) == [True]
    await execute(world.exchange, "DELETE FROM upload_intents WHERE envelope = $1", upload)
    await look(world)
    assert there(world, CONTENT) == [False]


async def test_document_being_committed_never_loses_the_object_it_found(world: World) -> None:
    """The worst moment: the object was found recorded, and its attachment is not written yet."""
    first, second = await sent(world, CONTENT), await sent(world, OTHER)
    await rule(world)
    await aged(world, first)
    digest = hashlib.sha256(CONTENT).digest()
    upload = await announced(world.exchange, digest.hex())
    async with world.exchange.database.transaction() as conn:
        await objects_held.record_objects(conn, envelope=upload, objects=[(digest, len(CONTENT))])
        await look(world)
        assert await is_removed(world, first)
        await conn.execute(
            """INSERT INTO attachments (envelope, n, name, media_type, object, size, cut, text_size, layout)
               VALUES ($1, 2, 'a.txt', 'text/plain', $2, $3, 0, 4, '76/lf')""",
            UUID(second.id),
            digest,
            len(CONTENT),
        )
    await look(world)
    assert there(world, CONTENT) == [True]


async def test_same_content_can_come_again_and_the_first_file_again_gets_its_receipt(world: World) -> None:
    path = world.envelope(world.document(A, B), world.attachment("a.txt", CONTENT))
    async with world.client(A) as sender, world.client(B) as recipient:
        first = await sender.submit(path)
        await recipient.confirm(first.deliveries[0].id, first.sha256)
        receipt = await sender.receipt(first.id)
        await rule(world)
        await aged(world, first)
        await look(world)
        again = await sender.submit(path)
        assert (again.created, again.id) == (False, first.id)
        assert await sender.receipt(again.id) == receipt
        assert there(world, CONTENT) == [False]
        second = await sent(world, CONTENT)
        fetched = await recipient.fetch_attachment(second.deliveries[0].id, 1, world.folder / "lại.txt")
        assert fetched.path.read_bytes() == CONTENT
    assert (await refused(world, first, B, "attachment")).status == 410


async def test_document_somebody_has_still_to_get_keeps_its_attachments(world: World) -> None:
    waiting = await sent(world, CONTENT, document=world.document(A, B, C), confirmed=False)
    held = await sent(world, OTHER)
    await execute(
        world.exchange, "UPDATE envelopes SET outcome = 'held', held_reason = 'x' WHERE id = $1", UUID(held.id)
    )
    await rule(world)
    for one in (waiting, held):
        await aged(world, one)
    async with world.client(B) as recipient:
        await recipient.confirm(waiting.deliveries[0].id, waiting.sha256)
    await look(world)
    assert there(world, CONTENT, OTHER) == [True, True]
    [due] = (await removing.dry_run(world.exchange)).rules
    assert (due.total.documents, due.total.waiting) == (0, 2)
    async with world.client(C) as other:
        await other.confirm(waiting.deliveries[1].id, waiting.sha256)
    await look(world)
    assert there(world, CONTENT, OTHER) == [False, True]


async def test_document_for_an_agency_beyond_is_kept_until_it_has_gone_up(world: World) -> None:
    await execute(
        world.exchange,
        "INSERT INTO parents (name, url, system, secret, stands_for) VALUES ('axis', 'http://x', 'x', 'x', $1)",
        f"system.{D}",
    )
    await execute(world.exchange, "UPDATE agencies SET beyond = 'axis' WHERE code = $1", C)
    taken = await sent(world, CONTENT, document=world.document(A, C), confirmed=False)
    await rule(world)
    await aged(world, taken)
    await look(world)
    assert there(world, CONTENT) == [True]
    await execute(world.exchange, "UPDATE upward SET state = 'refused', ended_at = now()")
    await look(world)
    assert there(world, CONTENT) == [True]  # an operator may send it again
    await execute(world.exchange, "UPDATE upward SET state = 'sent', doc_id = 'x'")
    await look(world)
    assert there(world, CONTENT) == [False]


async def test_pdf_is_kept_until_its_signatures_were_looked_at(world: World) -> None:
    pdf = b"%PDF-1.4\n%%EOF"
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(world.envelope(world.document(A, B), world.attachment("a.pdf", pdf)))
        await recipient.confirm(taken.deliveries[0].id, taken.sha256)
    await rule(world)
    await aged(world, taken)
    await look(world)
    assert there(world, pdf) == [True]
    await do(world.exchange, pdf_checks.CHORE)
    await look(world)
    assert there(world, pdf) == [False]


async def test_rule_of_its_type_decides_and_without_one_everything_stays(world: World) -> None:
    kinds = ("Công văn", "QUYẾT  ĐỊNH", "Thông báo")
    documents = [replace(world.document(A, B), type_name=kind) for kind in kinds]
    letter, decision, notice = [
        await sent(world, kind.encode(), document=document) for kind, document in zip(kinds, documents, strict=True)
    ]
    for one in (letter, decision, notice):
        await aged(world, one, 100)
    await look(world)
    assert there(world, *map(str.encode, kinds)) == [True, True, True]  # no rule, nothing removed
    await rule(world, 12, "Công văn")
    await look(world)
    assert there(world, *map(str.encode, kinds)) == [False, True, True]
    await rule(world, None, "QĐ")
    await rule(world, 12)
    await look(world)
    assert there(world, *map(str.encode, kinds)) == [False, True, False]


async def test_rule_reaches_back_to_its_first_day_only(world: World) -> None:
    old, later = await sent(world, CONTENT), await sent(world, OTHER)
    await aged(world, old, 40)
    await aged(world, later, 20)
    today = date.today()  # noqa: DTZ011 - days do not matter here, years do
    await rule(world, 12, since=today - timedelta(days=30 * 30))
    await look(world)
    assert there(world, CONTENT, OTHER) == [True, False]


async def test_nothing_is_removed_for_a_while_after_a_rule_was_changed(dsn: str, tmp_path: Path) -> None:
    async with world_of(dsn, tmp_path, retention_grace_seconds=3600) as world:
        taken = await sent(world, CONTENT)
        await aged(world, taken)
        mistake, right = await rule(world), await rule(world, 24, "Công văn")
        await do(world.exchange, removing.CHORE)
        assert not await is_removed(world, taken)
        await execute(world.exchange, "UPDATE retention_rules SET entered_at = entered_at - interval '2 hours'")
        await do(world.exchange, removing.CHORE)
        assert not await is_removed(world, taken)  # its own rule keeps it longer
        await retention.end_rule(world.exchange.database, right, by="lan")
        await do(world.exchange, removing.CHORE)
        assert not await is_removed(world, taken)  # ending a rule is a change as well
        await execute(world.exchange, "UPDATE retention_rules SET ended_at = ended_at - interval '2 hours'")
        await do(world.exchange, removing.CHORE)
        assert await is_removed(world, taken)
        async with world.client(A) as sender:
            [one] = (await sender.envelope(taken.id)).attachments
        assert one.removed is not None
        assert one.removed.rule == mistake


async def test_rule_changed_meanwhile_stops_the_rest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "BATCH", 1)
    letters = [await sent(world, b"thu %d" % n) for n in range(3)]
    for one in letters:
        await aged(world, one)
    number = await rule(world)
    async with world.exchange.database.transaction() as conn:
        claim = await chores.claim(conn, "retention", worker="test", lease_seconds=60)
    assert claim.token is not None
    steps = removing.remove_due(world.exchange, Turn(name="retention", token=claim.token))
    await anext(steps)
    await retention.end_rule(world.exchange.database, number, by="lan")
    async for _ in steps:
        pass
    assert sorted([await is_removed(world, one) for one in letters]) == [False, False, True]


async def test_document_of_before_types_were_kept_is_read_for_its_type(world: World) -> None:
    taken = await sent(world, CONTENT, document=replace(world.document(A, B), type_name="Báo cáo"))
    await execute(world.exchange, "UPDATE envelopes SET document_type = NULL")
    await aged(world, taken)
    await rule(world, None, "Báo cáo")
    await rule(world, 12)
    await look(world)
    assert there(world, CONTENT) == [True]
    await rule(world, 12, "BC")
    await look(world)
    assert there(world, CONTENT) == [False]


async def test_dry_run_says_what_goes_and_changes_nothing(world: World) -> None:
    old, young = await sent(world, CONTENT, OTHER), await sent(world, b"moi")
    await aged(world, old)
    number = await rule(world)

    def told(found: DryRun) -> list[tuple[int, int, int, int, list[str]]]:
        return [
            (one.rule.id, one.total.documents, one.total.files, one.total.bytes, [str(d.id) for d in one.documents])
            for one in found.rules
        ]

    expected = [(number, 1, 2, len(CONTENT) + len(OTHER), [old.id])]
    for _ in range(2):
        assert told(await removing.dry_run(world.exchange, limit=10)) == expected
    [later] = told(await removing.dry_run(world.exchange, on=date(2100, 1, 1), limit=10))
    assert later[4] == [old.id, young.id]
    await look(world)
    assert told(await removing.dry_run(world.exchange)) == [(number, 0, 0, 0, [])]
    [line] = await removing.list_removed(world.exchange, limit=10)
    assert (str(line.envelope), line.files, line.bytes, line.by) == (old.id, 2, len(CONTENT) + len(OTHER), "lan")


async def test_audit_tells_removed_from_lost(world: World) -> None:
    gone, lost = await sent(world, CONTENT), await sent(world, OTHER)
    await aged(world, gone)
    await rule(world)
    await look(world)
    for deep in (False, True):
        report = await audit(world.exchange, deep=deep)
        told = [(one.code, one.detail.partition(":")[0]) for one in report.findings]
        assert told == [("receipt.differs", "accepted_at")]  # this test's own doing
        assert report.removed == 1
    file_of(world.exchange, hashlib.sha256(OTHER).hexdigest()).unlink()
    codes = [one.code for one in (await audit(world.exchange, deep=True)).findings]
    assert sorted(codes) == ["envelope.unreadable", "object.missing", "receipt.differs"]
    assert lost.id in {one.what for one in (await audit(world.exchange, deep=True)).findings}


async def test_content_taken_away_without_a_rule_is_found(world: World) -> None:
    await sent(world, CONTENT)
    await execute(world.exchange, "UPDATE attachments SET removed = true")
    await execute(world.exchange, "DELETE FROM objects")
    assert "attachment.unrecorded" in [one.code for one in (await audit(world.exchange)).findings]


@pytest.mark.parametrize("statement", ["UPDATE removals SET bytes = 0", "DELETE FROM removals"])
async def test_what_was_removed_is_never_rewritten(world: World, statement: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await execute(world.exchange, statement)
    with pytest.raises(asyncpg.RestrictViolationError):
        await execute(world.exchange, "DELETE FROM retention_rules")


async def test_everything_an_attachment_rests_on_goes(world: World) -> None:
    """The octets as sent, a text that is not regular base64, the file inside a zip."""
    taken = await sent(world, CONTENT)
    text, inside = b"text as it stood", b"the file inside"
    async with world.exchange.database.transaction() as conn:
        for content in (text, inside):
            await conn.execute(
                "INSERT INTO objects (sha256, size) VALUES ($1, $2)", hashlib.sha256(content).digest(), len(content)
            )
        await conn.execute(
            "UPDATE attachments SET layout = NULL, text_object = $1, opened_object = $2, opened_size = 1",
            hashlib.sha256(text).digest(),
            hashlib.sha256(inside).digest(),
        )
    await aged(world, taken)
    await rule(world)
    await do(world.exchange, removing.CHORE)
    async with world.exchange.database.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM objects") == 0
        assert await conn.fetchval("SELECT count(*) FROM objects_let_go") == 0
