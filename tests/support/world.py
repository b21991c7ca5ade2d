"""A small world for journeys: a listening exchange, agencies A, B and C with certificates, and one without signatures.

A sends, B and C receive or look on; everything is real: PostgreSQL, object store, certificates, HTTP.
"""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from envelopes.limits import LOCAL_TIME
from envelopes.model import Business, Document, Organization, Signatory
from exchange.api.app import create_app
from exchange.api.runner import ApiRunner
from exchange.client import Client
from exchange.client_files import write_envelope
from exchange.credentials import new_credential
from exchange.exchange import Exchange, open_exchange
from exchange.settings import load_settings
from signing.authority import Authority
from signing.certificates import crl_facts, describe
from signing.sign import Signer
from storage import certificates, credentials, directory
from storage import trust as trust_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from storage.connection import Connection
    from storage.database import Database

A, B, C, D = "H08.02", "H08.30", "H08.31", "H08.40"
"""Sender, recipient, stranger, and an agency whose old system does not sign."""

NAMES = {A: "Sở Nội vụ", B: "Ủy ban nhân dân huyện B", C: "Ủy ban nhân dân xã C", D: "Sở Xây dựng"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One agency's document system."""

    code: str
    credential: str
    signer: Signer
    key_pem: bytes
    certificate_pem: bytes


def secret_of(code: str) -> str:
    """The secret that this agency's axis client signs with."""
    return f"secret of {code}"


@dataclass(slots=True, kw_only=True)
class World:
    """The listening exchange, who is in it, and a folder for files."""

    url: str
    exchange: Exchange
    authority: Authority
    actors: dict[str, Actor]
    folder: Path
    numbers: int = field(default=0)

    def client(self, code: str) -> Client:
        """The client library, as this agency's system uses it."""
        return Client(self.url, self.actors[code].credential)

    def document(self, sender: str = A, *recipients: str, number: str | None = None) -> Document:
        """A new document, of a number of its own unless one is given."""
        self.numbers += 1
        return letter(sender, recipients or (B,), number or str(self.numbers))

    def envelope(
        self, document: Document | None = None, *attachments: Path, signed: bool = True, name: str = ""
    ) -> Path:
        """An envelope on disk, signed by its sender unless told otherwise."""
        document = document or self.document()
        self.numbers += 1
        path = self.folder / (name or f"letter-{self.numbers}.edxml")
        signer = self.actors[document.sender.code].signer if signed else None
        write_envelope(document, list(attachments), path, signer=signer)
        return path

    def attachment(self, name: str = "125.signed.pdf", content: bytes = b"%PDF-1.4\n" + b"x" * 5000) -> Path:
        """A file to attach."""
        path = self.folder / name
        path.write_bytes(content)
        return path


def letter(sender: str, recipients: tuple[str, ...], number: str) -> Document:
    """A common official letter, issued today: one of yesterday is late in the afternoon."""
    issued = datetime.now(LOCAL_TIME).date()
    return Document(
        sender=Organization(code=sender, name=NAMES.get(sender, sender)),
        recipients=tuple(Organization(code=code, name=NAMES.get(code, code)) for code in recipients),
        reference=f"{sender},{issued:%Y/%m/%d},{number}/SNV-VP",
        number=number,
        notation="SNV-VP",
        issued_on=issued,
        subject="V/v triển khai liên thông văn bản điện tử",
        place="Quy Nhơn",
        type=2,
        type_detail=18,
        type_name="Công văn",
        signatory=Signatory(competence="KT. GIÁM ĐỐC", position="Phó Giám đốc", full_name="Nguyễn Thị Đào"),
        steering="0",
        business=Business(reason="Văn bản điện tử mới", paper="0"),
    )


def replaced(document: Document, **changes: object) -> Document:
    """The same document, changed."""
    return replace(document, **changes)  # type: ignore[arg-type]


async def people(database: Database, authority: Authority) -> dict[str, Actor]:
    """Put the agencies, their systems, certificates and the trusted root into the directory."""
    actors = {}
    async with database.transaction() as conn:
        await trust(conn, authority)
        for code, name in NAMES.items():
            await directory.add_agency(conn, code=code, name=name, level=None, parent=None)
            actors[code] = await _actor(conn, authority, code)
    return actors


async def trust(conn: Connection, authority: Authority, *, days: int = 7) -> None:
    """Trust the authority's root and take its newest revocation list."""
    root = describe_pem(authority.root_pem)
    await trust_rows.add_root(conn, sha256=root[0], der=root[1], subject=describe(authority.root_pem).subject)
    facts = crl_facts(authority.crl(days))
    await trust_rows.add_revocation_list(
        conn,
        sha256=facts.sha256,
        der=facts.der,
        issuer=facts.issuer,
        this_update=facts.this_update,
        next_update=facts.next_update,
    )


def describe_pem(pem: bytes) -> tuple[bytes, bytes]:
    """Digest and DER of a certificate in PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    return hashlib.sha256(der).digest(), der


async def _actor(conn: Connection, authority: Authority, code: str) -> Actor:
    key, certificate = authority.issue(NAMES[code])
    _, der = describe_pem(certificate)
    facts = describe(der)
    await certificates.add_certificate(
        conn,
        sha256=facts.sha256,
        agency=code,
        der=der,
        subject=facts.subject,
        not_before=facts.not_before,
        not_after=facts.not_after,
    )
    system = f"system.{code}"
    await directory.add_system(
        conn, system=system, agencies=[code], allow_unsigned=code == D, axis_secret=secret_of(code)
    )
    text, credential, digest = new_credential()
    await credentials.add_credential(conn, credential=credential, system=system, secret_sha256=digest, valid_days=None)
    return Actor(
        code=code, credential=text, signer=Signer.load(key, certificate), key_pem=key, certificate_pem=certificate
    )


@asynccontextmanager
async def listening(exchange: Exchange) -> AsyncIterator[str]:
    """The exchange's HTTP service on a free port of loopback; its address."""
    runner = ApiRunner(create_app(exchange))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def world_of(dsn: str, folder: Path, **settings: object) -> AsyncIterator[World]:
    """A world on this database, with objects and files below `folder`."""
    given = {"data_dir": folder / "data", "database_url": dsn, "spool_floor_bytes": 0, "poll_seconds": 1.0}
    loaded = load_settings({}, **(given | settings))
    authority = Authority.make("Test root")
    async with open_exchange(loaded) as exchange:
        actors = await people(exchange.database, authority)
        async with listening(exchange) as url:
            files = folder / "files"
            files.mkdir()
            yield World(url=url, exchange=exchange, authority=authority, actors=actors, folder=files)


def now() -> datetime:
    """The machine's time, UTC."""
    return datetime.now(UTC)
