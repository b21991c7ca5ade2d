"""The parts of a file are found by namespace, and nothing else may stand beside them."""

from __future__ import annotations

import pytest

from envelopes.dom import parse
from envelopes.faults import Fault
from envelopes.limits import DS, NS
from envelopes.parts import Parts, find_parts, local_name
from envelopes.writing import write_document, write_status
from tests.envelopes.messages import file_of, letter, refusal, report, swap, told


def parts_of(data: bytes) -> Parts:
    return find_parts(parse(data))


def faults(data: bytes) -> list[Fault]:
    return refusal(lambda: parts_of(data))


def test_every_part_of_a_document_is_found() -> None:
    parts = parts_of(write_document(letter()))
    found = (parts.header, parts.business, parts.manifest, *parts.traces, *parts.attachments)
    names = [local_name(part.tag) for part in found if part is not None]
    assert names == ["MessageHeader", "Bussiness", "edXMLManifest", "TraceHeader", "Attachment"]
    assert parts.signature is None
    assert not parts.is_status


def test_status_message_has_a_header_only() -> None:
    parts = parts_of(write_status(report()))
    assert parts.is_status
    assert (parts.business, parts.manifest, parts.traces, parts.attachments) == (None, None, (), ())


def test_other_status_shape_is_found() -> None:
    parts = parts_of(file_of("<Status><StatusCode>03</StatusCode></Status>"))
    assert parts.is_status
    assert local_name(parts.header.tag) == "Status"


def test_prefixes_do_not_matter() -> None:
    data = write_document(letter()).decode()
    swapped = data.replace("edXML:", "q:").replace("xmlns:edXML", "xmlns:q").encode()
    assert local_name(parts_of(swapped).header.tag) == "MessageHeader"


def test_traces_and_business_come_in_any_order() -> None:
    trace = "<TraceHeader><OrganId>H08.02</OrganId></TraceHeader>"
    for inside in (f"{trace}<Bussiness/>{trace}", f"<Bussiness/>{trace}{trace}"):
        parts = parts_of(file_of(f"<MessageHeader/><TraceHeaderList>{inside}</TraceHeaderList>"))
        assert len(parts.traces) == 2
        assert parts.business is not None


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ('<edXML xmlns="http://www.go.vn/eDoc"/>', "{http://www.go.vn/eDoc}edXML"),
        ("<edXML/>", "edXML"),
        (f'<EdXMLEnvelope xmlns="{NS}"/>', f"{{{NS}}}EdXMLEnvelope"),
        (f'<edXMLEnvelope xmlns="{NS}"/>', f"{{{NS}}}edXMLEnvelope"),
    ],
)
def test_wrong_root_names_expected_and_found(data: str, found: str) -> None:
    (fault,) = faults(data.encode())
    assert fault.code == "envelope.namespace"
    assert f"{{{NS}}}edXML," in fault.en
    assert f"has {found}." in fault.en


def test_wrong_envelope_namespace_names_expected_and_found() -> None:
    data = f'<edXML xmlns="{NS}"><edXMLEnvelope xmlns="http://www.e-doc.vn/Schema/"/></edXML>'.encode()
    (fault,) = faults(data)
    assert (fault.code, fault.path) == ("element.namespace", "edXMLEnvelope")
    assert f"{{{NS}}}edXMLEnvelope" in fault.en
    assert "{http://www.e-doc.vn/Schema/}edXMLEnvelope" in fault.en


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (f'<edXML xmlns="{NS}"/>', "edXMLEnvelope"),
        (f'<edXML xmlns="{NS}"><edXMLEnvelope/></edXML>', "edXMLHeader"),
        (f'<edXML xmlns="{NS}"><edXMLEnvelope><edXMLHeader/></edXMLEnvelope></edXML>', "edXMLHeader/MessageHeader"),
    ],
)
def test_missing_part_is_named(data: str, path: str) -> None:
    assert told(faults(data.encode())) == [("element.missing", path)]


def test_every_structural_fault_is_told_at_once() -> None:
    data = file_of(
        "<MessageHeader/><MessageHeader/>text"
        "<TraceHeaderList evil='1'><TraceHeader><Evil/></TraceHeader></TraceHeaderList>",
        after="<edXMLBody/><edXMLBody/><AttachmentEncoded/>",
    )
    assert sorted(told(faults(data))) == [
        ("attribute.unknown", "edXMLHeader/TraceHeaderList"),
        ("element.repeated", "edXMLBody[2]"),
        ("element.repeated", "edXMLHeader/MessageHeader[2]"),
        ("element.unknown", "AttachmentEncoded"),
        ("element.unknown", "edXMLHeader/TraceHeaderList/TraceHeader[1]/Evil"),
        ("text.stray", "edXMLHeader"),
    ]


