"""What is said of a signature inside a PDF: whom it names, what time it was, what its certificate is worth."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.validation.dss import DocumentSecurityStore

from envelopes.faults import Rule
from envelopes.pdf_outcomes import PdfOutcome, PdfSignature, PdfState, Trust, Verdict, outcome_json, outcome_of
from signing import pdf_rules
from signing.authority import Authority, new_key
from signing.pdf import check_pdf
from signing.pdf_chain import Anchors, dumped
from signing.pdf_scan import SignatureScan
from signing.pdf_signer import signer_of
from tests.support.pdfs import (
    ORGANIZATION,
    PERSON,
    Pen,
    anchors,
    pen,
    plain,
    signed,
    stamper,
    stream,
    updated,
    with_field,
)
from tests.support.revocation_data import DAY, Revoked, access_to, ocsp_answer, revocation_list

NOW = datetime.now(UTC).replace(microsecond=0)
YEAR = timedelta(days=365)
AUTHORITY = Authority.make("PDF root", now=NOW - 5 * YEAR)
WRITER = pen(AUTHORITY, PERSON)
SIGNED = signed(plain(), WRITER)


def only(content: bytes, trusted: Anchors) -> PdfSignature:
    """The one signature of the file."""
    [one] = check_pdf(io.BytesIO(content), trusted).signatures
    return one


def codes(one: PdfSignature) -> list[str]:
    return [reason.code for reason in one.reasons]


def trusting(*, revoked: Pen | None = None, at: datetime = NOW, lists_at: datetime | None = None) -> Anchors:
    """Trust in the authority and its list, with one certificate on it if told so."""
    made = AUTHORITY.crl(revoked=[revoked.pem] if revoked else (), now=lists_at or at)
    return Anchors(roots=anchors(AUTHORITY).roots, crls=(made,), received_at=at)


def test_good_signature_is_told_in_full() -> None:
    one = only(SIGNED, trusting())
    assert (one.verdict, one.trust, one.intact, one.kind) == (Verdict.VALID, Trust.TRUSTED, True, "signature")
    assert (one.signer, one.organization, one.field) == ("Nguyễn Thị Đào", "Sở Nội vụ", "Signature1")
    assert (one.coverage, one.changes, one.reasons) == ("file", "none", ())
    assert one.time == "claimed"
    assert one.signed_at is not None
    assert abs(one.signed_at - NOW) < timedelta(minutes=5)


@pytest.mark.parametrize("form", [SigSeedSubFilter.PADES, SigSeedSubFilter.ADOBE_PKCS7_DETACHED])
def test_both_forms_in_use_are_checked(form: SigSeedSubFilter) -> None:
    assert only(signed(plain(), WRITER, subfilter=form), trusting()).verdict is Verdict.VALID


def test_signature_in_another_form_is_shown_and_not_believed() -> None:
    content = SIGNED.replace(b"/ETSI.CAdES.detached", b"/adbe.x509.rsa_sha1 ")
    one = only(content, trusting())
    assert (one.verdict, codes(one)) == (Verdict.INVALID, ["pdf.unsupported"])


def test_weak_digest_proves_nothing() -> None:
    one = only(signed(plain(), WRITER, md_algorithm="sha1"), trusting())
    assert one.verdict is Verdict.UNPROVEN
    assert "pdf.hash_weak" in codes(one)


def test_revoked_certificate_makes_it_invalid() -> None:
    one = only(SIGNED, trusting(revoked=WRITER))
    assert (one.verdict, one.trust) == (Verdict.INVALID, Trust.REVOKED)
    assert "certificate.revoked" in codes(one)


def test_revocation_after_receipt_changes_nothing() -> None:
    """The list is newer than the moment of receipt, and so is what it says."""
    one = only(SIGNED, trusting(revoked=WRITER, at=NOW, lists_at=NOW + timedelta(hours=2)))
    assert (one.verdict, one.trust) == (Verdict.VALID, Trust.TRUSTED)


@pytest.mark.parametrize("lists_at", [None, NOW - timedelta(days=30)], ids=["no list", "stale list"])
def test_unknown_revocation_is_said_and_not_passed_over(lists_at: datetime | None) -> None:
    trusted = anchors(AUTHORITY, crls=False) if lists_at is None else trusting(lists_at=lists_at)
    one = only(SIGNED, trusted)
    assert (one.verdict, one.trust) == (Verdict.UNPROVEN, Trust.REVOCATION_UNKNOWN)
    assert codes(one) == ["pdf.revocation_unknown"]


def test_forged_certificate_is_untrusted_also_without_any_list() -> None:
    """Its issuer's name is right, its signature is a stranger's: no missing list may hide that."""
    forged = pen(Authority.make("PDF root"), PERSON)
    assert only(signed(plain(), forged), anchors(AUTHORITY, crls=False)).trust is Trust.UNTRUSTED


def test_expired_certificate_is_not_in_force_whatever_the_signer_claims() -> None:
    old = pen(AUTHORITY, PERSON, now=NOW - 3 * YEAR)
    one = only(signed(plain(), old), trusting())
    assert (one.verdict, one.trust, one.intact) == (Verdict.UNPROVEN, Trust.NOT_IN_FORCE, True)
    assert codes(one) == ["certificate.expired"]


def test_claimed_time_does_not_choose_the_moment_a_certificate_is_judged_for() -> None:
    """Whoever stole an expired key, or got it revoked yesterday, says that it was used the year before."""
    old = pen(AUTHORITY, PERSON, now=NOW - 3 * YEAR)
    one = only(signed(plain(), old, claims=NOW - 3 * YEAR + timedelta(days=100)), trusting())
    assert (one.time, one.signed_at) == ("claimed", NOW - 3 * YEAR + timedelta(days=100))
    assert (one.verdict, one.trust) == (Verdict.UNPROVEN, Trust.NOT_IN_FORCE)
    lost = pen(AUTHORITY, PERSON, now=NOW - timedelta(days=30))
    trusted = with_lists(revocation_list(AUTHORITY, {lost.der: Revoked(at=NOW - DAY)}, begin=NOW, end=None))
    assert only(signed(plain(), lost, claims=NOW - timedelta(days=9)), trusted).trust is Trust.REVOKED


def with_lists(*lists: bytes) -> Anchors:
    """Trust in the authority, with these lists."""
    return Anchors(roots=anchors(AUTHORITY).roots, crls=lists, received_at=NOW)


def test_key_lost_before_it_was_stamped_is_revoked_though_it_was_listed_later() -> None:
    """The date that counts is when the key was lost (invalidityDate), as at the gate."""
    lost = pen(AUTHORITY, PERSON, now=NOW - timedelta(days=20))
    content = signed(plain(), lost, stamps=stamper(AUTHORITY, NOW - timedelta(days=5)))
    entry = Revoked(at=NOW - DAY, lost_at=NOW - timedelta(days=10))
    listed = revocation_list(AUTHORITY, {lost.der: entry}, begin=NOW - timedelta(hours=1), end=None)
    assert only(content, with_lists(listed)).trust is Trust.REVOKED
    later = Revoked(at=NOW - DAY, lost_at=NOW - timedelta(days=2))
    listed = revocation_list(AUTHORITY, {lost.der: later}, begin=NOW - timedelta(hours=1), end=None)
    assert only(content, with_lists(listed)).trust is Trust.TRUSTED


def test_key_known_after_receipt_to_be_lost_before_it_is_revoked() -> None:
    lost = pen(AUTHORITY, PERSON, now=NOW - timedelta(days=20))
    entry = Revoked(at=NOW + timedelta(hours=1), lost_at=NOW - timedelta(days=10))
    listed = revocation_list(AUTHORITY, {lost.der: entry}, begin=NOW + timedelta(hours=2), end=None)
    assert only(signed(plain(), lost), with_lists(listed)).trust is Trust.REVOKED


@pytest.mark.parametrize("lost_at", [None, NOW - timedelta(days=30)], ids=["listed before", "key lost before"])
def test_stamp_of_a_revoked_stamper_proves_no_time_whatever_the_file_brings(lost_at: datetime | None) -> None:
    """Its answer from before the revocation, inside the file, must not hide what our own list says."""
    at = NOW - timedelta(days=3)
    stamps = stamper(AUTHORITY, at, responder="http://ocsp.example/")
    der = dumped(stamps.tsa_cert)
    answer = ocsp_answer(AUTHORITY, der, begin=NOW - timedelta(hours=1), end=NOW + timedelta(hours=1))
    content = with_store(signed(plain(), WRITER, stamps=stamps), ocsps=(answer,))
    assert only(content, trusting()).time == "timestamped"
    revoked_at = NOW - DAY if lost_at is None else NOW + timedelta(minutes=30)
    begin = NOW - timedelta(hours=2) if lost_at is None else NOW + timedelta(hours=1)
    listed = revocation_list(AUTHORITY, {der: Revoked(at=revoked_at, lost_at=lost_at)}, begin=begin, end=None)
    one = only(content, with_lists(AUTHORITY.crl(now=NOW), listed))
    assert (one.time, one.verdict, codes(one)) == ("claimed", Verdict.VALID, ["pdf.time_unproven"])


def test_proven_time_saves_a_certificate_that_expired_since() -> None:
    """A list of that time, kept in the file, says that it was not revoked then."""
    old = pen(AUTHORITY, PERSON, now=NOW - 3 * YEAR)
    then = NOW - 3 * YEAR + timedelta(days=100)
    content = with_store(signed(plain(), old, stamps=stamper(AUTHORITY, then)), AUTHORITY.crl(now=then))
    one = only(content, trusting())
    assert one.time == "claimed"  # the stamper's own certificate has expired by now
    assert one.verdict is Verdict.UNPROVEN
    recent = NOW - timedelta(days=100)
    ended = pen(AUTHORITY, PERSON, now=NOW - YEAR - timedelta(days=50))
    content = with_store(signed(plain(), ended, stamps=stamper(AUTHORITY, recent)), AUTHORITY.crl(now=recent))
    one = only(content, trusting())
    assert (one.time, one.signed_at) == ("timestamped", recent)
    assert (one.verdict, one.trust) == (Verdict.VALID, Trust.TRUSTED)


def test_timestamp_of_a_stranger_proves_no_time_and_takes_nothing_away() -> None:
    one = only(signed(plain(), WRITER, stamps=stamper(Authority.make("Other"), NOW)), trusting())
    assert (one.verdict, one.time, codes(one)) == (Verdict.VALID, "claimed", ["pdf.time_unproven"])


def with_store(content: bytes, *crls: bytes, ocsps: tuple[bytes, ...] = ()) -> bytes:
    """The PDF with revocation data of its own."""

    def add(writer: Any) -> None:
        store = DocumentSecurityStore(writer)
        store.crls = [writer.add_object(stream(der)) for der in crls]
        store.ocsps = [writer.add_object(stream(der)) for der in ocsps]
        writer.root[pdf_name("/DSS")] = writer.add_object(store.as_pdf_object())
        writer.update_root()

    return updated(content, add)


def test_revocation_list_in_the_file_fills_a_gap() -> None:
    content = with_store(SIGNED, AUTHORITY.crl(now=NOW))
    assert only(content, anchors(AUTHORITY, crls=False)).verdict is Verdict.VALID


def test_revocation_list_in_the_file_hides_no_revocation() -> None:
    content = with_store(SIGNED, AUTHORITY.crl(now=NOW))
    assert only(content, trusting(revoked=WRITER)).trust is Trust.REVOKED
    stale = trusting(revoked=WRITER, lists_at=NOW - timedelta(days=30))
    assert only(content, stale).trust is Trust.REVOKED


def test_revocation_list_of_a_stranger_in_the_file_is_worth_nothing() -> None:
    content = with_store(SIGNED, Authority.make("PDF root").crl(now=NOW))
    assert only(content, anchors(AUTHORITY, crls=False)).trust is Trust.REVOCATION_UNKNOWN


def asking_pen() -> Pen:
    """A pen whose certificate names an OCSP responder; where none is named, no answer is looked at."""
    key = new_key("p256")
    extension, critical = access_to("http://ocsp.example/")
    builder = AUTHORITY.leaf_builder(key, "Sở Nội vụ", now=NOW).add_extension(extension, critical=critical)
    return Pen(key=key, certificate=builder.sign(AUTHORITY.key, SHA256()))


def with_answer(by: Pen) -> bytes:
    """A file signed by it, with the authority's word over OCSP that its certificate is good."""
    hour = timedelta(hours=1)
    return with_store(signed(plain(), by), ocsps=(ocsp_answer(AUTHORITY, by.der, begin=NOW - hour, end=NOW + hour),))


