"""What a certificate or a revocation list says of itself, and what it takes to be believed."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from envelopes.faults import Refused
from signing import certificates
from signing.authority import Authority
from signing.certificates import (
    Bad,
    Good,
    Trust,
    Unknown,
    check_leaf,
    check_root,
    crl_facts,
    describe,
)
from tests.signing import odd_certificates as odd
from tests.signing.people import NOW, World, trust_of


def root_named(name: str, **named: object) -> Authority:
    return Authority.make(name, now=NOW - timedelta(days=30), **named)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def root() -> Authority:
    return root_named("Gốc")


@pytest.fixture(scope="module")
def trust(root: Authority) -> Trust:
    return trust_of([root], [root.crl(now=NOW)])


def code_of(verdict: object) -> str:
    return verdict.fault.code if isinstance(verdict, Bad) else type(verdict).__name__


def test_every_fault_of_a_certificate_is_told_at_once(root: Authority) -> None:
    der = odd.certificate(
        root,
        key=rsa.generate_private_key(65537, 1024),
        drop=(x509.KeyUsage,),
        begin=NOW - timedelta(days=9),
        end=NOW - timedelta(days=1),
    )
    with pytest.raises(Refused) as caught:
        check_leaf(der, at=NOW)
    assert {fault.code for fault in caught.value.faults} == {
        "certificate.key_weak",
        "certificate.usage",
        "certificate.expired",
    }


def test_successor_is_registered_before_it_is_valid(root: Authority, trust: Trust) -> None:
    der = odd.certificate(root, begin=NOW + timedelta(days=3))
    check_leaf(der, at=NOW)
    assert code_of(trust.judge(der, NOW)) == "certificate.not_yet_valid"


@pytest.mark.parametrize("data", [b"", b"0", b"\x30\x03\x02\x01\x05", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    for function in (check_leaf, check_root, describe):
        with pytest.raises(Refused, match=r"certificate\.unreadable"):
            function(data)


def test_two_certificates_in_one_file_are_refused(world: World) -> None:
    with pytest.raises(Refused, match=r"certificate\.unreadable"):
        describe(world.a.certificate_pem + world.b.certificate_pem)


def test_pem_and_der_are_described_alike(world: World) -> None:
    facts = describe(world.a.certificate_pem)
    assert facts == describe(facts.der)
    assert facts.sha256 == hashlib.sha256(facts.der).digest()
    assert facts.subject == "CN=H08.02"
    assert facts.not_before.tzinfo is UTC


def test_list_is_described_from_pem_and_der(root: Authority) -> None:
    der = root.crl(5, now=NOW)
    facts = crl_facts(der)
    pem = x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)
    assert facts == crl_facts(pem)
    assert (facts.issuer, facts.next_update) == ("CN=Gốc", NOW + timedelta(days=5))
    assert facts.this_update < NOW


@pytest.mark.parametrize("data", [b"", b"0", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"])
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match=r"revocation_list\.unreadable"):
        crl_facts(data)


def test_root_must_be_an_authority(root: Authority, world: World) -> None:
    check_root(describe(root.root_pem).der)
    with pytest.raises(Refused, match=r"certificate\.not_authority"):
        check_root(world.a.der)


def test_leaf_made_its_own_root_is_refused(world: World) -> None:
    """Trusting a signer's certificate by mistake must not switch path and revocation off."""
    trust = Trust(1, [world.a.der], [])
    assert code_of(trust.judge(world.a.der, NOW)) == "certificate.untrusted"


def test_leaf_issued_by_a_leaf_is_refused(root: Authority, trust: Trust) -> None:
    key, pem = root.issue("H08.02", now=NOW)
    signer = Authority(x509_key(key), x509.load_pem_x509_certificate(pem))
    der = odd.certificate(signer)
    with_link = Trust(1, [describe(root.root_pem).der], [root.crl(now=NOW)], [describe(pem).der])
    assert code_of(trust.judge(der, NOW)) == "certificate.untrusted"
    assert code_of(with_link.judge(der, NOW)) == "certificate.untrusted"


def x509_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def intermediate(root: Authority, key: object = None) -> Authority:
    """An authority under `root`."""
    made = key or ec.generate_private_key(ec.SECP256R1())
    der = odd.certificate(
        root,
        key=made,
        name="CA cấp hai",
        add=((x509.BasicConstraints(True, 0), True), odd.usage(key_cert_sign=True, crl_sign=True)),
    )
    return Authority(made, x509.load_der_x509_certificate(der))  # type: ignore[arg-type]


def judge_below(root: Authority, below: Authority, *lists: bytes) -> str:
    trust = Trust(1, [describe(root.root_pem).der], lists, [describe(below.root_pem).der])
    return code_of(trust.judge(odd.certificate(below), NOW))


def test_intermediate_is_followed_with_its_list(root: Authority) -> None:
    below = intermediate(root)
    assert judge_below(root, below, root.crl(now=NOW), below.crl(now=NOW)) == "Good"


