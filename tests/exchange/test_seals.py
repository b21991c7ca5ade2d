"""The exchange's seals: each receipt is checked by the seal that made it, however often the key was changed since."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from envelopes.faults import Refused
from exchange import seals
from exchange.audit import audit
from exchange.exchange import open_exchange
from exchange.sealing import SealWrong, load_seal
from exchange.settings import load_settings
from signing.authority import Authority
from signing.keys import key_pem
from signing.receipts import Policy
from signing.seal import check_receipt, check_sealed
from signing.sign import Signer
from tests.signing.test_seal import FACTS
from tests.support.exchanges import execute
from tests.support.tokens import PIN, shelf
from tests.support.world import A, B, C, D, World, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from exchange.settings import Settings
    from signing.receipts import ReceiptFacts


@pytest.fixture
async def world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A listening exchange with agencies A, B, C and D."""
    async with world_of(dsn, tmp_path) as made:
        yield made


async def receipt_for(world: World, sender: str = A, *, signed: bool = True) -> ReceiptFacts:
    """What the receipt of a new document says, checked by the seal it must be of."""
    async with world.client(sender) as client:
        path = world.envelope(world.document(sender, B), world.attachment(), signed=signed)
        taken = await client.submit(path)
        data = await client.receipt(taken.id)
        assert await client.receipt(taken.id) == data
        again = await client.submit(path)
        assert (again.id, await client.receipt(again.id)) == (taken.id, data)
    return check_receipt(data, world.exchange.seal.certificate_pem)


async def test_receipt_says_who_what_when_and_under_which_policy(world: World) -> None:
    facts = await receipt_for(world)
    assert (facts.sender, facts.system, facts.outcome, facts.profile) == (A, f"system.{A}", "verified", "P")
    assert facts.policy == Policy(allow_unsigned=False, strict=False)
    assert facts.certificate == seals_digest(world.actors[A].certificate_pem)
    assert [code for _, code in facts.recipients] == [B]
    assert len(facts.attachments) == 1


async def test_receipt_of_an_unsigned_document_says_that_it_was_allowed(world: World) -> None:
    facts = await receipt_for(world, D, signed=False)
    assert (facts.outcome, facts.profile, facts.certificate) == ("absent", None, None)
    assert facts.policy == Policy(allow_unsigned=True, strict=False)


async def test_receipts_of_an_earlier_seal_stay_proven(world: World) -> None:
    """A bug once: the audit knew the present seal alone, and every earlier receipt was called invalid."""
    await receipt_for(world)
    before = world.exchange.seal.certificate_sha256
    settings = world.exchange.settings
    await seals.renew_seal(world.exchange.database, settings)
    async with open_exchange(settings) as renewed:
        assert renewed.seal.certificate_sha256 != before
        assert (await audit(renewed, deep=True)).findings == ()
        found = [row.sha256 for row in await seals.list_seals(renewed.database)]
    assert found == [renewed.seal.certificate_sha256, before]


async def test_receipt_of_an_unknown_seal_is_found_until_that_seal_is_made_known(world: World, tmp_path: Path) -> None:
    stranger = load_seal(load_settings({}, data_dir=tmp_path / "other"))
    facts = await receipt_for(world)
    await execute(world.exchange, "UPDATE envelopes SET receipt = $1", stranger.receipt(facts))
    assert [one.code for one in (await audit(world.exchange)).findings] == ["receipt.invalid"]
    added = await seals.add_seal(world.exchange.database, stranger.certificate_pem)
    assert added.sha256 == stranger.certificate_sha256
    assert (await audit(world.exchange)).findings == ()


async def test_seals_are_never_changed_or_forgotten(world: World) -> None:
    for statement in ("DELETE FROM seals", "UPDATE seals SET der = ''"):
        with pytest.raises(Exception, match="append-only"):
            await execute(world.exchange, statement)


async def test_seal_named_by_the_settings_brings_its_authorities_and_is_not_made_anew(dsn: str, tmp_path: Path) -> None:
    own = load_seal(load_settings({}, data_dir=tmp_path / "made"))
    folder = tmp_path / "made" / "seal"
    root = (folder / "root.pem").read_bytes()
    chain = tmp_path / "chain.pem"
    chain.write_bytes(own.certificate_pem + root)
    settings = load_settings(
        {}, data_dir=tmp_path / "data", database_url=dsn, spool_floor_bytes=0,
        seal_key_file=folder / "key.pem", seal_certificate_file=chain,
    )  # fmt: skip
    async with open_exchange(settings) as exchange:
        [row] = await seals.list_seals(exchange.database)
        assert (row.der, row.authorities) == (own.certificate_der, (der_of(root),))
        with pytest.raises(SealWrong, match="replace key and certificate"):
            await seals.renew_seal(exchange.database, settings)
    assert (folder / "key.pem").exists()


