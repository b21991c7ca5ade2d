"""A key of one's own from a shell: made, locked, asked a certificate for, and told apart from other files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from admin.cli import main
from signing.keys import kind_of, needs_password, read_key_file
from signing.requests import read_request
from tests.support.tokens import PIN, Shelf, shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

WHO = ("--agency", "H08.02", "--name", "Sở Nội vụ")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shell(*words: str, typed: str | None = None, exits: int = 0, **environment: str) -> Result:
    result = CliRunner().invoke(main, words, input=typed, env=environment)
    assert result.exit_code == exits, (words, result.output, result.exception)
    return result


def seen(*words: str, **environment: str) -> Any:
    return json.loads(shell("key", "show", *words, "--json", **environment).stdout)


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048", "rsa3072"])
def test_key_is_made_and_a_certificate_asked_for_it(kind: str) -> None:
    made = json.loads(shell("key", "new", "--kind", kind, "--out", "keys/new", "--json").stdout)
    path = Path("keys/new/key.pem")
    assert made["key"] == str(path)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    shell("key", "request", "--key", str(path), *WHO, "--out", "a.csr")
    asked = read_request(Path("a.csr").read_bytes(), agency="H08.02")
    assert (asked.name, kind_of(asked.public_key)) == ("Sở Nội vụ", made["kind"])


def test_key_that_is_there_is_not_overwritten() -> None:
    shell("key", "new", "--out", "keys")
    before = Path("keys/key.pem").read_bytes()
    assert "đã có khóa" in shell("key", "new", "--out", "keys", exits=2).stderr
    assert Path("keys/key.pem").read_bytes() == before


def test_locked_key_asks_for_its_password() -> None:
    shell("key", "new", "--out", "keys", "--encrypt", typed="bí mật\nbí mật\n")
    data = Path("keys/key.pem").read_bytes()
    assert needs_password(data)
    read_key_file(data, "bí mật".encode())
    words = ("key", "request", "--key", "keys/key.pem", *WHO)
    result = shell(*words, typed="bí mật\n")
    assert "bí mật" not in result.output
    assert "Mật khẩu" in result.stderr
    assert read_request(Path("request.csr").read_bytes()).agency == "H08.02"
    assert "không đúng" in shell(*words, typed="sai\n", exits=2).stderr
    Path("password").write_text("bí mật\n", encoding="utf-8")
    shell(*words, "--key-password-file", "password")
    shell(*words, LIENTHONG_SIGN_KEY_PASSWORD_FILE="password")


def test_locked_key_without_anybody_to_ask_ends_with_what_to_do() -> None:
    Path("password").write_text("bí mật", encoding="utf-8")
    shell("key", "new", "--out", "keys", "--password-file", "password")
    assert "tệp mật khẩu" in shell("key", "request", "--key", "keys/key.pem", *WHO, typed="", exits=2).stderr
    Path("password").write_text("\n", encoding="utf-8")
    shell("key", "new", "--out", "other", "--password-file", "password", exits=2)
    assert not Path("other").exists()


@pytest.mark.parametrize(
    "words",
    [
        (*WHO,),
        ("--key", "none.pem", *WHO),
        ("--key", "text", *WHO),
        ("--key", "keys/key.pem", "--agency", "có dấu", "--name", "x"),
        ("--key", "keys/key.pem", "--agency", "H08.02", "--name", ""),
        ("--key", "keys/key.pem", "--token", "/none.so", *WHO),
        ("--token", "/none.so", *WHO),
        ("--key", "keys/key.pem", *WHO, "--out", "none/a.csr"),
    ],
)
def test_request_that_cannot_be_made_exits_2_and_leaves_nothing(words: tuple[str, ...]) -> None:
    shell("key", "new", "--out", "keys")
    Path("text").write_text("not a key", encoding="utf-8")
    shell("key", "request", *words, exits=2, LIENTHONG_SIGN_TOKEN_PIN=PIN)
    assert sorted(path.name for path in Path().iterdir()) == ["keys", "text"]


def test_files_are_told_for_what_they_are() -> None:
    shell("key", "new", "--out", "keys")
    shell("key", "request", "--key", "keys/key.pem", *WHO)
    shell("ca", "new", "--name", "CA thử nghiệm")
    shell("ca", "sign", "request.csr", "--out", "certificate.pem")
    Path("password").write_text("x", encoding="utf-8")
    words = ("-inkey", "keys/key.pem", "-in", "certificate.pem", "-out", "both.p12", "-passout", "file:password")
    subprocess.run(["openssl", "pkcs12", "-export", *words], check=True, timeout=60)
    names = ("keys/key.pem", "request.csr", "certificate.pem", "ca/root.pem", "ca/root.crl", "both.p12")
    found = seen(*names)["found"]
    kinds = ["key", "request", "certificate", "certificate", "revocation_list", "key"]
    assert [one["what"]["kind"] for one in found] == kinds
    assert len({one["what"]["key_id"] for one in found[:3]}) == 1
    assert found[1]["what"]["agency"] == "H08.02"
    assert [bool(one["what"]["faults"]) for one in found] == [False, False, False, True, False, False]
    assert found[5]["what"]["locked"] is True
    opened = seen("both.p12", "--key-password-file", "password")["found"]
    assert [one["what"]["kind"] for one in opened] == ["key", "certificate"]
    text = shell("key", "show", *names)
    assert "chứng thư số / certificate" in text.stdout
    assert "certificate.authority" in text.stderr


def test_other_files_are_told_to_be_none_of_it() -> None:
    Path("text").write_text("not a key", encoding="utf-8")
    assert "không đọc được khóa" in shell("key", "show", "text", exits=2).stderr.lower()
    Path("password").write_text("x", encoding="utf-8")
    Path("wrong").write_text("y", encoding="utf-8")
    shell("key", "new", "--out", "keys", "--password-file", "password")
    assert "password is wrong" in shell("key", "show", "keys/key.pem", "--key-password-file", "wrong", exits=2).stderr
    shell("key", "show", exits=2)


@pytest.fixture
def on(folder: Path) -> Iterator[Shelf]:
    for made in shelf(folder / "shelf"):
        shell("key", "new", "--out", "keys")
        for token in ("A", "B"):
            made.token(token)
        made.put("A", Path("keys/key.pem"), "ký số", "0a")
        yield made
        made.empty()


def test_request_is_made_with_the_key_on_a_token(on: Shelf) -> None:
    token = ("--token", on.module, "--token-label", "A")
    shell("key", "request", *token, "--key-label", "ký số", *WHO, typed=f"{PIN}\n")
    [key, asked] = seen("keys/key.pem", "request.csr")["found"]
    assert key["what"]["key_id"] == asked["what"]["key_id"]


def test_tokens_and_their_keys_are_shown(on: Shelf) -> None:
    tokens = seen("--token", on.module)
    assert sorted(one["label"] for one in tokens["tokens"]) == ["A", "B"]
    assert tokens["keys"] == []
    Path("pin").write_text(f"{PIN}\n", encoding="utf-8")
    named = seen("--token", on.module, "--token-label", "A", "--token-pin-file", "pin")
    assert [(one["label"], one["id"], one["kind"]) for one in named["keys"]] == [("ký số", "0a", "ECDSA secp256r1")]
    text = shell("key", "show", "--token", on.module, "--token-label", "A", LIENTHONG_SIGN_TOKEN_PIN=PIN).stdout
    assert "ký số" in text
