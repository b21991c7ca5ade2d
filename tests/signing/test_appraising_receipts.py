"""A receipt without its exchange: believed for a given certificate or root, at the time of acceptance."""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from envelopes.limits import DS
from signing.appraising import Given, Outcome
from signing.appraising_receipts import (
    SEAL_OF_THE_EXCHANGE,
    SEAL_PATH,
    SEAL_REVOCATION,
    THE_TIME,
    SealAppraisal,
    appraise_receipt,
)
from signing.authority import Authority
from signing.certificates import describe
from signing.seal import Seal
from signing.sign import Signer
from tests.signing.letters import status
from tests.signing.people import NOW
from tests.signing.test_seal import FACTS, RECEIPTS

FACTS_THEN = dataclasses.replace(FACTS, accepted_at=NOW)
LATER = NOW + timedelta(days=3 * 365)
"""When the receipt is looked at: the seal's certificate has long expired."""


@dataclass(frozen=True, slots=True)
class Case:
    """A root, an authority below it, a seal below that, and a receipt of the seal."""

    root: Authority
    link: Authority
    seal_pem: bytes
    receipt: bytes

    def appraise(self, *, roots: bool = True, crls: tuple[bytes, ...] = (), receipt: bytes = b"") -> SealAppraisal:
        given = Given(roots=(der(self.root.certificate),) if roots else (), crls=crls)
        return appraise_receipt(receipt or self.receipt, given=given, now=LATER)

    def lists(self, at: datetime, *revoked: bytes) -> tuple[bytes, ...]:
        return (self.root.crl(now=at), self.link.crl(now=at, revoked=revoked))


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def case() -> Case:
    begun = NOW - timedelta(days=30)
    root = Authority.make("root", now=begun, days=3650)
    below = Authority.make("link", now=begun, days=3650)
    link = dataclasses.replace(below, certificate=issue_authority(root, below, begun))
    key, pem = link.issue_seal("the exchange's seal", now=NOW - timedelta(days=1))
    seal = Seal(Signer.load(key, pem), [link.certificate, root.certificate])
    return Case(root, link, pem, seal.receipt(FACTS_THEN))


