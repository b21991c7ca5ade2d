"""The agency's side of the command line, against a peer that answers by a script: what is asked, shown and returned."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from click import unstyle
from click.testing import CliRunner

from admin.cli import main
from exchange import client
from exchange.client_patience import ONCE
from tests.support.peer import DELIVERY, SUBMISSION, Peer, file_answer, peer_in_thread, problem, refused, routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

FILE = b"<edXML/>"
SHA256 = hashlib.sha256(FILE).hexdigest()


@dataclass(frozen=True)
class Shell:
    """A shell of an agency's clerk: its environment and folder."""

    peer: Peer

    def __call__(self, *words: str, **environment: str) -> Result:
        return CliRunner().invoke(main, words, env=environment)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(client, "Patience", lambda: ONCE)
    with peer_in_thread() as peer:
        monkeypatch.setenv("LIENTHONG_URL", peer.url)
        monkeypatch.setenv("LIENTHONG_CREDENTIAL", "c0.secret")
        yield Shell(peer)


def delivery(**changes: Any) -> dict[str, Any]:
    return DELIVERY | {"id": "0199-aaaa", "sha256": SHA256, "events": []} | changes


def inbox(*deliveries: dict[str, Any]) -> web.Response:
    return web.json_response({"deliveries": list(deliveries), "next": None})


def confirmed(of: str = "0199-aaaa") -> web.Response:
    return web.json_response({"id": of, "state": "collected", "confirmed_at": "2026-11-23T02:15:00Z"})


def letter(name: str = "letter.edxml") -> str:
    Path(name).write_bytes(FILE)
    return name


def test_send_shows_what_the_exchange_took(shell: Shell) -> None:
    shell.peer.script(web.json_response(SUBMISSION, status=201))
    result = shell("send", letter())
    assert result.exit_code == 0, result.output
    assert shell.peer.seen[0].body == FILE
    assert "0199-envelope" in result.stdout
    assert "H08.30: chờ nhận" in result.stdout
    assert "23/11/2026 09:15" in result.stdout
    assert "Không có đơn vị này" in result.stderr


def test_refusal_lists_every_fault_in_both_languages_and_exits_1(shell: Shell) -> None:
    shell.peer.script(refused())
    result = shell("send", letter())
    assert result.exit_code == 1
    places = [result.stderr.index(text) for text in ("Thiếu trích yếu", "The subject is missing", "Thiếu tệp đính kèm")]
    assert places == sorted(places)
    assert "cid:a2" in result.stderr


@pytest.mark.parametrize("kind", ["busy", "unknown"])
def test_busy_exchange_exits_3(shell: Shell, kind: str) -> None:
    shell.peer.script(problem(503, kind))
    result = shell("send", letter())
    assert result.exit_code == 3
    assert "gửi lại đúng tệp này" in result.stderr if kind == "unknown" else "thử lại sau" in result.stderr


def test_exchange_that_is_away_exits_3(shell: Shell) -> None:
    assert shell("inbox", "--url", "http://127.0.0.1:1").exit_code == 3


@pytest.mark.parametrize(
    "words",
    [
        ("send", "none.edxml"),
        ("report", "99"),
        ("report", "02"),
        ("report", "03", "0199-aaaa", "--reference", "x"),
        ("report", "03", "--reference", "H08.02,2026/11/20,125/SNV-VP"),
        ("fetch", "--attachment", "0"),
        ("inbox", "--credential", ""),
        ("send", "letter.edxml", "--sign"),
    ],
)
def test_wrong_usage_exits_2_and_asks_nobody(shell: Shell, words: tuple[str, ...]) -> None:
    letter()
    result = shell(*words, **({"LIENTHONG_CREDENTIAL": ""} if "--credential" in words else {}))
    assert result.exit_code == 2, result.output
    assert shell.peer.seen == []


