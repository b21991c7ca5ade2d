"""An authority in a folder: it certifies who proved to have a key, keeps a record, and takes certificates back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from cryptography import x509

from admin.cli import main
from signing.certificates import Bad, Good, Trust, check_leaf, describe
from signing.keys import new_key
from signing.requests import make_request

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.csr").write_bytes(make_request(new_key("p256"), agency="H08.02", name="Sở Nội vụ"))
    return tmp_path


def shell(*words: str, exits: int = 0) -> Result:
    result = CliRunner().invoke(main, ("ca", *words))
    assert result.exit_code == exits, (words, result.output, result.exception)
    return result


def told(*words: str) -> Any:
    return json.loads(shell(*words, "--json").stdout)


def verdict(certificate: str) -> object:
    """What the path module says of it now, with the authority's own root and list."""
    trust = Trust(1, [describe(Path("ca/root.pem").read_bytes()).der], [Path("ca/root.crl").read_bytes()])
    return trust.judge(describe(Path(certificate).read_bytes()).der, datetime.now(UTC))


def test_certificate_of_a_request_is_good_and_bears_code_and_name() -> None:
    made = told("new", "--name", "CA thử nghiệm")
    assert made == {"root": "ca/root.pem", "revocation_list": "ca/root.crl"}
    issued = told("sign", "a.csr", "--for", "H08.02", "--out", "a.pem")
    assert (issued["agency"], issued["name"]) == ("H08.02", "Sở Nội vụ")
    facts = describe(Path("a.pem").read_bytes())
    check_leaf(facts.der)
    assert isinstance(verdict("a.pem"), Good)
    assert facts.not_after - facts.not_before == timedelta(days=365)
    assert "2.5.4.97=H08.02" in facts.subject
    assert Path("ca/key.pem").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", ["p384", "rsa3072"])
def test_authority_may_have_a_longer_key(kind: str) -> None:
    shell("new", "--name", "CA thử nghiệm", "--kind", kind)
    shell("sign", "a.csr", "--out", "a.pem")
    assert isinstance(verdict("a.pem"), Good)


def test_request_of_another_gets_nothing() -> None:
    shell("new", "--name", "CA thử nghiệm")
    result = shell("sign", "a.csr", "--for", "H08.30", "--out", "a.pem", exits=1)
    assert "request.of_another" in result.stderr
    Path("a.csr").write_bytes(b"text")
    assert "request.unreadable" in shell("sign", "a.csr", "--out", "a.pem", exits=1).stderr
    assert not Path("a.pem").exists()
    assert told("show")["certificates"] == []


def test_revoked_certificate_is_on_the_list_from_then_on() -> None:
    shell("new", "--name", "CA thử nghiệm")
    for name in ("a.pem", "b.pem"):
        shell("sign", "a.csr", "--out", name)
    revoked = told("revoke", "a.pem", "--reason", "key-compromise")
    assert isinstance(verdict("a.pem"), Bad)
    assert isinstance(verdict("b.pem"), Good)
    [entry] = x509.load_der_x509_crl(Path("ca/root.crl").read_bytes())
    assert entry.revocation_date_utc.isoformat() == datetime.fromisoformat(revoked["revoked_at"]).isoformat()
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.key_compromise
    again = told("revoke", revoked["sha256"][:12], "--reason", "superseded")
    assert (again["revoked_at"], again["reason"]) == (revoked["revoked_at"], "key-compromise"), "the first word stays"
    shell("renew", "--days", "2")
    assert isinstance(verdict("a.pem"), Bad)
    assert sorted(one["reason"] or "" for one in told("show")["certificates"]) == ["", "key-compromise"]


def test_reason_that_says_nothing_is_left_out_of_the_list() -> None:
    shell("new", "--name", "CA thử nghiệm")
    shell("sign", "a.csr", "--out", "a.pem")
    shell("revoke", "a.pem")
    [entry] = x509.load_der_x509_crl(Path("ca/root.crl").read_bytes())
    assert len(entry.extensions) == 0


def test_list_is_renewed_for_the_days_asked_for() -> None:
    shell("new", "--name", "CA thử nghiệm")
    before = x509.load_der_x509_crl(Path("ca/root.crl").read_bytes())
    until = datetime.fromisoformat(told("renew", "--days", "3")["next_update"])
    assert timedelta(days=2, hours=23) < until - datetime.now(UTC) <= timedelta(days=3)
    after = x509.load_der_x509_crl(Path("ca/root.crl").read_bytes())
    numbers = [one.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for one in (before, after)]
    assert numbers[0] < numbers[1]


def test_authority_is_not_made_over_another() -> None:
    shell("new", "--name", "CA thử nghiệm")
    before = Path("ca/key.pem").read_bytes()
    assert "đã có một CA" in shell("new", "--name", "Khác", exits=2).stderr
    assert Path("ca/key.pem").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        ("show", "--folder", "none"),
        ("renew", "--folder", "none"),
        ("sign", "a.csr", "--folder", "none", "--out", "a.pem"),
        ("revoke", "0" * 64),
        ("revoke", "0"),
        ("revoke", ""),
        ("sign", "a.csr", "--out", "none/a.pem"),
    ],
)
def test_what_is_not_there_exits_2(words: tuple[str, ...]) -> None:
    shell("new", "--name", "CA thử nghiệm")
    shell("sign", "a.csr", "--out", "first.pem")
    shell(*words, exits=2)
    assert not Path("a.pem").exists()


def test_what_was_issued_is_shown_to_a_person() -> None:
    shell("new", "--name", "CA thử nghiệm")
    shell("sign", "a.csr", "--out", "a.pem")
    shown = shell("show").stdout
    assert "Đã cấp / issued: 1" in shown
    assert describe(Path("a.pem").read_bytes()).sha256.hex()[:16] in shown
