"""TM-11: every row of the certificate table (SECURITY 4), at registration, as a verdict and through the whole gate."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from signxml.algorithms import SignatureMethod

from envelopes.faults import Refused
from exchange.settings import SettingsWrong, load_settings
from signing import gate
from signing.certificates import REASON_LENGTH, Bad, Good, Trust, Unknown, Verdict, check_leaf
from signing.leaf import PURPOSES, Policy
from tests.signing.forging import sign_with, with_ids
from tests.signing.letters import document
from tests.signing.people import NOW, World, skeleton
from tests.signing.pki import GOOD, HELD, Pki, Row

ROWS = 26
"""At least (SECURITY 4)."""


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="module")
def trusts(pki: Pki) -> dict[str, Trust]:
    return {lists: pki.trust(lists) for lists in ("in force", "none", "stale", "foreign")}


def said(verdict: Verdict) -> str:
    """The verdict in the table's words."""
    if isinstance(verdict, Bad):
        return verdict.fault.code
    return {Good: GOOD, Unknown: HELD}[type(verdict)]


def registered(der: bytes, policy: Policy | None = None) -> str | None:
    try:
        check_leaf(der, at=NOW, **({} if policy is None else {"policy": policy}))
    except Refused as refused:
        return refused.faults[0].code
    return None


def test_tm_11_table_is_whole_and_names_each_certificate_once(pki: Pki) -> None:
    names = [row.what for row in pki.rows]
    assert len(names) == len(set(names)) >= ROWS


def test_tm_11_every_certificate_is_registered_or_refused_as_the_table_says(pki: Pki) -> None:
    assert {row.what: registered(row.der) for row in pki.rows} == {row.what: row.registered for row in pki.rows}


def test_tm_11_every_certificate_is_judged_as_the_table_says(pki: Pki, trusts: dict[str, Trust]) -> None:
    judged = {row.what: said(trusts[row.lists].judge(row.der, NOW)) for row in pki.rows}
    assert judged == {row.what: row.verdict for row in pki.rows}


def test_tm_11_every_certificate_is_judged_so_by_the_gate(world: World, pki: Pki, trusts: dict[str, Trust]) -> None:
    """A genuine signature by each key; nothing but the certificate decides."""
    assert {row.what: gate_said(world, row, trusts[row.lists]) for row in pki.rows} == {
        row.what: "signature.invalid" if row.what == "Ed25519" else row.verdict for row in pki.rows
    }


def gate_said(world: World, row: Row, trust: Trust) -> str:
    method = SignatureMethod.ECDSA_SHA256 if isinstance(row.key, ec.EllipticCurvePrivateKey) else None
    method = SignatureMethod.RSA_SHA256 if isinstance(row.key, rsa.RSAPrivateKey) else method
    key = None if method is None else row.key  # no method of ours takes Ed25519: A signs, and the gate finds nobody
    file = sign_with(with_ids(document()), world.a, method=method or SignatureMethod.ECDSA_SHA256, key=key)
    try:
        verdict = gate.verify(gate.inspect(skeleton(file)), candidates=(row.der,), trust=trust, at=NOW)
    except Refused as refused:
        return refused.faults[0].code
    return HELD if isinstance(verdict, gate.Held) else GOOD


def test_tm_11_extended_usages_are_by_policy(pki: Pki) -> None:
    """What signs documents is a setting, at registration and at every verification."""
    servers = Policy(purposes=frozenset({Purpose.SERVER_AUTH.dotted_string}))
    found = {row.what: row for row in pki.rows}
    trust = pki.trust("in force", policy=servers)
    for what, expected in (("web server", GOOD), ("e-mail protection", "certificate.purpose"), ("good", GOOD)):
        assert said(trust.judge(found[what].der, NOW)) == expected
        assert registered(found[what].der, servers) == (None if expected is GOOD else expected)


def test_tm_11_non_repudiation_alone_is_by_policy(pki: Pki) -> None:
    found = {row.what: row for row in pki.rows}
    strict = Policy(non_repudiation_alone=False)
    trust = pki.trust("in force", policy=strict)
    for what, expected in (("non-repudiation only", "certificate.usage"), ("good", GOOD)):
        assert said(trust.judge(found[what].der, NOW)) == expected
        assert registered(found[what].der, strict) == (None if expected is GOOD else expected)


def test_reason_stays_short_however_many_authorities_there_are(pki: Pki) -> None:
    """It is stored, shown and logged; the validator alone writes a page for each list it looked at."""
    verdict = pki.trust("stale").judge(pki.rows[0].der, NOW)
    assert isinstance(verdict, Unknown)
    vi, en = (part.partition(" (The path could not be validated because") for part in verdict.reason.split(" / ", 1))
    assert all(own and 0 < len(said) <= REASON_LENGTH for own, _, said in (vi, en))


def test_policy_comes_from_the_settings() -> None:
    assert load_settings({}).certificate_policy == Policy() == Policy(purposes=PURPOSES)
    given = {"LIENTHONG_CERTIFICATE_PURPOSES": "1.3.6.1.5.5.7.3.1,1.2.3", "LIENTHONG_NON_REPUDIATION_ALONE": "false"}
    expected = Policy(purposes=frozenset({"1.3.6.1.5.5.7.3.1", "1.2.3"}), non_repudiation_alone=False)
    assert load_settings(given).certificate_policy == expected
    with pytest.raises(SettingsWrong, match="CERTIFICATE_PURPOSES"):
        load_settings({"LIENTHONG_CERTIFICATE_PURPOSES": "emailProtection"})


def test_dates_are_those_of_the_receipt(pki: Pki, trusts: dict[str, Trust]) -> None:
    """Yesterday's certificate was good yesterday; the clock of the machine has no say."""
    row = next(row for row in pki.rows if row.what == "expired")
    trust = Trust(1, [], [])
    assert said(trusts["in force"].judge(row.der, NOW)) == "certificate.expired"
    assert said(trust.judge(row.der, datetime(2026, 11, 20, tzinfo=UTC))) != "certificate.expired"
