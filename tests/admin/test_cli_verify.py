"""`lienthong verify`: what a file is, who signed it, and everything wrong with it, without an exchange."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from admin.cli import main
from envelopes.model import AttachmentHead, Document, ManifestEntry
from envelopes.writing import write_document, write_status
from exchange.client_files import write_envelope
from signing.authority import Authority
from signing.seal import ReceiptFacts, Seal
from signing.sign import Signer
from tests.envelopes.messages import letter, report, swap

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

PDF = b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 20 + b"\n%%EOF\n"
HEADER = "edXMLHeader/MessageHeader"


class Keys:
    """A root, and a signer under it, with their files."""

    def __init__(self, folder: Path) -> None:
        self.root = Authority.make("Gốc thử")
        key, certificate = self.root.issue("Sở Nội vụ")
        self.signer = Signer.load(key, certificate)
        self.certificate = str(folder / "certificate.pem")
        self.roots = str(folder / "root.pem")
        self.crl = str(folder / "root.crl")
        (folder / "certificate.pem").write_bytes(certificate)
        (folder / "root.pem").write_bytes(self.root.root_pem)
        (folder / "root.crl").write_bytes(self.root.crl())


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "letter.edxml"


def shell(*words: object) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, words)])


def told(*words: object, code: int = 0) -> dict[str, Any]:
    """The answer for programs, with this exit code."""
    result = shell(*words, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def unsigned(document: Document | None = None, content: bytes = PDF) -> bytes:
    return write_document(document or letter(), contents=[content])


def signed(keys: Keys, file: Path) -> Path:
    source = file.with_name("125.pdf")
    source.write_bytes(PDF)
    write_envelope(letter(), [source], file, signer=keys.signer)
    return file


def test_document_is_said_to_be_what_it_is(file: Path) -> None:
    file.write_bytes(unsigned())
    shown = shell(file)
    assert shown.exit_code == 0
    for words in (
        *(
            "văn bản / document, mới / new",
            "H08.02,2026/05/20,125/SNV-VP",
            "H08.02 Sở Nội vụ",
            "H08.31 UBND huyện khác",
        ),
        *("125/SNV-VP 20/05/2026", "V/v báo cáo công tác cải cách hành chính", "125.signed.pdf"),
        *(hashlib.sha256(PDF).hexdigest(), f"{len(PDF)} byte", hashlib.sha256(file.read_bytes()).hexdigest()),
        *("không ký số", "not signed", "chỉ trục biết", "Không có lỗi"),
    ):
        assert words in shown.stdout, words


def test_answer_for_programs_holds_the_same(file: Path) -> None:
    file.write_bytes(unsigned())
    found = told(file)
    assert (found["accepted"], found["faults"], found["warnings"]) == (True, [], [])
    assert found["message"]["recipients"] == [
        {"code": "H08.30", "name": "UBND huyện"},
        {"code": "H08.31", "name": "UBND huyện khác"},
    ]
    assert found["attachments"][0] == {
        **{"n": 1, "name": "125.signed.pdf", "media_type": "application/pdf", "size": len(PDF)},
        **{"sha256": hashlib.sha256(PDF).hexdigest(), "unwrapped": None},
    }
    assert found["signature"]["outcome"] == "absent"
    assert found["unchecked"][0]["vi"]


def test_status_is_said_to_be_what_it_is(file: Path) -> None:
    file.write_bytes(write_status(report()))
    message = told(file)["message"]
    assert (message["kind"], message["status"], message["reference"]) == ("status", "03", report().answers.reference)
    assert "03 đã tiếp nhận / accepted" in shell(file).stdout


def test_every_fault_is_told_with_class_value_and_rule_in_both_languages(file: Path) -> None:
    data = swap(unsigned(), "<edXML:CodeNumber>125</edXML:CodeNumber>", "<edXML:CodeNumber/>")
    data = swap(data, "Priority>1<", "Priority>9<")
    data = swap(data, "PromulgationDate>2026/05/20<", "PromulgationDate>20/05/2026<")
    file.write_bytes(swap(data, "<ContentId>cid:a1<", "<ContentId>cid:a2<"))
    found = told(file, code=1)
    assert [(fault["code"], fault["class"], fault["value"]) for fault in found["faults"]] == [
        ("field.missing", "N", ""),
        ("date.malformed", "T", "20/05/2026"),
        ("code.unknown", "M", "9"),
        ("attachment.missing", "N", "a1"),
        ("attachment.unlisted", "M", "a2"),
    ]
    assert all(fault["message"]["vi"] and fault["message"]["en"] and fault["rule"] for fault in found["faults"])
    shown = shell(file)
    assert shown.exit_code == 1
    assert f"code.unknown [M: giá trị sai / bad value] {HEADER}/OtherInfo/Priority «9»" in shown.stdout
    assert "chỉ được nhận một trong các giá trị: 0, 1, 2, 3, 4" in shown.stdout
    assert "5 lỗi / faults" in shown.stdout


def test_what_a_file_does_not_say_is_not_made_up(file: Path) -> None:
    data = swap(unsigned(), "PromulgationDate>2026/05/20<", "PromulgationDate><")
    file.write_bytes(swap(swap(data, "BussinessDocType>0<", "BussinessDocType>8<"), "Priority>1<", "Priority>9<"))
    message = told(file, code=1)["message"]
    assert (message["issued_on"], message["operation"], message["urgency"]) == (None, None, None)


def test_strict_refuses_what_lenient_warns_of(file: Path) -> None:
    file.write_bytes(swap(unsigned(), "Type>2<", "Type>18<"))
    assert [fault["code"] for fault in told(file)["warnings"]] == ["code.odd"]
    assert [fault["code"] for fault in told(file, "--strict", code=1)["faults"]] == ["code.odd"]


def test_file_that_is_no_xml_is_told_and_no_more(file: Path) -> None:
    file.write_bytes(PDF)
    found = told(file, code=1)
    assert (found["message"], found["attachments"], found["size"]) == (None, [], len(PDF))
    assert found["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert found["signature"]["outcome"] == "unexamined"


def test_wrapped_zip_is_told_with_both_digests(file: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0f8fad5b-d9cb-469f-a165-70867728950e.pdf", PDF)
    file.write_bytes(unsigned(content=packed.getvalue()))
    attached = told(file)["attachments"][0]
    assert attached["sha256"] == hashlib.sha256(packed.getvalue()).hexdigest()
    assert attached["unwrapped"] == {"size": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest()}
    assert "zipped, the file inside" in shell(file).stdout


def test_bomb_in_an_attachment_is_a_fault_beside_the_others(file: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0f8fad5b-d9cb-469f-a165-70867728950e.pdf", bytes(20_000_000))
    file.write_bytes(swap(unsigned(content=packed.getvalue()), "Priority>1<", "Priority>9<"))
    assert {"code.unknown", "attachment.bomb"} <= {fault["code"] for fault in told(file, code=1)["faults"]}


def test_second_list_of_attachments_is_a_fault_not_an_error(file: Path) -> None:
    data = unsigned()
    start, end = data.index(b"<AttachmentEncoded>"), data.index(b"</edXML>")
    file.write_bytes(data[:end] + data[start:end] + data[end:])
    assert "element.repeated" in [fault["code"] for fault in told(file, code=1)["faults"]]


def test_signature_by_the_enclosed_certificate_is_never_called_verified(keys: Keys, file: Path) -> None:
    found = told(signed(keys, file))
    assert found["signature"]["outcome"] == "unverified"
    assert found["signature"]["profile"] == "P"
    assert (found["signature"]["certificate"]["subject"], found["signature"]["certificate"]["enclosed"]) == (
        "CN=Sở Nội vụ",
        True,
    )
    assert "hợp lệ" not in shell(file).stdout


def test_signature_is_verified_by_what_is_given(keys: Keys, file: Path) -> None:
    signed(keys, file)
    assert told(file, "--certificate", keys.certificate)["signature"]["outcome"] == "verified"
    assert told(file, "--roots", keys.roots)["signature"]["outcome"] == "held"
    found = told(file, "--roots", keys.roots, "--crl", keys.crl)
    assert found["signature"]["outcome"] == "verified"
    assert "registered" in found["unchecked"][0]["en"]
    assert "hợp lệ / verified (P: ký từng phần / by parts)" in shell(file, "--certificate", keys.certificate).stdout


def test_altered_attachment_of_a_signed_file_is_told(keys: Keys, file: Path) -> None:
    data = signed(keys, file).read_bytes()
    file.write_bytes(swap(data, base64.b64encode(PDF[:30]).decode(), base64.b64encode(PDF[:29] + b"!").decode()))
    found = told(file, "--certificate", keys.certificate, code=1)
    assert [fault["code"] for fault in found["faults"]] == ["attachment.altered"]
    assert found["signature"]["outcome"] == "verified"  # of the header and the manifest, which tell on the attachment


def test_signature_of_a_disorderly_file_is_not_examined(keys: Keys, file: Path) -> None:
    file.write_bytes(swap(signed(keys, file).read_bytes(), "<edXML:TraceHeaderList>", "<edXML:TraceHeaderList><x/>"))
    found = told(file, "--certificate", keys.certificate, code=1)
    assert found["signature"]["outcome"] == "unexamined"


@pytest.mark.parametrize("option", ["--certificate", "--roots", "--crl"])
def test_something_else_given_as_a_certificate_is_wrong_usage(file: Path, option: str) -> None:
    file.write_bytes(unsigned())
    assert shell(file, option, file).exit_code == 2


def test_certificate_of_no_authority_is_no_root(keys: Keys, file: Path) -> None:
    file.write_bytes(unsigned())
    assert shell(file, "--roots", keys.certificate).exit_code == 2


def test_receipt_is_checked_by_the_exchanges_certificate(keys: Keys, tmp_path: Path) -> None:
    facts = ReceiptFacts(
        envelope=UUID(int=7),
        kind="document",
        operation="new",
        reference="R-1",
        sender="H08.02",
        system="s",
        sha256="0f" * 32,
        size=5,
        accepted_at=datetime(2026, 11, 20, 2, 15, tzinfo=UTC),
        recipients=((UUID(int=8), "H08.30"),),
        undeliverable=(("H08.99", "recipient.unknown"),),
        attachments=((1, "1.pdf", 3, "0e" * 32),),
        outcome="verified",
        profile="P",
        certificate=None,
    )
    receipt = tmp_path / "receipt.xml"
    receipt.write_bytes(Seal(keys.signer).receipt(facts))
    assert shell(receipt).exit_code == 2
    assert told(receipt, "--certificate", keys.certificate)["receipt"]["reference"] == "R-1"
    shown = shell(receipt, "--certificate", keys.certificate)
    assert shown.exit_code == 0
    assert "20/11/2026 09:15" in shown.stdout
    receipt.write_bytes(swap(receipt.read_bytes(), ">R-1<", ">R-2<"))
    assert told(receipt, "--certificate", keys.certificate, code=1)["accepted"] is False
    assert shell(receipt, "--certificate", keys.certificate).exit_code == 1


def test_foreign_text_cannot_speak_to_the_terminal(file: Path) -> None:
    head = AttachmentHead(n=1, content_id="a1", name="\u202efdp.exe")
    entry = ManifestEntry(content_id="a1", name="\u202efdp.exe")
    file.write_bytes(unsigned(replace(letter(subject="a\u202eb\u009b31m"), attachments=(head,), manifest=(entry,))))
    shown = shell(file).stdout
    assert not set(shown) & {"\u202e", "\u009b", "\x1b"}


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from click.testing import CliRunner; from admin.cli import main;"
        "assert CliRunner().invoke(main, ['verify', sys.argv[1]]).exit_code == 0;"
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    peaks = []
    for size in (10_000, 60_000_000):
        payload = tmp_path / "125.pdf"
        payload.write_bytes(PDF + bytes(size))
        write_envelope(letter(), [payload], tmp_path / "letter.edxml")
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "letter.edxml")], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 8_000, "KiB"
