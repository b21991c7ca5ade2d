"""Envelopes made from files: signed, of any size in flat memory, and exactly what the exchange reads back."""

from __future__ import annotations

import base64
import hashlib
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from envelopes.dom import parse
from envelopes.faults import Refused
from envelopes.limits import LT
from envelopes.matching import attachment_faults
from envelopes.model import Document, Organization, ResponseFor, Signatory, StatusMessage
from envelopes.parts import find_parts
from envelopes.reading import read
from envelopes.splitting import Splitter
from exchange.client_files import FileChanged, write_envelope
from exchange.client_json import parse as parse_json
from exchange.client_signing import sign_file
from exchange.client_status import Answered, status_message
from exchange.client_types import Delivery
from signing import gate
from signing.authority import Authority
from signing.places import cut, find_places
from signing.sign import Signer
from tests.support.peer import DELIVERY

if TYPE_CHECKING:
    from hashlib import _Hash
    from pathlib import Path

    from envelopes.layout import Layout
    from envelopes.splitting import Split

TODAY = date(2026, 11, 24)
MEBIBYTE = 2**20


class Payloads:
    """Keeps what the splitter finds in the attachments."""

    def __init__(self) -> None:
        self.found: dict[int, bytearray] = {}

    def payload(self, n: int, data: bytes) -> None:
        self.found.setdefault(n, bytearray()).extend(data)

    def irregular(self, n: int, layout: Layout, text_size: int) -> _Hash:
        raise AssertionError("a file of ours has regular base64")

    def text(self, n: int, data: bytes) -> None:
        raise AssertionError("a file of ours has regular base64")


def split(data: bytes) -> tuple[Split, dict[int, bytearray]]:
    payloads = Payloads()
    splitter = Splitter(payloads)
    splitter.feed(data)
    return splitter.close(), payloads.found


def understood(found: Split) -> Document:
    message = read(find_parts(parse(found.skeleton)), today=TODAY).message
    assert isinstance(message, Document)
    return message


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer.load(*Authority.make("Gốc thử").issue("Sở Nội vụ"))


@pytest.fixture
def document() -> Document:
    return Document(
        sender=Organization(code="H08.02", name="Sở Nội vụ"),
        recipients=(Organization(code="H08.30", name="UBND huyện B"),),
        reference="H08.02,2026/11/20,125/SNV-VP",
        number="125",
        notation="SNV-VP",
        issued_on=date(2026, 11, 20),
        subject="V/v liên thông <văn bản> & «tệp»",
        type=2,
        type_name="Công văn",
        signatory=Signatory(full_name="Nguyễn Thị Đào"),
        steering="0",
    )


@pytest.fixture
def attachments(tmp_path: Path) -> list[Path]:
    made = {"125.signed.pdf": b"%PDF-1.4\n" + bytes(range(256)) * 3000, "phụ lục & 1.docx": b"x", "rỗng.txt": b""}
    paths = []
    for name, data in made.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    return paths