def test_credential_is_read_from_its_file(shell: Shell) -> None:
    Path("credential").write_text("c1.other\n", encoding="utf-8")
    shell.peer.script(inbox())
    shell("inbox", LIENTHONG_CREDENTIAL="", LIENTHONG_CREDENTIAL_FILE="credential")
    assert shell.peer.seen[0].headers["Authorization"] == "Bearer c1.other"


def test_inbox_shows_what_waits(shell: Shell) -> None:
    status = delivery(
        id="0199-bbbb", kind="status", number=None, status={"code": "03", "description": "Đã vào sổ", "delivery": "x"}
    )
    shell.peer.script(inbox(delivery(), status))
    result = shell("inbox", "--kind", "document", LIENTHONG_AS="H08.30")
    assert shell.peer.seen[0].query == {"kind": "document", "agency": "H08.30", "limit": "100"}
    for text in (
        "0199-aaaa",
        "125/SNV-VP 20/11/2026",
        "V/v liên thông văn bản",
        "khẩn",
        "03 đã tiếp nhận",
        "Đã vào sổ",
    ):
        assert text in result.stdout


def test_id_can_be_copied_from_a_narrow_terminal(shell: Shell) -> None:
    name = "01a20faa-1de3-723b-a057-df221dc74bdb"
    shell.peer.script(inbox(delivery(id=name)))
    shown = unstyle(shell("inbox", COLUMNS="80", FORCE_COLOR="1").stdout)
    assert name in shown
    assert "H08.02 → H08.30" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_inbox_waits_until_something_comes(shell: Shell) -> None:
    shell.peer.script(inbox(), inbox(), inbox(delivery()))
    result = shell("inbox", "--wait")
    assert [seen.query["wait"] for seen in shell.peer.seen] == ["30", "30", "30"]
    assert "0199-aaaa" in result.stdout


def test_inbox_waits_no_longer_than_told(shell: Shell) -> None:
    shell.peer.script(inbox())
    assert shell("inbox", "--wait", "40").exit_code == 0
    assert [seen.query["wait"] for seen in shell.peer.seen] == ["30", "10"]


def test_json_is_what_the_api_says(shell: Shell) -> None:
    shell.peer.script(inbox(delivery()))
    found = json.loads(shell("inbox", "--json").stdout)
    assert found["next"] is None
    assert found["deliveries"][0]["accepted_at"] == DELIVERY["accepted_at"]
    assert found["deliveries"][0]["attachments"] == DELIVERY["attachments"]
    shell.peer.script(web.json_response({"envelopes": [SUBMISSION], "next": None}))
    [sent] = json.loads(shell("outbox", "--json").stdout)["envelopes"]
    assert sent["undeliverable"][0]["fault"]["message"]["en"] == "No such agency"


@pytest.mark.parametrize(
    ("outcome", "mark"), [("verified", ""), ("absent", "không ký số"), ("verified_weak", "SHA-1"), ("held", "tạm giữ")]
)
def test_nothing_unsigned_is_shown_as_signed(shell: Shell, outcome: str, mark: str) -> None:
    shell.peer.script(inbox(delivery(signature={"outcome": outcome, "profile": None, "certificate": None})))
    shown = shell("inbox").stdout
    assert mark in shown
    assert ("[" in shown) is bool(mark)


def test_foreign_text_cannot_command_the_terminal(shell: Shell) -> None:
    shell.peer.script(inbox(delivery(subject="\x1b[2J[red]đỏ[/red]\u202egnud")))
    shown = shell("inbox").stdout
    assert "[red]đỏ[/red]" in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_fetch_confirm_report_need_no_id_for_the_only_one(shell: Shell) -> None:
    shell.peer.script(routes(inbox=inbox(delivery()), file=file_answer(FILE), confirm=confirmed()))
    fetched = shell("fetch", "--output", "in")
    assert fetched.exit_code == 0, fetched.output
    assert Path("in/0199-aaaa.edxml").read_bytes() == FILE
    confirmation = shell("confirm")
    assert confirmation.exit_code == 0, confirmation.output
    assert json.loads(shell.peer.seen[-1].body) == {"sha256": SHA256}
    assert "23/11/2026 09:15" in confirmation.stdout

    at_hand = web.json_response(delivery(state="collected"))
    shell.peer.script(routes(inbox=inbox(), delivery=at_hand, submit=web.json_response(SUBMISSION, status=201)))
    report = shell("report", "03", "--reason", "Đã vào sổ số 7")
    assert report.exit_code == 0, report.output
    sent = shell.peer.seen[-1].body.decode()
    for text in ("03", "H08.02,2026/11/20,125/SNV-VP", "125/SNV-VP", "2026/11/20", "Đã vào sổ số 7", "H08.30"):
        assert f">{text}<" in sent


