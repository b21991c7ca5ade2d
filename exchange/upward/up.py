"""Sending up: documents and statuses for agencies beyond, each to the parent that reaches them, once.

A row waits for every envelope and parent since it was taken. The parent knows a file that comes again, so whatever
dies between sending and writing that down is repeated without harm.
"""

from __future__ import annotations

import hashlib
from contextlib import aclosing
from typing import TYPE_CHECKING

import structlog

from exchange.chores import Chore, retry_seconds
from exchange.download import whole_file
from exchange.failpoints import failpoint
from exchange.upward.line import ParentAway, ParentBroke, ParentRefused, ParentUnsure
from exchange.upward.parent_client import Outgoing, ParentClient
from exchange.upward.together import LONGEST_WAIT_SECONDS, answered, side_by_side, silent
from storage import envelopes, parents, upward
from storage.objects import ObjectDamaged, ObjectMissing, ObjectsAway

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from exchange.chores import Steps, Turn
    from exchange.exchange import Exchange
    from storage.parents import ParentRow
    from storage.upward import UpJob

REST_SECONDS = 2.0
"""Between two looks for what is to go up; the parent's own recipients wait for it."""

MOST_AT_ONCE = 500
"""Envelopes sent to one parent before the others are looked at again."""

MOST_ATTEMPTS = 10
"""Answers that are neither yes nor no, some four hours of them, before a person has to look."""

MOST_BROKEN = 2
"""Envelopes in a row that the line could not carry: then it is the line, and no envelope's own fault."""

MOST_COUNTED = MOST_ATTEMPTS // 2
"""Of the times the line broke under an envelope: that alone never makes it a person's business."""

log = structlog.get_logger()


async def send_up(exchange: Exchange, turn: Turn) -> Steps:
    """Send what waits to every parent that is due."""
    async with exchange.database.acquire() as conn:
        due = await parents.due_parents(conn, "up")
    async with aclosing(side_by_side([_send_to(exchange, turn, parent) for parent in due])) as steps:
        async for _ in steps:
            yield


CHORE = Chore(name="up", steps=send_up, rest=lambda _exchange: REST_SECONDS)


async def _send_to(exchange: Exchange, turn: Turn, parent: ParentRow) -> None:
    """Send one envelope after the other until none waits, or the parent is away."""
    sent = broken = 0
    away: ParentAway | None = None
    async with ParentClient(parent) as client:
        while sent + broken < MOST_AT_ONCE and (job := await _claimed(exchange, turn, parent)):
            try:
                await _settle(exchange, turn, client, job)
            except ParentAway as error:
                away = error
                broken += 1
                if broken >= MOST_BROKEN or not isinstance(error, ParentBroke):
                    break
            else:
                sent, broken, away = sent + 1, 0, None
    if sent:
        await answered(exchange, turn, parent, "up", again_seconds=0)
    if away is not None and (broken >= MOST_BROKEN or not sent or not isinstance(away, ParentBroke)):
        seconds = await silent(exchange, turn, parent, "up", away)
        log.warning("parent.away", parent=parent.name, direction="up", reason=str(away), again_seconds=seconds)


async def _claimed(exchange: Exchange, turn: Turn, parent: ParentRow) -> UpJob | None:
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        return await upward.claim_up(conn, parent.name)


async def _settle(exchange: Exchange, turn: Turn, client: ParentClient, job: UpJob) -> None:
    """Send one envelope and write down what came of it. Raises `ParentAway`."""
    told = {"parent": job.parent, "envelope": str(job.envelope)}
    if job.is_told or not job.is_wanted:
        async with exchange.database.transaction() as conn:
            await turn.hold(conn)
            await upward.note_told(conn, job)
        return
    failpoint("up.after_claim")
    try:
        doc_id = await _send(exchange, client, job)
    except ParentRefused as refused:
        async with exchange.database.transaction() as conn:
            await turn.hold(conn)
            await upward.note_refused(conn, job, str(refused))
        log.warning("upward.refused", reason=str(refused), **told)
        return
    except (ParentUnsure, ParentAway, ObjectsAway, ObjectMissing) as error:
        await _put_off(exchange, turn, job, error)
        if isinstance(error, ParentAway):
            raise
        return
    failpoint("up.after_send")
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        await upward.note_sent(conn, job, doc_id)
    failpoint("up.after_note")
    log.info("upward.sent", doc_id=doc_id, **told)


async def _put_off(exchange: Exchange, turn: Turn, job: UpJob, error: Exception) -> None:
    """Try it again later; what the parent answers unclearly too often is a person's business."""
    unsure, broke = isinstance(error, ParentUnsure), isinstance(error, ParentBroke)
    reason = str(error) or type(error).__name__
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        if unsure and job.attempts + 1 >= MOST_ATTEMPTS:
            await upward.note_refused(conn, job, reason)
        else:
            seconds = 0 if isinstance(error, ParentAway) and not broke else retry_seconds(job.attempts + 1)
            seconds = min(seconds, LONGEST_WAIT_SECONDS) if broke else seconds  # it may have been the line after all
            counted = unsure or (broke and job.attempts < MOST_COUNTED)
            await upward.note_unsent(conn, job, reason, again_seconds=seconds, counted=counted)
    log.warning("upward.postponed", parent=job.parent, envelope=str(job.envelope), reason=reason)


async def _send(exchange: Exchange, client: ParentClient, job: UpJob) -> str:
    """The parent's id of the file. What is wrong with the file on our side is not the line's fault."""
    broken: list[Exception] = []
    outgoing = Outgoing(kind=job.kind, sender=job.sender, sha256=job.sha256, size=job.size)
    try:
        async with aclosing(_file(exchange, job, broken)) as chunks:
            return await client.send(outgoing, chunks)
    except ParentAway as away:
        raise (broken[0] if broken else away) from None


async def _file(exchange: Exchange, job: UpJob, broken: list[Exception]) -> AsyncGenerator[bytes, None]:
    """The file exactly as submitted; its end only once its digest is right."""
    try:
        async with exchange.database.acquire() as conn:
            skeleton = await envelopes.skeleton(conn, job.envelope)
            rows = (await envelopes.attachments(conn, [job.envelope])).get(job.envelope, [])
        digest, held = hashlib.sha256(), b""
        async for chunk in whole_file(exchange, skeleton, rows):
            digest.update(chunk)
            if held:
                yield held
            held = chunk
        if digest.digest() != job.sha256:
            raise ObjectDamaged(f"{job.envelope} was read with other content")
        yield held
    except Exception as error:
        broken.append(error)
        raise
