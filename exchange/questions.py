"""Asking OCSP responders about every certificate in use whose authority an operator named one for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from envelopes.faults import Refused
from exchange.chores import unfenced
from exchange.fetching import FetchFailed, fetch
from exchange.waits import again_seconds, retry_seconds
from signing.intermediates import issuer_among
from signing.leaf import load_der
from signing.ocsp import AnswerFacts, answer_facts, names_responder, question
from storage import envelopes, trust
from storage import revocation_sources as sources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from exchange.chores import Fence, Steps
    from storage.connection import Connection
    from storage.database import Database
    from storage.revocation_sources import Question

BATCH = 200
"""Certificates asked about before what came is written: every writing makes all processes judge anew."""

AT_ONCE = 8
"""Questions under way at the same time."""

ANSWER_BYTES = 64 * 1024
"""The longest answer taken: one status, with the responder's certificates."""

KINDS = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question with what came of it: the answer, or why there is none."""

    question: Question
    facts: AnswerFacts | None
    reason: str = ""


async def ask_due(database: Database, *, fence: Fence = unfenced) -> Steps:
    """Ask every question that is due, a step is a batch."""
    async with database.acquire() as conn:
        if not await sources.responders(conn):
            return
    await _find_questions(database)
    while True:
        async with database.acquire() as conn:
            due = await sources.due_questions(conn, limit=BATCH)
            known = [one.der for one in await trust.authorities(conn)]
            now = await envelopes.clock(conn)
        if not due:
            return
        turns = asyncio.Semaphore(AT_ONCE)
        asked = await asyncio.gather(*(_ask(one, known, now, turns) for one in due))
        async with database.transaction() as conn:
            await fence(conn)
            await _write(conn, asked, now)
        yield


async def _find_questions(database: Database) -> None:
    """Remember of each new certificate who issued it and whether it may be asked about."""
    while True:
        async with database.transaction() as conn:
            fresh = await sources.unasked(conn, limit=BATCH)
            rows = [(name, load_der(der).issuer.rfc4514_string(), names_responder(der)) for name, der in fresh]
            await sources.add_questions(conn, rows)
        if len(fresh) < BATCH:
            return


async def _ask(one: Question, authorities: Sequence[bytes], now: datetime, turns: asyncio.Semaphore) -> _Asked:
    async with turns:
        issuer = issuer_among(one.der, authorities)
        if issuer is None:
            return _Asked(question=one, facts=None, reason=f"{one.issuer}?")
        try:
            data = await fetch(one.url, ask=question(one.der, issuer), headers=KINDS, limit=ANSWER_BYTES)
            return _Asked(question=one, facts=answer_facts(data, one.der, issuer, now))
        except FetchFailed as error:
            return _Asked(question=one, facts=None, reason=str(error))
        except Refused as error:
            return _Asked(question=one, facts=None, reason=f"{error.faults[0].vi} / {error.faults[0].en}")


async def _write(conn: Connection, asked: Sequence[_Asked], now: datetime) -> None:
    is_new = False
    for one in asked:
        name, facts = one.question.certificate, one.facts
        if facts is None:
            failures = one.question.failures + 1
            wait = min(retry_seconds(failures), one.question.every_seconds)
            await sources.note_asked(conn, name, outcome=one.reason, again_seconds=wait, failed=True)
            log.warning("ocsp.not_answered", url=one.question.url, certificate=name.hex(), reason=one.reason)
            continue
        is_new |= await trust.add_answer(
            conn,
            sha256=facts.sha256,
            certificate=facts.certificate,
            der=facts.der,
            this_update=facts.this_update,
            next_update=facts.next_update,
        )
        wait = again_seconds(now, facts.next_update, one.question.every_seconds)
        await sources.note_asked(conn, name, outcome=facts.status, again_seconds=wait)
    if is_new:
        await trust.raise_version(conn)