def test_confirm_takes_the_digest_from_the_disk(shell: Shell) -> None:
    shell.peer.script(routes(inbox=inbox(delivery()), file=file_answer(FILE), confirm=refused(409)))
    shell("fetch")
    Path("0199-aaaa.edxml").write_bytes(b"damaged on disk")
    assert shell("confirm", "0199-aaaa").exit_code == 1
    assert json.loads(shell.peer.seen[-1].body) == {"sha256": hashlib.sha256(b"damaged on disk").hexdigest()}


def test_confirm_of_something_not_fetched_asks_for_the_file(shell: Shell) -> None:
    shell.peer.script(routes(inbox=inbox(delivery()), confirm=confirmed()))
    for words in (("confirm",), ("confirm", "0199-aaaa")):
        result = shell(*words)
        assert result.exit_code == 2
        assert "fetch" in result.stderr
    assert shell("confirm", "0199-aaaa", "--file", letter()).exit_code == 0


def test_two_that_fit_are_never_guessed_between(shell: Shell) -> None:
    shell.peer.script(routes(inbox=inbox(delivery(), delivery(id="0199-bbbb"))))
    for words in (("fetch",), ("report", "03")):
        result = shell(*words)
        assert result.exit_code == 2
        assert "0199-aaaa" in result.stderr
        assert "0199-bbbb" in result.stderr


def test_finished_document_is_not_at_hand_any_more(shell: Shell) -> None:
    shell.peer.script(
        routes(inbox=inbox(delivery()), file=file_answer(FILE), delivery=web.json_response(delivery(state="completed")))
    )
    shell("fetch")
    shell.peer.script(routes(inbox=inbox(), delivery=web.json_response(delivery(state="completed"))))
    assert shell("report", "06").exit_code == 2
    shell.peer.script(routes(inbox=inbox()))
    assert shell("report", "06").exit_code == 2


def test_document_of_another_system_on_this_machine_is_passed_over(shell: Shell) -> None:
    shell.peer.script(routes(inbox=inbox(delivery()), file=file_answer(FILE)))
    shell("fetch")
    waiting = inbox(delivery(id="0199-bbbb"))
    shell.peer.script(routes(inbox=waiting, delivery=refused(404), submit=web.json_response(SUBMISSION)))
    assert shell("report", "03").exit_code == 0


def test_report_by_reference_needs_no_delivery(shell: Shell) -> None:
    shell.peer.script(web.json_response(SUBMISSION))
    result = shell("report", "05", "--reference", "H08.02,2026/11/20,125/SNV-VP", "--as", "H08.30")
    assert result.exit_code == 0, result.output
    [seen] = shell.peer.seen
    assert b">125/SNV-VP<" in seen.body


