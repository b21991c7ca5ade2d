"""The directory as an administrator keeps it: agencies, systems, credentials, certificates, trusted authorities."""

from __future__ import annotations

import asyncio
import hashlib
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from envelopes.faults import Refused
from exchange import authorities, certification, development_authority, directory
from exchange.credentials import new_credential
from signing.authority import Authority
from signing.certificates import Bad, Good, Trust, describe
from storage import certificates, trust
from storage import credentials as kept
from storage import directory as stored

if TYPE_CHECKING:
    from pathlib import Path

    from storage.credentials import CredentialRow
    from storage.database import Database

A, B, C = "H08.02", "H08.30", "H08.31"


@pytest.fixture(scope="module")
def authority() -> Authority:
    """An authority nobody trusts yet."""
    return Authority.make("Test root")


@pytest.fixture
async def agencies(database: Database) -> Database:
    """A database with agencies A, B and C."""
    for code, name in ((A, "Sở Nội vụ"), (B, "UBND huyện B"), (C, "UBND xã C")):
        await directory.add_agency(database, code=code, name=name)
    return database


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    """The codes of everything that was refused."""
    return [fault.code for fault in refused.value.faults]


async def credential_row(database: Database, text: str) -> CredentialRow:
    """What is stored of a credential."""
    async with database.acquire() as conn:
        row = await kept.credential(conn, text.partition(".")[0])
    assert row is not None
    return row


async def test_agency_is_listed_as_added(database: Database) -> None:
    await directory.add_agency(database, code=A, name="Sở Nội vụ", level="so")
    await directory.add_agency(database, code=B, name="UBND huyện B", level="huyen", parent=A)
    listed = [(one.code, one.name, one.level, one.parent) for one in await directory.list_agencies(database)]
    assert listed == [(A, "Sở Nội vụ", "so", None), (B, "UBND huyện B", "huyen", A)]


async def test_adding_again_changes_name_and_parent(agencies: Database) -> None:
    changed = await directory.add_agency(agencies, code=B, name="UBND thị xã B", parent=A)
    assert (changed.name, changed.parent) == ("UBND thị xã B", A)
    assert len(await directory.list_agencies(agencies)) == 3


async def test_name_is_kept_in_one_spelling(database: Database) -> None:
    decomposed = unicodedata.normalize("NFD", "Thừa Thiên Huế")
    assert len(decomposed) == 19
    added = await directory.add_agency(database, code=A, name=f" {decomposed} ")
    assert (added.name, len(added.name)) == ("Thừa Thiên Huế", 14)


