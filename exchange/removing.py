"""Taking away the attachments that rules keep no longer. Their digests, the receipt and the history stay for ever.

A document that somebody has still to get is left alone: a recipient who has not confirmed it, a parent axis, a check of
ours. An object leaves only when no other envelope rests on it, and the sweep is what removes it from the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from envelopes.document_types import type_key
from envelopes.dom import parse
from envelopes.faults import Refused
from envelopes.keeping import no_longer_kept
from envelopes.model import Document
from envelopes.parts import find_parts
from envelopes.reading import attempt
from envelopes.working_time import local_day, midnight
from exchange import retention
from exchange.chores import Chore
from exchange.failpoints import failpoint
from storage import envelopes, removals
from storage.removals import Span

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from envelopes.keeping import KeepingRule, Stretch
    from exchange.chores import Steps, Turn
    from exchange.exchange import Exchange
    from exchange.retention import Retention
    from storage.removals import Due, DueSum, RemovedLine

REST_SECONDS = 3600.0
"""Between two looks; rules count in days."""

BATCH = 200
"""Documents fetched at a time; before each such page the rules are read anew."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDue:
    """What one rule no longer keeps; `documents` only where they were asked for."""

    rule: KeepingRule
    total: DueSum
    documents: tuple[Due, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What would be removed on that day, and not before `acts_from`."""

    on: date
    acts_from: datetime | None
    rules: tuple[RuleDue, ...]


async def remove_due(exchange: Exchange, turn: Turn) -> Steps:
    """Remove what no rule keeps, then let go of the objects; a step is one document, one object, or some types read."""
    async for _ in _know_types(exchange):
        yield
    async for _ in _let_go(exchange, turn):  # what was left when a process died
        yield
    kept = await _kept(exchange)
    for stretch in _due_now(kept):
        async for _ in _remove(exchange, turn, kept, stretch):
            yield
    async for _ in _let_go(exchange, turn):
        yield


CHORE = Chore(name="retention", steps=remove_due, rest=lambda _exchange: REST_SECONDS)


async def dry_run(exchange: Exchange, *, on: date | None = None, limit: int = 0) -> DryRun:
    """What the rules, as they stand, remove today or on that day; `limit`: so many documents of each are named.

    Reads the types of documents that were taken before types were kept; changes nothing else. Raises `DatabaseAway`.
    """
    async for _ in _know_types(exchange):
        pass
    async with exchange.database.acquire() as conn:
        kept = await retention.current(conn, grace_seconds=exchange.settings.retention_grace_seconds)
        day = on or local_day(await envelopes.clock(conn))
        found = []
        for stretch in no_longer_kept(kept.holding, day):
            span = _span(stretch)
            page = await removals.due_page(conn, span, after=None, limit=limit) if limit else []
            total = await removals.due_sum(conn, span)
            found.append(RuleDue(rule=stretch.rule, total=total, documents=tuple(page)))
    return DryRun(on=day, acts_from=kept.acts_from, rules=tuple(found))


async def list_removed(exchange: Exchange, *, limit: int) -> list[RemovedLine]:
    """What was removed, the newest first."""
    async with exchange.database.acquire() as conn:
        return await removals.removed_page(conn, limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """The rules as they were read, and when by the database's clock."""

    retention: Retention
    now: datetime


async def _kept(exchange: Exchange) -> _Kept:
    async with exchange.database.acquire() as conn:
        found = await retention.current(conn, grace_seconds=exchange.settings.retention_grace_seconds)
        return _Kept(retention=found, now=await envelopes.clock(conn))


def _due_now(kept: _Kept) -> list[Stretch]:
    """What is to be removed now: nothing for a while after a rule was changed."""
    acts_from = kept.retention.acts_from
    if acts_from is None or kept.now < acts_from:
        return []
    return no_longer_kept(kept.retention.holding, local_day(kept.now))


async def _remove(exchange: Exchange, turn: Turn, kept: _Kept, stretch: Stretch) -> Steps:
    """Remove what this rule no longer keeps, as long as no rule is changed."""
    span, after = _span(stretch), None
    while True:
        now = await _kept(exchange)
        if now.retention.rules != kept.retention.rules:
            return
        async with exchange.database.acquire() as conn:
            page = await removals.due_page(conn, span, after=after, limit=BATCH)
        for one in page:
            if not one.waits:
                await _remove_one(exchange, turn, stretch.rule, one)
                yield
        if len(page) < BATCH:
            return
        after = page[-1].place


async def _remove_one(exchange: Exchange, turn: Turn, rule: KeepingRule, one: Due) -> None:
    words = f"quy tắc lưu trữ / retention rule {rule.id}: {retention.rule_words(rule)}"
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        done = await removals.remove_attachments(conn, one.id, rule.id, description=words)
    failpoint("retention.after_remove")
    if done:
        log.info("attachments.removed", envelope=str(one.id), rule=rule.id, files=one.files, bytes=one.bytes)


async def _let_go(exchange: Exchange, turn: Turn) -> Steps:
    """Stop answering for objects that no attachment rests on any more."""
    after, gone = b"", 0
    while True:
        async with exchange.database.acquire() as conn:
            page = await removals.objects_let_go(conn, after=after, limit=BATCH)
        for sha256 in page:
            async with exchange.database.transaction() as conn:
                await turn.hold(conn)
                gone += await removals.let_go(conn, sha256)
            failpoint("retention.after_let_go")
            yield
        if len(page) < BATCH:
            break
        after = page[-1]
    if gone:
        log.info("objects.let_go", objects=gone)


def _span(stretch: Stretch) -> Span:
    return Span(
        document_type=stretch.rule.document_type,
        begin=midnight(stretch.first),
        end=midnight(stretch.last + timedelta(days=1)),
        others=[(kind, midnight(since)) for kind, since in stretch.others],
    )


async def _know_types(exchange: Exchange) -> AsyncGenerator[None, None]:
    """Read the types of documents that were taken before types were kept."""
    after = UUID(int=0)
    while True:
        async with exchange.database.acquire() as conn:
            page = await removals.untyped_page(conn, after=after, limit=BATCH)
        if not page:
            return
        found = await exchange.heavy.run(_types_in, page)
        async with exchange.database.transaction() as conn:
            await removals.write_types(conn, found)
        after = page[-1][0]
        yield


def _types_in(page: Sequence[tuple[UUID, bytes]]) -> list[tuple[UUID, str]]:
    return [(envelope, _type_in(skeleton)) for envelope, skeleton in page]


def _type_in(skeleton: bytes) -> str:
    """The key of the type the document names; empty when it can be read no longer."""
    try:
        message = attempt(find_parts(parse(skeleton)), today=date.max).message
    except Refused:
        return ""
    return type_key(message.type_name) if isinstance(message, Document) else ""
