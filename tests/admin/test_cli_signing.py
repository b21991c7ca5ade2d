"""Every command that signs does so with a PKCS 12 file and with a token, and says what is wrong in two languages."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from click.testing import CliRunner

from admin.cli import main
from signing import gate
from signing.authority import Authority
from signing.places import cut, find_places
from tests.support.peer import SUBMISSION, Peer, peer_in_thread
from tests.support.tokens import PIN, Shelf, shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

COMPOSE = (
    *("compose", "--from", "H08.02", "--to", "H08.30", "--number", "125", "--notation", "SNV-VP"),
    *("--subject", "V/v liên thông", "--signatory", "Nguyễn Thị Đào", "--attach", "125.pdf", "--out", "letter.edxml"),
)
REPORT = ("report", "03", "--reference", "H08.02,2026/11/20,125/SNV-VP", "--as", "H08.30")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clerk's folder with a letter's attachment, a key in three forms, and its password."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIENTHONG_CREDENTIAL", "c0.secret")
    key, certificate = Authority.make("Gốc thử").issue("Sở Nội vụ", key_kind="rsa2048")
    for name, data in {"125.pdf": b"%PDF-1.4", "key.pem": key, "certificate.pem": certificate}.items():
        Path(name).write_bytes(data)
    Path("password").write_text("bí mật\n", encoding="utf-8")
    files = ("-inkey", "key.pem", "-in", "certificate.pem", "-out", "both.p12", "-passout", "file:password")
    subprocess.run(["openssl", "pkcs12", "-export", *files], check=True, timeout=60)
    return tmp_path


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    with peer_in_thread() as made:
        monkeypatch.setenv("LIENTHONG_URL", made.url)
        made.script(web.json_response(SUBMISSION, status=201))
        yield made


@pytest.fixture
def on(folder: Path) -> Iterator[Shelf]:
    for made in shelf(folder / "shelf"):
        made.token("SNV")
        made.put("SNV", Path("key.pem"), "sign", "01")
        yield made
        made.empty()


def shell(*words: str, typed: str = "", exits: int = 0, **environment: str) -> Result:
    result = CliRunner().invoke(main, words, input=typed, env=environment)
    assert result.exit_code == exits, (words, result.output, result.exception)
    return result


def profile(file: bytes) -> str | None:
    return gate.inspect(cut(file, find_places(file).contents)).profile


def test_pkcs12_signs_when_its_password_is_typed(peer: Peer) -> None:
    key = ("--key", "both.p12")
    shell(*COMPOSE, "--sign", *key, typed="bí mật\n")
    assert profile(Path("letter.edxml").read_bytes()) == "P"
    shell(*COMPOSE)
    shown = shell("send", "letter.edxml", "--sign", *key, typed="bí mật\n")
    assert "bí mật" not in shown.output
    shell(*REPORT, *key, typed="bí mật\n")
    assert [profile(seen.body) for seen in peer.seen] == ["P", "P"]


def test_pkcs12_signs_with_everything_from_the_environment(peer: Peer) -> None:
    here = {"LIENTHONG_SIGN_KEY_FILE": "both.p12", "LIENTHONG_SIGN_KEY_PASSWORD_FILE": "password"}
    shell(*REPORT, **here)
    assert profile(peer.seen[0].body) == "P"


def test_token_signs(peer: Peer, on: Shelf) -> None:
    here = {"LIENTHONG_SIGN_TOKEN": on.module, "LIENTHONG_SIGN_TOKEN_PIN": PIN}
    here["LIENTHONG_SIGN_CERTIFICATE_FILE"] = "certificate.pem"
    shell(*COMPOSE, "--sign", **here)
    assert profile(Path("letter.edxml").read_bytes()) == "P"
    shell(*COMPOSE)
    words = ("--token", on.module, "--token-label", "SNV", "--key-label", "sign", "--certificate", "certificate.pem")
    assert PIN not in shell("send", "letter.edxml", "--sign", *words, typed=f"{PIN}\n").output
    shell(*REPORT, **here)
    assert [profile(seen.body) for seen in peer.seen] == ["P", "P"]


@pytest.mark.parametrize(
    ("words", "pin", "said"),
    [
        (("--token-label", "khác"), PIN, "Không thấy thiết bị ký số khác"),
        (("--key-label", "khác"), PIN, "không có khóa ký khác"),
        (("--key", "key.pem"), PIN, "chỉ dùng một"),
        ((), "000000", "Mã PIN của thiết bị SNV không đúng"),
        ((), "", "Chưa có mã PIN"),
    ],
)
def test_token_that_cannot_be_used_is_named_and_nothing_sent(
    peer: Peer, on: Shelf, words: tuple[str, ...], pin: str, said: str
) -> None:
    shell(*COMPOSE)
    given = ("--token", on.module, "--certificate", "certificate.pem", *words)
    result = shell("send", "letter.edxml", "--sign", *given, exits=2, LIENTHONG_SIGN_TOKEN_PIN=pin)
    assert said in result.stderr
    assert peer.seen == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--key", "both.p12"), "bảo vệ bằng mật khẩu"),
        (("--key", "both.p12", "--key-password-file", "125.pdf"), "Mật khẩu của khóa không đúng"),
        (("--key", "key.pem"), "không kèm chứng thư số"),
        (("--certificate", "certificate.pem"), "chưa có khóa ký"),
        (("--key", "125.pdf"), "Không đọc được khóa"),
        (("--token", "/none.so"), "Không nạp được trình điều khiển PKCS 11 /none.so"),
    ],
)
def test_key_that_cannot_be_used_is_named_and_nothing_sent(peer: Peer, words: tuple[str, ...], said: str) -> None:
    shell(*COMPOSE)
    pin = {"LIENTHONG_SIGN_TOKEN_PIN": PIN}
    assert said in shell("send", "letter.edxml", "--sign", *words, exits=2, **pin).stderr
    assert peer.seen == []


def test_signature_is_xades_on_demand(peer: Peer) -> None:
    key = ("--key", "key.pem", "--certificate", "certificate.pem")
    shell(*COMPOSE, "--sign", "--xades", *key)
    composed = Path("letter.edxml").read_bytes()
    shell(*COMPOSE)
    for words in (("send", "letter.edxml", "--sign", "--xades"), (*REPORT, "--xades"), REPORT):
        shell(*words, *key)
    files = [composed, *(seen.body for seen in peer.seen)]
    assert [profile(file) for file in files] == ["P"] * 4
    assert [b"QualifyingProperties" in file for file in files] == [True, True, True, False]


def test_xades_without_a_signature_is_a_mistake(peer: Peer) -> None:
    shell(*COMPOSE, "--xades", exits=2)
    shell(*COMPOSE)
    shell("send", "letter.edxml", "--xades", exits=2)
    assert peer.seen == []
