"""Taking what came for ours at a parent: its list, each file through the one way in, and `done` after the commit.

The way in knows what comes twice, and a row says what became of each message: whatever dies in between is repeated
without harm, and nothing is confirmed that is not here.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from envelopes.faults import Refused
from exchange import rules
from exchange.chores import Chore, retry_seconds
from exchange.errors import Busy
from exchange.failpoints import failpoint
from exchange.submit import submit
from exchange.upward.line import ParentAway, ParentRefused, ParentUnsure
from exchange.upward.parent_client import Message, ParentClient
from exchange.upward.together import answered, side_by_side, silent
from exchange.vouching import FROM_HERE, FromHere
from storage import downward, parents
from storage.directory import System
from storage.parents import Above

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from exchange.chores import Steps, Turn
    from exchange.exchange import Exchange
    from exchange.submit import Taken
    from storage.downward import DownRow
    from storage.parents import ParentRow

REST_SECONDS = 2.0
"""Between two looks for parents that are due."""

POLL_SECONDS = 10.0
"""Between two lists of one parent."""

TELL_AGAIN_SECONDS = 600.0
"""A parent that still lists what it was told about is told again no sooner."""

MOST_BROKEN = 3
"""Files in a row that broke on their way: then it is the line, and no file's own fault."""

DONE, FAIL = "done", "fail"

log = structlog.get_logger()


async def bring_down(exchange: Exchange, turn: Turn) -> Steps:
    """Take what waits at every parent that is due."""
    async with exchange.database.acquire() as conn:
        due = await parents.due_parents(conn, "down")
    async with aclosing(side_by_side([_bring_from(exchange, turn, parent) for parent in due])) as steps:
        async for _ in steps:
            yield


CHORE = Chore(name="down", steps=bring_down, rest=lambda _exchange: REST_SECONDS)


async def _bring_from(exchange: Exchange, turn: Turn, parent: ParentRow) -> None:
    try:
        async with ParentClient(parent) as client:
            visit = _Visit(exchange=exchange, turn=turn, parent=parent, client=client)
            for kind in ("document", "status"):  # a status may speak of a document that comes with it
                await visit.bring(await client.received(kind))
    except (ParentAway, ParentRefused, ParentUnsure) as error:
        away = error if isinstance(error, ParentAway) else ParentAway(str(error))
        seconds = await silent(exchange, turn, parent, "down", away)
        log.warning("parent.away", parent=parent.name, direction="down", reason=str(error), again_seconds=seconds)
    except Busy as busy:
        log.warning("downward.postponed", parent=parent.name, reason=str(busy))
        await answered(exchange, turn, parent, "down", again_seconds=busy.seconds)
    else:
        await answered(exchange, turn, parent, "down", again_seconds=POLL_SECONDS)


