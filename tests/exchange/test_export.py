"""An export is folders anybody can read: the files as they were, their proofs, a list `sha256sum` checks."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import uuid
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from admin.cli_export import _described
from envelopes.faults import Refused
from envelopes.limits import LOCAL_TIME
from exchange import removing, retention, sweep
from exchange.export import Wish, export
from exchange.retention import NewRule
from exchange.seals import list_seals
from signing.seal import check_sealed
from storage.objects import ObjectsAway
from tests.support.exchanges import do, execute, file_of
from tests.support.world import A, B, C, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from exchange.client_types import Submission
    from exchange.export import Exported
    from tests.support.world import World

CONTENT = "Phụ lục kèm theo\n".encode() * 400


@pytest.fixture
async def world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world in which rules act at once and orphans are swept at any age."""
    async with world_of(dsn, tmp_path, sweep_after_seconds=0, retention_grace_seconds=0) as made:
        yield made


def today() -> date:
    return datetime.now(UTC).astimezone(LOCAL_TIME).date()


async def exported(world: World, agency: str, name: str = "out", days: int = 1) -> Exported:
    wish = Wish(
        agency=agency,
        first=today() - timedelta(days=days),
        last=today(),
        out=world.folder / name,
        describe=_described,
    )
    return await export(world.exchange, wish)


def folders(world: World, kind: str, name: str = "out") -> list[Path]:
    return sorted((world.folder / name / kind).glob("*/*"))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def rows(world: World, name: str = "out") -> list[dict[str, str]]:
    text = (world.folder / name / "documents.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


async def handled(world: World, *contents: bytes) -> tuple[Submission, Path]:
    """A document of A to B and C; B collects, accepts and completes it, C leaves it."""
    attached = [world.attachment(f"phụ lục {n}.txt", content) for n, content in enumerate(contents, 1)]
    path = world.envelope(world.document(A, B, C), *attached)
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(path)
        [waiting] = (await recipient.inbox(kind="document")).deliveries
        await recipient.confirm(waiting.id, waiting.sha256)
        for code in ("03", "06"):
            await recipient.report(waiting, code, signer=world.actors[B].signer)
    return taken, path


async def test_sent_document_is_a_folder_with_file_attachments_receipt_and_history(world: World) -> None:
    taken, path = await handled(world, CONTENT, b"")
    done = await exported(world, A)
    assert (done.sent, done.received, done.removed, done.problems) == (1, 0, 0, ())
    [folder] = folders(world, "sent")
    assert folder.name == f"{today():%Y-%m-%d}_1-SNV-VP_{taken.id}"
    assert files(folder) == {
        "document.edxml",
        "receipt.xml",
        "history.json",
        "attachments/1 phụ lục 1.txt",
        "attachments/2 phụ lục 2.txt",
        f"statuses/1 01 {B}.edxml",
        f"statuses/2 03 {B}.edxml",
        f"statuses/3 06 {B}.edxml",
    }
    assert (folder / "document.edxml").read_bytes() == path.read_bytes()
    assert (folder / "attachments/1 phụ lục 1.txt").read_bytes() == CONTENT
    seals = [row.der for row in await list_seals(world.exchange.database)]
    facts = check_sealed((folder / "receipt.xml").read_bytes(), seals).facts
    assert facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    history = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    assert history["id"] == taken.id
    assert {one["recipient"]: one["state"] for one in history["deliveries"]} == {B: "completed", C: "waiting"}


async def test_received_document_shows_the_recipients_own_copy_alone(world: World) -> None:
    taken, path = await handled(world, CONTENT)
    done = await exported(world, C)
    assert (done.sent, done.received) == (0, 1)
    [folder] = folders(world, "received")
    assert files(folder) == {"document.edxml", "history.json", "attachments/1 phụ lục 1.txt"}
    assert (folder / "document.edxml").read_bytes() == path.read_bytes()
    told = (folder / "history.json").read_text(encoding="utf-8") + (world.folder / "out/documents.csv").read_text()
    assert B not in told  # what became of it elsewhere is none of C's business
    assert json.loads((folder / "history.json").read_text(encoding="utf-8"))["state"] == "waiting"
    async with world.client(C) as recipient:
        [waiting] = (await recipient.inbox()).deliveries
        assert waiting.state == "waiting"  # being exported is not being fetched
    async with world.exchange.database.acquire() as conn:
        assert (
            await conn.fetchval("SELECT count(*) FROM deliveries WHERE recipient = $1 AND fetched_at IS NULL", C) == 1
        )
    assert taken.id in folder.name


async def test_sha256sum_checks_every_file(world: World) -> None:
    await handled(world, CONTENT)
    done = await exported(world, A)
    out = world.folder / "out"
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=out, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count(": OK\n") == done.files == len(files(out)) - 1
    assert done.bytes == sum((out / name).stat().st_size for name in files(out) - {"SHA256SUMS"})
    (out / "documents.csv").write_bytes(b"changed")
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=out, check=False).returncode == 1


