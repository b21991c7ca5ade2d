"""An agency's documents of a period as ordinary folders: what a person, or another archive, can read without us.

    sent/2026-11/2026-11-20_125-SNV-VP_ID/      received/2026-11/…
        document.edxml                          the file exactly as submitted
        attachments/1 125.signed.pdf            each attachment as a person opens it
        receipt.xml                             the sealed receipt (of what was sent)
        statuses/1 03 H08.30.edxml              every status message about it, as submitted or sealed by the exchange
        history.json                            everything known about it, as the API tells it
    documents.csv  SHA256SUMS                   what there is, and the digest of every file

The agency gets what it may see: of what it received its own delivery, of what it sent all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from envelopes.working_time import midnight
from exchange import export_rules
from exchange.directory import own_codes
from exchange.export_documents import COLUMNS, Documents
from exchange.export_files import ExportFolder
from storage import exports
from storage.directory import System
from storage.exports import Span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import date
    from pathlib import Path

    from exchange.exchange import Exchange
    from exchange.export_documents import Describe, Problem
    from storage.exports import Item

    Progress = Callable[[int, int], None]

PAGE = 200
"""Documents looked up at a time."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Whose documents, accepted from which day to which (both among them, by Vietnam's calendar), and where to.

    `describe` makes the history's JSON of what the agency sees: of what it sent, or of what it received.
    """

    agency: str
    first: date
    last: date
    out: Path
    describe: Describe


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written; `removed`: documents whose attachments a rule of retention had taken away before."""

    agency: str
    sent: int
    received: int
    removed: int
    files: int
    bytes: int
    problems: tuple[Problem, ...]


async def export(exchange: Exchange, wish: Wish, *, progress: Progress | None = None) -> Exported:
    """Write the folders; `progress`: documents done, of how many. Nothing about the documents changes.

    What the store has lost is named and left out, everything else is written. Raises `Refused`, `DatabaseAway`,
    `ObjectsAway` and OSError; then the folder has no list of digests.
    """
    if wish.first > wish.last:
        export_rules.PERIOD_BACKWARDS.refuse("from", wish.first, first=wish.first, last=wish.last)
    begin, end = midnight(wish.first), midnight(wish.last + timedelta(days=1))
    async with exchange.database.acquire() as conn:
        [code] = await own_codes(conn, [wish.agency])
        span = Span(agency=code, begin=begin, end=end)
        expected = sum(await exports.counts(conn, span))
    system = System(id="export", agencies=frozenset({code}), allow_unsigned=False)
    folder = await exchange.heavy.run(ExportFolder, wish.out, exchange.heavy, COLUMNS)
    work = Documents(exchange=exchange, system=system, folder=folder, describe=wish.describe)
    sent = received = 0
    try:
        async for item in _items(exchange, span, sent=True):
            await work.add_sent(item)
            sent += 1
            _tell(progress, sent, expected)
        async for item in _items(exchange, span, sent=False):
            await work.add_received(item)
            received += 1
            _tell(progress, sent + received, expected)
        await exchange.heavy.run(folder.finish)
    except BaseException:
        await exchange.heavy.run(folder.abandon)
        raise
    log.info("agency.exported", agency=code, sent=sent, received=received, files=folder.files)
    return Exported(
        agency=code,
        sent=sent,
        received=received,
        removed=work.removed,
        files=folder.files,
        bytes=folder.bytes,
        problems=tuple(work.problems),
    )


async def _items(exchange: Exchange, span: Span, *, sent: bool) -> AsyncIterator[Item]:
    """Every document the agency sent, or received, oldest first; no connection is held meanwhile."""
    after: exports.Place | None = None
    while True:
        async with exchange.database.acquire() as conn:
            page = await exports.page(conn, span, sent=sent, after=after, limit=PAGE)
        for item in page:
            yield item
        if len(page) < PAGE:
            return
        after = page[-1].place


def _tell(progress: Progress | None, done: int, expected: int) -> None:
    if progress is not None:
        progress(done, max(done, expected))
