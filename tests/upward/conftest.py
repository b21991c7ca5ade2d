"""Two exchanges, one the other's parent, each with its own database, agencies on both sides.

A sends and B receives at the lower exchange, E is its stranger; C receives and D is a stranger at the upper one. The
lower exchange acts for A and B there, as a province's node does.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from exchange.chores import Chore
from exchange.client import Client
from exchange.client_files import write_envelope
from exchange.credentials import new_credential
from exchange.exchange import Exchange
from exchange.upward import down, listing, parents, up
from signing.authority import Authority
from signing.certificates import describe
from signing.sign import Signer
from storage import certificates, credentials, directory
from tests.support.exchanges import do, exchange_of, execute
from tests.support.world import letter, listening, trust

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from envelopes.model import Document
    from exchange.client_types import Delivery
    from tests.support.databases import Template

A, B, E = "H08.02", "H08.30", "H08.40"
C, D = "G01.10", "G01.20"
NAMES = {A: "Sở Nội vụ", B: "Sở Tư pháp", E: "Xã Ê", C: "Bộ Nội vụ", D: "Bộ Tư pháp"}
SECRET = "secret of the province"
NODE = "province.h08"
LIMIT = 8 * 2**20
"""Bytes of an envelope that both exchanges take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """An agency's signing key and certificate."""

    signer: Signer
    certificate: bytes


@dataclass(slots=True, kw_only=True)
class Side:
    """One of the two exchanges, and the credentials of its agencies' systems."""

    exchange: Exchange
    url: str
    credentials: dict[str, str] = field(default_factory=dict)

    def client(self, code: str) -> Client:
        """The client library, as this agency's system uses it."""
        return Client(self.url, self.credentials[code])

    async def inbox(self, code: str, kind: str | None = None) -> list[Delivery]:
        """What waits for an agency of this side."""
        async with self.client(code) as client:
            return list((await client.inbox(kind=kind)).deliveries)

    async def states(self, code: str, envelope: str) -> dict[str, str]:
        """How each recipient's delivery stands, as its sender sees it."""
        async with self.client(code) as client:
            return {one.recipient: one.state for one in (await client.envelope(envelope)).deliveries}

    async def events(self, code: str, envelope: str) -> list[str]:
        """All lines of its history, as its sender sees them."""
        async with self.client(code) as client:
            return [event.event for one in (await client.envelope(envelope)).deliveries for event in one.events]

    async def rows(self, query: str, *arguments: object) -> list[dict[str, Any]]:
        """What the database says."""
        async with self.exchange.database.acquire() as conn:
            return [dict(row) for row in await conn.fetch(query, *arguments)]


@dataclass(slots=True, kw_only=True)
class Pair:
    """The lower exchange and its parent."""

    lower: Side
    upper: Side
    keys: dict[str, Keys]
    folder: Path
    numbers: int = 0

    def document(self, sender: str, *recipients: str, **changes: Any) -> Document:
        """A new letter of a number of its own."""
        self.numbers += 1
        return replace(letter(sender, recipients, str(self.numbers)), **changes)

    def envelope(self, document: Document, *, size: int = 5000, signed: bool = True) -> Path:
        """The letter as a file with one attachment, signed by its sender."""
        attachment = self.folder / "letter.pdf"
        attachment.write_bytes(b"%PDF-1.4\n" + b"x" * size)
        path = self.folder / f"{document.sender.code}-{document.number}-{document.operation.value}.edxml"
        signer = self.keys[document.sender.code].signer if signed else None
        write_envelope(document, [attachment], path, signer=signer)
        return path

    async def up(self) -> None:
        """The lower exchange sends up what waits, now."""
        await self._do(up.CHORE)

    async def down(self) -> None:
        """The lower exchange takes what came for its agencies, now."""
        await self._do(down.CHORE)

    async def both(self) -> None:
        """Once up and once down."""
        await self.up()
        await self.down()

    async def _do(self, chore: Chore) -> None:
        await execute(self.lower.exchange, "UPDATE parent_lines SET due_at = clock_timestamp()")
        await execute(self.lower.exchange, "UPDATE upward SET due_at = clock_timestamp() WHERE state = 'waiting'")
        await execute(
            self.lower.exchange, "UPDATE downward SET due_at = clock_timestamp() WHERE state IN ('waiting', 'refused')"
        )
        await do(self.lower.exchange, chore)


