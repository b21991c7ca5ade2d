"""An agency at one of the two doors: it sends, sees what waits, fetches and confirms, each in the door's own way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from envelopes.limits import LOCAL_TIME
from envelopes.model import Organization, ResponseFor, StatusMessage
from envelopes.writing import write_status
from exchange.client import ONCE, Client
from exchange.client_files import write_envelope
from tests.axis.double import AxisClient
from tests.support.world import secret_of

if TYPE_CHECKING:
    from pathlib import Path

    from envelopes.model import Document
    from tests.support.world import Actor

DoorKind = Literal["native", "axis"]
DOORS: tuple[DoorKind, ...] = ("native", "axis")


@dataclass(slots=True, kw_only=True)
class Office:
    """One agency's document system behind one door."""

    url: str
    actor: Actor
    folder: Path
    door: DoorKind
    seen: dict[str, bytes] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.actor.code

    def written(self, document: Document, *attachments: Path) -> bytes:
        """The document as this agency signs it."""
        path = self.folder / f"{self.code}.edxml"
        write_envelope(document, list(attachments), path, signer=self.actor.signer)
        return path.read_bytes()

    def worded(self, document: Document, code: str, text: str = "", *, to: str = "") -> bytes:
        """A status message about the document: to its sender, or (13) to the recipient `to`."""
        status = StatusMessage(
            sender=Organization(code=self.code),
            answers=ResponseFor(
                agency=to or document.sender.code,
                code=f"{document.number}/{document.notation}",
                issued_on=document.issued_on,
                reference=document.reference,
            ),
            code=code,
            description=text,
            reported_at=datetime.now(LOCAL_TIME).replace(microsecond=0),
        )
        return self.actor.signer.sign_parts(write_status(status))

    async def send(self, file: bytes) -> str:
        """Hand the file in; its id. Raises AssertionError when it is not taken."""
        if self.door == "axis":
            result = await self._axis().send(file, self.code)
            assert result.ok, result.raw
            assert result.doc_id
            return result.doc_id
        path = self.folder / f"{self.code}-out.edxml"
        path.write_bytes(file)
        async with Client(self.url, self.actor.credential, patience=ONCE) as client:
            return (await client.submit(path)).id

    async def waiting(self, kind: str = "document") -> dict[str, bytes]:
        """What waits, fetched: ids and files, most urgent first, then oldest."""
        if self.door == "axis":
            return await self._waiting_at_the_axis(kind)
        found = {}
        async with Client(self.url, self.actor.credential) as client:
            for one in (await client.inbox(kind=kind)).deliveries:
                path = self.folder / f"{one.id}.edxml"
                await client.fetch_envelope(one.id, path)
                found[one.id] = path.read_bytes()
        return found

    async def count(self, kind: str = "document") -> int:
        """How much waits, without fetching any of it."""
        if self.door == "axis":
            client = self._axis()
            rows = (await client.received("edoc" if kind == "document" else "status")).data
            client.close()
            return len(rows or [])
        async with Client(self.url, self.actor.credential) as client:
            return len((await client.inbox(kind=kind)).deliveries)

    async def take(self, kind: str = "document") -> list[bytes]:
        """Fetch and confirm everything that waits; the files."""
        found = await self.waiting(kind)
        for delivery in found:
            await self.confirm(delivery)
        return list(found.values())

    async def confirm(self, delivery: str) -> None:
        """Say that it is stored."""
        if self.door == "axis":
            assert (await self._axis().update_status(delivery, "done")).ok
            return
        async with Client(self.url, self.actor.credential) as client:
            await client.confirm(delivery, (await client.delivery(delivery)).sha256)

    async def states(self, envelope: str) -> dict[str, str]:
        """Where each recipient's copy stands; only the native door tells, whichever the file went in by."""
        async with Client(self.url, self.actor.credential) as client:
            return {one.recipient: one.state for one in (await client.envelope(envelope)).deliveries}

    async def _waiting_at_the_axis(self, kind: str) -> dict[str, bytes]:
        client = self._axis()
        rows = (await client.received("edoc" if kind == "document" else "status")).data
        found = {}
        for row in rows or []:
            got = await client.get(row["docId"], self.folder)
            assert got.path is not None, got.raw
            found[row["docId"]] = got.path.read_bytes()
        client.close()
        return found

    def _axis(self) -> AxisClient:
        return AxisClient(self.url, f"system.{self.code}", secret_of(self.code))


def status_code(file: bytes) -> str:
    """The code of a status message."""
    return file.partition(b"StatusCode>")[2][:2].decode()