def test_ocsp_answer_in_the_file_fills_a_gap() -> None:
    content = with_answer(asking_pen())
    assert only(content, anchors(AUTHORITY, crls=False)).verdict is Verdict.VALID


def test_ocsp_answer_in_the_file_hides_no_revocation() -> None:
    by = asking_pen()
    content = with_answer(by)
    for lists_at in (NOW, NOW - timedelta(days=30)):
        assert only(content, trusting(revoked=by, lists_at=lists_at)).trust is Trust.REVOKED


def test_broken_store_is_as_good_as_none() -> None:
    assert only(with_store(SIGNED, b"no list"), trusting()).verdict is Verdict.VALID


def test_certificate_for_web_servers_signs_no_documents() -> None:
    key = new_key("p256")
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    certificate = (
        AUTHORITY.leaf_builder(key, "Web", now=NOW).add_extension(usage, critical=False).sign(AUTHORITY.key, SHA256())
    )
    one = only(signed(plain(), Pen(key=key, certificate=certificate)), trusting())
    assert (one.verdict, one.trust, codes(one)) == (Verdict.UNPROVEN, Trust.REFUSED, ["certificate.purpose"])


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        (PERSON, None),
        ({NameOID.COMMON_NAME: "Nguyễn Văn A", NameOID.USER_ID: "CCCD:001234567890"}, "person"),
        ({NameOID.COMMON_NAME: "Nguyễn Văn A", NameOID.SURNAME: "Nguyễn"}, "person"),
        ({NameOID.COMMON_NAME: "Sở Nội vụ", NameOID.USER_ID: "MST:4100267362"}, "organization"),
        (ORGANIZATION | {NameOID.ORGANIZATION_IDENTIFIER: "NTRVN-1"}, "organization"),
    ],
)
def test_person_and_organisation_are_told_apart_where_the_certificate_does(
    subject: dict[x509.ObjectIdentifier, str], kind: str | None
) -> None:
    assert signer_of(pen(AUTHORITY, subject).der).kind == kind


