"""What webhooks cost: a document's acceptance with and without them, and how fast one that was away catches up."""

from __future__ import annotations

import statistics
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from bench.rows import Row
from exchange import push, webhooks
from exchange.identifiers import uuid7
from exchange.webhooks import Wanted
from exchange.worker import Worker
from storage import deliveries
from storage.database import Database
from storage.deliveries import DeliveryRow, Event
from tests.support.exchanges import exchange_of
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from uuid import UUID

    from bench.stage import Stage
    from storage.connection import Connection

ROUNDS = 400
"""Of each way, taking turns, so that all of them meet the same machine."""

MANY = 300
"""Recipients of a circular."""

BACKLOG = 5000
"""Notices of a webhook that comes back."""


class _Undo(Exception):  # noqa: N818 - says what is done
    """Nothing is kept."""


async def rows(stage: Stage) -> list[Row]:
    """Figures of acceptance and of catching up."""
    database = await Database.open(stage.dsn)
    try:
        envelope = await _envelope(database)
        costs = await _costs(database, envelope)
    finally:
        await database.close()
    return [*costs, await _catching_up(stage)]


async def _envelope(database: Database) -> UUID:
    """Some document that A sent; only its id is used."""
    async with database.acquire() as conn:
        found: UUID = await conn.fetchval("SELECT id FROM envelopes WHERE kind = 'document' AND sender = $1 LIMIT 1", A)
    return found


async def _costs(database: Database, envelope: UUID) -> list[Row]:
    """Writing a document's deliveries: without the trigger, and with it when nobody, somebody else or the recipient is
    told."""
    ways: dict[str, Sequence[str]] = {
        "no trigger": ("ALTER TABLE deliveries DISABLE TRIGGER arrivals_told",),
        "no webhooks": (),
        "a webhook of another system": (_webhook_of(C),),
        "a webhook of the recipient": (_webhook_of(B),),
    }
    found = []
    for recipients in (1, MANY):
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS if recipients == 1 else ROUNDS // 20):
            for way, statements in ways.items():
                times[way].append(await _once(database, envelope, recipients, statements))
        bare = statistics.median(times["no trigger"])
        for way, each in times.items():
            what = f"writing {recipients} deliver{'y' if recipients == 1 else 'ies'}, {way}"
            found.append(Row(what=what, value=statistics.median(each) * 1e6, unit="µs"))
            if way == "no webhooks":
                cost = (statistics.median(each) - bare) * 1e6
                found.append(Row(what="  what those without webhooks pay", value=cost, unit="µs", aim="below 100 µs"))
    return found


def _webhook_of(agency: str) -> str:
    return f"""INSERT INTO webhooks (system, url, events, networks, ports, approved_at) VALUES
               ('system.{agency}', 'https://h.example/', '{{delivery.waiting}}', '{{10.0.0.0/8}}', '{{443}}', now())"""


async def _once(database: Database, envelope: UUID, recipients: int, statements: Sequence[str]) -> float:
    """Seconds of the one statement, in a transaction that is not kept."""
    try:
        async with database.transaction() as conn:
            for statement in statements:
                await conn.execute(statement)
            await conn.execute("ALTER TABLE deliveries DROP CONSTRAINT deliveries_envelope_recipient_key")
            return await _timed(conn, envelope, recipients)
    except _Undo as undone:
        return float(str(undone))


async def _timed(conn: Connection, envelope: UUID, recipients: int) -> float:
    now = await conn.fetchval("SELECT clock_timestamp()")
    made = [
        DeliveryRow(
            id=uuid7(), envelope=envelope, recipient=B, kind="document", state="waiting", urgency=0, accepted_at=now
        )
        for _ in range(recipients)
    ]
    await deliveries.open_deliveries(conn, made[:1], Event(delivery=made[0].id, event="taken", by=A))  # plans are made
    more = [replace(one, id=uuid7()) for one in made]
    begun = time.perf_counter()
    await deliveries.open_deliveries(conn, more, Event(delivery=more[0].id, event="taken", by=A))
    raise _Undo(time.perf_counter() - begun)


async def _catching_up(stage: Stage) -> Row:
    """Notices a second to an address that was away, claimed, posted, and written down with every try."""
    async with _receiver() as (url, seen), exchange_of(stage.dsn, stage.folder / "telling") as exchange:
        wanted = Wanted(system=f"system.{B}", url=url, networks=("127.0.0.0/8",), allow_http=True)
        made = await webhooks.add_webhook(exchange.database, wanted)
        async with exchange.database.transaction() as conn:
            await conn.execute(
                "INSERT INTO notices (webhook, event) SELECT $1, 'webhook.test' FROM generate_series(1, $2)",
                made.row.id,
                BACKLOG,
            )
        begun = time.perf_counter()
        await Worker(exchange, []).attempt(push.CHORE, early=True)
        seconds = time.perf_counter() - begun
        await webhooks.end_webhook(exchange.database, made.row.id)
    if len(seen) != BACKLOG:
        raise RuntimeError(f"{len(seen)} of {BACKLOG} notices were told")
    return Row(what="notices told to one address that was away", value=BACKLOG / seconds, unit="/s", aim="500/s")


@asynccontextmanager
async def _receiver() -> AsyncIterator[tuple[str, set[str]]]:
    seen: set[str] = set()

    async def take(request: web.Request) -> web.Response:
        seen.add(request.headers["webhook-id"])
        await request.read()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", seen
    finally:
        await runner.cleanup()
