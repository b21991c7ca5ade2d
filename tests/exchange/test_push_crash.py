"""SIGKILL while a webhook is told: the notice is told again, under the id by which the receiver knows it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from exchange import webhooks
from exchange.client_files import write_envelope
from exchange.failpoints import POINTS
from exchange.webhooks import Wanted
from signing.authority import Authority
from tests.support.hooks import GOOD
from tests.support.peer import listening_peer
from tests.support.service import Service
from tests.support.world import A, B, letter, people

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database
    from tests.support.peer import Handler

TELLING = [name for name in POINTS if name.startswith("push.")]


async def state(database: Database) -> tuple[str, int]:
    """Of the one notice: its state, and tries begun."""
    async with database.acquire() as conn:
        row = await conn.fetchrow("SELECT state, attempts FROM notices")
    assert row is not None
    return row["state"], row["attempts"]


async def submit(service: Service, credential: str, path: Path) -> None:
    """Send the document; the service may die of telling before it can answer."""
    headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/xml"}
    with suppress(aiohttp.ClientError):
        async with (
            aiohttp.ClientSession(service.url, headers=headers) as session,
            session.post("/v1/envelopes", data=path.read_bytes()) as answer,
        ):
            assert answer.status == 201


@pytest.mark.parametrize("point", TELLING)
async def test_kill_while_telling_loses_no_notice(dsn: str, database: Database, tmp_path: Path, point: str) -> None:
    actors = await people(database, Authority.make("Crash root"))
    async with listening_peer() as peer:
        peer.script(GOOD)
        wanted = Wanted(system=f"system.{B}", url=peer.url, networks=("127.0.0.0/8",), allow_http=True)
        await webhooks.add_webhook(database, wanted)
        path = tmp_path / "1.edxml"
        write_envelope(letter(A, (B,), "1"), [], path, signer=actors[A].signer)
        with Service(data_dir=tmp_path / "data", database_url=dsn, failpoints=point) as dying:
            await submit(dying, actors[A].credential, path)
            assert await asyncio.to_thread(dying.wait) == -signal.SIGKILL
        told = list(peer.seen)
        assert (len(told), await state(database)) == (1 if point == "push.after_post" else 0, ("waiting", 1))
        await leases_end(database)
        again = asyncio.Event()
        peer.script(ringing(again))
        with Service(data_dir=tmp_path / "data", database_url=dsn) as after:
            async with asyncio.timeout(30):
                await again.wait()
            assert await asyncio.to_thread(after.stop) == 0  # which ends what it has begun
        assert (len(peer.seen), await state(database)) == (1, ("told", 2))
        assert len({one.headers["webhook-id"] for one in (*told, *peer.seen)}) == 1


async def leases_end(database: Database) -> None:
    """A minute passes: of the notice, and of the chore that the dead process had."""
    async with database.transaction() as conn:
        await conn.execute("UPDATE notices SET due_at = clock_timestamp()")
        await conn.execute("UPDATE chores SET lease_until = clock_timestamp()")


def ringing(told: asyncio.Event) -> Handler:
    """An answer that is heard of here."""

    async def answer(_request: web.Request) -> web.Response:
        told.set()
        return web.Response(status=204)

    return answer
