"""Handing out bytes: the file exactly as submitted, or one attachment, streamed and never whole in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envelopes.layout import Layout, TextWriter
from envelopes.limits import LOCAL_TIME
from envelopes.rebuilding import pieces
from envelopes.splitting import Content
from envelopes.tracing import trace_of
from exchange import retention_rules
from exchange.errors import NotThere
from exchange.recall import say_withdrawn
from storage import deliveries, envelopes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from uuid import UUID

    from envelopes.tracing import Insertion
    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.deliveries import Waiting
    from storage.directory import System
    from storage.envelopes import AttachmentRow, EnvelopeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Bytes to hand out: `read(start, length)` streams them (length None: to the end); size in bytes, raw digest."""

    name: str
    media_type: str
    size: int
    sha256: bytes
    read: Callable[[int, int | None], AsyncIterator[bytes]]


async def open_envelope(exchange: Exchange, system: System, delivery_id: UUID) -> Download:
    """The file exactly as submitted. Raises `NotThere`, `Refused` (withdrawn, or removed by a rule), `DatabaseAway`."""
    async with exchange.database.acquire() as conn:
        found = await deliveries.delivery(conn, delivery_id, recipients=sorted(system.agencies))
        if found is None:
            raise NotThere
        rows = (await envelopes.attachments(conn, [found.envelope.id])).get(found.envelope.id, [])
        refuse_removed(found.envelope, rows)
        await _note_fetched(conn, found)
        skeleton = await envelopes.skeleton(conn, found.envelope.id)

    def read(start: int, length: int | None) -> AsyncIterator[bytes]:
        return part_of(whole_file(exchange, skeleton, rows), start, length)

    return Download(
        name=f"{found.envelope.id}.edxml",
        media_type="application/xml",
        size=found.envelope.size,
        sha256=found.envelope.sha256,
        read=read,
    )


async def trace_for(exchange: Exchange, system: System, delivery_id: UUID) -> Insertion | None:
    """The hop of this exchange for the copy of a document, and where in the file it belongs (conformance C16).

    None for status messages, for files signed as a whole, which it would break, and where the exchange has no code.
    """
    code = exchange.settings.node_code
    async with exchange.database.acquire() as conn:
        found = await deliveries.delivery(conn, delivery_id, recipients=sorted(system.agencies))
        if code is None or found is None or found.delivery.kind == "status" or found.envelope.profile == "W":
            return None
        skeleton = await envelopes.skeleton(conn, found.envelope.id)
        rows = (await envelopes.attachments(conn, [found.envelope.id])).get(found.envelope.id, [])
    trace = trace_of(skeleton, code, found.envelope.accepted_at)
    if trace is None:
        return None
    before = sum(row.text_size for row in rows if row.cut <= trace.byte)
    return replace(trace, byte=trace.byte + before)


async def open_attachment(
    exchange: Exchange, system: System, delivery_id: UUID, n: int, *, transferred: bool
) -> Download:
    """Attachment `n` as a person opens it, or the octets as transferred. Raises as `open_envelope` does."""
    async with exchange.database.acquire() as conn:
        found = await deliveries.delivery(conn, delivery_id, recipients=sorted(system.agencies))
        rows = await envelopes.attachments(conn, [found.envelope.id]) if found else {}
        row = next((row for some in rows.values() for row in some if row.n == n), None)
        if found is None or row is None:
            raise NotThere
        refuse_removed(found.envelope, [row])
        await _note_fetched(conn, found)
    sha256, size, media = row.object, row.size, row.media_type
    if row.opened_object is not None and row.opened_size is not None and not transferred:
        sha256, size, media = row.opened_object, row.opened_size, row.opened_media_type or media

    def read(start: int, length: int | None) -> AsyncIterator[bytes]:
        return exchange.objects.read(sha256.hex(), start=start, length=length)

    return Download(name=row.name, media_type=media, size=size, sha256=sha256, read=read)


def refuse_removed(envelope: EnvelopeRow, rows: Sequence[AttachmentRow]) -> None:
    """Say by which rule the attachments were removed, when, and whose rule it is. Raises `Refused` if they were."""
    removed = next((row.removed for row in rows if row.removed is not None), None)
    if removed is not None:
        retention_rules.ATTACHMENT_REMOVED.refuse(
            "attachments",
            removed.rule,
            reference=envelope.reference,
            at=f"{removed.at.astimezone(LOCAL_TIME):%d/%m/%Y %H:%M:%S}",
            rule=removed.rule,
            by=removed.by,
        )


async def _note_fetched(conn: Connection, found: Waiting) -> None:
    """From now on it can be asked for, but not withdrawn. Raises `Refused` when it was withdrawn before."""
    if found.delivery.fetched_at is None and not await deliveries.note_fetched(conn, found.delivery.id):
        await say_withdrawn(conn, found)


async def whole_file(exchange: Exchange, skeleton: bytes, rows: Sequence[AttachmentRow]) -> AsyncIterator[bytes]:
    """The file as it was submitted, rebuilt piece by piece. Raises `ObjectMissing`, `ObjectsAway`."""
    for piece in pieces(skeleton, [content_of(row) for row in rows]):
        if isinstance(piece, bytes):
            yield piece
        elif piece.layout is None:
            assert piece.text_sha256 is not None
            async for chunk in exchange.objects.read(piece.text_sha256.hex()):
                yield chunk
        else:
            writer = TextWriter(piece.layout)
            async for chunk in exchange.objects.read(piece.sha256.hex()):
                yield await exchange.threads.run(writer.feed, chunk)
            yield writer.close()


def content_of(row: AttachmentRow) -> Content:
    """The attachment's place and form in its file, as the splitter saw them."""
    return Content(
        n=row.n,
        cut=row.cut,
        text_size=row.text_size,
        size=row.size,
        sha256=row.object,
        layout=Layout.from_text(row.layout) if row.layout is not None else None,
        text_sha256=row.text_object,
    )


async def part_of(stream: AsyncIterator[bytes], start: int, length: int | None) -> AsyncIterator[bytes]:
    """`length` bytes from `start` (None: to the end) of a stream that can only be read from its beginning."""
    skip, left = start, length
    async for chunk in stream:
        data = chunk[skip:]
        skip = max(0, skip - len(chunk))
        if left is not None:
            data = data[:left]
            left -= len(data)
        if data:
            yield data
        if left == 0:
            return
