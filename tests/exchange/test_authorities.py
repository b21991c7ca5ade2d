"""Whom certificates lead to: roots, intermediates checked when added, lists kept by scope, how long they last."""

from __future__ import annotations

import asyncio
import math
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from envelopes.faults import Refused
from exchange import authorities, sources
from exchange.trust import TrustKeeper
from signing.authority import Authority
from signing.certificates import Bad, Good
from tests.signing import odd_certificates as odd
from tests.support.revocation_data import DAY, Revoked, points_to, revocation_list

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signing.certificates import CrlFacts
    from storage.database import Database

HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def below(authority: Authority, name: str, *, end: datetime | None = None) -> Authority:
    """An authority that this one issued."""
    key = odd.ec.generate_private_key(odd.ec.SECP256R1())
    der = odd.certificate(
        authority,
        key=key,
        name=name,
        begin=now() - DAY,
        end=end or now() + 300 * DAY,
        add=((x509.BasicConstraints(ca=True, path_length=None), True), odd.usage(key_cert_sign=True, crl_sign=True)),
    )
    return Authority(key, x509.load_der_x509_certificate(der))


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.make("Gốc quốc gia")


async def test_leaf_below_an_intermediate_is_good_once_it_and_both_lists_are_here(
    database: Database, root: Authority
) -> None:
    await authorities.trust_root(database, root.root_pem)
    middle = below(root, "CA chính phủ")
    leaf = odd.certificate(middle, begin=now() - DAY, end=now() + DAY)
    await authorities.add_crl(database, root.crl(2))
    with pytest.raises(Refused, match=r"revocation_list\.strange"):
        await authorities.add_crl(database, middle.crl(2))
    assert (await authorities.add_intermediate(database, middle.root_pem)).subject == "CN=CA chính phủ"
    await authorities.add_crl(database, middle.crl(2))
    trusted = await TrustKeeper(database).current()
    assert isinstance(await asyncio.to_thread(trusted.judge, leaf, now()), Good)


async def test_intermediates_are_checked_when_added(database: Database, root: Authority) -> None:
    await authorities.trust_root(database, root.root_pem)
    middle = below(root, "CA chính phủ")
    stranger = below(Authority.make("Gốc quốc gia"), "CA lạ")
    wrong = {
        "certificate.not_authority": odd.certificate(root, end=now() + DAY),
        "certificate.stray": stranger.certificate.public_bytes(Encoding.DER),
        "certificate.root": Authority.make("Gốc quốc gia").root_pem,
        "certificate.expired": below(root, "CA cũ", end=now() - HOUR).root_pem,
        "certificate.unreadable": b"nothing",
    }
    for code, data in wrong.items():
        with pytest.raises(Refused) as refused:
            await authorities.add_intermediate(database, data)
        assert refused.value.faults[0].code == code
    third = below(middle, "CA cấp ba")
    with pytest.raises(Refused, match=r"certificate\.stray"):
        await authorities.add_intermediate(database, third.root_pem)
    await authorities.add_intermediate(database, middle.root_pem)
    await authorities.add_intermediate(database, third.root_pem)
    await authorities.add_intermediate(database, third.root_pem)  # again changes nothing
    found = await authorities.list_trust(database)
    assert [(one.subject, one.is_root) for one in found.authorities] == [
        ("CN=Gốc quốc gia", True),
        ("CN=CA chính phủ", False),
        ("CN=CA cấp ba", False),
    ]


async def test_lists_of_two_distribution_points_are_both_in_force(database: Database, root: Authority) -> None:
    await authorities.trust_root(database, root.root_pem)
    leaves, at = {}, now()
    for url in ("http://ca.example/1.crl", "http://ca.example/2.crl"):
        leaves[url] = odd.certificate(root, add=(points_to(url),), begin=at - DAY, end=at + DAY)
        place = x509.IssuingDistributionPoint(
            [x509.UniformResourceIdentifier(url)], None, False, False, None, False, False
        )
        entries = {leaves[url]: Revoked(at=at - HOUR)} if "2" in url else {}
        part = revocation_list(root, entries, begin=at - HOUR, end=at + DAY, extensions=((place, True),))
        await authorities.add_crl(database, part)
    assert len((await authorities.list_trust(database)).lists) == 2
    trusted = await TrustKeeper(database).current()
    verdicts = [await asyncio.to_thread(trusted.judge, der, at) for der in leaves.values()]
    assert [type(one) for one in verdicts] == [Good, Bad]


