"""TM-12: the six revocation cases of SECURITY 4, at the time of receipt, now and for a past moment."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from cryptography import x509

from signing.authority import Authority
from signing.certificates import Bad, Good, Trust, Unknown, Verdict, describe
from tests.signing import odd_certificates as odd
from tests.signing.people import NOW
from tests.support.revocation_data import DAY, Revoked, access_to, ocsp_answer, points_to, revocation_list

HOUR = timedelta(hours=1)
SOON = NOW + 6 * DAY


class Chain:
    """A root, an authority below it and a leaf below that; lists of both, with nobody on them."""

    def __init__(self) -> None:
        self.root = Authority.make("Gốc TM-12", now=NOW - 30 * DAY)
        key = odd.ec.generate_private_key(odd.ec.SECP256R1())
        basics = x509.BasicConstraints(ca=True, path_length=0), True
        der = odd.certificate(
            self.root, key=key, name="CA TM-12", add=(basics, odd.usage(key_cert_sign=True, crl_sign=True))
        )
        self.below = Authority(key, x509.load_der_x509_certificate(der))
        self.link = der
        self.leaf = odd.certificate(self.below)
        self.root_list = revocation_list(self.root, begin=NOW - HOUR, end=SOON)
        self.list = revocation_list(self.below, begin=NOW - HOUR, end=SOON)

    def trust(self, *lists: bytes, answers: tuple[tuple[bytes, bytes], ...] = ()) -> Trust:
        return Trust(1, [describe(self.root.root_pem).der], lists, [self.link], answers)

    def below_with(self, **revoked: Revoked) -> bytes:
        """The authority's list of now with the leaf on it."""
        return revocation_list(self.below, {self.leaf: Revoked(**revoked)}, begin=NOW - HOUR, end=SOON)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain()


def code(verdict: Verdict) -> str:
    return verdict.fault.code if isinstance(verdict, Bad) else type(verdict).__name__


def test_tm_12_good_leaf_is_good_by_both_lists_which_are_the_evidence(chain: Chain) -> None:
    verdict = chain.trust(chain.root_list, chain.list).judge(chain.leaf, NOW)
    assert isinstance(verdict, Good)
    digests = {hashlib.sha256(one).digest() for one in (chain.root_list, chain.list)}
    assert set(verdict.evidence) == digests


def test_tm_12_revoked_leaf_is_refused(chain: Chain) -> None:
    verdict = chain.trust(chain.root_list, chain.below_with(at=NOW - DAY)).judge(chain.leaf, NOW)
    assert code(verdict) == "certificate.revoked"


def test_tm_12_revoked_intermediate_is_refused(chain: Chain) -> None:
    revoked = revocation_list(chain.root, {chain.link: Revoked(at=NOW - DAY)}, begin=NOW - HOUR, end=SOON)
    assert code(chain.trust(revoked, chain.list).judge(chain.leaf, NOW)) == "certificate.revoked"


def test_tm_12_stale_list_holds(chain: Chain) -> None:
    stale = revocation_list(chain.below, begin=NOW - 2 * DAY, end=NOW - HOUR)
    assert isinstance(chain.trust(chain.root_list, stale).judge(chain.leaf, NOW), Unknown)
    stale_above = revocation_list(chain.root, begin=NOW - 2 * DAY, end=NOW - HOUR)
    assert isinstance(chain.trust(stale_above, chain.list).judge(chain.leaf, NOW), Unknown)


def test_tm_12_list_of_another_authority_holds(chain: Chain) -> None:
    other = Authority.make("Gốc khác", now=NOW - 30 * DAY)
    others = revocation_list(other, begin=NOW - HOUR, end=SOON)
    assert isinstance(chain.trust(chain.root_list, others).judge(chain.leaf, NOW), Unknown)


def test_tm_12_list_that_another_key_signed_under_the_name_holds(chain: Chain) -> None:
    forger = Authority(odd.ec.generate_private_key(odd.ec.SECP256R1()), chain.below.certificate)
    forged = revocation_list(forger, {chain.leaf: Revoked(at=NOW - DAY)}, begin=NOW - HOUR, end=SOON)
    assert isinstance(chain.trust(chain.root_list, forged).judge(chain.leaf, NOW), Unknown)
    assert isinstance(chain.trust(chain.root_list, chain.list, forged).judge(chain.leaf, NOW), Good)


def test_tm_12_no_list_holds(chain: Chain) -> None:
    assert isinstance(chain.trust().judge(chain.leaf, NOW), Unknown)
    assert isinstance(chain.trust(chain.root_list).judge(chain.leaf, NOW), Unknown)
    assert isinstance(chain.trust(chain.list).judge(chain.leaf, NOW), Unknown)


