"""Telling webhooks: what is due is posted, each try is kept, an address that takes nothing is left alone for a while.

Every webhook has a lane of its own, so that a dead one holds up no other. A notice is told at least once: who dies
between the answer and writing it down leaves it to be told again, under the same id. All but 410 is tried again, for
five days from 30 seconds apart to an hour; what is given up then waits for an operator (conformance C34).
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

import structlog

from exchange.chores import Chore, TurnLost, retry_seconds
from exchange.endpoint import ANSWER_SECONDS, Reply, Target, line_to, trust_in
from exchange.failpoints import failpoint
from exchange.webhook_signing import signed_headers
from storage import notices, webhooks
from storage.notices import Ending
from storage.outages import DatabaseAway

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.chores import Steps, Turn
    from exchange.endpoint import Line, Resolver
    from exchange.exchange import Exchange
    from storage.notices import Notice
    from storage.webhooks import WebhookRow

REST_SECONDS = 1.0
"""Between two looks for new notices: what arrives is told of within about as long."""

LANES = 64
"""Webhooks told at the same time."""

SICK_LANES = 16
"""As many of them may be such that took nothing the last time: however many are dead, the living have the rest."""

BATCH = 16
"""Notices claimed at a time for an address that takes them; one, if it took nothing the last time."""

BATCHES = 20
"""Before a lane looks anew at how its webhook is set up."""

BREAKER = 3
"""Batches in a row that failed before an address is left alone."""

GONE = 410
"""The one answer after which an address is never called again (RFC 9110, 15.5.11; Standard Webhooks)."""

STEP_SECONDS = 1.0
"""A step waits no longer for its lanes, so that stopping is soon noticed."""

GIVEN_UP_AT_ONCE, FORGOTTEN_AT_ONCE = 10_000, 1000
"""Notices in one transaction."""

TOLD_SECONDS, DEAD_SECONDS = 30 * 86_400.0, 90 * 86_400.0
"""How long notices are kept that were told, and that were given up and nobody had sent again."""

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class _Push:
    """One turn's work."""

    exchange: Exchange
    turn: Turn
    resolver: Resolver | None = None
    seconds: float = ANSWER_SECONDS
    stopping: bool = False
    lanes: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    sick: set[int] = field(default_factory=set)

    async def open_lanes(self) -> None:
        """Begin a lane for every webhook that something is due for, as far as there is room."""
        async with self.exchange.database.transaction() as conn:
            await self.turn.hold(conn)
            given_up = await notices.give_up(conn, limit=GIVEN_UP_AT_ONCE)
            ready = await webhooks.ready_webhooks(conn, but=list(self.lanes), limit=LANES)
        if given_up:
            log.warning("notices.given_up", notices=given_up)
        for row in ready:
            if len(self.lanes) >= LANES or (row.failures and len(self.sick) >= SICK_LANES):
                continue
            if row.failures:
                self.sick.add(row.id)
            self.lanes[row.id] = asyncio.create_task(self.lane(row), name=f"webhook {row.id}")

    async def wait(self, seconds: float) -> None:
        """Wait until a lane ends, and clear away those that have. Raises what a lane raised."""
        await asyncio.wait(self.lanes.values(), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for webhook, task in list(self.lanes.items()):
            if task.done():
                del self.lanes[webhook]
                self.sick.discard(webhook)
                await task

    async def close(self) -> None:
        """Let every lane end what it has begun."""
        self.stopping = True
        await asyncio.gather(*self.lanes.values(), return_exceptions=True)

    async def lane(self, row: WebhookRow) -> None:
        """Tell one webhook what is due for it; what goes wrong with it alone is its own trouble."""
        try:
            await self._lane(row)
        except (DatabaseAway, TurnLost):
            raise
        except Exception as error:
            log.exception("webhook.failed", webhook=row.id, system=row.system)
            async with self.exchange.database.transaction() as conn:
                await self.turn.hold(conn)
                await webhooks.note_failed(conn, row.id, failure=type(error).__name__, pause_seconds=_spread(1))

    async def _lane(self, row: WebhookRow) -> None:
        trust = await self.exchange.threads.run(trust_in, row.authority) if row.authority else None
        target = Target(url=row.url, networks=row.networks, ports=row.ports, trust=trust)
        limit = 1 if row.failures else BATCH
        failures = row.failures
        async with line_to(target, resolver=self.resolver, seconds=self.seconds) as line:
            for _ in range(BATCHES):
                if self.stopping:
                    return
                async with self.exchange.database.transaction() as conn:
                    await self.turn.hold(conn)
                    claimed = await notices.claim_notices(conn, row.id, limit=limit)
                    keys = await webhooks.secrets(conn, row.id) if claimed else []
                if not claimed:
                    return
                failpoint("push.after_claim")
                replies = await asyncio.gather(*(_tell(line, one, keys) for one in claimed))
                failpoint("push.after_post")
                failures = await self._settle(row, failures, claimed, replies)
                limit = 1 if failures else BATCH

    async def _settle(self, row: WebhookRow, failures: int, claimed: Sequence[Notice], replies: Sequence[Reply]) -> int:
        """Write down how a batch came out; how many in a row have failed."""
        endings = [_ending(notice, reply) for notice, reply in zip(claimed, replies, strict=True)]
        failed = [one for one in endings if one.failure is not None]
        gone = any(reply.status == GONE for reply in replies)
        failures = failures + 1 if len(failed) == len(endings) else 0
        pause = _spread(failures - BREAKER + 1) if failures >= BREAKER else 0.0
        async with self.exchange.database.transaction() as conn:
            await self.turn.hold(conn)
            given_up = await notices.settle(conn, endings)
            if gone:
                await webhooks.end_webhook(conn, row.id, reason="nơi nhận trả lời 410 / answered 410")
            elif failures:
                await webhooks.note_failed(conn, row.id, failure=failed[-1].failure or "", pause_seconds=pause)
            else:
                await webhooks.note_answered(conn, row.id)
        told = {"webhook": row.id, "system": row.system}
        if failed:
            log.warning("webhook.failed", failures=failures, notices=len(failed), reason=failed[-1].failure, **told)
        if given_up:
            log.warning("notices.given_up", notices=given_up, **told)
        if gone:
            log.warning("webhook.ended", reason="410", **told)
        return failures


async def push(
    exchange: Exchange, turn: Turn, *, resolver: Resolver | None = None, seconds: float = ANSWER_SECONDS
) -> Steps:
    """Tell everything that is due; a step is a moment in which lanes work. `resolver`: who looks up names."""
    work = _Push(exchange=exchange, turn=turn, resolver=resolver, seconds=seconds)
    try:
        while True:
            await work.open_lanes()
            if not work.lanes:
                break
            await work.wait(STEP_SECONDS)
            yield
    finally:
        await work.close()
    async for _ in _forget(exchange, turn):
        yield


CHORE = Chore(name="push", steps=push, rest=lambda _exchange: REST_SECONDS)


async def _forget(exchange: Exchange, turn: Turn) -> Steps:
    """Delete what nobody will ask for any more."""
    for state, seconds in (("told", TOLD_SECONDS), ("dead", DEAD_SECONDS)):
        while True:
            async with exchange.database.transaction() as conn:
                await turn.hold(conn)
                forgotten = await notices.forget(conn, state=state, older_seconds=seconds, limit=FORGOTTEN_AT_ONCE)
            if forgotten < FORGOTTEN_AT_ONCE:
                break
            yield


async def _tell(line: Line, notice: Notice, keys: Sequence[str]) -> Reply:
    body = body_of(notice)
    return await line.post(body, signed_headers(keys, notice=str(notice.id), seconds=int(time.time()), body=body))


def body_of(notice: Notice) -> bytes:
    """What is posted, the same in every try: ids only, so that whoever is told must still show a credential to read."""
    data = {
        "envelope": str(notice.envelope) if notice.envelope else None,
        "delivery": str(notice.delivery) if notice.delivery else None,
        "recipient": notice.recipient,
        "state": notice.delivery_state,
    }
    made = notice.made_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {"type": notice.event, "timestamp": made, "data": {name: one for name, one in data.items() if one}}
    return json.dumps(told, separators=(",", ":")).encode()


def _ending(notice: Notice, reply: Reply) -> Ending:
    failure = None
    if reply.status is None:
        failure = reply.failure
    elif not 200 <= reply.status < 300:
        failure = f"HTTP {reply.status}"
    return Ending(
        notice=notice.id,
        n=notice.attempts,
        status=reply.status,
        failure=failure,
        again_seconds=_spread(notice.attempts),
    )


def _spread(failures: int) -> float:
    """30 seconds to an hour; spread, so that what failed together does not come back together."""
    return retry_seconds(failures, spread=random.uniform(0.5, 1))  # noqa: S311 - guards nothing