@pytest.mark.parametrize("reference", ["x", "H08.02,2026/13/20,1/A", "H08.02,2026/11/20,1", ",2026/11/20,1/A"])
def test_report_by_a_reference_of_another_form_is_wrong_usage(shell: Shell, reference: str) -> None:
    assert shell("report", "05", "--reference", reference, "--as", "H08.30").exit_code == 2
    assert shell.peer.seen == []


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("125.signed.pdf", "125.signed.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\Windows\\x.pdf", "C__Windows_x.pdf"),
        ("125/SNV-VP.pdf", "125_SNV-VP.pdf"),
        (".bashrc", "bashrc"),
        ("a\x1b[2Jb\n.pdf", "a_[2Jb_.pdf"),
        ("...", "attachment-1"),
        ("đ" * 300 + ".pdf", "đ" * 118 + ".pdf"),
        ("ế" * 100 + "." + "ế" * 100, "ế" * 80),
    ],
)
def test_attachment_is_stored_under_a_harmless_name(shell: Shell, name: str, stored: str) -> None:
    attached = {"n": 1, "name": name, "media_type": "application/pdf", "size": 3, "sha256": "ef" * 32}
    answer = web.json_response(delivery(attachments=[attached]))
    shell.peer.script(routes(delivery=answer, attachment=file_answer(b"pdf")))
    result = shell("fetch", "0199-aaaa", "--attachment", "1", "--output", "in")
    assert result.exit_code == 0, result.output
    assert [path.name for path in Path("in").iterdir()] == [stored]


def test_attachment_overwrites_nothing(shell: Shell) -> None:
    Path("125.pdf").write_bytes(b"mine")
    shell.peer.script(routes(delivery=web.json_response(delivery()), attachment=file_answer(b"pdf")))
    assert shell("fetch", "0199-aaaa", "--attachment", "1").exit_code == 2
    assert Path("125.pdf").read_bytes() == b"mine"
    assert shell("fetch", "0199-aaaa", "--attachment", "2").exit_code == 2


def test_show_finds_what_was_sent_and_what_was_received(shell: Shell) -> None:
    events = [{"at": "2026-11-23T02:20:00Z", "event": "accepted", "code": "03", "by": "H08.30", "flagged": True}]
    sent = SUBMISSION | {"deliveries": [SUBMISSION["deliveries"][0] | {"state": "accepted", "events": events}]}
    shell.peer.script(routes(envelope=web.json_response(sent)))
    shown = shell("show", "0199-envelope").stdout
    assert "23/11/2026 09:20 H08.30 03 đã tiếp nhận" in shown
    assert "sai thứ tự" in shown
    shell.peer.script(routes(envelope=refused(404), delivery=web.json_response(delivery(events=events))))
    assert "125.pdf" in shell("show", "0199-aaaa").stdout
    shell.peer.script(routes(envelope=refused(404), delivery=refused(404)))
    assert shell("show", "0199-none").exit_code == 1


def test_receipt_is_kept_byte_for_byte(shell: Shell) -> None:
    shell.peer.script(web.Response(body=b"<receipt>\r\n</receipt>"))
    assert shell("receipt", "0199-envelope").stdout_bytes == b"<receipt>\r\n</receipt>"
    assert shell("receipt", "0199-envelope", "--output", "r.xml").exit_code == 0
    assert Path("r.xml").read_bytes() == b"<receipt>\r\n</receipt>"
    assert shell("receipt", "0199-envelope", "--output", "none/r.xml").exit_code == 2


def test_machine_without_a_place_for_its_memory_still_fetches(shell: Shell) -> None:
    Path("blocked").write_text("a file where the folder would be", encoding="utf-8")
    shell.peer.script(routes(inbox=inbox(delivery()), file=file_answer(FILE)))
    result = shell("fetch", XDG_STATE_HOME="blocked")
    assert result.exit_code == 0
    assert "--file" in result.stderr


def test_unwritable_folder_is_said_and_exits_2(shell: Shell) -> None:
    Path("blocked").write_text("a file", encoding="utf-8")
    shell.peer.script(routes(inbox=inbox(delivery()), file=file_answer(FILE)))
    assert shell("fetch", "--output", "blocked/in").exit_code == 2


@pytest.mark.parametrize(
    "command", ["compose", "send", "outbox", "show", "receipt", "inbox", "fetch", "confirm", "report"]
)
def test_every_command_explains_itself(shell: Shell, command: str) -> None:
    assert shell(command, "--help").exit_code == 0