@pytest.mark.parametrize("received", [timedelta(0), HOUR, 3 * DAY])
def test_tm_12_revoked_after_receipt_was_good_at_receipt(chain: Chain, received: timedelta) -> None:
    later = NOW + 4 * DAY
    at = NOW + received
    lists = (
        revocation_list(chain.root, begin=later - HOUR, end=later + DAY),
        revocation_list(
            chain.below, {chain.leaf: Revoked(at=at + timedelta(seconds=1))}, begin=later - HOUR, end=later + DAY
        ),
    )
    trust = chain.trust(*lists)
    verdict = trust.judge_past(chain.leaf, at, later)
    assert isinstance(verdict, Good)
    assert set(verdict.evidence) == {hashlib.sha256(one).digest() for one in lists}
    assert code(trust.judge(chain.leaf, later)) == "certificate.revoked"  # now it signs nothing


@pytest.mark.parametrize(
    "entry",
    [
        Revoked(at=NOW),
        Revoked(at=NOW - timedelta(seconds=1)),
        Revoked(at=NOW + DAY, lost_at=NOW),
        Revoked(at=NOW + DAY, lost_at=NOW - DAY),
    ],
    ids=["in that second", "before", "lost in that second", "lost before"],
)
def test_tm_12_revoked_or_lost_by_receipt_was_bad_at_receipt(chain: Chain, entry: Revoked) -> None:
    later = NOW + 2 * DAY
    trust = chain.trust(
        revocation_list(chain.root, begin=later - HOUR, end=later + DAY),
        revocation_list(chain.below, {chain.leaf: entry}, begin=later - HOUR, end=later + DAY),
    )
    assert code(trust.judge_past(chain.leaf, NOW, later)) == "certificate.revoked"


def test_tm_12_key_lost_after_receipt_was_good_at_receipt(chain: Chain) -> None:
    later = NOW + 2 * DAY
    entry = Revoked(at=later - HOUR, lost_at=NOW + HOUR)
    trust = chain.trust(
        revocation_list(chain.root, begin=later - HOUR, end=later + DAY),
        revocation_list(chain.below, {chain.leaf: entry}, begin=later - HOUR, end=later + DAY),
    )
    assert isinstance(trust.judge_past(chain.leaf, NOW, later), Good)


def test_tm_12_intermediate_revoked_by_receipt_was_bad_at_receipt(chain: Chain) -> None:
    later = NOW + 2 * DAY
    trust = chain.trust(
        revocation_list(chain.root, {chain.link: Revoked(at=NOW - HOUR)}, begin=later - HOUR, end=later + DAY),
        revocation_list(chain.below, begin=later - HOUR, end=later + DAY),
    )
    assert code(trust.judge_past(chain.leaf, NOW, later)) == "certificate.revoked"


def test_tm_12_past_moment_needs_a_list_that_reaches_it(chain: Chain) -> None:
    later = NOW + 2 * DAY
    stale = revocation_list(chain.below, begin=NOW - 2 * DAY, end=NOW - HOUR)
    root_list = revocation_list(chain.root, begin=later - HOUR, end=later + DAY)
    assert isinstance(chain.trust(root_list, stale).judge_past(chain.leaf, NOW, later), Unknown)


def test_tm_12_list_that_has_not_begun_tells_nothing_of_the_past(chain: Chain) -> None:
    future = revocation_list(chain.below, begin=NOW + DAY, end=NOW + 3 * DAY)
    assert isinstance(chain.trust(chain.root_list, future).judge_past(chain.leaf, NOW, NOW + HOUR), Unknown)


def test_tm_12_list_made_after_the_certificate_ended_tells_nothing_of_it(chain: Chain) -> None:
    """Authorities drop from their lists what has expired."""
    short = odd.certificate(chain.below, end=NOW + DAY)
    later = NOW + 5 * DAY
    root_list = revocation_list(chain.root, begin=later - HOUR, end=later + DAY)
    dropped = revocation_list(chain.below, begin=later - HOUR, end=later + DAY)
    named = revocation_list(chain.below, {short: Revoked(at=NOW - HOUR)}, begin=NOW + HOUR, end=NOW + 2 * DAY)
    assert isinstance(chain.trust(root_list, dropped).judge_past(short, NOW, later), Unknown)
    assert code(chain.trust(root_list, dropped, named).judge_past(short, NOW, later)) == "certificate.revoked"


