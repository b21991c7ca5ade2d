"""The operations of a parent axis that this exchange uses, as one agency's system there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from exchange.upward.answers import FileReading, ListReading
from exchange.upward.line import Line, ParentBroke, judge

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping
    from types import TracebackType
    from typing import Self

    from storage.parents import ParentRow

SERVICE = "eDoc"
KINDS = {"document": "edoc", "status": "status"}

MOST_ROWS = 5000
"""Messages of one answer that are looked at; what is beyond comes once these are confirmed."""

MOST_ID = 64
"""Characters of a parent's id: public ones have 24 and 36."""

CRLF = b"\r\n"
"""Follows the file in `sendEdoc`, and is not the file's (axis client 4.10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One row of the parent's list: its id there, and who sent it, as the parent says."""

    doc_id: str
    kind: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A file to be sent up: of which kind and from which agency, its digest (raw) and its size in bytes."""

    kind: str
    sender: str
    sha256: bytes
    size: int


class ParentClient:
    """An open line to one parent. Every operation raises `ParentAway` when there is no usable answer."""

    def __init__(self, parent: ParentRow) -> None:
        self._line = Line(parent.url, parent.system, parent.secret)

    async def __aenter__(self) -> Self:
        await self._line.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._line.__aexit__(kind, error, trace)

    async def send(self, file: Outgoing, chunks: AsyncIterator[bytes]) -> str:
        """Send a file up; its id there. The same file again gets the same id.

        Raises `ParentRefused`, `ParentUnsure`.
        """
        parameters = {
            "from": file.sender,
            "messagetype": KINDS[file.kind],
            "servicetype": SERVICE,
            "hash-file": unpadded(file.sha256),
        }
        size = file.size + len(CRLF)
        fields = await self._plain("sendEdoc", parameters, body=_with_crlf(chunks), size=size)
        doc_id = str(fields.get("DocId") or "")
        if not doc_id or doc_id == "0" or len(doc_id) > MOST_ID:
            raise ParentBroke("sendEdoc: không có DocId / no DocId")
        return doc_id

    async def received(self, kind: str) -> list[Message]:
        """What waits at the parent for agencies of this exchange, oldest first as far as it says when: an operation
        on a document comes after it, however urgent it is."""
        found: list[tuple[datetime, Message]] = []
        parameters = {"messagetype": KINDS[kind], "servicetype": SERVICE}
        async for row in self._rows("getReceivedEdocList", parameters):
            doc_id, sender = str(row.get("docId") or ""), str(row.get("from") or "")
            if 0 < len(doc_id) <= MOST_ID and doc_id.isascii() and doc_id.isprintable() and len(found) < MOST_ROWS:
                message = Message(doc_id=doc_id, kind=kind, sender=sender[:MOST_ID])
                found.append((_moment(str(row.get("created_time") or "")), message))
        return [message for _, message in sorted(found, key=lambda one: one[0])]

    async def file(self, doc_id: str) -> AsyncGenerator[bytes, None]:
        """The file of one message as it arrives. What came is to be kept only if this ends without an exception.

        Raises `ParentRefused`, `ParentUnsure`.
        """
        reading = FileReading()
        async with self._line.asked("getEdoc", {"docId": doc_id}, body=b"{}") as chunks:
            async for chunk in chunks:
                if data := reading.feed(chunk):
                    yield data
            judge(reading.fields())

    async def tell(self, doc_id: str, word: str) -> None:
        """Say `done` or `fail` of one message. Raises `ParentRefused`, `ParentUnsure`."""
        await self._plain("updateStatus", {"docId": doc_id, "status": word}, body=b"{}")

    async def agencies(self) -> AsyncGenerator[Mapping[str, Any], None]:
        """The parent's directory as it arrives; whole only if this ends without an exception."""
        async for row in self._rows("getAgenciesList", {}):
            yield row

    async def _rows(self, operation: str, parameters: Mapping[str, str]) -> AsyncGenerator[Mapping[str, Any], None]:
        reading = ListReading()
        async with self._line.asked(operation, parameters) as chunks:
            async for chunk in chunks:
                for row in reading.feed(chunk):
                    yield row
            judge(reading.fields())

    async def _plain(
        self,
        operation: str,
        parameters: Mapping[str, str],
        *,
        body: AsyncIterator[bytes] | bytes = b"",
        size: int = 0,
    ) -> Mapping[str, Any]:
        reading = FileReading()
        async with self._line.asked(operation, parameters, body=body, size=size) as chunks:
            async for chunk in chunks:
                reading.feed(chunk)
            fields = reading.fields()
        judge(fields)
        return fields


def _moment(text: str) -> datetime:
    """A time of the parent's, for nothing but the order; what is no time comes last, as listed."""
    with suppress(ValueError):
        return datetime.strptime(text, "%d/%m/%Y %H:%M:%S")  # noqa: DTZ007 - compared with its like alone
    return datetime.max  # noqa: DTZ901


def unpadded(digest: bytes) -> str:
    """A digest as the national client writes it: each byte below 16 is one digit (axis client 4.10)."""
    return "".join(f"{byte:x}" for byte in digest)


async def _with_crlf(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        yield chunk
    yield CRLF