async def test_list_of_unknown_scope_gives_way_to_a_newer_one(database: Database, root: Authority) -> None:
    """Rows from before scopes were kept."""
    await authorities.trust_root(database, root.root_pem)
    old = revocation_list(root, begin=now() - 2 * HOUR, end=now() + DAY)
    await authorities.add_crl(database, old)
    async with database.transaction() as conn:
        await conn.execute("UPDATE revocation_lists SET scope = ''")
    assert len((await authorities.list_trust(database)).lists) == 1
    fresh = revocation_list(root, begin=now() - HOUR, end=now() + DAY)
    await authorities.add_crl(database, fresh)
    [found] = (await authorities.list_trust(database)).lists
    assert found.this_update == now_of(fresh)


def now_of(der: bytes) -> datetime:
    return x509.load_der_x509_crl(der).last_update_utc


async def test_seconds_left_are_those_of_the_list_that_ends_first(database: Database, root: Authority) -> None:
    await authorities.trust_root(database, root.root_pem)
    found = await authorities.list_trust(database)
    assert found.shortest() == {"CN=Gốc quốc gia": -math.inf}
    await authorities.add_crl(database, revocation_list(root, begin=now() - HOUR, end=now() + HOUR))
    assert (await authorities.list_trust(database)).shortest()["CN=Gốc quốc gia"] == pytest.approx(3600, abs=3)


async def test_scope_that_its_issuer_gave_up_reddens_nothing_for_ever(database: Database, root: Authority) -> None:
    await authorities.trust_root(database, root.root_pem)
    place = x509.IssuingDistributionPoint(
        [x509.UniformResourceIdentifier("http://old.example/")], None, False, False, None, False, False
    )
    old = revocation_list(root, begin=now() - 30 * DAY, end=now() - 8 * DAY, extensions=((place, True),))
    await authorities.add_crl(database, old)
    assert (await authorities.list_trust(database)).shortest()["CN=Gốc quốc gia"] < 0
    await authorities.add_crl(database, revocation_list(root, begin=now() - HOUR, end=now() + HOUR))
    assert (await authorities.list_trust(database)).shortest()["CN=Gốc quốc gia"] > 3000


async def test_certificate_that_has_ended_is_judged_by_the_last_list_of_its_lifetime(
    database: Database, root: Authority
) -> None:
    """What was received long ago and is still held: the newest list has dropped the certificate."""
    await authorities.trust_root(database, root.root_pem)
    at = now()
    ended = odd.certificate(root, begin=at - 20 * DAY, end=at - 5 * DAY)
    received = at - 10 * DAY
    named = {ended: Revoked(at=received - HOUR)}
    await authorities.add_crl(database, revocation_list(root, named, begin=at - 6 * DAY, end=at - 4 * DAY))
    await authorities.add_crl(database, revocation_list(root, begin=at - HOUR, end=at + DAY))
    keeper = TrustKeeper(database)
    past = await keeper.past(ended)
    assert isinstance(await asyncio.to_thread(past.judge_past, ended, received, at), Bad)
    alive = odd.certificate(root, begin=at - 20 * DAY, end=at + DAY)
    assert await keeper.past(alive) is await keeper.current(past.version)


async def test_points_that_no_source_names_are_told(database: Database, root: Authority) -> None:
    der = odd.certificate(root, add=(points_to("http://ca.example/a", "http://ca.example/b", "ldap://ca.example/c"),))
    assert await sources.points_without_source(database, der) == ("http://ca.example/a", "http://ca.example/b")
    await sources.add_source(database, "http://ca.example/a")
    assert await sources.points_without_source(database, der) == ("http://ca.example/b",)
    assert await sources.points_without_source(database, odd.certificate(root)) == ()


async def test_list_is_checked_beside_the_event_loop(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of a national authority takes seconds, in which nobody else must wait."""
    check, where = authorities.check_list, []

    def noted(facts: CrlFacts, known: Iterable[bytes], at: datetime) -> None:
        where.append(threading.current_thread())
        check(facts, known, at)

    monkeypatch.setattr(authorities, "check_list", noted)
    root = Authority.make("Gốc", now=now() - DAY)
    await authorities.trust_root(database, root.root_pem)
    await authorities.add_crl(database, root.crl())
    assert [one is threading.main_thread() for one in where] == [False]