def test_file_of_doubtful_syntax_is_looked_at_and_never_called_valid() -> None:
    twice = plain().replace(b"/Root 1 0 R", b"/Root 1 0 R /Root 1 0 R")
    one = only(signed(twice, WRITER, strict=False), trusting())
    assert (one.verdict, one.intact, codes(one)) == (Verdict.UNPROVEN, True, ["pdf.loose"])


def test_file_that_opens_with_a_password_only_is_left_alone() -> None:
    found = check_pdf(io.BytesIO(locked(SIGNED, "mật khẩu")), trusting())
    assert found.state is PdfState.UNCHECKED
    assert found.reason is not None
    assert found.reason.code == "pdf.encrypted"


def locked(content: bytes, password: str) -> bytes:
    """The PDF, encrypted."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(content)))
    writer.encrypt(owner_pass=password, user_pass=password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_file_with_more_signatures_than_anybody_needs_is_left_alone() -> None:
    content = plain()
    for n in range(33):
        content = signed(content, WRITER, field=f"S{n}")
    found = check_pdf(io.BytesIO(content), trusting())
    assert found.state is PdfState.UNCHECKED
    assert found.reason is not None
    assert found.reason.code == "pdf.signatures_many"


def test_field_without_a_signature_is_none() -> None:
    assert check_pdf(io.BytesIO(with_field(plain(), "Empty")), trusting()).state is PdfState.NONE


HOSTILE_TEXTS = {
    "NUL": (b"(Signat\\000)", "Signat\ufffd"),
    "lone surrogate": (b"(\xfe\xff\xd8\x00\x00A\x00B\x00C)", "\ufffdABC"),
    "direction": (b"(\xfe\xff\x20\x2e\x00A\x00B\x00C)", "\ufffdABC"),
    "terminal": (b"(\xfe\xff\x00\x1b\x00A\x00B\x00C)", "\ufffdABC"),
}


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_field_is_named_in_characters_that_can_be_kept_and_shown(name: str) -> None:
    written, shown = HOSTILE_TEXTS[name]
    content = SIGNED.replace(b"(Signature1)", written)
    assert content != SIGNED
    one = only(content, trusting())
    assert one.field == shown
    json.dumps(outcome_json(PdfOutcome(state=PdfState.CHECKED, signatures=(one,))), ensure_ascii=False).encode()


def test_names_and_reasons_are_told_in_characters_that_can_be_kept_and_shown() -> None:
    who = {NameOID.COMMON_NAME: "A\0B", NameOID.ORGANIZATION_NAME: "C\u202eD"}
    one = only(signed(plain(), pen(Authority.make("Other"), who)), trusting())
    assert (one.signer, one.organization) == ("A\ufffdB", "C\ufffdD")
    assert "\0" not in json.dumps([reason.vi + reason.en for reason in one.reasons], ensure_ascii=False)
    assert not any("\0" in reason.vi + reason.en for reason in one.reasons)


def test_outcome_survives_its_way_through_json() -> None:
    found = check_pdf(io.BytesIO(signed(SIGNED, WRITER, field="S2")), anchors(Authority.make("Other")))
    assert len(found.signatures) == 2
    assert outcome_of(outcome_json(found)) == found


@pytest.mark.parametrize("written", [b"/ByteRange", b"/#42yte#52ange", b"/B#79teRang#65"])
@given(data=st.data())
def test_scan_finds_the_key_however_it_is_cut(written: bytes, data: st.DataObject) -> None:
    content = b"x" * 40 + written + b" [0 1 2 3]" + b"y" * 40
    scan = SignatureScan()
    while content:
        size = data.draw(st.integers(1, 30))
        scan.feed(content[:size])
        content = content[size:]
    assert scan.found


def test_scan_finds_every_signed_file_and_no_plain_one() -> None:
    for content, expected in ((SIGNED, True), (plain(padding=10_000), False), (b"/ByteRang#66", False)):
        scan = SignatureScan()
        scan.feed(content)
        assert scan.found is expected


RULES = [value for value in vars(pdf_rules).values() if isinstance(value, Rule)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule_says_the_same_in_both_languages(rule: Rule) -> None:
    names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (rule.vi, rule.en)]
    assert names[0] == names[1]
    fault = rule.at(**dict.fromkeys(names[0], "x"))
    assert fault.vi.endswith(".")
    assert fault.en.endswith(".")


def test_every_reason_has_a_code_of_its_own() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)


def test_outcome_is_none_for_a_file_without_form() -> None:
    assert check_pdf(io.BytesIO(plain()), trusting()) == PdfOutcome(state=PdfState.NONE)