def test_intermediate_without_a_list_of_its_own_holds(root: Authority) -> None:
    assert judge_below(root, intermediate(root), root.crl(now=NOW)) == "Unknown"


def test_revoked_intermediate_is_refused(root: Authority) -> None:
    below = intermediate(root)
    lists = root.crl(now=NOW, revoked=[below.root_pem]), below.crl(now=NOW)
    assert judge_below(root, below, *lists) == "certificate.revoked"


def test_weak_intermediate_is_refused(root: Authority) -> None:
    below = intermediate(root, rsa.generate_private_key(65537, 1024))
    assert judge_below(root, below, root.crl(now=NOW), below.crl(now=NOW)) == "certificate.untrusted"


def test_authority_that_expired_is_refused(root: Authority) -> None:
    old = root_named("Gốc cũ", days=20)
    der = odd.certificate(old)
    assert code_of(trust_of([old], [old.crl(now=NOW)]).judge(der, NOW)) == "certificate.expired"


def test_six_revocation_cases(root: Authority) -> None:
    _, pem = root.issue("H08.02", now=NOW - timedelta(days=5))
    der = describe(pem).der
    other = root_named("Gốc khác")
    cases = {
        "revoked": ([root.crl(now=NOW, revoked=[pem])], "certificate.revoked"),
        "stale": ([root.crl(1, now=NOW - timedelta(days=2))], "Unknown"),
        "of another authority": ([other.crl(now=NOW)], "Unknown"),
        "none": ([], "Unknown"),
        "not begun": ([root.crl(now=NOW + timedelta(days=1))], "Unknown"),
        "in force": ([root.crl(now=NOW)], "Good"),
    }
    for name, (lists, expected) in cases.items():
        assert code_of(trust_of([root], lists).judge(der, NOW)) == expected, name


def test_verdict_is_remembered_for_an_hour_and_no_longer_than_the_list(
    root: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    der = odd.certificate(root)
    short = Trust(1, [describe(root.root_pem).der], [root.crl(1, now=NOW - timedelta(hours=23, minutes=30))])
    verdict = short.judge(der, NOW)
    assert isinstance(verdict, Good)
    assert verdict.until == NOW + timedelta(minutes=30)
    monkeypatch.setattr(certificates, "leaf_faults", _never)
    assert short.judge(der, NOW + timedelta(minutes=29)) is verdict
    with pytest.raises(AssertionError):
        short.judge(der, NOW + timedelta(minutes=30))


def test_verdict_before_the_list_began_is_not_taken_from_memory(root: Authority) -> None:
    der = odd.certificate(root)
    trust = trust_of([root], [root.crl(now=NOW)])
    assert isinstance(trust.judge(der, NOW), Good)
    assert isinstance(trust.judge(der, NOW - timedelta(hours=1)), Unknown)


def test_threads_get_one_verdict(root: Authority) -> None:
    ders = [odd.certificate(root) for _ in range(4)]
    trust = trust_of([root], [root.crl(now=NOW)])
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda der: trust.judge(der, NOW), ders * 10))
    assert all(isinstance(verdict, Good) for verdict in verdicts)


def test_development_authority_comes_back_from_its_folder(tmp_path: Path, root: Authority) -> None:
    folder = tmp_path / "ca"
    root.save(folder)
    root.save(folder)  # renewing is no error
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600
    again = Authority.load(folder)
    assert again.root_pem == root.root_pem
    _, pem = again.issue("H08.02", now=NOW)
    assert isinstance(trust_of([root], [again.crl(now=NOW)]).judge(describe(pem).der, NOW), Good)


def test_key_and_root_that_do_not_belong_together_are_not_loaded(tmp_path: Path, root: Authority) -> None:
    folder = tmp_path
    root.save(folder)
    (folder / "root.pem").write_bytes(root_named("Khác").root_pem)
    with pytest.raises(ValueError, match="belong together"):
        Authority.load(folder)


def test_authority_with_rsa_works_by_todays_clock() -> None:
    made = Authority.make("Gốc RSA", key_kind="rsa2048")
    _, pem = made.issue("H08.02", key_kind="rsa2048")
    trust = Trust(1, [describe(made.root_pem).der], [made.crl()])
    check_leaf(describe(pem).der)
    assert isinstance(trust.judge(describe(pem).der, datetime.now(UTC)), Good)


def _never(*_: object) -> None:
    raise AssertionError("judged anew")


def test_certificate_that_needs_no_list_is_judged_while_another_is(root: Authority, trust: Trust) -> None:
    """Lists are looked through one at a time; what is told by the certificate alone must not wait for that."""
    old = odd.certificate(root, begin=NOW - timedelta(days=9), end=NOW - timedelta(days=1))
    with trust._turn, ThreadPoolExecutor(1) as thread:
        assert code_of(thread.submit(trust.judge, old, NOW).result(timeout=20)) == "certificate.expired"
