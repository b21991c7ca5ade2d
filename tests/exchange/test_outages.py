"""Database or store away: 503 within a second, nothing half-done, and everything works again without a restart."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import structlog

from storage.embedded import EmbeddedPostgres
from tests.support.asking import Answered, Asking, asking
from tests.support.databases import Template
from tests.support.s3 import S3Server
from tests.support.servers import Line, frozen, lossy
from tests.support.world import A, B, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from tests.support.world import World

RECOVERY_SECONDS = 10.0
"""Far more than it takes; the tests wait this long only if they fail."""


@pytest.fixture(autouse=True)
def fresh_readiness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readiness is not remembered for long, so that nobody waits for it."""
    monkeypatch.setattr("exchange.checks.REMEMBERED_SECONDS", 0.1)


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of this file's own, to be stopped, killed and frozen."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("mortal"))
    server.ensure()
    yield server
    server.release()


@pytest.fixture(scope="module")
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A store of this file's own, to be stopped."""
    server = S3Server(tmp_path_factory.mktemp("frail"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def doomed(mortal: EmbeddedPostgres) -> Template:
    """A migrated database on the server that gets stopped."""
    return Template(mortal.ensure())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A world in which one document waits for B and another is ready to be sent."""

    world: World
    sender: Asking
    recipient: Asking
    sent: Path
    ready: Path
    delivery: str
    sha256: str

    async def everything(self) -> dict[str, Answered]:
        """One answer of every kind, asked for at the same time."""
        asked = {
            "submit": self.sender.submit(self.ready.read_bytes()),
            "outbox": self.sender.ask("/v1/outbox"),
            "inbox": self.recipient.inbox(),
            "file": self.recipient.file(self.delivery),
            "attachment": self.recipient.ask(f"/v1/deliveries/{self.delivery}/attachments/1"),
            "confirm": self.recipient.confirm(self.delivery, self.sha256),
        }
        return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))

    async def rows(self) -> dict[str, int]:
        """How much is in the database, apart from announcements of uploads."""
        tables = ("envelopes", "deliveries", "events", "attachments", "objects")
        async with self.world.exchange.database.acquire() as conn:
            found = {table: await conn.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
            query = "SELECT count(*) FROM deliveries WHERE confirmed_at IS NOT NULL"
            return found | {"confirmed": await conn.fetchval(query)}

    async def strays(self) -> set[str]:
        """Objects in the store that neither an envelope nor an announcement explains."""
        stored = {stat.sha256 async for stat in self.world.exchange.objects.list()}
        async with self.world.exchange.database.acquire() as conn:
            query = "SELECT encode(sha256, 'hex') FROM objects UNION SELECT encode(object, 'hex') FROM upload_intents"
            return stored - {row[0] for row in await conn.fetch(query)}

    def spooled(self) -> list[str]:
        """Submissions left in the spool."""
        spool = self.world.exchange.settings.spool
        return [path.name for path in spool.iterdir() if path.name != "kept"] if spool.exists() else []

    async def healthy(self) -> None:
        """Return when the service is ready again."""
        async with asyncio.timeout(RECOVERY_SECONDS):
            while (await self.sender.ask("/readyz")).status != 200:
                await asyncio.sleep(0.05)

    async def finish(self) -> None:
        """What failed before works now, exactly once."""
        taken = await self.sender.submit(self.ready.read_bytes())
        assert taken.status == 201, taken.body
        assert [one["recipient"] for one in taken.json["deliveries"]] == [B]
        assert (await self.recipient.file(self.delivery)).body == self.sent.read_bytes()
        [_, second] = (await self.recipient.inbox()).json["deliveries"]
        assert (await self.recipient.file(second["id"])).body == self.ready.read_bytes()
        assert (await self.recipient.confirm(self.delivery, self.sha256)).json["state"] == "collected"
        assert len((await self.sender.ask("/v1/outbox")).json["envelopes"]) == 2


@asynccontextmanager
async def ground_of(dsn: str, folder: Path, **settings: object) -> AsyncIterator[Ground]:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(world_of(dsn, folder, **settings))
        callers = [asking(world.url, world.actors[code].credential) for code in (A, B)]
        sender, recipient = [await stack.enter_async_context(one) for one in callers]
        sent, ready = [
            world.envelope(None, world.attachment(name, name.encode() * 9000)) for name in ("1.pdf", "2.pdf")
        ]
        taken = (await sender.submit(sent.read_bytes())).json
        yield Ground(
            world=world,
            sender=sender,
            recipient=recipient,
            sent=sent,
            ready=ready,
            delivery=taken["deliveries"][0]["id"],
            sha256=taken["sha256"],
        )


@pytest.fixture
async def ground(doomed: Template, mortal: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Ground]:
    """On the server that gets stopped."""
    async with doomed.copy() as dsn:
        async with ground_of(dsn, tmp_path) as made:
            yield made
        await asyncio.to_thread(mortal.ensure)


@asynccontextmanager
async def stopped(server: EmbeddedPostgres) -> AsyncIterator[None]:
    """As an operator restarts it."""
    await asyncio.to_thread(server.release)
    yield
    await asyncio.to_thread(server.ensure)


@asynccontextmanager
async def killed(server: EmbeddedPostgres) -> AsyncIterator[None]:
    """As the kernel ends it when memory runs out."""
    os.kill(server.postmaster_pid() or 0, signal.SIGKILL)
    yield
    await asyncio.to_thread(server.ensure)


@asynccontextmanager
async def silent(server: EmbeddedPostgres) -> AsyncIterator[None]:
    """As behind a cut cable."""
    with frozen(server):
        yield


@pytest.mark.parametrize("outage", [stopped, killed, silent])
async def test_database_away_is_said_within_a_second_and_over_without_restart(
    ground: Ground, mortal: EmbeddedPostgres, outage: Callable[[EmbeddedPostgres], AsyncIterator[None]]
) -> None:
    before = await ground.rows()
    async with outage(mortal):
        for _ in range(2):  # with and without remembered credentials
            for name, answer in (await ground.everything()).items():
                assert answer.away, (name, answer)
        assert (await ground.sender.ask("/healthz")).status == 200
        assert (await ground.sender.ask("/readyz")).status == 503
        assert ground.spooled() == []
    await ground.healthy()
    assert await ground.rows() == before
    assert await ground.strays() == set()
    await ground.finish()


@pytest.mark.parametrize("outage", [killed, silent])
async def test_database_that_leaves_during_submissions_loses_and_doubles_nothing(
    ground: Ground, mortal: EmbeddedPostgres, outage: Callable[[EmbeddedPostgres], AsyncIterator[None]]
) -> None:
    world = ground.world
    files = [world.envelope(None, world.attachment(f"{n}.pdf", b"%d" % n * 9000)).read_bytes() for n in range(24)]
    tasks = [asyncio.create_task(ground.sender.submit(data)) for data in files]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    async with outage(mortal):
        answers = await asyncio.gather(*tasks)
    assert {answer.status for answer in answers} <= {201, 503}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status == 503)
    await ground.healthy()
    again = [await ground.sender.submit(data) for data in files]
    for first, second in zip(answers, again, strict=True):
        assert second.status in {200, 201}
        assert first.status == 503 or second.json == first.json
    assert len((await ground.recipient.inbox()).json["deliveries"]) == 1 + len(files)
    assert await ground.strays() == set()
    assert ground.spooled() == []


@pytest.mark.parametrize("outage", [stopped, killed, silent])
async def test_sleeping_inbox_ends_properly_when_the_database_leaves(
    ground: Ground, mortal: EmbeddedPostgres, outage: Callable[[EmbeddedPostgres], AsyncIterator[None]]
) -> None:
    bell = ground.world.exchange.bell
    sleeper = asyncio.create_task(ground.sender.inbox(wait=20))
    async with asyncio.timeout(RECOVERY_SECONDS):
        while not len(bell):
            await asyncio.sleep(0)
    async with outage(mortal), asyncio.timeout(RECOVERY_SECONDS):
        answer = await sleeper  # it looks every second, or is told so by the lost connection
    assert (answer.status, answer.headers["Content-Type"]) == (503, "application/problem+json")
    await ground.healthy()
    sleeper = asyncio.create_task(ground.sender.inbox(wait=20))
    assert (await ground.recipient.confirm(ground.delivery, ground.sha256)).status == 200
    async with asyncio.timeout(RECOVERY_SECONDS):
        assert (await sleeper).json["deliveries"][0]["status"]["code"] == "01"


@asynccontextmanager
async def folder_gone(objects: Path) -> AsyncIterator[None]:
    """As when its disk was unmounted."""
    objects.rename(objects.with_name("elsewhere"))
    yield
    objects.with_name("elsewhere").rename(objects)


@asynccontextmanager
async def folder_replaced(objects: Path) -> AsyncIterator[None]:
    """As when something else stands in its place."""
    async with folder_gone(objects):
        objects.write_bytes(b"no folder")
        yield
        objects.unlink()


async def refuse_what_needs_objects(ground: Ground, before: dict[str, int]) -> None:
    """Sending and fetching end with 503, everything else works, nothing is kept."""
    for _ in range(2):
        answers = await asyncio.gather(
            ground.sender.submit(ground.ready.read_bytes()),
            ground.recipient.file(ground.delivery),
            ground.recipient.ask(f"/v1/deliveries/{ground.delivery}/attachments/1"),
        )
        assert [answer.away for answer in answers] == [True] * 3, answers
        assert len((await ground.recipient.inbox()).json["deliveries"]) == 1
        assert len((await ground.sender.ask("/v1/outbox")).json["envelopes"]) == 1
    assert (await ground.sender.ask("/healthz")).status == 200
    assert (await ground.sender.ask("/readyz")).status == 503
    assert await ground.rows() == before
    assert ground.spooled() == []


@pytest.mark.parametrize("outage", [folder_gone, folder_replaced])
async def test_folder_away_is_said_within_a_second_and_over_without_restart(
    dsn: str, tmp_path: Path, outage: Callable[[Path], AsyncIterator[None]]
) -> None:
    async with ground_of(dsn, tmp_path) as ground:
        before = await ground.rows()
        async with outage(ground.world.exchange.settings.data_dir / "objects"):
            await refuse_what_needs_objects(ground, before)
        await ground.healthy()
        assert await ground.strays() == set()
        await ground.finish()


async def test_s3_away_is_said_within_a_second_and_over_without_restart(
    dsn: str, tmp_path: Path, frail: S3Server
) -> None:
    async with ground_of(dsn, tmp_path, objects_url=frail.url("away")) as ground:
        before = await ground.rows()
        frail.stop()
        try:
            await refuse_what_needs_objects(ground, before)
        finally:
            await asyncio.to_thread(frail.start)
        await ground.healthy()
        assert await ground.strays() == set()
        await ground.finish()


async def test_s3_that_says_nothing_is_waited_for_once_not_by_one_after_the_other(
    dsn: str, tmp_path: Path, frail: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.minio_objects.READ_SECONDS", 1.0)
    monkeypatch.setattr("storage.minio_objects.SILENT_SECONDS", 0.5)
    async with ground_of(dsn, tmp_path, objects_url=frail.url("silent")) as ground:
        before, world = await ground.rows(), ground.world
        files = [world.envelope(None, world.attachment(f"{n}.pdf", b"%d" % n * 9000)).read_bytes() for n in range(30)]
        os.kill(frail.process.pid, signal.SIGSTOP)
        try:
            answers = await asyncio.gather(*(ground.sender.submit(data) for data in files))
            assert {answer.status for answer in answers} == {503}
            assert max(answer.seconds for answer in answers) < 3
            assert (await ground.sender.submit(files[0])).away
        finally:
            os.kill(frail.process.pid, signal.SIGCONT)
        assert await ground.rows() == before
        assert ground.spooled() == []
        await ground.healthy()
        await ground.finish()
        assert await ground.strays() == set()


async def test_s3_that_only_fails_is_an_outage(dsn: str, tmp_path: Path, frail: S3Server) -> None:
    async with ground_of(dsn, tmp_path, objects_url=frail.url("failing")) as ground:
        before = await ground.rows()
        frail.stop()
        async with failing(frail.port):
            await refuse_what_needs_objects(ground, before)
        await asyncio.to_thread(frail.start)
        await ground.healthy()
        await ground.finish()


@asynccontextmanager
async def failing(port: int) -> AsyncIterator[None]:
    """A server that answers everything with 500."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    line = socket.create_server(("127.0.0.1", port))
    server = await asyncio.start_server(answer, sock=line)
    async with server:
        yield


async def test_lost_answer_to_commit_is_unknown_and_its_retry_gets_one_receipt(dsn: str, tmp_path: Path) -> None:
    async with lossy(dsn, tmp_path) as line:
        await lose_one_answer(line, tmp_path)


async def lose_one_answer(line: Line, folder: Path) -> None:
    line.breaks = False
    async with ground_of(line.dsn, folder) as ground:
        line.breaks = True
        with structlog.testing.capture_logs() as logs:
            lost = await ground.sender.submit(ground.ready.read_bytes())
        line.breaks = False
        assert lost.away
        assert lost.json["type"] == "about:blank#unknown"
        assert "commit.unknown" in [entry["event"] for entry in logs]
        again = await ground.sender.submit(ground.ready.read_bytes())
        assert again.status == 200
        receipts = [await ground.sender.ask(again.json["receipt"]) for _ in range(2)]
        assert receipts[0].body == receipts[1].body
        assert len((await ground.recipient.inbox()).json["deliveries"]) == 2
        assert (await ground.rows())["envelopes"] == 2