def test_envelope_holds_what_was_attached(document: Document, attachments: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "letter.edxml"
    write_envelope(document, attachments, path)
    found, payloads = split(path.read_bytes())
    assert [bytes(payloads.get(n, b"")) for n in (1, 2, 3)] == [file.read_bytes() for file in attachments]
    message = understood(found)
    assert [entry.name for entry in message.manifest] == [file.name for file in attachments]
    assert [entry.sha256 for entry in message.manifest] == [
        hashlib.sha256(file.read_bytes()).hexdigest() for file in attachments
    ]
    assert message.subject == document.subject
    assert attachment_faults(message, found.contents) == []
    assert all(one.layout is not None and one.layout.line == 0 for one in found.contents)


def test_signed_envelope_passes_the_gate(
    document: Document, attachments: list[Path], tmp_path: Path, signer: Signer
) -> None:
    path = tmp_path / "letter.edxml"
    write_envelope(document, attachments, path, signer=signer)
    found, payloads = split(path.read_bytes())
    assert gate.inspect(found.skeleton).profile == "P"
    assert bytes(payloads[1]) == attachments[0].read_bytes()
    assert attachment_faults(understood(found), found.contents) == []


def test_document_without_attachments_is_a_file_too(document: Document, tmp_path: Path, signer: Signer) -> None:
    path = tmp_path / "letter.edxml"
    write_envelope(document, [], path, signer=signer)
    assert understood(split(path.read_bytes())[0]).manifest == ()


def test_large_attachment_is_written_and_signed_in_flat_memory(
    document: Document, tmp_path: Path, signer: Signer
) -> None:
    large, path, signed = tmp_path / "large.bin", tmp_path / "letter.edxml", tmp_path / "signed.edxml"
    with large.open("wb") as file:
        file.truncate(24 * MEBIBYTE)
    tracemalloc.start()
    write_envelope(document, [large], path)
    sign_file(path, signed, signer)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > 32 * MEBIBYTE
    assert peak < 8 * MEBIBYTE


def test_envelope_that_cannot_be_made_leaves_what_was_there(
    document: Document, attachments: list[Path], tmp_path: Path
) -> None:
    path = tmp_path / "letter.edxml"
    path.write_bytes(b"before")
    with pytest.raises(ValueError, match=r"."):
        write_envelope(replace(document, subject="\x00"), attachments, path)
    with pytest.raises(FileNotFoundError):
        write_envelope(document, [tmp_path / "none.pdf"], path)
    assert path.read_bytes() == b"before"
    assert not list(tmp_path.glob(".*"))


def test_file_that_changes_while_it_is_attached_is_not_attached(
    document: Document, attachments: list[Path], tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_parts = Signer.sign_parts

    def changed(self: Signer, data: bytes, *, xades: bool) -> bytes:
        attachments[0].write_bytes(b"other content")
        return sign_parts(self, data, xades=xades)

    monkeypatch.setattr(Signer, "sign_parts", changed)
    path = tmp_path / "letter.edxml"
    with pytest.raises(FileChanged):
        write_envelope(document, attachments, path, signer=signer)
    assert not path.exists()
    assert not list(tmp_path.glob(".*"))


def foreign(content: str = "aGVs\r\nbG8=\r\n", manifest: str = "cid:a1", attached: str = "a1", mark: str = "") -> bytes:
    """A file as another program writes it: no Ids, no digests, prefixes and line ends of its own."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>\r
<q:edXML xmlns:q="http://www.mic.gov.vn/TBT/QCVN_102_2016"><q:edXMLEnvelope><q:edXMLHeader><q:MessageHeader>\r
<q:From><q:OrganId>H08.02</q:OrganId><q:OrganName>Sở Nội vụ</q:OrganName></q:From>\r
<q:To><q:OrganId>H08.30</q:OrganId></q:To>\r
<q:Code><q:CodeNumber>125</q:CodeNumber><q:CodeNotation>SNV-VP</q:CodeNotation></q:Code>\r
<q:PromulgationInfo><q:PromulgationDate>2026/11/20</q:PromulgationDate></q:PromulgationInfo>\r
<q:DocumentType><q:Type>2</q:Type><q:TypeName>Công văn</q:TypeName></q:DocumentType><q:Subject>V/v</q:Subject>\r
<q:SignerInfo><q:FullName>Nguyễn Thị Đào</q:FullName></q:SignerInfo>\r
<q:OtherInfo><q:Priority>0</q:Priority></q:OtherInfo>\r
<q:DocumentId>H08.02,2026/11/20,125/SNV-VP</q:DocumentId></q:MessageHeader></q:edXMLHeader>\r
<q:edXMLBody><q:edXMLManifest version="1.0"{mark}>\r
<q:Reference\r
><q:ContentId>{manifest}</q:ContentId><q:ContentType>text/plain</q:ContentType>\
<q:AttachmentName>a.txt</q:AttachmentName></q:Reference></q:edXMLManifest></q:edXMLBody></q:edXMLEnvelope>\r
<q:AttachmentEncoded><q:Attachment><q:ContentId>{attached}</q:ContentId><q:AttachmentName>a.txt</q:AttachmentName>\
<q:ContentType>text/plain</q:ContentType><q:ContentTransferEncoded>{content}</q:ContentTransferEncoded>\
</q:Attachment></q:AttachmentEncoded></q:edXML>""".encode()


def signed(data: bytes, tmp_path: Path, signer: Signer) -> bytes:
    path = tmp_path / "foreign.edxml"
    path.write_bytes(data)
    sign_file(path, path, signer)
    return path.read_bytes()


@pytest.mark.parametrize("mark", ["", ' xmlns:lt="urn:else"', f' xmlns:ours="{LT}"'])
def test_file_of_another_program_is_signed_without_touching_its_attachments(
    tmp_path: Path, signer: Signer, mark: str
) -> None:
    data = signed(foreign(mark=mark), tmp_path, signer)
    assert b">aGVs\r\nbG8=\r\n</q:ContentTransferEncoded>" in data
    found, payloads = split(data)
    assert bytes(payloads[1]) == b"hello"
    assert gate.inspect(found.skeleton).profile == "P"
    message = understood(found)
    assert message.manifest[0].sha256 == hashlib.sha256(b"hello").hexdigest()
    assert attachment_faults(message, found.contents) == []


def test_text_of_any_layout_is_copied_as_it_stands(tmp_path: Path, signer: Signer) -> None:
    payload = bytes(range(256)) * 8
    text = base64.b64encode(payload).decode()
    irregular = "\r\n \t".join((text[:5], text[5:700], text[700:701], text[701:]))
    data = signed(foreign(content=irregular), tmp_path, signer)
    assert irregular.encode() in data
    inspected = gate.inspect(cut(data, find_places(data).contents))
    message = read(inspected.parts, today=TODAY).message
    assert isinstance(message, Document)
    assert message.manifest[0].sha256 == hashlib.sha256(payload).hexdigest()


def test_own_file_is_signed_later_as_well_as_at_once(
    document: Document, attachments: list[Path], tmp_path: Path, signer: Signer
) -> None:
    path = tmp_path / "letter.edxml"
    write_envelope(document, attachments, path)
    before = split(path.read_bytes())
    data = signed(path.read_bytes(), tmp_path, signer)
    found, payloads = split(data)
    assert gate.inspect(found.skeleton).profile == "P"
    assert payloads == before[1]
    assert len(data) - path.stat().st_size == len(found.skeleton) - len(before[0].skeleton)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"not XML", "envelope."),
        (foreign(manifest="cid:other"), "attachment."),
        (foreign().replace(b"<q:AttachmentEncoded>", b"<q:AttachmentEncoded><!-- x -->"), "envelope."),
        (foreign(content="***"), "attachment."),
    ],
)
def test_file_that_would_be_refused_is_not_signed(tmp_path: Path, signer: Signer, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        signed(data, tmp_path, signer)
    assert refused.value.faults[0].code.startswith(code)
    assert (tmp_path / "foreign.edxml").read_bytes() == data
    assert not list(tmp_path.glob(".*"))


def test_signed_file_is_not_signed_again(tmp_path: Path, signer: Signer) -> None:
    data = signed(foreign(), tmp_path, signer)
    with pytest.raises(Refused):
        signed(data, tmp_path, signer)


def test_status_speaks_of_the_delivered_document(signer: Signer) -> None:
    delivery = parse_json(Delivery, json.dumps(DELIVERY).encode())
    at = datetime(2026, 11, 23, 2, 20, 30, 999, tzinfo=UTC)
    data = status_message(Answered.of(delivery), "03", description="Đã vào sổ số 7", at=at, signer=signer)
    inspected = gate.inspect(data)
    assert (inspected.profile, inspected.sender) == ("P", "H08.30")
    message = read(inspected.parts, today=TODAY).message
    assert isinstance(message, StatusMessage)
    assert (message.code, message.description) == ("03", "Đã vào sổ số 7")
    assert message.reported_at == at.replace(microsecond=0)
    expected = ResponseFor(
        agency="H08.02", code="125/SNV-VP", issued_on=date(2026, 11, 20), reference="H08.02,2026/11/20,125/SNV-VP"
    )
    assert message.answers == expected
    assert Answered.by_reference("H08.02,2026/11/20,125/SNV-VP", "H08.30").answers == expected


@pytest.mark.parametrize("code", ["", "01", "07", "13", "3"])
def test_recipient_reports_no_other_codes(code: str) -> None:
    with pytest.raises(ValueError, match="a recipient reports"):
        status_message(Answered.by_reference("H08.02,2026/11/20,125/SNV-VP", "H08.30"), code)


def test_status_is_not_answered_with_a_status() -> None:
    delivery = parse_json(Delivery, json.dumps(DELIVERY | {"kind": "status"}).encode())
    with pytest.raises(ValueError, match="not answered"):
        Answered.of(delivery)
