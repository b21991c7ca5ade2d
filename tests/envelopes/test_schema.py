"""The schema accepts every message we write, refuses nothing else than strict reading, and what loses a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from envelopes import limits
from envelopes.limits import NS, STATUS_CODES
from envelopes.model import Business, Document, Operation, Replacement, StatusMessage
from envelopes.writing import Order, write_document, write_status
from exchange.client_files import write_envelope
from exchange.client_status import REPORTED, Answered, status_message
from signing import algorithms
from signing.seal import Seal
from tests.envelopes import schemas
from tests.envelopes.messages import C, documents, faults_of, letter, report, swap
from tests.envelopes.old_receiver import Unreadable, see
from tests.envelopes.schemas import FOLDER, complaints
from tests.signing.people import World, make_world
from tests.signing.test_written_and_read import DOCUMENT, PDF, STATUS

_UNHURRIED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
_XS = "{http://www.w3.org/2001/XMLSchema}"

OPERATIONS = {
    Operation.NEW: Business(reason="Văn bản mới", paper="0"),
    Operation.RECALL: Business(operation=Operation.RECALL, reason="Gửi nhầm", target="H08.02,2026/05/19,124/SNV-VP"),
    Operation.UPDATE: Business(operation=Operation.UPDATE, reason="Sửa", document_changed=True),
    Operation.REPLACE: Business(
        operation=Operation.REPLACE, reason="Thay", replacements=(Replacement(reference="H08.02,2026/05/19,124/SNV"),)
    ),
}


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


def own(name: str) -> etree._Element:
    """One of the shipped schemas as a tree."""
    return etree.fromstring((FOLDER / name).read_bytes())


@_UNHURRIED
@given(schemas.letters(), st.sampled_from(Order))
def test_every_document_we_write_is_valid(made: tuple[Document, list[bytes]], order: Order) -> None:
    document, contents = made
    data = write_document(document, order=order, contents=contents)
    assert complaints(data) == []
    assert faults_of(data, lenient=False) == []


@_UNHURRIED
@given(schemas.reports)
def test_every_status_we_write_is_valid(status: StatusMessage) -> None:
    assert complaints(write_status(status)) == []


@_UNHURRIED
@given(documents)
def test_what_the_schema_refuses_strict_reading_refuses(document: Document) -> None:
    alone = replace(document, manifest=(), attachments=())
    data = write_document(alone)
    assert not complaints(data) or faults_of(data, lenient=False)


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("operation", Operation)
def test_every_operation_is_valid_in_both_orders(operation: Operation, order: Order) -> None:
    assert complaints(write_document(letter(business=OPERATIONS[operation]), order=order)) == []


@pytest.mark.parametrize("code", STATUS_CODES)
def test_every_status_code_is_valid(code: str) -> None:
    assert complaints(write_status(report(code=code))) == []


def test_signed_messages_are_valid(world: World) -> None:
    signer = world.a.signer
    for data in (write_document(DOCUMENT, contents=[PDF]), write_status(STATUS)):
        assert complaints(signer.sign_parts(data)) == []
        assert complaints(signer.sign_whole(data)) == []


@pytest.mark.parametrize("code", REPORTED)
def test_reports_of_the_client_are_valid(world: World, code: str) -> None:
    about = Answered.by_reference("H08.02,2026/11/20,125/SNV-VP", "H08.30")
    for signer in (None, world.b.signer):
        data = status_message(about, code, description="Lý do", signer=signer)
        assert complaints(data) == []
        assert see(data).status_code == code


def test_exchanges_own_word_is_valid(world: World) -> None:
    data = Seal(world.b.signer).status(write_status(replace(STATUS, code="01", staff=None)))
    assert complaints(data) == []


@pytest.mark.parametrize("is_signed", [True, False])
def test_envelopes_of_the_client_are_valid_whatever_is_attached(world: World, tmp_path: Path, is_signed: bool) -> None:
    names = ("công văn 125.pdf", "hồ sơ.ZIP", "bảng.xlsx", "không đuôi")
    for name in names:
        (tmp_path / name).write_bytes(b"PK\3\4" + name.encode())
    made = tmp_path / "letter.edxml"
    signer = world.a.signer if is_signed else None
    write_envelope(letter(), [tmp_path / name for name in names], made, signer=signer)
    assert complaints(made.read_bytes()) == []
    assert [one.name for one in see(made.read_bytes()).attachments] == list(names)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SteeringType>0<", "SteeringType>chỉ đạo<"),
        ("SteeringType>0<", "SteeringType><"),
        ("<AttachmentName>125.signed.pdf</AttachmentName>\n<Description/>", "<Description/>"),
        ("<AttachmentName>125.signed.pdf</AttachmentName>\n<Desc", "<AttachmentName/>\n<Desc"),
        (f'<edXML:ContentTransferEncoded xmlns:edXML="{NS}"></edXML:ContentTransferEncoded>', ""),
        (f'<edXML:edXMLEnvelope xmlns:edXML="{NS}">', '<edXML:edXMLEnvelope xmlns:edXML="http://www.go.vn/eDoc">'),
        ("edXML:edXMLHeader>", "edXML:Header>"),
        ('edXML:MessageHeader Id="MessageHeader"', "edXML:Status"),
    ],
)
def test_what_loses_the_file_to_old_receivers_is_not_valid(old: str, new: str) -> None:
    data = swap(write_document(letter()), old, new)
    for ending in ("edXMLHeader", "MessageHeader"):
        data = data.replace(f"</edXML:{ending}>".encode(), _end(new, ending), 1)
    with pytest.raises(Unreadable):
        see(data)
    assert complaints(data) != []


def _end(new: str, ending: str) -> bytes:
    """The end tag that belongs to a start tag exchanged for another."""
    other = {"edXML:Header>": ("edXMLHeader", "Header"), "edXML:Status": ("MessageHeader", "Status")}.get(new)
    return f"</edXML:{other[1] if other and other[0] == ending else ending}>".encode()


def test_attachments_inside_the_envelope_are_not_valid() -> None:
    data = write_document(letter(), contents=[b"%PDF-"])
    start, end = data.index(b"<AttachmentEncoded>"), data.index(b"</edXML>")
    inside = data[start:end]
    moved = data[:start] + data[end:]
    moved = moved.replace(b"</edXML:edXMLEnvelope>", inside + b"</edXML:edXMLEnvelope>")
    assert see(moved).attachments == ()  # lost without a word
    assert complaints(moved) != []


@pytest.mark.parametrize(
    "changes",
    [
        {"manifest": ()},
        {"attachments": ()},
        {"recipients": (C, C)},
        {"recipients": ()},
        {"traces": ()},
        {"steering": "7"},
        {"subject": ""},
        {"subject": "x" * 501},
        {"urgency": 5},
        {"type": 18},
    ],
)
def test_what_strict_reading_or_matching_refuses_a_schema_can_mostly_tell(changes: dict[str, object]) -> None:
    assert complaints(write_document(letter(**changes))) != []


def test_schema_is_read_without_network() -> None:
    places = [one.get("schemaLocation") for one in own("edxml.xsd").iter(f"{_XS}import")]
    assert places == ["xmldsig.xsd", "lt.xsd"]
    assert all((FOLDER / str(place)).is_file() for place in places)


LENGTHS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "Organization": limits.ORGANIZATION_LENGTHS,
        "Code": limits.CODE_LENGTHS,
        "PromulgationInfo": {"Place": limits.PLACE_LENGTH},
        "DocumentType": {"TypeName": limits.TYPE_NAME_LENGTH},
        "SignerInfo": limits.SIGNATORY_LENGTHS,
        "ToPlaces": {"Place": limits.TO_PLACE_LENGTH},
        "OtherInfo": {"SphereOfPromulgation": limits.SPHERE_LENGTH, "TyperNotation": limits.TYPIST_LENGTH},
        "Staff": limits.STAFF_LENGTHS,
        "Bussiness": {"BussinessDocReason": limits.REASON_LENGTH, "DocumentId": limits.REFERENCE_LENGTH},
        "Reference": {"AttachmentName": limits.ATTACHMENT_NAME_LENGTH},
        "Attachment": {"AttachmentName": limits.ATTACHMENT_NAME_LENGTH},
        "OrderB": {"Subject": limits.SUBJECT_LENGTH, "Content": limits.CONTENT_LENGTH},
        "OrderA": {"DocumentId": limits.REFERENCE_LENGTH},
    }
)


def lengths(group: str) -> Iterator[tuple[str, int]]:
    """The limits of text that the schema sets in one type or group."""
    tree = own("edxml.xsd")
    most = {
        one.get("name"): int(found.get("value", ""))
        for one in tree.iter(f"{_XS}simpleType")
        for found in one.iter(f"{_XS}maxLength")
    }
    (holder,) = (one for one in tree if one.get("name") == group)
    for element in holder.iter(f"{_XS}element"):
        if (kind := element.get("type")) in most:
            yield str(element.get("name")), most[kind]


@pytest.mark.parametrize("group", LENGTHS)
def test_lengths_are_those_of_the_rules(group: str) -> None:
    assert dict(LENGTHS[group]).items() <= dict(lengths(group)).items()


def values(name: str, of: str) -> set[str | None]:
    """The values that a type of the schema lists."""
    (found,) = (one for one in own(name).iter(f"{_XS}simpleType") if one.get("name") == of)
    return {one.get("value") for one in found.iter(f"{_XS}enumeration")}


def test_algorithms_are_those_of_the_gate() -> None:
    assert values("xmldsig.xsd", "Method") == algorithms.SIGNATURE_METHODS
    assert values("xmldsig.xsd", "Canonicalization") == algorithms.CANONICALIZATIONS
    assert values("xmldsig.xsd", "Digest") == set(algorithms.DIGEST_SIZES)
    lists = (*algorithms.WHOLE_TRANSFORMS, *algorithms.PART_TRANSFORMS)
    assert values("xmldsig.xsd", "Transform") == {one for names in lists for one in names}


def test_moments_are_written_as_the_schema_has_them() -> None:
    assert complaints(write_status(report(reported_at=datetime(1, 1, 2, tzinfo=UTC)))) == []
