"""`lienthong verify` on a receipt: who, what, when, by which seal, and whether a file is the one it is of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import file_digest
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from admin.cli import main
from admin.cli_show import outcome_words
from exchange.client_files import write_envelope
from signing.authority import Authority
from signing.receipts import Policy, ReceiptFacts
from signing.seal import Seal
from signing.sign import Signer
from tests.envelopes.messages import letter, swap

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 20 + b"\n%%EOF\n"
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Papers:
    """The files a person has: the letter, its receipt, and what the exchange handed out of its seal."""

    letter: Path
    receipt: Path
    roots: Path
    certificate: Path
    crl: Path


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    source = tmp_path / "125.signed.pdf"
    source.write_bytes(PDF)
    papers = Papers(*(tmp_path / name for name in ("letter.edxml", "receipt.xml", "root.pem", "seal.pem", "root.crl")))
    write_envelope(letter(), [source], papers.letter)
    root = Authority.make("Gốc của trục", now=AT)
    key, certificate = root.issue_seal("Con dấu của trục", now=AT)
    papers.roots.write_bytes(root.root_pem)
    papers.certificate.write_bytes(certificate)
    papers.crl.write_bytes(root.crl())
    papers.receipt.write_bytes(Seal(Signer.load(key, certificate)).receipt(facts_of(papers.letter, source)))
    return papers


def facts_of(file: Path, attachment: Path) -> ReceiptFacts:
    return ReceiptFacts(
        envelope=UUID(int=7),
        kind="document",
        operation="new",
        reference="H08.02,2026/05/20,125/SNV-VP",
        sender="H08.02",
        system="snv",
        sha256=digest_of(file),
        size=file.stat().st_size,
        accepted_at=AT,
        recipients=((UUID(int=8), "H08.30"),),
        undeliverable=(("H08.99", "recipient.unknown"),),
        attachments=((1, attachment.name, len(PDF), digest_of(attachment)),),
        outcome="verified_weak",
        profile="W",
        certificate="12" * 32,
        policy=Policy(allow_unsigned=False, strict=False, weak_until=date(2027, 6, 30)),
        signer="H08",
    )


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def shell(*words: object) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, words)])


def told(*words: object, code: int = 0) -> dict[str, Any]:
    """The answer for programs, with this exit code."""
    result = shell(*words, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_receipt_says_who_what_when_and_by_which_seal(papers: Papers) -> None:
    shown = shell(papers.receipt, "--roots", papers.roots)
    assert shown.exit_code == 0
    for words in (
        "H08.02,2026/05/20,125/SNV-VP",
        "H08.02 (snv)",
        "H08.30",
        "H08.99 (recipient.unknown)",
        "125.signed.pdf",
        digest_of(papers.letter),
        outcome_words("verified_weak"),
        f"{'12' * 32} (H08)",
        "must be signed",
        "weak algorithms until 30/06/2027",
        "CN=Con dấu của trục (trong biên nhận / from the receipt",
        "con dấu hợp lệ / seal verified",
    ):
        assert words in shown.stdout, words


def test_what_a_root_alone_leaves_open_is_named(papers: Papers) -> None:
    told_by_root = " ".join(one["en"] for one in told(papers.receipt, "--roots", papers.roots)["unchecked"])
    assert "revoked" in told_by_root
    assert "the exchange's own word" in told_by_root
    with_list = told(papers.receipt, "--roots", papers.roots, "--crl", papers.crl)
    assert "revoked" not in " ".join(one["en"] for one in with_list["unchecked"])


def test_answer_for_programs_holds_the_same(papers: Papers) -> None:
    found = told(papers.receipt, "--roots", papers.roots, "--file", papers.letter)
    assert (found["accepted"], found["outcome"], found["faults"]) == (True, "verified", [])
    assert found["receipt"]["policy"] == {"allow_unsigned": False, "strict": False, "weak_until": "2027-06-30"}
    assert found["seal"]["subject"] == "CN=Con dấu của trục"
    assert [one["found"] == one["sealed"] for one in found["compared"]] == [True, True]


def test_the_file_it_is_of_is_recognised_with_each_attachment(papers: Papers) -> None:
    shown = shell(papers.receipt, "--roots", papers.roots, "--file", papers.letter)
    assert shown.exit_code == 0
    assert "Khớp / same: tệp / file letter.edxml" in shown.stdout
    assert "Khớp / same: đính kèm / attachment 1 125.signed.pdf" in shown.stdout


def test_another_file_is_told_from_it_and_what_it_still_has_in_common(papers: Papers) -> None:
    papers.letter.write_bytes(papers.letter.read_bytes() + b"\n")
    found = told(papers.receipt, "--roots", papers.roots, "--file", papers.letter, code=1)
    assert (found["accepted"], found["outcome"]) == (False, "verified")
    assert [one["found"] == one["sealed"] for one in found["compared"]] == [False, True]
    assert "KHÁC / DIFFERS" in shell(papers.receipt, "--roots", papers.roots, "--file", papers.letter).stdout
    papers.letter.write_bytes(PDF)
    found = told(papers.receipt, "--roots", papers.roots, "--file", papers.letter, code=1)
    assert [one["found"] for one in found["compared"]] == [digest_of(papers.letter), None]


def test_nothing_is_verified_without_root_or_certificate(papers: Papers) -> None:
    shown = shell(papers.receipt)
    assert shown.exit_code == 2
    assert "verified" not in shown.output
    assert told(papers.receipt, "--certificate", papers.certificate)["accepted"]


def test_seal_under_another_root_is_refused(papers: Papers) -> None:
    papers.roots.write_bytes(Authority.make("Gốc của trục").root_pem)
    found = told(papers.receipt, "--roots", papers.roots, code=1)
    assert (found["accepted"], found["outcome"]) == (False, "refused")
    assert "con dấu KHÔNG hợp lệ" in shell(papers.receipt, "--roots", papers.roots).stdout


def test_altered_receipt_is_refused_and_says_nothing(papers: Papers) -> None:
    papers.receipt.write_bytes(swap(papers.receipt.read_bytes(), ">H08.30<", ">H08.31<"))
    found = told(papers.receipt, "--roots", papers.roots, code=1)
    assert (found["receipt"], [one["code"] for one in found["faults"]]) == (None, ["signature.altered"])


def test_file_to_compare_goes_with_a_receipt_alone(papers: Papers) -> None:
    assert shell(papers.letter, "--file", papers.letter).exit_code == 2
