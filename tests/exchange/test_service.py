"""The whole service as processes: killed, stopped, doubled, on databases and stores of every kind."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import socket
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import asyncpg
import pytest

from exchange.client import Client
from exchange.client_files import write_envelope
from exchange.opening import open_database
from exchange.settings import load_settings
from signing.authority import Authority
from storage.database import Database
from storage.embedded import EmbeddedPostgres
from storage.postmaster import processes_of, read_pid_file
from tests.support import raw
from tests.support.asking import asking
from tests.support.servers import cluster, is_zombie, unreaped
from tests.support.service import Service
from tests.support.world import A, B, letter, people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.support.asking import Asking
    from tests.support.s3 import S3Server
    from tests.support.world import Actor

SOON = 20.0
"""Far more than anything here takes; the tests wait this long only if they fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """People in a directory, and a folder for everything else."""

    folder: Path
    actors: dict[str, Actor]
    dsn: str | None = None

    def service(self, **settings: object) -> Service:
        where = {"data_dir": self.folder / "data"} | ({"database_url": self.dsn} if self.dsn else {})
        return Service(**(where | settings))

    def envelope(self, number: str, size: int = 20_000) -> Path:
        attachment, path = self.folder / "125.pdf", self.folder / f"{number}.edxml"
        attachment.write_bytes(b"%PDF-1.4\n" + number.encode() * size)
        write_envelope(letter(A, (B,), number), [attachment], path, signer=self.actors[A].signer)
        return path

    def asking(self, service: Service, code: str, **options: object) -> AbstractAsyncContextManager[Asking]:
        return asking(service.url, self.actors[code].credential, **options)

    def client(self, service: Service, code: str) -> Client:
        return Client(service.url, self.actors[code].credential)

    @property
    def postgres(self) -> Path:
        """Folder of the embedded server."""
        return self.folder / "data" / "postgres" / "data"


@pytest.fixture
async def ground(database: Database, dsn: str, tmp_path: Path) -> Ground:
    """On a database of somebody else's."""
    return Ground(folder=tmp_path, dsn=dsn, actors=await people(database, Authority.make("Service root")))


@pytest.fixture
async def embedded(tmp_path: Path) -> Ground:
    """On an embedded database."""
    async with open_database(load_settings({}, data_dir=tmp_path / "data")) as database:
        return Ground(folder=tmp_path, actors=await people(database, Authority.make("Service root")))


async def submitted(asker: Asking, path: Path) -> tuple[str, bytes]:
    """Id and receipt of an envelope, sent until it is taken."""
    async with asyncio.timeout(SOON):
        while (taken := await asker.submit(path.read_bytes())).status not in {200, 201}:
            assert taken.status == 503
            await asyncio.sleep(0.05)
    receipt = await asker.ask(taken.json["receipt"])
    assert receipt.status == 200
    return taken.json["id"], receipt.body


async def test_embedded_database_that_dies_alone_is_brought_back(embedded: Ground) -> None:
    with embedded.service() as service:
        async with embedded.asking(service, A) as sender:
            first = await submitted(sender, embedded.envelope("1"))
            for n in (1, 2):
                pid = read_pid_file(embedded.postgres).pid
                os.kill(pid, signal.SIGKILL)
                await service.says("database.restarted", times=n)
                assert read_pid_file(embedded.postgres).pid != pid
                await submitted(sender, embedded.envelope(f"after-{n}"))
            assert await submitted(sender, embedded.envelope("1")) == first
        assert service.stop() == 0
        assert processes_of(embedded.postgres) == []
        assert "request.failed" not in service.events()