def issue_authority(root: Authority, below: Authority, begun: datetime) -> x509.Certificate:
    """A certificate of the authority `below`, issued by the root."""
    own = below.certificate
    builder = (
        x509.CertificateBuilder(subject_name=own.subject, issuer_name=root.certificate.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun)
        .not_valid_after(begun + timedelta(days=3000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    for extension in own.extensions:
        if extension.oid != x509.BasicConstraints.oid:
            builder = builder.add_extension(extension.value, critical=extension.critical)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.certificate.public_key())  # type: ignore[arg-type]
    return builder.add_extension(issuer, critical=False).sign(root.key, SHA256())


def test_receipt_is_verified_by_the_root_years_later(case: Case) -> None:
    found = case.appraise()
    assert (found.outcome, found.facts, found.faults) == (Outcome.VERIFIED, FACTS_THEN, ())
    assert found.certificate == describe(case.seal_pem)
    assert found.enclosed
    assert found.unchecked == (SEAL_REVOCATION, THE_TIME)


def test_with_lists_of_a_later_day_revocation_is_checked(case: Case) -> None:
    found = case.appraise(crls=case.lists(NOW + timedelta(days=1)))
    assert (found.outcome, found.unchecked) == (Outcome.VERIFIED, (THE_TIME,))


def test_seal_that_was_revoked_by_then_is_refused(case: Case) -> None:
    found = case.appraise(crls=case.lists(NOW - timedelta(hours=1), case.seal_pem))
    assert (found.outcome, [one.code for one in found.faults]) == (Outcome.REFUSED, ["certificate.revoked"])


@pytest.mark.parametrize("given", ["root", "certificate", "both"])
def test_seal_that_is_revoked_proves_nothing_any_more(case: Case, given: str) -> None:
    """Whoever has its key can write any date: the receipt's time is no word to hold against the list's."""
    lists = case.lists(NOW + timedelta(days=1), case.seal_pem)
    roots = () if given == "certificate" else (der(case.root.certificate),)
    certificates = () if given == "root" else (describe(case.seal_pem).der,)
    said = Given(roots=roots, certificates=certificates, crls=lists)
    found = appraise_receipt(case.receipt, given=said, now=LATER)
    assert (found.outcome, "revoked since" in found.reason) == (Outcome.HELD, True)


@pytest.mark.parametrize("listed", [True, False])
def test_certificate_of_an_agency_under_the_same_root_seals_nothing(case: Case, listed: bool) -> None:
    """The attacker has a genuine certificate of the seal's own authority, and writes a receipt with it."""
    key, pem = case.link.issue("H08.02", now=NOW - timedelta(days=1))
    forged = Seal(Signer.load(key, pem), [case.link.certificate]).receipt(FACTS_THEN)
    found = case.appraise(receipt=forged, crls=case.lists(NOW + timedelta(days=1)) if listed else ())
    assert (found.outcome, found.faults) == (Outcome.UNVERIFIED, ())
    assert SEAL_OF_THE_EXCHANGE in found.unchecked


def test_seal_without_the_mark_is_verified_when_it_was_got_beforehand(case: Case) -> None:
    key, pem = case.link.issue("a seal of old", now=NOW - timedelta(days=1))
    sealed = Seal(Signer.load(key, pem), [case.link.certificate]).receipt(FACTS_THEN)
    given = Given(roots=(der(case.root.certificate),), certificates=(describe(pem).der,))
    assert appraise_receipt(sealed, given=given, now=LATER).outcome == Outcome.VERIFIED


def test_lists_that_do_not_answer_leave_it_held(case: Case) -> None:
    found = case.appraise(crls=(case.root.crl(now=NOW),))
    assert (found.outcome, bool(found.reason)) == (Outcome.HELD, True)
    assert SEAL_REVOCATION in found.unchecked


def test_without_root_or_certificate_nothing_is_called_verified(case: Case) -> None:
    found = case.appraise(roots=False)
    assert (found.outcome, found.facts) == (Outcome.UNVERIFIED, FACTS_THEN)
    assert SEAL_PATH in found.unchecked


def test_given_certificate_vouches_without_a_root(case: Case) -> None:
    given = Given(certificates=(describe(case.seal_pem).der,))
    found = appraise_receipt(case.receipt, given=given, now=LATER)
    assert (found.outcome, found.enclosed) == (Outcome.VERIFIED, False)
    assert found.unchecked == (SEAL_PATH, SEAL_REVOCATION, THE_TIME)


def test_root_of_somebody_else_refuses(case: Case) -> None:
    other = Authority.make("root", now=NOW - timedelta(days=30))
    found = appraise_receipt(case.receipt, given=Given(roots=(der(other.certificate),)), now=LATER)
    assert (found.outcome, [one.code for one in found.faults]) == (Outcome.REFUSED, ["certificate.untrusted"])


@pytest.mark.parametrize(("days", "code"), [(-2, "certificate.not_yet_valid"), (400, "certificate.expired")])
def test_seal_that_was_not_in_force_then_is_refused(case: Case, days: int, code: str) -> None:
    """An old key seals nothing new, unless it lies about the time: `unchecked` says that nobody else vouches for it."""
    key, pem = case.link.issue_seal("seal", now=NOW - timedelta(days=days), days=365)
    seal = Seal(Signer.load(key, pem), [case.link.certificate])
    found = case.appraise(receipt=seal.receipt(FACTS_THEN))
    assert (found.outcome, [one.code for one in found.faults]) == (Outcome.REFUSED, [code])


def test_root_itself_and_a_self_made_seal_are_no_seals_of_it(case: Case) -> None:
    for authority in (case.root, Authority.make("self", now=NOW - timedelta(days=1))):
        pem = authority.certificate.public_bytes(Encoding.PEM)
        made = Seal(Signer.load(key_of(authority), pem)).receipt(FACTS_THEN)
        assert case.appraise(receipt=made).outcome == Outcome.REFUSED


def key_of(authority: Authority) -> bytes:
    from signing.keys import key_pem

    return key_pem(authority.key)


def test_altered_receipt_is_refused(case: Case) -> None:
    found = case.appraise(receipt=case.receipt.replace(b"H08.30", b"H08.32"))
    assert (found.outcome, found.facts) == (Outcome.REFUSED, None)
    assert [one.code for one in found.faults] == ["signature.altered"]


def test_certificates_put_into_key_info_open_no_door(case: Case) -> None:
    """Victim's chain shown first, the attacker's own certificate behind it: only whose key sealed counts."""
    other = Authority.make("other", now=NOW - timedelta(days=30))
    key, pem = other.issue("attacker", now=NOW - timedelta(days=1))
    root = etree.fromstring(Seal(Signer.load(key, pem)).receipt(FACTS_THEN))
    data = root.find(f".//{{{DS}}}X509Data")
    assert data is not None
    for certificate in (case.link.certificate, x509.load_pem_x509_certificate(case.seal_pem)):
        shown = etree.Element(f"{{{DS}}}X509Certificate")
        shown.text = base64.b64encode(der(certificate)).decode()
        data.insert(0, shown)
    assert case.appraise(receipt=etree.tostring(root)).outcome == Outcome.REFUSED


def test_receipt_that_encloses_no_certificate_needs_a_given_one(case: Case) -> None:
    root = etree.fromstring(case.receipt)
    info = root.find(f".//{{{DS}}}KeyInfo")
    assert info is not None
    info.getparent().remove(info)  # type: ignore[union-attr]
    bare = etree.tostring(root)
    assert case.appraise(receipt=bare).outcome == Outcome.UNEXAMINED
    given = Given(certificates=(describe(case.seal_pem).der,))
    assert appraise_receipt(bare, given=given, now=LATER).outcome == Outcome.VERIFIED


def test_plain_receipt_of_earlier_days_is_verified_by_its_root() -> None:
    found = appraise_receipt(
        (RECEIPTS / "plain.xml").read_bytes(),
        given=Given(certificates=(describe((RECEIPTS / "plain.pem").read_bytes()).der,)),
        now=LATER,
    )
    assert (found.outcome, found.facts) == (Outcome.VERIFIED, dataclasses.replace(FACTS, version=1))


@pytest.mark.parametrize("data", [b"", b"<a/>", status(), b"\xff" * 100])
def test_what_is_no_receipt_is_refused(case: Case, data: bytes) -> None:
    assert case.appraise(receipt=data or b" ").outcome == Outcome.REFUSED