@dataclass(slots=True, kw_only=True)
class _Visit:
    """One look at one parent's list."""

    exchange: Exchange
    turn: Turn
    parent: ParentRow
    client: ParentClient
    broken: int = 0

    async def bring(self, listed: list[Message]) -> None:
        """Do what is to be done about each listed message. Raises `ParentAway`, `Busy`."""
        async with self.exchange.database.acquire() as conn:
            known = await downward.down_rows(conn, self.parent.name, [one.doc_id for one in listed])
        for message in listed:
            row = known.get(message.doc_id)
            if row is not None and row.state in ("taken", "echo"):
                if row.told_at is None or row.is_due:
                    await self._tell(message, DONE)
            elif row is None or row.is_due:
                await self._take(message, row)

    async def _take(self, message: Message, row: DownRow | None) -> None:
        try:
            async with aclosing(self.client.file(message.doc_id)) as chunks:
                bounded = _bounded(chunks, self.exchange.settings.max_envelope_bytes)
                taken = await submit(self.exchange, caller(self.parent), bounded)
        except Refused as refused:
            await self._refuse(message, row, refused)
        except FromHere as echo:
            await self._echo(message, row, echo)
        except (ParentRefused, ParentUnsure) as error:  # it is listed, and not to be had
            await self._leave(message, row, str(error))
        except ParentAway as error:
            await self._leave(message, row, str(error))
            self.broken += 1
            if self.broken >= MOST_BROKEN:
                raise
        else:
            self.broken = 0
            await self._took(message, taken)

    async def _took(self, message: Message, taken: Taken) -> None:
        failpoint("down.after_submit")
        missed = "; ".join(f"{note.recipient}: {note.vi} / {note.en}" for note in taken.sent.envelope.undeliverable)
        envelope = taken.sent.envelope.id
        async with self.exchange.database.transaction() as conn:
            await self.turn.hold(conn)
            await downward.note_taken(
                conn,
                self.parent.name,
                message.doc_id,
                envelope=envelope,
                sender=message.sender,
                failure=missed or None,
            )
        told = {"parent": self.parent.name, "doc_id": message.doc_id, "envelope": str(envelope)}
        if missed:
            log.warning("downward.missed", reason=missed, **told)
        log.info("downward.taken", created=taken.created, **told)
        failpoint("down.after_note")
        await self._tell(message, DONE)

    async def _echo(self, message: Message, row: DownRow | None, echo: FromHere) -> None:
        """What one of ours sent up, or 01 about it, comes back where another recipient of it is ours, too."""
        async with self.exchange.database.acquire() as conn:
            reference = "" if echo.is_status else echo.reference  # another status may speak of the same document
            known = echo.is_arrival or await downward.is_sent_up(
                conn, self.parent.name, sender=echo.sender, reference=reference, sha256=echo.sha256
            )
        if not known:
            fault = FROM_HERE.at("", parent=self.parent.name, reference=echo.reference, sender=echo.sender)
            await self._refuse(message, row, Refused(fault))
            return
        async with self.exchange.database.transaction() as conn:
            await self.turn.hold(conn)
            await downward.note_echo(conn, self.parent.name, message.doc_id, sender=message.sender)
        await self._tell(message, DONE)

    async def _refuse(self, message: Message, row: DownRow | None, refused: Refused) -> None:
        """Keep why, tell the parent once, and look again later: what was wrong may be set right here."""
        reason = "; ".join(f"[{fault.code}] {fault.vi} / {fault.en}" for fault in refused.faults)
        await self._leave(message, row, reason, refused=True)
        log.warning("downward.refused", parent=self.parent.name, doc_id=message.doc_id, reason=reason)
        if row is None or row.told_at is None:
            await self._tell(message, FAIL)

    async def _leave(self, message: Message, row: DownRow | None, reason: str, *, refused: bool = False) -> None:
        async with self.exchange.database.transaction() as conn:
            await self.turn.hold(conn)
            await downward.note_untaken(
                conn,
                self.parent.name,
                message.doc_id,
                sender=message.sender,
                failure=reason,
                refused=refused,
                again_seconds=retry_seconds((row.attempts if row else 0) + 1),
            )

    async def _tell(self, message: Message, word: str) -> None:
        """Say how it ended; a parent that will not hear it says so at its next list."""
        try:
            await self.client.tell(message.doc_id, word)
        except (ParentRefused, ParentUnsure) as error:
            log.warning("parent.deaf", parent=self.parent.name, doc_id=message.doc_id, word=word, reason=str(error))
        failpoint("down.after_tell")
        async with self.exchange.database.transaction() as conn:
            await self.turn.hold(conn)
            await downward.note_parent_told(conn, self.parent.name, message.doc_id, again_seconds=TELL_AGAIN_SECONDS)


def caller(parent: ParentRow) -> System:
    """The parent as it submits here; which of its agencies speaks is in each file."""
    return System(
        id=parent.stands_for,
        agencies=frozenset(),
        allow_unsigned=parent.vouches,
        parent=Above(name=parent.name, vouches=parent.vouches, seal=parent.seal),
    )


async def _bounded(chunks: AsyncIterator[bytes], limit: int) -> AsyncGenerator[bytes, None]:
    """The chunks, refused as soon as they are more than any door takes."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            rules.BODY_TOO_LARGE.refuse(value=size, limit=limit)
        yield chunk
