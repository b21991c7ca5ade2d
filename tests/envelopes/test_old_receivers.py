"""What we write, receivers on the national library read: axis client section 5.2, line by line."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envelopes.dom import parse
from envelopes.limits import NS
from envelopes.model import AttachmentHead, Document, ManifestEntry, ResponseFor, StatusMessage
from envelopes.writing import Order, write_document, write_skeleton, write_status
from tests.envelopes import schemas
from tests.envelopes.messages import letter, report
from tests.envelopes.old_receiver import Unreadable, see

_UNHURRIED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@_UNHURRIED
@given(schemas.letters(), st.sampled_from(Order))
def test_old_receiver_sees_the_document_we_wrote(made: tuple[Document, list[bytes]], order: Order) -> None:
    document, contents = made
    seen = see(write_document(document, order=order, contents=contents))
    assert (seen.sender, seen.reference, seen.subject) == (document.sender.code, document.reference, document.subject)
    assert seen.recipients == tuple(one.code for one in document.recipients)
    assert seen.code == (document.number, document.notation)
    assert seen.issued_on == document.issued_on.isoformat().replace("-", "/")
    assert seen.steering == int(document.steering or 0)
    assert seen.answers == tuple(one.reference for one in document.responses)
    found = [(one.content_id, one.name, one.data) for one in seen.attachments]
    heads = document.attachments
    assert found == [(head.content_id, head.name, data) for head, data in zip(heads, contents, strict=True)]


@_UNHURRIED
@given(schemas.reports)
def test_old_receiver_sees_the_status_we_wrote(status: StatusMessage) -> None:
    seen = see(write_status(status))
    assert (seen.sender, seen.status_code, seen.answers) == (
        status.sender.code,
        status.code,
        (status.answers.reference,),
    )


@pytest.mark.parametrize("data", [write_document(letter()), write_document(letter(), order=Order.A)])
def test_parts_stand_where_old_receivers_look(data: bytes) -> None:
    root = parse(data)
    assert [child.tag for child in root] == [f"{{{NS}}}edXMLEnvelope", f"{{{NS}}}AttachmentEncoded"]
    assert root[0][0].tag == f"{{{NS}}}edXMLHeader"
    assert root[0][0][0].tag == f"{{{NS}}}MessageHeader"


def test_status_stands_in_message_header() -> None:
    root = parse(write_status(report()))
    assert root[0][0][0].tag == f"{{{NS}}}MessageHeader"


@pytest.mark.parametrize("data", [write_document(letter()), write_status(report())])
def test_file_is_utf8_from_declaration_to_last_line(data: bytes) -> None:
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<')
    assert data.endswith(b"</edXML>\n")
    assert data.decode("utf-8").encode() == data
    assert b"<!DOCTYPE" not in data


@pytest.mark.parametrize("reference", ["", " ", "\t\n"])
def test_document_without_reference_is_not_written(reference: str) -> None:
    with pytest.raises(ValueError, match="DocumentId"):
        write_document(letter(reference=reference))


@pytest.mark.parametrize("steering", ["", "0", "2", "999999999"])
def test_steering_is_absent_or_an_int(steering: str) -> None:
    assert see(write_document(letter(steering=steering))).steering == int(steering or 0)


@pytest.mark.parametrize("steering", ["1000000000", "9" * 20])
def test_steering_beyond_an_int_is_not_written(steering: str) -> None:
    with pytest.raises(ValueError, match="SteeringType"):
        write_document(letter(steering=steering))


def test_answer_to_nothing_is_not_written() -> None:
    with pytest.raises(ValueError, match="ResponseFor"):
        write_document(letter(responses=(ResponseFor(),)))


@pytest.mark.parametrize("name", ["", " "])
def test_attachment_without_a_name_is_not_written(name: str) -> None:
    heads = (AttachmentHead(n=1, content_id="a1", name=name),)
    with pytest.raises(ValueError, match="name"):
        write_skeleton(letter(attachments=heads))


def test_dates_and_times_are_those_an_old_receiver_parses() -> None:
    data = write_document(letter(issued_on=date(2026, 1, 2), due_on=None)).decode()
    assert "PromulgationDate>2026/01/02<" in data
    assert "<edXML:DueDate/>" in data
    assert "Timestamp>2026/05/20 09:15:00<" in data


def test_number_nobody_gave_is_absent_not_empty() -> None:
    bare = letter(type=None, type_detail=None, copies=None, pages=None, direction=None, steering="")
    data = write_document(bare).decode()
    for name in ("Type", "TypeDetail", "PromulgationAmount", "PageAmount", "Direction", "SteeringType"):
        assert f"<edXML:{name}>" not in data
        assert f"<edXML:{name}/>" not in data


def test_content_stands_in_every_attachment_even_an_empty_one() -> None:
    assert [one.data for one in see(write_document(letter(), contents=[b""])).attachments] == [b""]


def test_base64_is_one_line() -> None:
    data = write_document(letter(), contents=[bytes(range(256)) * 9])
    start = data.index(b"ContentTransferEncoded xmlns")
    assert b"\n" not in data[start : data.index(b"</edXML:ContentTransferEncoded>")]


def test_content_id_has_one_cid_on_both_sides() -> None:
    assert write_document(letter()).count(b"ContentId>cid:a1<") == 2


def packed(inside: str, data: bytes = b"%PDF-1.7") -> bytes:
    """A zip with one entry."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(inside, data)
    return file.getvalue()


def zipped(name: str) -> Document:
    """A letter whose one attachment is called application/zip."""
    entry = ManifestEntry(content_id="a1", name=name, content_type="application/zip")
    head = AttachmentHead(n=1, content_id="a1", name=name, content_type="application/zip")
    return letter(manifest=(entry,), attachments=(head,))


def test_file_packed_alone_opens_at_old_receivers() -> None:
    data = write_document(zipped("125.pdf"), contents=[packed(f"{UUID(int=125)}.pdf")])
    assert [one.data for one in see(data).attachments] == [b"%PDF-1.7"]


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"", packed("x/125.pdf"), packed("125.pdf")])
def test_what_an_old_receiver_would_unpack_wrongly_is_not_written(content: bytes) -> None:
    with pytest.raises(ValueError, match="application/zip"):
        write_document(zipped("125.pdf"), contents=[content])


def test_real_zip_stays_what_it_is() -> None:
    content = packed("thư mục/125.pdf")
    assert [one.data for one in see(write_document(zipped("hồ sơ.zip"), contents=[content])).attachments] == [content]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"junk<edXML/>", "before"),
        (b"<edXML/>\0", "NUL"),
        (b"<edXML/>", "edXMLEnvelope"),
        (f'<x xmlns="{NS}"><edXMLEnvelope/></x>'.encode(), "edXMLHeader"),
        (write_document(letter()).replace(b"SteeringType>0", b"SteeringType>"), "SteeringType"),
    ],
)
def test_old_receiver_cannot_read_what_its_table_says(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        see(data)
