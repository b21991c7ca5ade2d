"""TM-15: what was sent before is known again, after a restart and after a restore, whatever was put around it."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from exchange.exchange import open_exchange
from exchange.settings import load_settings
from signing.authority import Authority
from signing.certificates import describe
from signing.sign import Signer
from storage import certificates
from tests.exchange.test_statuses import word
from tests.support.databases import dsn_of
from tests.support.world import A, B, D, World, listening, now, world_of
from tests.threats.forms import FORMS
from tests.threats.through_service import agency_of, codes, stored, system_of, yesterdays_letter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.databases import Template

HOP = b"<edXML:TraceHeader><edXML:OrganId>H08</edXML:OrganId></edXML:TraceHeader><edXML:Bussiness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A file that was taken, who sent it, and what was answered."""

    name: str
    sender: str
    file: bytes
    envelope: str
    receipt: bytes


async def submitted(exchange: World, name: str, sender: str, file: bytes) -> Sent:
    async with system_of(exchange, sender) as system:
        answer = await system.submit(file)
        assert answer.status == 201, (name, answer.body)
        receipt = await system.ask(answer.json["receipt"])
        return Sent(name=name, sender=sender, file=file, envelope=answer.json["id"], receipt=receipt.body)


async def corpus(exchange: World) -> list[Sent]:
    """One file of every kind, taken: each form of signature, unsigned, a status; one of them is confirmed."""
    taken = []
    for n, (form, sign) in enumerate(FORMS.items()):
        letter = yesterdays_letter().replace(b",125/SNV-VP", b",%d/SNV-VP" % (200 + n))
        taken.append(await submitted(exchange, form, A, sign(agency_of(exchange, A), letter)))
    unsigned = exchange.envelope(exchange.document(D, B), exchange.attachment(), signed=False).read_bytes()
    taken.append(await submitted(exchange, "unsigned", D, unsigned))
    document = exchange.document(A, B)
    taken.append(await submitted(exchange, "letter", A, exchange.envelope(document).read_bytes()))
    async with exchange.client(B) as recipient:
        first = (await recipient.inbox()).deliveries[0]
        await recipient.confirm(first.id, first.sha256)
    taken.append(await submitted(exchange, "status", B, word(exchange, document, B, A, "03")))
    return taken


async def replay(exchange: World, taken: list[Sent]) -> None:
    """Send everything again, also with a hop more where the signature allows one: nothing new comes of it."""
    before = await stored(exchange)
    for one in taken:
        copies = [one.file] + ([one.file.replace(b"<edXML:Bussiness", HOP, 1)] if one.name.startswith("P") else [])
        async with system_of(exchange, one.sender) as system:
            for copy in copies:
                answer = await system.submit(copy)
                assert (answer.status, answer.json["id"]) == (200, one.envelope), one.name
                assert (await system.ask(answer.json["receipt"])).body == one.receipt, one.name
    assert await stored(exchange) == before


@asynccontextmanager
async def opened_again(closed: World, dsn: str, folder: Path) -> AsyncIterator[World]:
    """The same exchange, started anew on what it kept or on a copy of that."""
    settings = load_settings({}, data_dir=folder, database_url=dsn, spool_floor_bytes=0)
    async with open_exchange(settings) as exchange, listening(exchange) as url:
        yield replace(closed, url=url, exchange=exchange)


async def test_whole_corpus_again_brings_nothing_new(template: Template, dsn: str, tmp_path: Path) -> None:
    async with world_of(dsn, tmp_path) as exchange:
        taken = await corpus(exchange)
        await replay(exchange, taken)
    async with opened_again(exchange, dsn, exchange.exchange.settings.data_dir) as restarted:
        await replay(restarted, taken)
    server = await asyncpg.connect(template.server)
    name = dsn.rpartition("/")[2].partition("?")[0]
    await server.execute(f"CREATE DATABASE restored_{name} TEMPLATE {name}")
    try:
        shutil.copytree(exchange.exchange.settings.data_dir, tmp_path / "restored")
        copy = dsn_of(dsn, f"restored_{name}")
        async with opened_again(exchange, copy, tmp_path / "restored") as restored:
            await replay(restored, taken)
    finally:
        await server.execute(f"DROP DATABASE restored_{name} WITH (FORCE)")
        await server.close()


async def test_letter_of_another_environment_is_refused(exchange: World) -> None:
    """Test and production have roots of their own: a certificate registered in both is believed in one."""
    key, certificate = Authority.make("Root of the test environment").issue("Sở Nội vụ")
    facts = describe(certificate)
    async with exchange.exchange.database.transaction() as conn:
        await certificates.add_certificate(
            conn,
            sha256=facts.sha256,
            agency=A,
            der=facts.der,
            subject=facts.subject,
            not_before=facts.not_before,
            not_after=facts.not_after,
        )
    async with system_of(exchange, A) as sender:
        refused = await sender.submit(Signer.load(key, certificate).sign_parts(yesterdays_letter()))
    assert (refused.status, codes(refused)) == (422, ["certificate.untrusted"])


@pytest.mark.parametrize("form", FORMS)
async def test_letter_issued_tomorrow_is_refused(exchange: World, form: str) -> None:
    tomorrow = f"{now() + timedelta(days=2):%Y/%m/%d}".encode()
    yesterday = f"{now() + timedelta(hours=7) - timedelta(days=1):%Y/%m/%d}".encode()
    letter = yesterdays_letter().replace(yesterday, tomorrow)
    assert letter != yesterdays_letter()
    async with system_of(exchange, A) as sender:
        refused = await sender.submit(FORMS[form](agency_of(exchange, A), letter))
    assert (refused.status, "date.future" in codes(refused)) == (422, True), codes(refused)
