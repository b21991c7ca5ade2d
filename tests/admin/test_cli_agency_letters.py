"""Writing and signing a letter from a shell: what `compose` makes, and what `send --sign` submits."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from click.testing import CliRunner

from admin.cli import main
from envelopes.dom import parse
from envelopes.limits import LOCAL_TIME
from envelopes.model import Document
from envelopes.parts import find_parts
from envelopes.reading import read
from signing import gate
from signing.authority import Authority
from signing.places import cut, find_places
from tests.support.peer import SUBMISSION, Peer, peer_in_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

WORDS = (
    "compose",
    *("--from", "H08.02=Sở Nội vụ", "--to", "H08.30=UBND huyện B", "--to", "H08.31"),
    *("--number", "125", "--notation", "SNV-VP", "--subject", "V/v liên thông <văn bản>"),
    *("--signatory", "Nguyễn Thị Đào", "--attach", "125.pdf"),
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    key, certificate = Authority.make("Gốc thử").issue("Sở Nội vụ")
    (folder / "key.pem").write_bytes(key)
    (folder / "certificate.pem").write_bytes(certificate)
    return folder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIENTHONG_SIGN_KEY_FILE", str(keys / "key.pem"))
    monkeypatch.setenv("LIENTHONG_SIGN_CERTIFICATE_FILE", str(keys / "certificate.pem"))
    monkeypatch.setenv("LIENTHONG_CREDENTIAL", "c0.secret")
    Path("125.pdf").write_bytes(b"%PDF-1.4")
    return tmp_path


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    with peer_in_thread() as made:
        monkeypatch.setenv("LIENTHONG_URL", made.url)
        made.script(web.json_response(SUBMISSION, status=201))
        yield made


def shell(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, words, env=environment)


def skeleton(data: bytes) -> bytes:
    return cut(data, find_places(data).contents)


def written(path: str) -> Document:
    today = datetime.now(UTC).astimezone(LOCAL_TIME).date()
    reading = read(find_parts(parse(skeleton(Path(path).read_bytes()))), today=today, lenient=False)
    message = reading.message
    assert isinstance(message, Document)
    assert reading.warnings == (), "a strict system can send what is composed here"
    return message


def test_letter_is_composed_from_a_few_words() -> None:
    result = shell(*WORDS, "--issued", "20/11/2026", "--due", "2026-12-01", "--urgency", "2", "--out", "letter.edxml")
    assert result.exit_code == 0, result.output
    assert "lienthong send letter.edxml" in result.stdout
    document = written("letter.edxml")
    assert document.reference == "H08.02,2026/11/20,125/SNV-VP"
    assert [(one.code, one.name) for one in document.recipients] == [("H08.30", "UBND huyện B"), ("H08.31", "")]
    assert (document.sender.name, document.subject) == ("Sở Nội vụ", "V/v liên thông <văn bản>")
    assert (document.issued_on, document.due_on, document.urgency) == (date(2026, 11, 20), date(2026, 12, 1), 2)
    assert [entry.name for entry in document.manifest] == ["125.pdf"]


def test_letter_is_of_today_and_named_by_number_unless_told() -> None:
    assert shell(*WORDS).exit_code == 0
    assert written("125-SNV-VP.edxml").issued_on == datetime.now(UTC).astimezone(LOCAL_TIME).date()


def test_composed_letter_can_be_signed_at_once() -> None:
    assert shell(*WORDS, "--sign", "--out", "letter.edxml").exit_code == 0
    assert gate.inspect(skeleton(Path("letter.edxml").read_bytes())).profile == "P"


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "có dấu"),
        ("--attach", "none.pdf"),
        ("--issued", "tomorrow"),
        ("--urgency", "5"),
        ("--out", "none/letter.edxml"),
        ("--subject", "a\x00b"),
        ("--sign", "--sign-key-file", "125.pdf"),
        ("--sign", "--sign-certificate-file", "125.pdf"),
    ],
)
def test_letter_that_cannot_be_made_exits_2_and_leaves_nothing(words: tuple[str, ...]) -> None:
    result = shell(*WORDS, *words)
    assert result.exit_code == 2, result.output
    assert [path.name for path in Path().iterdir()] == ["125.pdf"]


def test_letter_is_signed_on_its_way(peer: Peer) -> None:
    shell(*WORDS, "--out", "letter.edxml")
    before = Path("letter.edxml").read_bytes()
    result = shell("send", "letter.edxml", "--sign")
    assert result.exit_code == 0, result.output
    [seen] = peer.seen
    assert gate.inspect(skeleton(seen.body)).profile == "P"
    assert Path("letter.edxml").read_bytes() == before
    assert shell("send", "letter.edxml").exit_code == 0
    assert peer.seen[1].body == before


def test_file_that_cannot_be_signed_is_not_sent(peer: Peer) -> None:
    Path("letter.edxml").write_bytes(b"not XML")
    result = shell("send", "letter.edxml", "--sign")
    assert result.exit_code == 1
    assert "envelope." in result.stderr
    assert peer.seen == []


def test_sign_without_a_key_says_which_settings_are_missing(peer: Peer) -> None:
    shell(*WORDS, "--out", "letter.edxml")
    result = shell("send", "letter.edxml", "--sign", LIENTHONG_SIGN_KEY_FILE="", LIENTHONG_SIGN_CERTIFICATE_FILE="")
    assert result.exit_code == 2
    assert "LIENTHONG_SIGN_KEY_FILE" in result.stderr
    assert peer.seen == []


def test_key_that_is_none_is_named_without_a_word_for_programmers(peer: Peer) -> None:
    shell(*WORDS, "--out", "letter.edxml")
    here = {f"LIENTHONG_SIGN_{kind}_FILE": "letter.edxml" for kind in ("KEY", "CERTIFICATE")}
    result = shell("send", "letter.edxml", "--sign", **here)
    assert result.exit_code == 2
    assert "không dùng được khóa ký" in result.stderr
    assert "letter.edxml" in result.stderr
    assert "cryptography" not in result.stderr


def test_report_is_signed_when_a_key_is_there_and_not_on_demand(peer: Peer) -> None:
    words = ("report", "03", "--reference", "H08.02,2026/11/20,125/SNV-VP", "--as", "H08.30")
    assert shell(*words).exit_code == 0
    assert shell(*words, "--no-sign").exit_code == 0
    assert [gate.inspect(seen.body).profile for seen in peer.seen] == ["P", None]
