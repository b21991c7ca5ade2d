"""OCSP: responders are asked about the certificates in use, their answers checked, kept and gone by."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from envelopes.faults import Refused
from exchange import authorities, revocations, sources
from signing.authority import Authority
from signing.certificates import Bad, Good, Trust, Unknown, describe
from signing.ocsp import answer_facts, names_responder
from storage import certificates, directory, revocation_sources, trust
from tests.signing import odd_certificates as odd
from tests.support.exchanges import do, exchange_of, execute
from tests.support.revocation_data import DAY, Publisher, access_to, appointed_by, ocsp_answer, publishing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from exchange.exchange import Exchange

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.make("Gốc phát hành")


@pytest.fixture
async def exchange(dsn: str, tmp_path: Path, root: Authority) -> AsyncIterator[Exchange]:
    """An exchange that trusts the root, has no list, and knows one agency."""
    async with exchange_of(dsn, tmp_path) as made:
        await authorities.trust_root(made.database, root.root_pem)
        async with made.database.transaction() as conn:
            await directory.add_agency(conn, code="H08.02", name="Sở Nội vụ", level=None, parent=None)
        yield made


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    async with publishing() as made:
        yield made


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


async def enrol(exchange: Exchange, root: Authority, url: str) -> tuple[bytes, int]:
    """A certificate in use that names a responder; its DER and serial number."""
    der = odd.certificate(root, add=(access_to(url),), begin=now() - DAY, end=now() + 90 * DAY)
    facts = describe(der)
    async with exchange.database.transaction() as conn:
        await certificates.add_certificate(
            conn,
            sha256=facts.sha256,
            agency="H08.02",
            der=der,
            subject=facts.subject,
            not_before=facts.not_before,
            not_after=facts.not_after,
        )
    return der, x509.load_der_x509_certificate(der).serial_number


async def judged(exchange: Exchange, der: bytes) -> object:
    trusted: Trust = await exchange.trust.current()
    return await asyncio.to_thread(trusted.judge, der, now())


async def test_responder_is_asked_about_certificates_in_use(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    der, serial = await enrol(exchange, root, f"{publisher.url}/ocsp")
    publisher.answers["/ocsp"] = publisher.respond(root, {serial: der})
    assert isinstance(await judged(exchange, der), Unknown)
    await sources.set_responder(exchange.database, f"{publisher.url}/ocsp", "Gốc phát hành")
    await do(exchange, revocations.CHORE)
    verdict = await judged(exchange, der)
    assert isinstance(verdict, Good)
    async with exchange.database.acquire() as conn:
        [kept] = await trust.evidence(conn, verdict.evidence)
        [responder] = await revocation_sources.responders(conn)
    assert (kept.kind, hashlib.sha256(kept.der).digest()) == ("ocsp", kept.sha256)
    assert (responder.asked, responder.failing) == (1, 0)
    await do(exchange, revocations.CHORE)
    assert len(publisher.asked) == 1  # not due yet


async def test_responder_that_says_revoked_is_believed_at_once(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    der, serial = await enrol(exchange, root, f"{publisher.url}/ocsp")
    publisher.answers["/ocsp"] = publisher.respond(root, {serial: der})
    await authorities.add_crl(exchange.database, root.crl(2))
    assert isinstance(await judged(exchange, der), Good)
    publisher.statuses[serial] = now() - HOUR
    await sources.set_responder(exchange.database, f"{publisher.url}/ocsp", "Gốc phát hành")
    await do(exchange, revocations.CHORE)
    assert isinstance(await judged(exchange, der), Bad)


async def test_certificate_that_names_no_responder_is_not_asked_about(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    await enrol(exchange, root, f"{publisher.url}/ocsp")
    await execute(exchange, "UPDATE certificates SET der = $1", describe(root.issue("H08.02")[1]).der)
    await sources.set_responder(exchange.database, f"{publisher.url}/ocsp", "Gốc phát hành")
    await do(exchange, revocations.CHORE)
    assert publisher.asked == []


async def test_responder_that_fails_is_told_and_tried_again(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    await enrol(exchange, root, f"{publisher.url}/ocsp")
    await sources.set_responder(exchange.database, f"{publisher.url}/gone", "Gốc phát hành")
    await do(exchange, revocations.CHORE)
    async with exchange.database.acquire() as conn:
        [responder] = await revocation_sources.responders(conn)
    assert (responder.failing, responder.outcome) == (1, "HTTP 404")
    await do(exchange, revocations.CHORE)
    assert len(publisher.asked) == 1


async def test_responder_needs_a_trusted_authority_by_name(exchange: Exchange) -> None:
    with pytest.raises(Refused, match=r"authority\.unknown"):
        await sources.set_responder(exchange.database, "http://ocsp.example/", "Gốc lạ")
    with pytest.raises(Refused, match=r"authority\.unknown"):
        await sources.remove_responder(exchange.database, "Gốc phát hành")


def test_answers_of_the_authority_and_of_its_responder_are_taken(root: Authority) -> None:
    der, at = odd.certificate(root, end=now() + DAY), now()
    issuer = describe(root.root_pem).der
    for responder in (None, appointed_by(root)):
        data = ocsp_answer(root, der, begin=at - HOUR, end=at + HOUR, responder=responder)
        facts = answer_facts(data, der, issuer, at)
        assert (facts.status, facts.until, facts.certificate) == ("good", at + HOUR, hashlib.sha256(der).digest())
    revoked = ocsp_answer(root, der, begin=at - HOUR, end=None, revoked_at=at - DAY)
    assert answer_facts(revoked, der, issuer, at).status == "revoked"
    assert answer_facts(revoked, der, issuer, at).until == at - HOUR + timedelta(minutes=30)


def test_answers_that_would_mislead_are_refused(root: Authority) -> None:
    der, other, at = odd.certificate(root, end=now() + DAY), odd.certificate(root, end=now() + DAY), now()
    begin, end = at - HOUR, at + HOUR
    stranger = Authority.make("Gốc phát hành")
    good = ocsp_answer(root, der, begin=begin, end=end)
    web_server = appointed_by(root, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
    wrong = {
        "ocsp.other": [
            ocsp_answer(root, other, begin=begin, end=end),
            ocsp_answer(stranger, der, begin=begin, end=end),
        ],
        "ocsp.forged": [
            ocsp_answer(root, der, begin=begin, end=end, responder=appointed_by(stranger)),
            ocsp_answer(root, der, begin=begin, end=end, responder=web_server),
            ocsp_answer(root, der, begin=begin, end=end, responder=appointed_by(root, now=at - 400 * DAY)),
            ocsp_answer(root, der, begin=begin, end=end, responder=appointed_by(root, now=at + DAY)),
            good[:-1] + bytes([good[-1] ^ 1]),
        ],
        "ocsp.unreadable": [
            b"",
            b"<html>",
            bytes.fromhex("30030a0106"),  # unauthorized
            ocsp_answer(root, der, begin=begin, end=end, is_unknown=True),
            ocsp_answer(root, der, begin=at + HOUR, end=at + DAY),
        ],
    }
    for code, answers in wrong.items():
        for n, data in enumerate(answers):
            with pytest.raises(Refused) as refused:
                answer_facts(data, der, describe(root.root_pem).der, at)
            assert refused.value.faults[0].code == code, (code, n)


def test_only_a_named_responder_counts(root: Authority) -> None:
    assert names_responder(odd.certificate(root, add=(access_to("http://ocsp.example/"),)))
    assert not names_responder(odd.certificate(root))