async def test_everything_killed_at_once_serves_again_with_all_that_was_answered(
    embedded: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [embedded.envelope(str(n)) for n in range(3)]
    with unreaped():
        with embedded.service() as service:
            async with embedded.asking(service, A) as sender:
                answered = [await submitted(sender, path) for path in paths]
            postmaster = read_pid_file(embedded.postgres).pid
            os.kill(postmaster, signal.SIGKILL)
            service.kill()
        async with asyncio.timeout(SOON):
            while not is_zombie(postmaster):
                await asyncio.sleep(0.01)
        began = time.monotonic()
        with embedded.service() as service:
            async with embedded.asking(service, A) as sender, embedded.asking(service, B) as recipient:
                assert (await sender.ask("/readyz")).status == 200
                with capsys.disabled():
                    print(f"\nserving again {time.monotonic() - began:.2f} s after everything was killed")
                assert [await submitted(sender, path) for path in paths] == answered
                waiting = (await recipient.inbox()).json["deliveries"]
                assert [one["envelope"] for one in waiting] == [envelope for envelope, _ in answered]
                for one, path in zip(waiting, paths, strict=True):
                    assert (await recipient.file(one["id"])).body == path.read_bytes()
            assert service.stop() == 0
    os.waitpid(postmaster, 0)


async def active(asker: Asking, number: int) -> None:
    """Return when so many requests are under way, this one aside."""
    async with asyncio.timeout(SOON):
        while f"lienthong_requests_active {number + 1}.0".encode() not in (await asker.ask("/metrics")).body:
            await asyncio.sleep(0.02)


def refused(service: Service) -> bool:
    """Whether new connections are."""
    try:
        socket.create_connection(("127.0.0.1", service.port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


async def begin(ground: Ground, upload: raw.Line, path: Path) -> bytes:
    """Send the first half of a submission to a service that waits for it; the other half."""
    data, credential = path.read_bytes(), ground.actors[A].credential
    about = {"Content_Type": "application/xml", "Content_Length": len(data), "Expect": "100-continue"}
    upload.send(raw.head("POST", "/v1/envelopes", credential, **about))
    assert (await upload.answer()).status == 100
    upload.send(data[: len(data) // 2])
    return data[len(data) // 2 :]


async def test_stopping_service_finishes_what_is_under_way(ground: Ground) -> None:
    path = ground.envelope("1", 400_000)
    with ground.service(poll_seconds=60) as service:
        async with raw.line(service.url) as upload, ground.asking(service, B) as recipient:
            rest = await begin(ground, upload, path)
            sleeper = asyncio.create_task(recipient.inbox(wait=25))
            async with ground.asking(service, A) as other:
                await active(other, 2)
                began = time.monotonic()
                service.terminate()
                await service.says("service.stopping")
                async with asyncio.timeout(SOON):
                    woken = await sleeper
                    while not refused(service):
                        await asyncio.sleep(0.02)
                assert (woken.status, woken.json["deliveries"]) == (200, [])
                assert service.process.poll() is None
                upload.send(rest)
                answer = await upload.answer()
                assert answer.status == 201, answer.body
                assert answer.headers["connection"] == "close"
                assert await upload.closed() == b""
        assert service.wait() == 0
        assert time.monotonic() - began < 10
    order = [event for event in service.events() if event.startswith(("service.", "worker.", "document."))]
    assert order[-4:] == ["service.stopping", "document.taken", "worker.stopped", "service.stopped"]


async def test_stopping_service_waits_no_longer_than_it_was_told(ground: Ground) -> None:
    path = ground.envelope("1")
    with ground.service(shutdown_seconds=1) as service:
        async with raw.line(service.url) as upload:
            await begin(ground, upload, path)
            began = time.monotonic()
            service.terminate()
            assert await asyncio.to_thread(service.wait) == 0
            assert 1 <= time.monotonic() - began < 5
            await upload.closed()
    assert not [line for line in service.lines if "Traceback" in line]
    assert not list((ground.folder / "data").glob("spool/*"))


async def test_bare_address_leads_to_the_desk(ground: Ground) -> None:
    with ground.service() as service:
        async with aiohttp.ClientSession() as browser, browser.get(service.url) as page:
            assert page.status == 200
            assert page.url.path == "/desk/sign-in"


async def test_second_sigterm_ends_at_once_and_harms_nothing(ground: Ground) -> None:
    path = ground.envelope("1")
    with ground.service() as service:
        async with raw.line(service.url) as upload:
            await begin(ground, upload, path)
            service.terminate()
            await service.says("service.stopping")
            service.terminate()
            assert await asyncio.to_thread(service.wait, 5) == -signal.SIGTERM
    with ground.service() as service:
        async with ground.asking(service, A) as sender:
            assert (await sender.submit(path.read_bytes())).status == 201
        assert service.stop() == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A service of two processes."""

    ground: Ground
    service: Service

    @asynccontextmanager
    async def only(self, worker: int) -> AsyncIterator[None]:
        """While this lasts, the other process sleeps, so this one takes every new connection."""
        others = [pid for pid in self.service.children() if pid != worker]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

    @asynccontextmanager
    async def asking(self, worker: int, code: str) -> AsyncIterator[Asking]:
        """An agency whose one connection is to this process."""
        connector = aiohttp.TCPConnector(limit=1)
        async with self.ground.asking(self.service, code, connector=connector) as asker:
            async with self.only(worker):
                assert (await asker.ask("/v1/agencies")).status == 200
            yield asker


@pytest.fixture
async def pair(ground: Ground) -> AsyncIterator[Pair]:
    """Two processes whose sleepers look by themselves once a minute only."""
    with ground.service(processes=2, poll_seconds=60) as service:
        await service.says("service.opened", times=2)
        yield Pair(ground=ground, service=service)


async def test_two_processes_share_the_work_and_stop_together(pair: Pair, database: Database) -> None:
    first, second = pair.service.children()
    async with (
        pair.asking(first, A) as sender,
        pair.asking(second, B) as recipient,
        pair.asking(second, A) as onlooker,
    ):
        sleeper = asyncio.create_task(recipient.inbox(wait=30))
        await active(onlooker, 1)
        began = time.monotonic()
        taken = await sender.submit(pair.ground.envelope("1").read_bytes())
        assert taken.status == 201
        assert [one["envelope"] for one in (await sleeper).json["deliveries"]] == [taken.json["id"]]
        assert time.monotonic() - began < 5  # the bell woke it, not its own look

        assert (await onlooker.ask("/v1/outbox")).status == 200
        async with database.transaction() as conn:
            await conn.execute("UPDATE credentials SET revoked_at = clock_timestamp() WHERE system = $1", f"system.{A}")
        revoked = time.monotonic()
        for asker in (sender, onlooker):
            while (await asker.ask("/v1/outbox")).status != 401:
                assert time.monotonic() - revoked < 1
    async with asyncio.timeout(SOON), database.acquire() as conn:
        while await conn.fetchval("SELECT count(finished_at) FROM chores") < 4:
            await asyncio.sleep(0.05)
        assert await conn.fetchval("SELECT token FROM chores WHERE name = 'check'") == 1  # once, though both wanted to
    assert await asyncio.to_thread(pair.service.stop) == 0
    events = pair.service.events()
    assert events.count("service.listening") == 1
    for event in ("service.opened", "worker.started", "service.stopping", "worker.stopped", "service.stopped"):
        assert events.count(event) == 2
    known = ("service.", "worker.", "bell.", "document.", "check.", "request.", "chore.")
    assert [event for event in events if not event.startswith(known)] == []


async def test_killed_process_is_replaced_while_the_other_serves(pair: Pair) -> None:
    first, second = pair.service.children()
    async with pair.asking(second, B) as asker:
        os.kill(first, signal.SIGKILL)
        assert (await asker.inbox()).status == 200
        await pair.service.says("service.opened", times=3)
        [third] = set(pair.service.children()) - {first, second}
    async with pair.asking(third, A) as sender:
        assert (await sender.submit(pair.ground.envelope("1").read_bytes())).status == 201
    assert await asyncio.to_thread(pair.service.stop) == 0


async def test_two_processes_finish_what_is_under_way(pair: Pair) -> None:
    path = pair.ground.envelope("1")
    async with raw.line(pair.service.url) as upload:
        rest = await begin(pair.ground, upload, path)
        pair.service.terminate()
        async with asyncio.timeout(SOON):
            while not await asyncio.to_thread(refused, pair.service):
                await asyncio.sleep(0.02)
        pair.service.terminate()  # once more is harmless
        upload.send(rest)
        assert (await upload.answer()).status == 201
    assert await asyncio.to_thread(pair.service.wait) == 0


async def test_process_replaced_in_an_outage_waits_for_its_end(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    dsn = await asyncio.to_thread(server.ensure)
    try:
        with Service(
            processes=2, data_dir=tmp_path / "data", database_url=dsn.replace("/lienthong", "/postgres")
        ) as service:
            await service.says("service.opened", times=2)
            await asyncio.to_thread(server.release)
            os.kill(service.children()[0], signal.SIGKILL)
            await service.says("service.waiting")
            async with asking(service.url, "none") as anybody:
                assert (await anybody.ask("/healthz")).status == 200
                await asyncio.to_thread(server.ensure)
                await service.says("service.opened", times=3)
                assert (await anybody.ask("/v1/inbox")).status == 401
            assert await asyncio.to_thread(service.stop) == 0
    finally:
        await asyncio.to_thread(server.release)


async def test_processes_that_cannot_be_set_up_end_and_say_why(ground: Ground, database: Database) -> None:
    async with database.transaction() as conn:
        await conn.execute("UPDATE alembic_version SET version_num = '9999'")
    with ground.service(processes=2) as service:
        assert await asyncio.to_thread(service.wait) == 1
        await service.says("service.unusable", seconds=1)
    assert "install the newer version" in next(line for line in service.lines if "service.unusable" in line)
    assert service.events()  # all of it is JSON


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database on the network, never used before."""
    with cluster(tmp_path_factory.mktemp("cluster")) as dsn:
        yield dsn


def in_s3(s3: S3Server, _folder: Path) -> str:
    return s3.url("service")


def in_folder(_s3: S3Server, folder: Path) -> str:
    return str(folder / "kho tệp")


@pytest.mark.parametrize("place", [in_s3, in_folder])
async def test_journey_on_a_database_and_a_store_of_somebody_elses(
    foreign: str, s3: S3Server, tmp_path: Path, place: Callable[[S3Server, Path], str]
) -> None:
    dsn = foreign.replace("/postgres", f"/{place.__name__}")
    await make_database(foreign, place.__name__)
    objects = place(s3, tmp_path)
    settings = {"data_dir": tmp_path / "data", "database_url": dsn, "objects_url": objects, "scrub_after_seconds": 1}
    with Service(**settings) as service:
        database = await Database.open(dsn)
        actors = await people(database, Authority.make("Journey root"))
        ground = Ground(folder=tmp_path, dsn=dsn, actors=actors)
        await travel(ground, service)
        kept = tmp_path / "data" / "spool" / "kept"
        if place is in_s3:
            assert [path.name for path in kept.iterdir()] == [digest(tmp_path / "125.pdf")]
            async with asyncio.timeout(SOON):
                while list(kept.iterdir()):
                    await asyncio.sleep(0.05)
        else:
            assert not kept.exists()
            assert (tmp_path / "kho tệp" / "sha256").is_dir()
        await database.close()
        assert service.stop() == 0
    assert not (tmp_path / "data" / "postgres").exists()
    assert "mật" not in "".join(service.lines)


async def make_database(server: str, name: str) -> None:
    conn = await asyncpg.connect(server)
    await conn.execute(f"CREATE DATABASE {name}")
    await conn.close()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def travel(ground: Ground, service: Service) -> None:
    """A document goes from A to B, and its statuses come back."""
    path, stored = ground.envelope("1"), ground.folder / "stored.edxml"
    async with ground.client(service, A) as sender, ground.client(service, B) as recipient:
        taken = await sender.submit(path)
        [waiting] = (await recipient.inbox()).deliveries
        await recipient.fetch_envelope(waiting.id, stored)
        assert stored.read_bytes() == path.read_bytes()
        await recipient.fetch_attachment(waiting.id, 1, ground.folder / "opened.pdf")
        assert digest(ground.folder / "opened.pdf") == digest(ground.folder / "125.pdf")
        await recipient.confirm(waiting.id, digest(stored))
        for code in ("03", "05", "06"):
            await recipient.report(waiting, code, signer=ground.actors[B].signer)
        [one] = (await sender.envelope(taken.id)).deliveries
        assert one.state == "completed"
        statuses = (await sender.inbox(kind="status")).deliveries
        assert [status.status.code for status in statuses if status.status] == ["01", "03", "05", "06"]
        for status in statuses:
            await sender.confirm(status.id, status.sha256)
        assert await sender.receipt(taken.id)
