"""SIGKILL between any two steps on the way up and down: everything gets there, and nothing twice."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from exchange.failpoints import POINTS
from tests.support.exchanges import execute
from tests.support.service import Service
from tests.upward.conftest import A, B, C

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.upward.conftest import Pair, Side

UP = [name for name in POINTS if name.startswith("up.")]
DOWN = [name for name in POINTS if name.startswith("down.")]
TAKING = ["submit.after_put", "submit.before_commit", "submit.after_commit"]


@asynccontextmanager
async def dying(pair: Pair, point: str) -> AsyncIterator[None]:
    """The lower exchange as a process of its own, beside its database; it dies of what happens in here."""
    settings = pair.lower.exchange.settings
    assert settings.database_url is not None
    dsn = settings.database_url.get_secret_value()
    with await asyncio.to_thread(Service, data_dir=settings.data_dir, database_url=dsn, failpoints=point) as service:
        yield
        await execute(pair.lower.exchange, "UPDATE parent_lines SET due_at = clock_timestamp()")
        assert await asyncio.to_thread(service.wait) == -signal.SIGKILL
    await execute(pair.lower.exchange, "UPDATE chores SET lease_until = clock_timestamp()")


async def submit(pair: Pair, side: Side, sender: str, *recipients: str) -> str:
    async with side.client(sender) as client:
        return (await client.submit(pair.envelope(pair.document(sender, *recipients)))).id


async def count(side: Side, table: str) -> int:
    [row] = await side.rows(f"SELECT count(*)::int AS n FROM {table}")
    return int(row["n"])


@pytest.mark.parametrize("point", UP)
async def test_killed_on_the_way_up(pair: Pair, point: str) -> None:
    async with dying(pair, point):
        sent = await submit(pair, pair.lower, A, C)
    arrived = await count(pair.upper, "envelopes")
    assert arrived == (0 if point == "up.after_claim" else 1)
    await pair.up()
    await pair.up()
    assert len(await pair.upper.inbox(C)) == 1
    [there] = await pair.upper.rows("SELECT id FROM envelopes")
    assert await pair.lower.rows("SELECT state, doc_id FROM upward") == [{"state": "sent", "doc_id": str(there["id"])}]
    assert (await pair.lower.events(A, sent)).count("upward_sent") == 1


@pytest.mark.parametrize("point", [*DOWN, *TAKING])
async def test_killed_on_the_way_down(pair: Pair, point: str) -> None:
    async with dying(pair, point):
        sent = await submit(pair, pair.upper, C, A, B)
    unconfirmed = await count(pair.upper, "deliveries WHERE kind = 'document' AND confirmed_at IS NULL")
    assert unconfirmed == (1 if point == "down.after_tell" else 2)  # nothing is confirmed that is not written down here
    await pair.down()
    await pair.down()
    assert len(await pair.lower.inbox(A)) == len(await pair.lower.inbox(B)) == 1
    assert await count(pair.lower, "envelopes WHERE kind = 'document'") == 1
    assert await pair.upper.states(C, sent) == {A: "collected", B: "collected"}
    assert [one.status.code for one in await pair.upper.inbox(C, "status") if one.status] == ["01", "01"]


@pytest.mark.parametrize("point", ["down.after_submit", "down.after_tell"])
async def test_killed_while_a_status_comes_down(pair: Pair, point: str) -> None:
    sent = await submit(pair, pair.lower, A, C)
    await pair.up()
    [arrived] = await pair.upper.inbox(C)
    async with dying(pair, point), pair.upper.client(C) as client:
        await client.report(arrived, "03", signer=pair.keys[C].signer)
    await pair.down()
    await pair.down()
    assert await pair.lower.states(A, sent) == {C: "accepted"}
    assert [one.status.code for one in await pair.lower.inbox(A, "status") if one.status] == ["03"]
    assert (await pair.lower.events(A, sent)).count("accepted") == 1
    assert await count(pair.upper, "deliveries WHERE kind = 'status' AND confirmed_at IS NULL") == 0


@pytest.mark.parametrize("point", ["up.after_send"])
async def test_killed_while_a_status_goes_up(pair: Pair, point: str) -> None:
    sent = await submit(pair, pair.upper, C, A)
    await pair.down()
    [arrived] = await pair.lower.inbox(A)
    async with dying(pair, point), pair.lower.client(A) as client:
        await client.report(arrived, "03", signer=pair.keys[A].signer)
    await pair.up()
    await pair.up()
    assert await pair.upper.states(C, sent) == {A: "accepted"}
    assert [one.status.code for one in await pair.upper.inbox(C, "status") if one.status] == ["01", "03"]
