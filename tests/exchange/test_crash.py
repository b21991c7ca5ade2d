"""SIGKILL at every step of the write order: what was answered is there once, what was not is there at most once."""

from __future__ import annotations

import signal
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import pytest

from exchange.client_files import write_envelope
from exchange.failpoints import POINTS
from signing.authority import Authority
from tests.support.service import Service
from tests.support.world import A, B, letter, people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from storage.database import Database
    from tests.support.world import Actor

SUBMISSION = [name for name in POINTS if name.startswith("submit.")]
CONFIRMATION = [name for name in POINTS if name.startswith("confirm.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A directory with people in it, and how to start the service on it."""

    dsn: str
    folder: Path
    actors: dict[str, Actor]

    def service(self, failpoint: str = "") -> Service:
        return Service(data_dir=self.folder / "data", database_url=self.dsn, failpoints=failpoint)

    def envelope(self, number: str) -> Path:
        attachment, path = self.folder / "125.pdf", self.folder / f"{number}.edxml"
        attachment.write_bytes(b"%PDF-1.4\n" + number.encode() * 30_000)
        write_envelope(letter(A, (B,), number), [attachment], path, signer=self.actors[A].signer)
        return path

    @asynccontextmanager
    async def session(self, service: Service, code: str) -> AsyncIterator[aiohttp.ClientSession]:
        """One agency's connection, which tries everything exactly once."""
        headers = {"Authorization": f"Bearer {self.actors[code].credential}"}
        async with aiohttp.ClientSession(service.url, headers=headers) as session:
            yield session

    async def submit(self, service: Service, path: Path) -> tuple[int, str, bytes]:
        """Status, envelope id and receipt."""
        async with self.session(service, A) as session:
            answer = await session.post(
                "/v1/envelopes", data=path.read_bytes(), headers={"Content-Type": "application/xml"}
            )
            taken = await answer.json()
            receipt = await session.get(taken["receipt"])
            return answer.status, taken["id"], await receipt.read()

    async def inbox(self, service: Service, code: str) -> list[dict[str, object]]:
        async with self.session(service, code) as session, session.get("/v1/inbox") as answer:
            found: list[dict[str, object]] = (await answer.json())["deliveries"]
            return found

    async def file(self, service: Service, delivery: object) -> bytes:
        async with self.session(service, B) as session, session.get(f"/v1/deliveries/{delivery}/envelope") as answer:
            return await answer.read()

    async def confirm(self, service: Service, delivery: object, sha256: object) -> dict[str, object]:
        async with self.session(service, B) as session:
            answer = await session.post(f"/v1/deliveries/{delivery}/confirmation", json={"sha256": sha256})
            confirmed: dict[str, object] = await answer.json()
            return confirmed


@pytest.fixture
async def ground(dsn: str, database: Database, tmp_path: Path) -> Ground:
    return Ground(dsn=dsn, folder=tmp_path, actors=await people(database, Authority.make("Crash root")))


def died(service: Service) -> bool:
    return service.wait() == -signal.SIGKILL


@pytest.mark.parametrize("point", SUBMISSION)
async def test_kill_during_submission_loses_and_doubles_nothing(ground: Ground, point: str) -> None:
    answered, unanswered = ground.envelope("1"), ground.envelope("2")
    with ground.service() as before:
        status, first, first_receipt = await ground.submit(before, answered)
        assert status == 201
        assert before.stop() == 0
    with ground.service(point) as dying:
        with pytest.raises(aiohttp.ClientError):
            await ground.submit(dying, unanswered)
        assert died(dying)
    with ground.service() as after:
        seen = await ground.inbox(after, B)
        assert len(seen) == (2 if point == "submit.after_commit" else 1)
        status, second, receipt = await ground.submit(after, unanswered)
        assert status == (200 if point == "submit.after_commit" else 201)
        assert await ground.submit(after, unanswered) == (200, second, receipt)
        assert await ground.submit(after, answered) == (200, first, first_receipt)
        seen = await ground.inbox(after, B)
        assert [one["envelope"] for one in seen] == [first, second]
        assert await ground.file(after, seen[0]["id"]) == answered.read_bytes()
        assert await ground.file(after, seen[1]["id"]) == unanswered.read_bytes()


@pytest.mark.parametrize("point", CONFIRMATION)
async def test_kill_during_confirmation_tells_arrival_once(ground: Ground, point: str) -> None:
    path = ground.envelope("1")
    with ground.service(point) as dying:
        await ground.submit(dying, path)
        [waiting] = await ground.inbox(dying, B)
        with pytest.raises(aiohttp.ClientError):
            await ground.confirm(dying, waiting["id"], waiting["sha256"])
        assert died(dying)
    with ground.service() as after:
        assert len(await ground.inbox(after, B)) == (0 if point == "confirm.after_commit" else 1)
        first = await ground.confirm(after, waiting["id"], waiting["sha256"])
        assert first["state"] == "collected"
        assert await ground.confirm(after, waiting["id"], waiting["sha256"]) == first
        assert await ground.inbox(after, B) == []
        [arrival] = await ground.inbox(after, A)
        assert arrival["status"]["code"] == "01"  # type: ignore[index]
        assert await ground.file(after, waiting["id"]) == path.read_bytes()