async def add_agencies(side: Side, keys: dict[str, Keys], codes: Sequence[str], *, certified: Sequence[str]) -> None:
    """Enter agencies with a system each, and the certificates of some of them."""
    async with side.exchange.database.transaction() as conn:
        for code in codes:
            await directory.add_agency(conn, code=code, name=NAMES[code], level=None, parent=None)
            await directory.add_system(
                conn, system=f"system.{code}", agencies=[code], allow_unsigned=False, axis_secret="s"
            )
            text, credential, digest = new_credential()
            await credentials.add_credential(
                conn, credential=credential, system=f"system.{code}", secret_sha256=digest, valid_days=None
            )
            side.credentials[code] = text
    await certify(side, keys, certified)


async def certify(side: Side, keys: dict[str, Keys], codes: Sequence[str]) -> None:
    """Register certificates of agencies."""
    async with side.exchange.database.transaction() as conn:
        for code in codes:
            facts = describe(keys[code].certificate)
            await certificates.add_certificate(
                conn,
                sha256=facts.sha256,
                agency=code,
                der=facts.der,
                subject=facts.subject,
                not_before=facts.not_before,
                not_after=facts.not_after,
            )


async def connect(pair: Pair, *, vouches: bool = False, seal: bool = True, url: str | None = None) -> None:
    """Make the upper exchange the lower one's parent, and read its directory."""
    database = pair.lower.exchange.database
    await parents.add_parent(
        database,
        name="nation",
        url=url or pair.upper.url,
        system=NODE,
        secret=SECRET,
        vouches=vouches,
        seal=pair.upper.exchange.seal.certificate_der if seal else None,
    )
    await listing.sync(database, "nation", lambda _done: None)


@asynccontextmanager
async def pair_of(template: Template, folder: Path) -> AsyncIterator[Pair]:
    """Two listening exchanges that do not know each other yet."""
    authority = Authority.make("Root of both")
    keys = {}
    for code, name in NAMES.items():
        key, certificate = authority.issue(name)
        keys[code] = Keys(signer=Signer.load(key, certificate), certificate=certificate)
    async with AsyncExitStack() as stack:
        sides = []
        for name in ("lower", "upper"):
            dsn = await stack.enter_async_context(template.copy())
            exchange = await stack.enter_async_context(
                exchange_of(dsn, folder / name, poll_seconds=1.0, max_envelope_bytes=LIMIT)
            )
            async with exchange.database.transaction() as conn:
                await trust(conn, authority)
            sides.append(Side(exchange=exchange, url=await stack.enter_async_context(listening(exchange))))
        lower, upper = sides
        await add_agencies(lower, keys, (A, B, E), certified=(A, B, E))
        await add_agencies(upper, keys, (C, D), certified=(C, D))
        async with upper.exchange.database.transaction() as conn:
            for code in (A, B):
                await directory.add_agency(conn, code=code, name=NAMES[code], level=None, parent=None)
            await directory.add_system(conn, system=NODE, agencies=[A, B], allow_unsigned=False, axis_secret=SECRET)
        await certify(upper, keys, (A, B))
        yield Pair(lower=lower, upper=upper, keys=keys, folder=folder)


@pytest.fixture
async def strangers(template: Template, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two exchanges that do not know each other yet."""
    async with pair_of(template, tmp_path) as made:
        yield made


@pytest.fixture
async def pair(strangers: Pair) -> Pair:
    """The upper exchange is the lower one's parent; the lower one knows C's certificate, too."""
    await connect(strangers)
    await certify(strangers.lower, strangers.keys, (C,))
    return strangers
