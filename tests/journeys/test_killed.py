"""The process dies by SIGKILL in the middle of every operation, at both doors: whoever sends again is as if it had not.

`before_commit` is the last moment at which nothing may have happened, `after_commit` the first at which all has.
"""

from __future__ import annotations

import signal
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import pytest

from exchange.client import ApiTryLater
from exchange.exchange import open_exchange
from exchange.settings import load_settings
from signing.authority import Authority
from tests.axis.wire import NoAnswer
from tests.journeys.doors import DOORS, DoorKind, Office
from tests.support.changes import recall, replacement, update
from tests.support.service import Service
from tests.support.world import A, B, C, D, letter, listening, people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from storage.database import Database
    from tests.support.world import Actor

POINTS = ("submit.before_commit", "submit.after_commit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An operation on a document that A sent to B and C and that B fetched: who does it, and what A sees then."""

    by: str
    file: Callable[[Office], bytes]
    then: dict[str, str]
    waits: dict[str, int]
    after_recall: bool = False


DOCUMENT = letter(A, (B, C), "1")
STORIES = {
    "new": Story(
        by=A,
        file=lambda office: office.written(letter(A, (B, C), "2")),
        then={B: "collected", C: "waiting"},
        waits={B: 1, C: 2},
    ),
    "recall": Story(
        by=A,
        file=lambda office: office.written(recall(DOCUMENT)),
        then={B: "recall_asked", C: "recalled"},
        waits={B: 1, C: 0},
    ),
    "status 13": Story(
        by=A,
        file=lambda office: office.worded(DOCUMENT, "13", "Gửi nhầm", to=C),
        then={B: "collected", C: "recalled"},
        waits={B: 0, C: 0},
    ),
    "update": Story(
        by=A,
        file=lambda office: office.written(update(DOCUMENT, B, D, added=(D,), removed=(C,), subject="V/v đính chính")),
        then={B: "collected", C: "recalled"},
        waits={B: 1, C: 0, D: 1},
    ),
    "replacement": Story(
        by=A,
        file=lambda office: office.written(replacement(letter(A, (B,), "3"), {DOCUMENT.reference: [B]})),
        then={B: "collected", C: "waiting"},
        waits={B: 1, C: 1},
    ),
    "status 03": Story(
        by=B,
        file=lambda office: office.worded(DOCUMENT, "03", "Đã vào sổ"),
        then={B: "accepted", C: "waiting"},
        waits={A: 2, B: 0, C: 1},
    ),
    "status 02": Story(
        by=B,
        file=lambda office: office.worded(DOCUMENT, "02", "Không đúng thẩm quyền"),
        then={B: "refused", C: "waiting"},
        waits={A: 2, B: 0, C: 1},
    ),
    "status 15": Story(
        by=B,
        file=lambda office: office.worded(DOCUMENT, "15", "Đồng ý"),
        then={B: "recalled", C: "recalled"},
        waits={A: 2, B: 1, C: 0},
        after_recall=True,
    ),
    "status 16": Story(
        by=B,
        file=lambda office: office.worded(DOCUMENT, "16", "Đã xử lý xong"),
        then={B: "collected", C: "recalled"},
        waits={A: 2, B: 1, C: 0},
        after_recall=True,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A database with people in it that outlives every process, and how to start one."""

    dsn: str
    folder: Path
    actors: dict[str, Actor]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """The exchange in this process; its address."""
        settings = load_settings({}, data_dir=self.folder / "data", database_url=self.dsn, spool_floor_bytes=0)
        async with open_exchange(settings) as exchange, listening(exchange) as url:
            yield url

    def dying(self, failpoint: str) -> Service:
        """The exchange in a process of its own that does not survive `failpoint`."""
        return Service(data_dir=self.folder / "data", database_url=self.dsn, failpoints=failpoint)

    def office(self, url: str, code: str, door: DoorKind = "native") -> Office:
        return Office(url=url, actor=self.actors[code], folder=self.folder, door=door)


@pytest.fixture
async def ground(dsn: str, database: Database, tmp_path: Path) -> Ground:
    return Ground(dsn=dsn, folder=tmp_path, actors=await people(database, Authority.make("Journeys' root")))


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", STORIES)
async def test_an_operation_that_is_cut_off_happens_once(ground: Ground, name: str, door: DoorKind, point: str) -> None:
    story = STORIES[name]
    async with ground.running() as url:
        sent = await ground.office(url, A).send(ground.office(url, A).written(DOCUMENT))
        await ground.office(url, B).take()
        if story.after_recall:
            await ground.office(url, A).send(ground.office(url, A).written(recall(DOCUMENT)))
    with ground.dying(point) as dying:
        office = ground.office(dying.url, story.by, door)
        file = story.file(office)
        with pytest.raises((aiohttp.ClientError, ApiTryLater, NoAnswer, OSError)):
            await office.send(file)
        assert dying.wait() == -signal.SIGKILL
    async with ground.running() as url:
        again = ground.office(url, story.by, door)
        first = await again.send(file)
        assert await again.send(file) == first
        assert await ground.office(url, A).states(sent) == story.then
        for code, count in story.waits.items():
            assert await ground.office(url, code).count("status" if code == A else "document") == count, code