def test_tm_12_certificate_that_ended_since_was_good_at_receipt(chain: Chain) -> None:
    short = odd.certificate(chain.below, end=NOW + DAY)
    trust = chain.trust(chain.root_list, chain.list)
    assert isinstance(trust.judge_past(short, NOW, NOW + 2 * DAY), Good)
    assert code(trust.judge_past(short, NOW + 2 * DAY, NOW + 2 * DAY)) == "certificate.expired"


def test_tm_12_whoever_is_on_the_list_is_refused_whatever_date_stands_there(chain: Chain) -> None:
    trust = chain.trust(chain.root_list, chain.below_with(at=NOW + DAY))
    assert code(trust.judge(chain.leaf, NOW)) == "certificate.revoked"


# OCSP


@pytest.fixture(scope="module")
def asked(chain: Chain) -> bytes:
    """A leaf that names a responder, without which the path validator believes no answer."""
    return odd.certificate(chain.below, add=(access_to("http://ocsp.example/"),))


def answered(chain: Chain, der: bytes, **given: object) -> tuple[tuple[bytes, bytes], ...]:
    named: dict[str, object] = {"begin": NOW - HOUR, "end": NOW + DAY} | given
    data = ocsp_answer(chain.below, der, **named)  # type: ignore[arg-type]
    return ((hashlib.sha256(der).digest(), data),)


def test_tm_12_answer_serves_where_there_is_no_list(chain: Chain, asked: bytes) -> None:
    answers = answered(chain, asked)
    verdict = chain.trust(chain.root_list, answers=answers).judge(asked, NOW)
    assert isinstance(verdict, Good)
    assert hashlib.sha256(answers[0][1]).digest() in verdict.evidence
    assert verdict.until == NOW + HOUR


def test_tm_12_verdict_ends_with_the_answer(chain: Chain, asked: bytes) -> None:
    answers = answered(chain, asked, end=NOW + timedelta(minutes=10))
    verdict = chain.trust(chain.root_list, answers=answers).judge(asked, NOW)
    assert isinstance(verdict, Good)
    assert verdict.until == NOW + timedelta(minutes=10)


def test_tm_12_answer_revoked_is_refused(chain: Chain, asked: bytes) -> None:
    answers = answered(chain, asked, revoked_at=NOW - HOUR)
    assert code(chain.trust(chain.root_list, chain.list, answers=answers).judge(asked, NOW)) == "certificate.revoked"


def test_tm_12_list_wins_over_an_answer_that_says_good(chain: Chain, asked: bytes) -> None:
    """The validator asks no list once an answer is good; a later list may know better."""
    named = revocation_list(chain.below, {asked: Revoked(at=NOW - HOUR)}, begin=NOW - HOUR, end=SOON)
    answers = answered(chain, asked)
    assert code(chain.trust(chain.root_list, named, answers=answers).judge(asked, NOW)) == "certificate.revoked"


def test_tm_12_stale_answer_holds(chain: Chain, asked: bytes) -> None:
    answers = answered(chain, asked, begin=NOW - 2 * DAY, end=NOW - HOUR)
    assert isinstance(chain.trust(chain.root_list, answers=answers).judge(asked, NOW), Unknown)
    assert isinstance(chain.trust(chain.root_list, chain.list, answers=answers).judge(asked, NOW), Good)


def test_tm_12_answer_of_a_certificate_that_names_no_responder_is_not_gone_by(chain: Chain) -> None:
    answers = answered(chain, chain.leaf)
    assert isinstance(chain.trust(chain.root_list, answers=answers).judge(chain.leaf, NOW), Unknown)


def test_tm_12_partitioned_lists_cover_what_they_name(chain: Chain) -> None:
    """Two lists of one authority, each about its own distribution point."""
    here, there = "http://ca.example/1.crl", "http://ca.example/2.crl"

    def part(url: str, *revoked: bytes) -> bytes:
        place = x509.IssuingDistributionPoint(
            [x509.UniformResourceIdentifier(url)], None, False, False, None, False, False
        )
        entries = {der: Revoked(at=NOW - HOUR) for der in revoked}
        return revocation_list(chain.below, entries, begin=NOW - HOUR, end=SOON, extensions=((place, True),))

    first = odd.certificate(chain.below, add=(points_to(here),))
    second = odd.certificate(chain.below, add=(points_to(there),))
    trust = chain.trust(chain.root_list, part(here), part(there, second))
    assert isinstance(trust.judge(first, NOW), Good)
    assert code(trust.judge(second, NOW)) == "certificate.revoked"
    assert isinstance(chain.trust(chain.root_list, part(there)).judge(first, NOW), Unknown)
