"""The life of a certificate: renewed with an overlap, told of before it ends, out of use everywhere within a second."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from exchange.api import metrics
from exchange.certification import add_certificate, covered_until, list_certificates, revoke_certificate
from exchange.checks import check_all
from exchange.client import ApiRefused, Client
from exchange.client_files import write_envelope
from signing.authority import Authority
from signing.certificates import describe
from signing.sign import Signer
from storage.certificates import CertificateLife
from tests.exchange.test_api_operations import figures
from tests.exchange.test_release import lose_lists
from tests.support.exchanges import execute
from tests.support.service import Service
from tests.support.world import A, B, letter, people

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database
    from tests.support.world import World

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def life(begin: int, end: int, agency: str = A) -> CertificateLife:
    """A certificate from and to so many days from now."""
    return CertificateLife(agency=agency, not_before=NOW + timedelta(days=begin), not_after=NOW + timedelta(days=end))


@pytest.mark.parametrize(
    ("lives", "days"),
    [
        ([life(-300, 20)], 20),
        ([life(-300, 20), life(-5, 360)], 360),
        ([life(-300, 20), life(10, 375)], 375),
        ([life(-300, 20), life(21, 386)], 20),
        ([life(-300, 20), life(10, 15), life(19, 40), life(39, 90)], 90),
        ([life(-300, -10)], -10),
        ([life(-300, -10), life(-20, 5)], 5),
        ([life(3, 300)], 0),
    ],
    ids=["one", "both", "successor", "gap", "chain", "over", "over-and-renewed", "not-yet"],
)
def test_agency_can_sign_until_its_certificates_leave_a_gap(lives: list[CertificateLife], days: int) -> None:
    assert covered_until(lives, NOW) == {A: NOW + timedelta(days=days)}


def test_each_agency_has_its_own_end() -> None:
    assert covered_until([life(-9, 9), life(-8, 8, B)], NOW) == {A: NOW + timedelta(9), B: NOW + timedelta(8)}


async def test_renewed_agency_signs_with_both_until_the_old_one_is_taken_out(world: World) -> None:
    database = world.exchange.database
    key, certificate = world.authority.issue("Sở Nội vụ")
    await add_certificate(database, A, certificate)
    signers = {"old": world.actors[A].signer, "new": Signer.load(key, certificate)}
    async with world.client(A) as sender:
        for when in ("both in use", "old one revoked"):
            for name, signer in signers.items():
                path = world.folder / f"{when} {name}.edxml"
                write_envelope(world.document(A, B), [world.attachment()], path, signer=signer)
                if (when, name) == ("old one revoked", "old"):
                    with pytest.raises(ApiRefused):
                        await sender.submit(path)
                    continue
                taken = await sender.submit(path)
                assert taken.signature.certificate == describe(signer.certificate_pem).sha256.hex()
            await revoke_certificate(database, describe(world.actors[A].certificate_pem).sha256.hex())


async def test_certificate_that_ends_within_30_days_is_told_of(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "COUNT_EVERY_SECONDS", 0)
    database = world.exchange.database
    assert (await figures(world))["lienthong_agencies_ending[]"] == 0
    await revoke_certificate(database, describe(world.actors[A].certificate_pem).sha256.hex())
    await add_certificate(database, A, world.authority.issue("Sở Nội vụ", days=29)[1])
    [told] = [one.detail for one in await check_all(world.exchange) if one.name == "certificates" and not one.ok]
    assert A in told
    assert B not in told
    found = await figures(world)
    assert found["lienthong_agencies_ending[]"] == 1
    assert 28 < found["lienthong_certificate_days_left['agency']"] < 29
    assert found["lienthong_certificate_days_left['seal']"] > 30
    await add_certificate(database, A, world.authority.issue("Sở Nội vụ")[1])
    assert all(one.ok for one in await check_all(world.exchange))


async def test_held_envelopes_are_counted_and_told_of_after_a_day(world: World) -> None:
    await lose_lists(world)
    async with world.client(A) as sender:
        await sender.submit(world.envelope(None, world.attachment()))
    await execute(world.exchange, "UPDATE envelopes SET accepted_at = accepted_at - interval '25 hours'")
    found = await figures(world)
    assert found["lienthong_envelopes_held[]"] == 1
    assert 25 * 3600 <= found["lienthong_held_seconds[]"] < 26 * 3600
    [told] = [one.detail for one in await check_all(world.exchange) if one.name == "held"]
    assert "1 held, the oldest for 25 h" in told


async def test_approval_that_is_missing_for_a_day_is_told_of(world: World) -> None:
    await execute(world.exchange, "UPDATE certificates SET approved_at = NULL WHERE agency = $1", A)
    assert all(one.ok for one in await check_all(world.exchange) if one.name == "approvals")
    await execute(world.exchange, "UPDATE certificates SET added_at = added_at - interval '25 hours'")
    [told] = [one.detail for one in await check_all(world.exchange) if one.name == "approvals"]
    assert A in told
    assert B not in told


async def test_certificate_taken_out_of_use_while_its_document_is_stored_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    put = world.exchange.objects.put

    async def slow(sha256: str, path: Path, size: int) -> None:
        reached.set()
        await go_on.wait()
        await put(sha256, path, size)

    monkeypatch.setattr(world.exchange.objects, "put", slow)
    async with world.client(A) as sender:
        sending = asyncio.create_task(sender.submit(world.envelope(None, world.attachment())))
        await reached.wait()
        await revoke_certificate(world.exchange.database, describe(world.actors[A].certificate_pem).sha256.hex())
        go_on.set()
        with pytest.raises(ApiRefused) as refused:
            await sending
        assert [fault.code for fault in refused.value.faults] == ["certificate.withdrawn"]
        assert (await sender.outbox()).envelopes == ()


async def test_certificate_out_of_use_is_refused_by_every_process_within_a_second(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    actors = await people(database, Authority.make("Life root"))
    [row] = await list_certificates(database, A)
    files = []
    for n in range(4):
        files.append(tmp_path / f"{n}.edxml")
        write_envelope(letter(A, (B,), str(n)), [], files[-1], signer=actors[A].signer)
    where = {"data_dir": tmp_path / "data", "database_url": dsn}
    with Service(**where) as first, Service(**where) as second:
        async with (
            Client(first.url, actors[A].credential) as one,
            Client(second.url, actors[A].credential) as other,
        ):
            taken = await asyncio.gather(one.submit(files[0]), other.submit(files[1]))
            assert {one.signature.outcome for one in taken} == {"verified"}
            await revoke_certificate(database, row.sha256.hex())
            began = asyncio.get_running_loop().time()
            answers = await asyncio.gather(one.submit(files[2]), other.submit(files[3]), return_exceptions=True)
            assert asyncio.get_running_loop().time() - began < 1
        assert [type(answer) for answer in answers] == [ApiRefused, ApiRefused]


async def test_sender_that_lost_the_first_answer_gets_it_though_the_certificate_is_out_of_use(world: World) -> None:
    """The same submission gives the same receipt for ever; what is new under that certificate is refused."""
    path, other = world.envelope(), world.envelope()
    async with world.client(A) as client:
        first = await client.submit(path)
        receipt = await client.receipt(first.id)
        await revoke_certificate(world.exchange.database, describe(world.actors[A].certificate_pem).sha256.hex())
        again = await client.submit(path)
        assert (again.id, again.created) == (first.id, False)
        assert await client.receipt(again.id) == receipt
        with pytest.raises(ApiRefused):
            await client.submit(other)
        altered = path.read_bytes().replace(b"Quy Nh", b"Quy nh")
        with pytest.raises(ApiRefused):
            await client.submit(altered)
    async with world.client(B) as client:
        assert len((await client.inbox()).deliveries) == 1