@pytest.mark.parametrize("code", ["", "H08 02", "000.00.01.Н29", "Ｈ08.02", "H" * 36, "H08.02\n", "H08/02"])
async def test_code_that_looks_like_another_is_refused(database: Database, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await directory.add_agency(database, code=code, name=" ")
    assert codes(refused) == ["agency.malformed", "agency.nameless"]


async def test_parent_must_be_known_and_above(agencies: Database) -> None:
    with pytest.raises(Refused) as unknown:
        await directory.add_agency(agencies, code=A, name="Sở Nội vụ", parent="H99")
    await directory.add_agency(agencies, code=B, name="B", parent=A)
    await directory.add_agency(agencies, code=C, name="C", parent=B)
    with pytest.raises(Refused) as circular:
        await directory.add_agency(agencies, code=A, name="Sở Nội vụ", parent=C)
    assert (codes(unknown), codes(circular)) == (["agency.unknown"], ["agency.circular"])


async def test_agency_is_locked_and_unlocked(agencies: Database) -> None:
    locked = await directory.lock_agency(agencies, B)
    again = await directory.lock_agency(agencies, B)
    assert not locked.active
    assert again.locked_at == locked.locked_at
    assert (await directory.lock_agency(agencies, B, locked=False)).active
    with pytest.raises(Refused) as refused:
        await directory.lock_agency(agencies, "H99")
    assert codes(refused) == ["agency.unknown"]


def test_credential_is_told_as_text_and_kept_as_digest() -> None:
    text, name, digest = new_credential()
    given, _, secret = text.partition(".")
    assert (given, len(name), len(secret)) == (name, 17, 64)
    assert name.startswith("c")
    assert digest == hashlib.sha256(secret.encode()).digest()
    assert new_credential()[0] != text


async def test_new_system_gets_a_credential_that_names_it(agencies: Database) -> None:
    made = await directory.add_system(agencies, system="qlvb.a", agencies=[A, B, A], allow_unsigned=True)
    row = await credential_row(agencies, made.credential)
    assert row.system == stored.System(id="qlvb.a", agencies=frozenset({A, B}), allow_unsigned=True)
    assert row.secret_sha256 == hashlib.sha256(made.credential.partition(".")[2].encode()).digest()
    assert row.expires_at is None
    assert len(made.secret) == 64
    assert await directory.list_systems(agencies) == [
        directory.ListedSystem(system=row.system, credentials_end=(None,))
    ]


async def test_system_id_is_given_once(agencies: Database) -> None:
    await directory.add_system(agencies, system="qlvb.a", agencies=[A])
    with pytest.raises(Refused) as refused:
        await directory.add_system(agencies, system="qlvb.a", agencies=[B])
    assert codes(refused) == ["system.taken"]


async def test_wrong_system_is_told_everything_at_once(agencies: Database) -> None:
    with pytest.raises(Refused) as refused:
        await directory.add_system(agencies, system="qlvb a", agencies=["H98", A, "H99"])
    assert codes(refused) == ["system.malformed", "agency.unknown", "agency.unknown"]
    with pytest.raises(Refused) as refused:
        await directory.add_system(agencies, system="qlvb.a", agencies=[])
    assert codes(refused) == ["system.without_agency"]
    assert await directory.list_systems(agencies) == []


async def test_rotation_ends_old_credentials_after_the_overlap(agencies: Database) -> None:
    first = await directory.add_system(agencies, system="qlvb.a", agencies=[A])
    other = await directory.add_system(agencies, system="qlvb.b", agencies=[B])
    second = await directory.rotate(agencies, "qlvb.a", overlap_hours=24)
    old, new = await credential_row(agencies, first.credential), await credential_row(agencies, second.credential)
    assert second.ending == 1
    assert old.expires_at is not None
    assert timedelta(hours=23) < old.expires_at - old.now <= timedelta(hours=24)
    assert new.expires_at is None
    assert (await credential_row(agencies, other.credential)).expires_at is None


async def test_second_rotation_never_prolongs_an_ending_credential(agencies: Database) -> None:
    first = await directory.add_system(agencies, system="qlvb.a", agencies=[A])
    await directory.rotate(agencies, "qlvb.a", overlap_hours=1)
    before = (await credential_row(agencies, first.credential)).expires_at
    await directory.rotate(agencies, "qlvb.a", overlap_hours=24)
    assert (await credential_row(agencies, first.credential)).expires_at == before


async def test_rotation_without_overlap_ends_old_credentials_now(agencies: Database) -> None:
    first = await directory.add_system(agencies, system="qlvb.a", agencies=[A])
    await directory.rotate(agencies, "qlvb.a", overlap_hours=0)
    old = await credential_row(agencies, first.credential)
    assert old.expires_at is not None
    assert old.expires_at <= old.now
    with pytest.raises(Refused) as refused:
        await directory.rotate(agencies, "qlvb.x")
    assert codes(refused) == ["system.unknown"]


async def test_certificate_is_registered_once_for_its_agency(agencies: Database, authority: Authority) -> None:
    _, pem = authority.issue("Sở Nội vụ")
    facts = await certification.add_certificate(agencies, A, pem)
    again = await certification.add_certificate(agencies, A, facts.der)
    assert again == facts
    listed = await certification.list_certificates(agencies, A)
    assert [(row.sha256, row.subject) for row in listed] == [(facts.sha256, "CN=Sở Nội vụ")]


async def test_certificate_of_another_agency_is_refused(agencies: Database, authority: Authority) -> None:
    _, pem = authority.issue("Sở Nội vụ")
    await certification.add_certificate(agencies, A, pem)
    with pytest.raises(Refused) as refused:
        await certification.add_certificate(agencies, C, pem)
    assert codes(refused) == ["certificate.taken"]
    assert await certification.list_certificates(agencies, C) == []


async def test_certificate_that_could_never_sign_is_refused(agencies: Database, authority: Authority) -> None:
    _, expired = authority.issue("Sở Nội vụ", now=datetime.now(UTC) - timedelta(days=400), days=365)
    for data, code in (
        (authority.root_pem, "certificate.authority"),
        (expired, "certificate.expired"),
        (b"not a certificate", "certificate.unreadable"),
        (b"", "certificate.unreadable"),
    ):
        with pytest.raises(Refused) as refused:
            await certification.add_certificate(agencies, A, data)
        assert code in codes(refused)
    with pytest.raises(Refused) as refused:
        await certification.add_certificate(agencies, "H99", authority.issue("x")[1])
    assert codes(refused) == ["agency.unknown"]
    assert await certification.list_certificates(agencies) == []


async def test_revoked_certificate_is_no_candidate_and_stays_revoked(agencies: Database, authority: Authority) -> None:
    _, pem = authority.issue("Sở Nội vụ")
    facts = await certification.add_certificate(agencies, A, pem)
    await certification.revoke_certificate(agencies, facts.sha256.hex()[:8].upper())
    async with agencies.acquire() as conn:
        assert (await certificates.candidates(conn, A)).ders == ()
    with pytest.raises(Refused) as refused:
        await certification.add_certificate(agencies, A, pem)
    assert codes(refused) == ["certificate.revoked"]


@pytest.mark.parametrize("digits", ["zzzzzzzz", "zz", "0" * 64])
async def test_revoking_needs_digits_of_one(agencies: Database, authority: Authority, digits: str) -> None:
    await certification.add_certificate(agencies, A, authority.issue("Sở Nội vụ")[1])
    with pytest.raises(Refused) as refused:
        await certification.revoke_certificate(agencies, digits)
    assert codes(refused) == ["certificate.unknown"]


@pytest.mark.parametrize("count", [0, 4, 7])
async def test_revoking_with_too_few_digits_says_how_many_it_takes(
    agencies: Database, authority: Authority, count: int
) -> None:
    facts = await certification.add_certificate(agencies, A, authority.issue("Sở Nội vụ")[1])
    with pytest.raises(Refused) as refused:
        await certification.revoke_certificate(agencies, facts.sha256.hex()[:count])
    assert codes(refused) == ["certificate.short"]
    assert "at least the first 8 digits" in refused.value.faults[0].en


async def test_root_must_be_an_authority(database: Database, authority: Authority) -> None:
    facts = await authorities.trust_root(database, authority.root_pem)
    assert facts.subject == "CN=Test root"
    with pytest.raises(Refused) as refused:
        await authorities.trust_root(database, authority.issue("Sở Nội vụ")[1])
    assert codes(refused) == ["certificate.not_authority"]


async def test_list_that_its_root_did_not_sign_is_refused(database: Database, authority: Authority) -> None:
    await authorities.trust_root(database, authority.root_pem)
    forger = Authority.make("Test root")
    with pytest.raises(Refused) as refused:
        await authorities.add_crl(database, forger.crl(30))
    assert codes(refused) == ["revocation_list.forged"]
    taken = await authorities.add_crl(database, authority.crl(30))
    assert await current_lists(database) == [taken.der]


async def current_lists(database: Database) -> list[bytes]:
    """The revocation lists in force."""
    async with database.acquire() as conn:
        return list((await trust.trust_material(conn)).lists)


async def test_development_authority_is_made_once_by_however_many_processes(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "ca"
    made = await asyncio.gather(*(asyncio.to_thread(development_authority.open_authority, folder) for _ in range(4)))
    assert len({one.root_pem for one in made}) == 1
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600


async def test_interrupted_development_authority_is_made_anew(tmp_path: Path) -> None:
    unfinished = tmp_path / "ca.new"
    unfinished.mkdir()
    (unfinished / "key.pem").write_text("half")
    authority = await asyncio.to_thread(development_authority.open_authority, tmp_path / "ca")
    assert authority.certificate.subject.rfc4514_string().startswith("CN=Lienthong development CA ")


async def test_renewed_development_authority_vouches_and_names_the_revoked(agencies: Database, tmp_path: Path) -> None:
    authority = development_authority.open_authority(tmp_path / "ca")
    await development_authority.renew(agencies, authority)
    good = await certification.add_certificate(agencies, A, authority.issue("Sở Nội vụ")[1])
    revoked = await certification.add_certificate(agencies, B, authority.issue("UBND huyện B")[1])
    await certification.add_certificate(agencies, C, Authority.make("Other").issue("UBND xã C")[1])
    await certification.revoke_certificate(agencies, revoked.sha256.hex())
    listed = await development_authority.renew(agencies, authority)
    assert listed.next_update is not None
    assert listed.next_update > datetime.now(UTC) + timedelta(days=29)
    async with agencies.acquire() as conn:
        material = await trust.trust_material(conn)
    assert [describe(root).subject for root in material.roots] == [listed.issuer]
    trusted = Trust(material.version, material.roots, material.lists)
    now = datetime.now(UTC)
    assert isinstance(await asyncio.to_thread(trusted.judge, good.der, now), Good)
    verdict = await asyncio.to_thread(trusted.judge, revoked.der, now)
    assert isinstance(verdict, Bad)
    assert verdict.fault.code == "certificate.revoked"
