"""What is written reads back as what it was, in both orders, and old receivers can read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envelopes.dom import parse
from envelopes.limits import LT, NS
from envelopes.model import AttachmentHead, Document, ManifestEntry, StatusMessage, Trace
from envelopes.parts import find_parts, local_name
from envelopes.writing import Order, write_document, write_skeleton, write_status
from tests.envelopes.messages import REFERENCE, documents, letter, read_file, report, reports

_UNHURRIED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@_UNHURRIED
@given(documents, st.sampled_from(Order))
def test_any_document_reads_back_as_it_was(document: Document, order: Order) -> None:
    assert read_file(write_document(document, order=order)).message == document


@_UNHURRIED
@given(documents)
def test_both_orders_read_as_equal_documents(document: Document) -> None:
    first, second = (write_document(document, order=order) for order in Order)
    assert read_file(first) == read_file(second)


@_UNHURRIED
@given(reports)
def test_any_status_reads_back_as_it_was(status: StatusMessage) -> None:
    assert read_file(write_status(status)).message == status


def test_own_files_read_without_a_warning_even_strictly() -> None:
    for data in (write_document(letter()), write_document(letter(), order=Order.A), write_status(report())):
        assert read_file(data, lenient=False).warnings == ()


def names(data: bytes, path: str) -> list[str]:
    parent = parse(data).find(path, {"e": NS})
    assert parent is not None
    return [local_name(child.tag) for child in parent]


def test_order_b_is_written_unless_asked_otherwise() -> None:
    header = names(write_document(letter()), "e:edXMLEnvelope/e:edXMLHeader/e:MessageHeader")
    assert header == [
        *("From", "To", "To", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content", "SignerInfo"),
        *("DueDate", "ToPlaces", "OtherInfo", "SteeringType", "DocumentId"),
    ]


def test_order_a_is_the_national_librarys() -> None:
    data = write_document(letter(), order=Order.A)
    assert names(data, "e:edXMLEnvelope/e:edXMLHeader/e:MessageHeader") == [
        *("From", "To", "To", "DocumentId", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content"),
        *("SignerInfo", "DueDate", "OtherInfo", "SteeringType", "ToPlaces"),
    ]
    assert names(data, "e:edXMLEnvelope/e:edXMLHeader/e:TraceHeaderList") == ["Bussiness", "TraceHeader"]


def test_parts_carry_the_ids_a_signature_refers_to() -> None:
    parts = find_parts(parse(write_document(letter())))
    assert parts.business is not None
    assert parts.manifest is not None
    ids = [part.get("Id") for part in (parts.header, parts.business, parts.manifest)]
    assert ids == ["MessageHeader", "Bussiness", "edXMLManifest"]
    assert find_parts(parse(write_status(report()))).header.get("Id") == "MessageHeader"


def test_prefix_stands_inside_and_default_namespace_on_the_root() -> None:
    text = write_document(letter()).decode()
    assert text.startswith(f'<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="{NS}">\n<edXML:edXMLEnvelope ')
    assert "<Attachment>\n<ContentId>cid:a1</ContentId>\n<AttachmentName>" in text
    assert f'<edXML:ContentTransferEncoded xmlns:edXML="{NS}"></edXML:ContentTransferEncoded>' in text


def test_all_eight_tags_of_an_organization_stand_there_empty_or_not() -> None:
    sender = names(write_document(letter()), "e:edXMLEnvelope/e:edXMLHeader/e:MessageHeader/e:From")
    assert len(sender) == 8


@pytest.mark.parametrize("steering", ["x", " 1", "-1", "1.0", "²"])
def test_steering_that_stops_old_receivers_is_not_written(steering: str) -> None:
    with pytest.raises(ValueError, match="SteeringType"):
        write_document(letter(steering=steering))


def test_unknown_steering_is_left_out_not_left_empty() -> None:
    assert b"SteeringType" not in write_document(letter(steering=""))


def test_contents_are_put_in_as_base64() -> None:
    assert b">JVBERi0=</edXML:ContentTransferEncoded>" in write_document(letter(), contents=[b"%PDF-"])


@pytest.mark.parametrize("count", [2, 3])
def test_contents_and_attachments_must_be_as_many(count: int) -> None:
    with pytest.raises(ValueError, match="zip"):
        write_document(letter(), contents=[b"x"] * count)


def test_cuts_are_where_the_text_belongs() -> None:
    heads = tuple(AttachmentHead(n=n, content_id=f"đ{n}", name="văn bản.pdf") for n in (1, 2, 3))
    skeleton = write_skeleton(letter(attachments=heads))
    assert len(skeleton.cuts) == 3
    for cut in skeleton.cuts:
        before, after = skeleton.data[:cut], skeleton.data[cut:]
        assert before.endswith(f'<edXML:ContentTransferEncoded xmlns:edXML="{NS}">'.encode())
        assert after.startswith(b"</edXML:ContentTransferEncoded>")


def test_manifest_states_digest_and_size_when_the_model_does() -> None:
    entry = ManifestEntry(content_id="a1", name="125.signed.pdf", sha256="0f" * 32, size=5)
    data = write_document(letter(manifest=(entry,)))
    reference = parse(data).find(f".//{{{NS}}}Reference")
    assert reference is not None
    assert reference.get(f"{{{LT}}}sha256") == "0f" * 32
    assert reference.get(f"{{{LT}}}size") == "5"
    assert LT.encode() not in write_document(letter())


@pytest.mark.parametrize("changes", [{"sha256": "0F" * 32}, {"sha256": '"'}, {"size": -1}])
def test_impossible_statements_are_not_written(changes: dict[str, object]) -> None:
    entry = replace(letter().manifest[0], **changes)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"SHA-256|size"):
        write_document(letter(manifest=(entry,)))


@pytest.mark.parametrize("text", ["a\0b", "a\x0bb", "a\ud800b", "a\ufffeb"])
def test_characters_that_xml_cannot_hold_are_not_written(text: str) -> None:
    with pytest.raises(ValueError, match=r"character U\+"):
        write_document(letter(subject=text))


def test_markup_in_values_stays_text() -> None:
    hostile = "</edXML:Subject><x> & ]]> \"'\r\n'"
    message = read_file(write_document(letter(subject=hostile))).message
    assert isinstance(message, Document)
    assert message.subject == hostile


def test_times_are_written_in_vietnams_zone() -> None:
    other_zone = datetime(2026, 5, 20, 18, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert b"<edXML:Timestamp>2026/05/21 06:30:00<" in write_status(report(reported_at=other_zone))


def test_time_without_a_zone_is_not_written() -> None:
    naive = datetime(2026, 5, 20, 18, 30, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match="zone"):
        write_document(letter(traces=(Trace(agency="H08.02", at=naive),)))


def test_early_years_have_four_digits() -> None:
    assert b"<edXML:PromulgationDate>0987/01/02<" in write_document(letter(issued_on=date(987, 1, 2)))


def test_reference_is_written_as_given() -> None:
    assert f"<edXML:DocumentId>{REFERENCE}<".encode() in write_document(letter())