async def test_stranger_exports_nothing(world: World) -> None:
    async with world.client(A) as sender:
        await sender.submit(world.envelope(world.document(A, B), world.attachment()))
    done = await exported(world, C)
    assert (done.sent, done.received) == (0, 0)
    assert files(world.folder / "out") == {"documents.csv", "SHA256SUMS"}


async def test_held_and_withdrawn_documents_are_not_handed_to_their_recipients(world: World) -> None:
    async with world.client(A) as sender:
        for _ in range(2):
            await sender.submit(world.envelope(world.document(A, B)))
    await execute(
        world.exchange, "UPDATE deliveries SET held = true WHERE id = (SELECT min(id::text)::uuid FROM deliveries)"
    )
    await execute(world.exchange, "UPDATE deliveries SET withdrawn_at = now() WHERE NOT held")
    assert (await exported(world, B)).received == 0
    assert (await exported(world, A, "own")).sent == 2


async def test_period_is_days_of_vietnam_with_both_ends(world: World) -> None:
    taken, _ = await handled(world)
    moments = {"2026-03-01T16:59:59Z": "2026-03-01", "2026-03-01T17:00:00Z": "2026-03-02"}
    for moment, day in moments.items():
        await execute(
            world.exchange, "UPDATE envelopes SET accepted_at = $1::text::timestamptz WHERE kind = 'document'", moment
        )
        for at in ("2026-03-01", "2026-03-02"):
            name = f"{moment[11:13]}-{at}"
            wish = Wish(
                agency=A,
                first=date.fromisoformat(at),
                last=date.fromisoformat(at),
                out=world.folder / name,
                describe=_described,
            )
            assert (await export(world.exchange, wish)).sent == (1 if at == day else 0)
    assert folders(world, "sent", "17-2026-03-02")[0].name == f"2026-03-02_1-SNV-VP_{taken.id}"


