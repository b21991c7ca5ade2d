"""One document of an export: its file, attachments, receipt, statuses and history, each a file of its own folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import structlog

from envelopes.document_types import type_words
from envelopes.file_names import safe_file_name
from envelopes.working_time import local_day
from exchange import collect, look
from exchange.download import whole_file
from exchange.export_files import WrongContent
from storage import envelopes, exports
from storage.objects import ObjectMissing, ObjectsAway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from exchange.collect import Arrival
    from exchange.exchange import Exchange
    from exchange.export_files import ExportFolder
    from exchange.look import Sent
    from storage.deliveries import DeliveryRow, Event
    from storage.directory import System
    from storage.envelopes import AttachmentRow, EnvelopeRow
    from storage.exports import Item

    Describe = Callable[[Sent | Arrival], dict[str, Any]]

NAME_LETTERS = 60
"""Of a document's number and notation in the name of its folder; the id behind them tells it from all others."""

COLUMNS = (
    "thư mục / folder",
    "mã / envelope",
    "DocumentId",
    "số / number",
    "ký hiệu / notation",
    "ngày ban hành / issued on",
    "loại / type",
    "trích yếu / subject",
    "nơi gửi / sender",
    "nơi nhận: trạng thái / recipient: state",
    "trục nhận lúc / accepted at",
    "chữ ký / signature",
    "SHA-256",
    "tệp đính kèm / attachments",
    "đã gỡ bỏ lúc / removed at",
)

BARE = "document-without-attachments.edxml"
"""What is left of the file when a rule took the attachments away: the part that is signed."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A file that could not be written, and why."""

    folder: str
    file: str
    detail: str


@dataclass(slots=True)
class Documents:
    """An export's documents, one after the other into its folder; what went wrong, and what was removed before."""

    exchange: Exchange
    system: System
    folder: ExportFolder
    describe: Describe
    removed: int = 0
    problems: list[Problem] = field(default_factory=list)

    async def add_sent(self, item: Item) -> None:
        """A document of the agency's own, with its receipt and the history of every copy."""
        sent = await look.sent(self.exchange, self.system, item.envelope)
        place = _place("sent", sent.envelope)
        receipt = await look.receipt(self.exchange, self.system, item.envelope)
        await self.folder.write(place / "receipt.xml", receipt)
        await self._add(place, sent, sent.envelope, sent.attachments)
        await self._statuses(place, (event for events in sent.events.values() for event in events))
        await self._row(place, sent.envelope, sent.attachments, sent.deliveries)

    async def add_received(self, item: Item) -> None:
        """A document the agency received, with the history of its own copy."""
        assert item.delivery is not None
        arrival = await collect.arrival(self.exchange, self.system, item.delivery)
        place = _place("received", arrival.envelope)
        await self._add(place, arrival, arrival.envelope, arrival.attachments)
        await self._statuses(place, arrival.events)
        await self._row(place, arrival.envelope, arrival.attachments, [arrival.delivery])

    async def _add(
        self, place: PurePosixPath, shown: Sent | Arrival, row: EnvelopeRow, attached: Sequence[AttachmentRow]
    ) -> None:
        history = json.dumps(self.describe(shown), ensure_ascii=False, indent=2)
        await self.folder.write(place / "history.json", history.encode())
        async with self.exchange.database.acquire() as conn:
            skeleton = await envelopes.skeleton(conn, row.id)
        if any(one.removed for one in attached):
            self.removed += 1
            await self.folder.write(place / BARE, skeleton)
            return
        before = len(self.problems)
        await self._payloads(place, skeleton, row, attached)
        if len(self.problems) > before and await self._removed_meanwhile(row):
            del self.problems[before:]
            self.removed += 1
            await self.folder.write(place / BARE, skeleton)

    async def _removed_meanwhile(self, row: EnvelopeRow) -> bool:
        """Whether a rule took the attachments away while they were read."""
        async with self.exchange.database.acquire() as conn:
            return any(one.removed for one in (await envelopes.attachments(conn, [row.id])).get(row.id, []))

    async def _payloads(
        self, place: PurePosixPath, skeleton: bytes, row: EnvelopeRow, attached: Sequence[AttachmentRow]
    ) -> None:
        whole = whole_file(self.exchange, skeleton, attached)
        await self._stream(place, "document.edxml", whole, row.sha256, row.size)
        for one in attached:
            sha256, size = one.opened_object or one.object, one.size
            if one.opened_object is not None and one.opened_size is not None:
                size = one.opened_size
            name = f"attachments/{safe_file_name(f'{one.n} {one.name}')}"
            await self._stream(place, name, self.exchange.objects.read(sha256.hex()), sha256, size)

    async def _stream(
        self, place: PurePosixPath, name: str, chunks: AsyncIterator[bytes], sha256: bytes, size: int
    ) -> None:
        try:
            await self.folder.stream(place / name, chunks, sha256=sha256, size=size)
        except (WrongContent, ObjectMissing, ObjectsAway) as error:
            await self.exchange.objects.check()  # when the store as such is away, there is nothing to go on with
            detail = str(error) or type(error).__name__
            self.problems.append(Problem(folder=str(place), file=name, detail=detail))
            log.error("export.incomplete", folder=str(place), file=name, reason=detail)

    async def _statuses(self, place: PurePosixPath, events: Iterable[Event]) -> None:
        named = list({event.envelope for event in events if event.envelope is not None})
        if not named:
            return
        async with self.exchange.database.acquire() as conn:
            found = await exports.status_files(conn, named)
        for n, one in enumerate(found, 1):
            await self.folder.write(place / "statuses" / f"{n} {one.code} {one.sender}.edxml", one.file)

    async def _row(
        self,
        place: PurePosixPath,
        row: EnvelopeRow,
        attached: Sequence[AttachmentRow],
        delivered: Sequence[DeliveryRow],
    ) -> None:
        removed = next((one.removed.at for one in attached if one.removed), None)
        await self.folder.row(
            (
                place,
                row.id,
                row.reference,
                row.number,
                row.notation,
                row.issued_on or "",
                type_words(row.document_type or ""),
                row.subject,
                row.sender,
                "; ".join(f"{one.recipient}: {one.state}" for one in delivered),
                row.accepted_at.isoformat(timespec="seconds"),
                row.outcome,
                row.sha256.hex(),
                len(attached),
                removed.isoformat(timespec="seconds") if removed else "",
            )
        )


def _place(kind: str, row: EnvelopeRow) -> PurePosixPath:
    """The folder of a document: named after the day the exchange accepted it, its number, and its id."""
    day = local_day(row.accepted_at)
    number = safe_file_name(f"{row.number}-{row.notation}".replace(" ", "-"), "-")[:NAME_LETTERS]
    return PurePosixPath(kind) / f"{day:%Y-%m}" / f"{day:%Y-%m-%d}_{number}_{row.id}"