def test_document_and_status_in_one_header_are_refused() -> None:
    data = file_of("<MessageHeader/><Status/>")
    assert told(faults(data)) == [("element.repeated", "edXMLHeader/Status")]


@pytest.mark.parametrize(
    ("header", "after", "name"),
    [
        ("<TraceHeaderList><Bussiness/></TraceHeaderList>", "", "Bussiness"),
        ("", "<edXMLBody/>", "edXMLBody"),
    ],
)
def test_status_brings_no_document(header: str, after: str, name: str) -> None:
    data = file_of(f"<MessageHeader><StatusCode>03</StatusCode></MessageHeader>{header}", after=after)
    assert told(faults(data)) == [("status.with_document", name)]


def test_status_brings_no_attachment() -> None:
    data = write_status(report())
    data = swap(data, "</edXML>", "<AttachmentEncoded><Attachment/></AttachmentEncoded></edXML>")
    assert told(faults(data)) == [("status.with_document", "Attachment")]


def test_decoration_counts_as_the_signature_found() -> None:
    block = "<Signature><SignedInfo><Reference URI=''/></SignedInfo><KeyInfo/></Signature>"
    parts = parts_of(file_of(f"<MessageHeader/>{block}"))
    assert parts.signature is not None
    assert parts.signature.tag == f"{{{NS}}}Signature"


def test_real_signature_is_found() -> None:
    parts = parts_of(file_of(f"<MessageHeader/><Signature xmlns='{DS}'><Anything/></Signature>"))
    assert parts.signature is not None
    assert parts.signature.tag == f"{{{DS}}}Signature"


def test_credentials_in_a_signature_are_refused() -> None:
    block = "<Signature><KeyInfo><OrganId>H08.02</OrganId><Token>s</Token></KeyInfo></Signature>"
    assert told(faults(file_of(f"<MessageHeader/>{block}"))) == [
        ("element.unknown", "edXMLHeader/Signature/OrganId"),
        ("element.unknown", "edXMLHeader/Signature/Token"),
    ]


@pytest.mark.parametrize(
    "extra",
    ["<Signature/>", "<DigitalSignature/>", "<TraceHeaderList><Paper>0</Paper></TraceHeaderList>"],
)
def test_what_no_signature_covers_stands_in_unsigned_files_only(extra: str) -> None:
    assert faults(file_of(f"<MessageHeader/>{extra}")) == []
    signed = faults(file_of(f"<MessageHeader/>{extra}<Signature xmlns='{DS}'/>"))
    assert [fault.code for fault in signed] == ["element.unknown"]


def test_empty_signature_of_the_field_holds_nothing() -> None:
    assert told(faults(file_of("<MessageHeader/><DigitalSignature><X/></DigitalSignature>"))) == [
        ("element.unknown", "edXMLHeader/DigitalSignature/X")
    ]


@pytest.mark.parametrize(("count", "codes"), [(32, []), (33, ["trace.too_many"])])
def test_traces_are_limited(count: int, codes: list[str]) -> None:
    data = file_of(f"<MessageHeader/><TraceHeaderList>{'<TraceHeader/>' * count}</TraceHeaderList>")
    assert [fault.code for fault in faults(data)] == codes


def test_attachment_inside_the_envelope_is_refused() -> None:
    data = file_of("<MessageHeader/>", after="<AttachmentEncoded><Attachment/></AttachmentEncoded>")
    assert told(faults(data)) == [("element.unknown", "AttachmentEncoded")]


def test_second_content_id_in_an_attachment_is_refused() -> None:
    data = swap(write_document(letter()), "<Description/>\n<ContentType>", "<ContentId>cid:b</ContentId><ContentType>")
    assert told(faults(data)) == [("element.repeated", "AttachmentEncoded/Attachment[1]/ContentId[2]")]


def test_answer_to_a_flood_of_strangers_is_bounded() -> None:
    assert len(faults(file_of("<MessageHeader/>" + "<Evil/>" * 5_000))) == 200