async def test_removed_attachments_leave_the_signed_part_and_all_proofs(world: World) -> None:
    taken, path = await handled(world, CONTENT)
    async with world.client(C) as other:
        await other.confirm(taken.deliveries[1].id, taken.sha256)
    wanted = NewRule(document_type=None, valid_from=date(2000, 1, 1), months=1)
    await retention.set_rule(world.exchange.database, wanted, by="lan")
    await execute(world.exchange, "UPDATE envelopes SET accepted_at = accepted_at - interval '2 months'")
    await do(world.exchange, removing.CHORE)
    await do(world.exchange, sweep.CHORE)
    done = await exported(world, A, days=90)
    assert (done.sent, done.removed, done.problems) == (1, 1, ())
    [folder] = folders(world, "sent")
    names = files(folder)
    assert "document.edxml" not in names
    assert not any(name.startswith("attachments") for name in names)
    assert {"receipt.xml", "history.json", f"statuses/1 01 {B}.edxml"} < names
    rest = (folder / "document-without-attachments.edxml").read_bytes()
    whole = path.read_bytes()
    before = next(n for n, (one, other) in enumerate(zip(whole, rest, strict=False)) if one != other)
    assert whole.endswith(rest[before:])  # the file as it was, but for what stood between
    assert len(whole) - len(rest) > len(CONTENT)
    assert b"SignatureValue" in rest
    [attachment] = json.loads((folder / "history.json").read_text(encoding="utf-8"))["attachments"]
    assert attachment["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert attachment["removed"]["by"] == "lan"
    [row] = rows(world)
    assert row["đã gỡ bỏ lúc / removed at"]


async def test_attachment_in_a_zip_is_written_as_a_person_opens_it(world: World) -> None:
    packed = world.folder / "125.txt"
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr(f"{uuid.uuid4()}.txt", CONTENT)
    async with world.client(A) as sender:
        await sender.submit(world.envelope(world.document(A, B), packed))
    await exported(world, A)
    [folder] = folders(world, "sent")
    [opened] = (folder / "attachments").iterdir()
    assert opened.read_bytes() == CONTENT


async def test_names_from_elsewhere_do_no_harm(world: World) -> None:
    document = replace(
        world.document(A, B),
        number="../../7",
        notation="=cmd|x",
        subject='=HYPERLINK("http://x")',
    )
    path = world.envelope(replace(document, number="7", subject="-1+1"), world.attachment("..hại.txt", CONTENT))
    async with world.client(A) as sender:
        await sender.submit(path)
    await execute(
        world.exchange,
        "UPDATE envelopes SET number = $1, notation = $2, subject = $3 WHERE kind = 'document'",
        document.number,
        document.notation,
        document.subject,
    )
    await execute(world.exchange, "UPDATE attachments SET name = '../../../outside.txt'")
    await exported(world, A)
    out = world.folder / "out"
    assert all(path.resolve().is_relative_to(out.resolve()) for path in out.rglob("*"))
    assert not (world.folder / "outside.txt").exists()
    [folder] = folders(world, "sent")
    [written] = (folder / "attachments").iterdir()
    assert written.read_bytes() == CONTENT
    [row] = rows(world)
    assert row["trích yếu / subject"].startswith("'=")
    assert row["ký hiệu / notation"].startswith("'=")


@pytest.mark.parametrize("change", ["lost", "altered"])
async def test_file_the_store_cannot_give_is_named_and_the_rest_is_written(world: World, change: str) -> None:
    taken, _ = await handled(world, CONTENT, b"safe")
    place = file_of(world.exchange, hashlib.sha256(CONTENT).hexdigest())
    place.chmod(0o600)
    if change == "lost":
        place.unlink()
    else:
        place.write_bytes(CONTENT[:-1] + b"?")
    done = await exported(world, A)
    assert sorted(one.file for one in done.problems) == ["attachments/1 phụ lục 1.txt", "document.edxml"]
    assert all(taken.id in one.folder for one in done.problems)
    [folder] = folders(world, "sent")
    names = files(folder)
    assert "document.edxml" not in names
    assert {"attachments/2 phụ lục 2.txt", "receipt.xml", "history.json"} < names
    out = world.folder / "out"
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=out, check=False)
    assert checked.returncode == 0


async def test_export_without_the_store_is_no_whole_export(world: World) -> None:
    await handled(world, CONTENT)
    store = world.exchange.settings.data_dir / "objects" / "sha256"
    store.rename(store.with_name("unmounted"))
    with pytest.raises(ObjectsAway):
        await exported(world, A)
    assert "SHA256SUMS" not in files(world.folder / "out")
    assert not [name for name in files(world.folder / "out") if name.endswith(".part")]


async def test_folder_in_use_backward_period_and_unknown_agency_are_refused(world: World) -> None:
    used = world.folder / "used"
    used.mkdir()
    (used / "mine.txt").write_text("x")
    for agency, name, days, code in (
        (A, "used", 1, "export.folder_used"),
        (A, "used/mine.txt", 1, "export.folder_used"),
        (A, "new", -1, "export.period_backwards"),
        ("H99", "new", 1, "agency.unknown"),
    ):
        with pytest.raises(Refused) as caught:
            await exported(world, agency, name, days)
        assert [fault.code for fault in caught.value.faults] == [code]
    assert files(used) == {"mine.txt"}
    assert not (world.folder / "new").exists()


async def test_more_documents_than_a_page_are_all_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.export.PAGE", 2)
    async with world.client(A) as sender, world.client(B) as other:
        sent = {(await sender.submit(world.envelope(world.document(A, B)))).id for _ in range(5)}
        await other.submit(world.envelope(world.document(B, A)))
    told: list[tuple[int, int]] = []
    wish = Wish(agency=A, first=today(), last=today(), out=world.folder / "out", describe=_described)
    done = await export(world.exchange, wish, progress=lambda *step: told.append(step))
    assert (done.sent, done.received) == (5, 1)
    assert {folder.name.rpartition("_")[2] for folder in folders(world, "sent")} == sent
    assert told == [(n, 6) for n in range(1, 7)]
    assert len(rows(world)) == 6