def sealed_by(settings: Settings) -> bytes:
    """The certificate that a receipt made under these settings is proven by."""
    seal = load_seal(settings)
    return check_sealed(seal.receipt(FACTS), [seal.certificate_pem]).certificate


def test_seal_in_a_locked_file_opens_with_its_password_alone(tmp_path: Path) -> None:
    authority = Authority.make("root")
    key, certificate = authority.issue("seal")
    (tmp_path / "key.pem").write_bytes(key_pem(Signer.load(key, certificate).key, b"mat khau"))
    (tmp_path / "certificate.pem").write_bytes(certificate)
    (tmp_path / "password").write_text("mat khau\n", encoding="utf-8")
    names = {name: str(tmp_path / f"{name}.pem") for name in ("key", "certificate")}
    environment = {f"LIENTHONG_SEAL_{name.upper()}_FILE": path for name, path in names.items()}
    opened = environment | {"LIENTHONG_SEAL_KEY_PASSWORD_FILE": str(tmp_path / "password")}
    assert sealed_by(load_settings(opened)) == der_of(certificate)
    for wrong in (environment, environment | {"LIENTHONG_SEAL_KEY_PASSWORD": "khac"}):
        with pytest.raises(SealWrong, match=r"key\.pem.* / "):
            load_seal(load_settings(wrong))


def test_seal_on_a_token_seals_and_a_wrong_pin_is_told(tmp_path: Path) -> None:
    authority = Authority.make("root")
    key, certificate = authority.issue("seal")
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "chain.pem").write_bytes(certificate + authority.root_pem)
    with contextmanager(shelf)(tmp_path / "shelf") as tokens:
        tokens.token("trục")
        tokens.put("trục", tmp_path / "key.pem", "con dấu", "01")
        named = {
            "seal_token": tokens.module,
            "seal_token_label": "trục",
            "seal_certificate_file": tmp_path / "chain.pem",
        }
        with pytest.raises(SealWrong, match="PIN"):
            load_seal(load_settings({}, seal_token_pin="000000", **named))
        settings = load_settings({}, seal_token_pin=PIN, **named)
        assert sealed_by(settings) == der_of(certificate)
        assert load_seal(settings).authorities == (der_of(authority.root_pem),)
        with pytest.raises(SealWrong, match="both name a key"):
            load_seal(load_settings({}, seal_key_file=tmp_path / "key.pem", **named))


async def test_any_agency_learns_the_seals_and_checks_its_receipt_with_them(world: World) -> None:
    facts = await receipt_for(world)
    await seals.renew_seal(world.exchange.database, world.exchange.settings)
    async with world.client(A) as client:
        sealed = await client.receipt(str(facts.envelope))
    for code in (A, B, C):
        told = await seals_told(world, code)
        assert [one["in_use"] for one in told] == [False, True]  # this process still uses the one it began with
        pems = [one["certificate"].encode() for one in told]
        assert check_sealed(sealed, pems).facts == facts
        assert told[1]["sha256"] == world.exchange.seal.certificate_sha256.hex()
        root = x509.load_pem_x509_certificate(told[1]["authorities"][0].encode())
        x509.load_pem_x509_certificate(pems[1]).verify_directly_issued_by(root)
        with pytest.raises(Refused):
            check_receipt(sealed, pems[0])


async def test_nobody_without_a_credential_asks_for_seals(world: World) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{world.url}/v1/seals") as answer:
        assert answer.status == 401


async def seals_told(world: World, code: str) -> list[dict[str, object]]:
    """What the API says of the seals to this agency's system."""
    headers = {"Authorization": f"Bearer {world.actors[code].credential}"}
    async with aiohttp.ClientSession() as session, session.get(f"{world.url}/v1/seals", headers=headers) as answer:
        assert answer.status == 200
        return list(json.loads(await answer.text())["seals"])


def seals_digest(pem: bytes) -> str:
    from signing.certificates import describe

    return describe(pem).sha256.hex()


def der_of(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
