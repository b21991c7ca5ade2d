"""Documents: read by namespace in any order, every fault told at once, real traffic's oddities as warnings."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envelopes.faults import FaultClass
from envelopes.limits import LT, NS
from envelopes.model import (
    Business,
    Document,
    Operation,
    ReceiverChange,
    Replacement,
    ResponseFor,
    Trace,
)
from envelopes.secrecy import mark_of
from envelopes.writing import Order, write_document
from tests.envelopes.messages import (
    REFERENCE,
    TODAY,
    A,
    B,
    documents,
    faults_of,
    letter,
    read_file,
    swap,
    told,
)

HEADER = "edXMLHeader/MessageHeader"
BUSINESS = "edXMLHeader/TraceHeaderList/Bussiness"


PIECES = [b"<", b"<x/>", b"<edXML:To/>", b"<edXML:StatusCode/>", b"&#0;", b"\xc3", b"<!---->", b'" a="', b"]]>"]


def document_of(data: bytes) -> Document:
    message = read_file(data).message
    assert isinstance(message, Document)
    return message


def changed(old: str, new: str, **changes: Any) -> bytes:
    """The letter's file with a piece of it exchanged; tags are named without their prefix."""
    return swap(write_document(letter(**changes)), prefixed(old), prefixed(new))


def prefixed(text: str) -> str:
    return re.sub(r"<(/?)(?=\w)", r"<\1edXML:", text)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(documents)
def test_both_orders_read_to_equal_models(document: Document) -> None:
    orders = [read_file(write_document(document, order=order)) for order in Order]
    assert orders[0].message == orders[1].message


@pytest.mark.parametrize("prefix", ["", "q:", "edXML1:"])
def test_any_prefix_reads_the_same(prefix: str) -> None:
    text = write_document(letter()).decode().replace("edXML:", prefix)
    declaration = f"xmlns:{prefix.rstrip(':')}=" if prefix else "xmlns="
    assert document_of(text.replace("xmlns:edXML=", declaration).encode()) == letter()


def test_white_space_around_values_is_not_part_of_them() -> None:
    data = changed("<Subject>V/v", "<Subject>\r\n   V/v")
    assert document_of(data).subject == letter().subject


@pytest.mark.parametrize(
    ("element", "path"),
    [
        ("OrganId>H08.02<", "From/OrganId"),
        ("OrganId>H08.31<", "To[2]/OrganId"),
        ("CodeNumber>125<", "Code/CodeNumber"),
        ("CodeNotation>SNV-VP<", "Code/CodeNotation"),
        ("PromulgationDate>2026/05/20<", "PromulgationInfo/PromulgationDate"),
        ("TypeName>Công văn<", "DocumentType/TypeName"),
        ("Subject>V/v báo cáo công tác cải cách hành chính<", "Subject"),
        ("FullName>Trần Văn Bình<", "SignerInfo/FullName"),
        (f"DocumentId>{REFERENCE}<", "DocumentId"),
    ],
)
def test_required_field_is_missed_even_when_its_tag_is_there(element: str, path: str) -> None:
    name = element.partition(">")[0]
    faults = faults_of(changed(f"<{element}", f"<{name}> <"))
    assert told(faults) == [("field.missing", f"{HEADER}/{path}")]
    assert faults[0].cls is FaultClass.MISSING
    assert path.rpartition("/")[2] in faults[0].vi
    assert faults[0].source


def test_an_empty_header_misses_everything_at_once() -> None:
    data = f'<edXML xmlns="{NS}"><edXMLEnvelope><edXMLHeader><MessageHeader/></edXMLHeader></edXMLEnvelope></edXML>'
    assert told(faults_of(data.encode())) == [
        ("field.missing", f"{HEADER}/{name}")
        for name in (
            *("From/OrganId", "To", "Code/CodeNumber", "Code/CodeNotation", "PromulgationInfo/PromulgationDate"),
            *("DocumentType/TypeName", "Subject", "DocumentId", "SignerInfo/FullName"),
        )
    ]


def test_faults_of_every_class_come_in_one_answer() -> None:
    data = changed("<CodeNumber>125<", "<CodeNumber><")
    data = swap(data, "2026/05/20</", "30/10/2020</")
    data = swap(data, "Priority>1<", "Priority>5<")
    data = swap(data, "NTN", "NGUYỄN THỊ NA")
    faults = faults_of(data, lenient=False)
    assert {fault.cls for fault in faults} == set(FaultClass)
    assert all(fault.vi and fault.en and fault.path and fault.source for fault in faults)


TOLERATED = [
    ("<Website/>", f"<Website>{'w' * 21}</Website>", "field.too_long", "From/Website"),
    ("<DueDate>2026/05/30<", "<DueDate>N/A<", "date.odd", "DueDate"),
    ("<Type>2<", "<Type>18<", "code.odd", "DocumentType/Type"),
    ("<Type>2</Type>\n", "", "field.absent", "DocumentType/Type"),
    ("<TypeDetail>18<", "<TypeDetail>N/A<", "number.odd", "DocumentType/TypeDetail"),
    ("<Priority>1<", "<Priority><", "field.absent", "OtherInfo/Priority"),
    ("<PageAmount>2<", "<PageAmount>70000<", "number.odd", "OtherInfo/PageAmount"),
    ("<PromulgationAmount>1<", "<PromulgationAmount>-1<", "number.odd", "OtherInfo/PromulgationAmount"),
    ("<PageAmount>", "<Direction>maybe</Direction><PageAmount>", "number.odd", "OtherInfo/Direction"),
    ("<Place>Lưu: VT<", f"<Place>{'x' * 151}<", "field.too_long", "ToPlaces/Place[2]"),
    ("<SteeringType>0<", "<SteeringType>9<", "code.odd", "SteeringType"),
    ("<SteeringType>", "<Extra>1</Extra><SteeringType>", "element.odd", "Extra"),
    ("<SteeringType>", "<x xmlns='urn:x'/><SteeringType>", "element.odd", "x"),
    ("<TyperNotation>NTN<", "<TyperNotation>NGUYỄN THỊ<", "", ""),
    ("<TyperNotation>NTN<", "<TyperNotation>NGUYỄN THỊ N<", "field.too_long", "OtherInfo/TyperNotation"),
]


@pytest.mark.parametrize(("old", "new", "code", "path"), TOLERATED)
def test_what_real_traffic_holds_is_taken_with_a_warning(old: str, new: str, code: str, path: str) -> None:
    data = unprefixed_where_foreign(changed(old, new))
    expected = [(code, f"{HEADER}/{path}")] if code else []
    assert told(read_file(data).warnings) == expected
    assert told(faults_of(data, lenient=False)) == expected


def unprefixed_where_foreign(data: bytes) -> bytes:
    return data.replace(b"<edXML:x xmlns='urn:x'/>", b"<x xmlns='urn:x'/>")


REFUSED = [
    ("<OrganId>H08.02<", "<OrganId>H08 02<", "agency.malformed", "From/OrganId"),
    ("<OrganId>H08.30<", "<OrganId>Н08.30<", "agency.malformed", "To[1]/OrganId"),
    ("<OrganId>H08.30<", f"<OrganId>{'H' * 36}<", "agency.malformed", "To[1]/OrganId"),
    ("<OrganId>H08.31<", "<OrganId>H08.30<", "recipient.repeated", "To[2]/OrganId"),
    (f"<DocumentId>{REFERENCE}<", f"<DocumentId>{'x' * 501}<", "reference.too_long", "DocumentId"),
    ("<Priority>1<", "<Priority>5<", "code.unknown", "OtherInfo/Priority"),
    ("<Priority>1<", "<Priority>khẩn<", "code.unknown", "OtherInfo/Priority"),
    ("<SteeringType>0<", "<SteeringType><", "steering.unreadable", "SteeringType"),
    ("<SteeringType>0<", "<SteeringType>none<", "steering.unreadable", "SteeringType"),
    ("<Subject>", "<Subject>x</Subject><Subject>", "element.repeated", "Subject"),
    ("<Subject>V/v", "<Subject>V/v<Subject/>", "element.in_value", "Subject"),
    ("<Subject>", "text <Subject>", "text.stray", ""),
    ("<FullName>", "text <FullName>", "text.stray", "SignerInfo"),
]


@pytest.mark.parametrize("lenient", [True, False])
@pytest.mark.parametrize(("old", "new", "code", "path"), REFUSED)
def test_what_a_delivery_rests_on_is_never_guessed(old: str, new: str, code: str, path: str, lenient: bool) -> None:
    faults = faults_of(changed(old, new), lenient=lenient)
    assert told(faults) == [(code, f"{HEADER}/{path}".rstrip("/"))]


def test_known_name_in_a_foreign_namespace_is_refused_with_expected_and_found() -> None:
    data = swap(write_document(letter()), "<edXML:Content>", '<Subject xmlns="urn:x">evil</Subject><edXML:Content>')
    (fault,) = faults_of(data)
    assert (fault.code, fault.path) == ("element.namespace", f"{HEADER}/Subject")
    assert f"{{{NS}}}Subject" in fault.en
    assert "{urn:x}Subject" in fault.en


@pytest.mark.parametrize(
    "text", ["30/10/2020", "2020-10-30", "2020/10/30 00:00:00", "2020/1/3", "2014/02/30", "２０２０/10/30", "N/A"]
)
def test_date_of_issue_must_be_a_real_date(text: str) -> None:
    faults = faults_of(changed("<PromulgationDate>2026/05/20<", f"<PromulgationDate>{text}<"))
    assert [(fault.code, fault.cls, fault.value) for fault in faults] == [
        ("date.malformed", FaultClass.WRONG_TYPE, text)
    ]


def test_document_issued_today_is_taken_and_tomorrow_refused() -> None:
    assert document_of(write_document(letter(issued_on=TODAY))).issued_on == TODAY
    (fault,) = faults_of(write_document(letter(issued_on=TODAY + timedelta(days=1))))
    assert (fault.code, fault.cls) == ("date.future", FaultClass.BAD_VALUE)
    assert "2026/06/01" in fault.vi


@pytest.mark.parametrize("urgency", range(5))
def test_every_urgency_of_the_standard_is_read(urgency: int) -> None:
    assert document_of(write_document(letter(urgency=urgency))).urgency == urgency


def test_empty_response_for_is_absent() -> None:
    data = changed("<SteeringType>", "<ResponseFor/><SteeringType>")
    assert document_of(data).responses == ()


def test_recipient_is_never_asked_for_what_it_cannot_have() -> None:
    assert told(faults_of(write_document(letter(recipients=())))) == [("field.missing", f"{HEADER}/To")]


@pytest.mark.parametrize("text", ["null", "", "Sở Nội vụ"])
def test_trace_without_a_code_is_kept_without_it(text: str) -> None:
    data = changed("<TraceHeader>\n<OrganId>H08.02<", f"<TraceHeader>\n<OrganId>{text}<")
    reading = read_file(data)
    assert isinstance(reading.message, Document)
    assert reading.message.traces == (Trace(agency="", at=letter().traces[0].at),)
    path = "edXMLHeader/TraceHeaderList/TraceHeader[1]/OrganId"
    assert told(reading.warnings) == ([("agency.odd", path)] if text else [])


def test_timestamps_are_vietnams_and_become_utc() -> None:
    data = changed("<Timestamp>2026/05/20 09:15:00<", "<Timestamp>2026/05/20 00:00:01<")
    assert document_of(data).traces[0].at == datetime(2026, 5, 19, 17, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026/05/20T09:15:00", "2026/05/20 24:00:00", "0001/01/01 00:00:00", "N/A"])
def test_time_that_is_none_is_left_out_with_a_warning(text: str) -> None:
    reading = read_file(changed("<Timestamp>2026/05/20 09:15:00<", f"<Timestamp>{text}<"))
    assert [fault.code for fault in reading.warnings] == ["time.odd"]


def test_strict_reading_wants_a_trace_and_a_manifest() -> None:
    assert told(faults_of(write_document(letter(traces=())), lenient=False)) == [
        ("trace.missing", "edXMLHeader/TraceHeaderList/TraceHeader[1]")
    ]
    bodiless = re.sub(rb"<edXML:edXMLBody>.*</edXML:edXMLBody>", b"", write_document(letter()), flags=re.DOTALL)
    assert told(read_file(bodiless).warnings) == [("manifest.missing", "edXMLBody/edXMLManifest")]


def test_document_without_business_is_new() -> None:
    document = document_of(write_document(letter(business=None)))
    assert document.business is None
    assert document.operation is Operation.NEW


def test_business_without_type_is_new() -> None:
    document = document_of(changed("<BussinessDocType>0</BussinessDocType>\n", ""))
    assert document.operation is Operation.NEW


@pytest.mark.parametrize("text", ["4", "-1", "00", "new"])
def test_operation_outside_the_standard_is_refused(text: str) -> None:
    faults = faults_of(changed("<BussinessDocType>0<", f"<BussinessDocType>{text}<"))
    assert told(faults) == [("code.unknown", f"{BUSINESS}/BussinessDocType")]


def test_recall_speaks_of_its_target_else_of_its_own_reference() -> None:
    recall = Business(operation=Operation.RECALL, reason="Sai sót", target="H08.02,2026/05/19,124/SNV-VP")
    assert document_of(write_document(letter(business=recall))).target == recall.target
    without = Business(operation=Operation.RECALL, reason="Sai sót")
    assert document_of(write_document(letter(business=without))).target == REFERENCE
    assert letter(business=None).target == REFERENCE


def test_recall_says_why() -> None:
    faults = faults_of(write_document(letter(business=Business(operation=Operation.RECALL))))
    assert told(faults) == [("reason.missing", f"{BUSINESS}/BussinessDocReason")]


def test_update_is_read_with_its_receivers() -> None:
    update = Business(
        operation=Operation.UPDATE,
        reason="Cập nhật",
        target=REFERENCE,
        document_changed=True,
        receivers_changed=False,
        receivers=(ReceiverChange(agency=B.code, added=False), ReceiverChange(agency="H08.32", added=True)),
    )
    assert document_of(write_document(letter(business=update))).business == update


def test_receiver_that_is_neither_added_nor_removed_is_refused() -> None:
    update = Business(operation=Operation.UPDATE, receivers=(ReceiverChange(agency=B.code, added=True),))
    for text, code in (("2", "code.unknown"), ("", "field.missing")):
        faults = faults_of(changed("<ReceiverType>1<", f"<ReceiverType>{text}<", business=update))
        path = f"{BUSINESS}/BussinessDocumentInfo/ReceiverList[1]/Receiver[1]/ReceiverType"
        assert told(faults) == [(code, path)]


def test_replacement_names_what_it_replaces() -> None:
    replaced = (Replacement(reference="one", agencies=(A.code, B.code)), Replacement(reference="two"))
    replace = Business(operation=Operation.REPLACE, reason="Thay thế", replacements=replaced)
    assert document_of(write_document(letter(business=replace))).business == replace
    faults = faults_of(write_document(letter(business=Business(operation=Operation.REPLACE))))
    assert told(faults) == [("field.missing", f"{BUSINESS}/ReplacementInfoList")]


def test_replaced_document_and_agencies_must_be_named_well() -> None:
    replaced = (Replacement(reference="", agencies=("H08 30",)),)
    replace = Business(operation=Operation.REPLACE, replacements=replaced)
    path = f"{BUSINESS}/ReplacementInfoList[1]/ReplacementInfo[1]"
    assert told(faults_of(write_document(letter(business=replace)))) == [
        ("field.missing", f"{path}/DocumentId"),
        ("agency.malformed", f"{path}/OrganIdList/OrganId"),
    ]


def test_answered_documents_are_read_in_order() -> None:
    answers = (
        ResponseFor(agency=B.code, code="7/UBND", issued_on=date(2026, 1, 2), reference="one"),
        ResponseFor(reference="two"),
    )
    assert document_of(write_document(letter(responses=answers))).responses == answers


@pytest.mark.parametrize(
    ("attribute", "path"),
    [
        (f'xmlns:lt="{LT}" lt:sha256="{"0F" * 32}"', "@lt:sha256"),
        (f'xmlns:lt="{LT}" lt:sha256="{"0f" * 31}"', "@lt:sha256"),
        (f'xmlns:lt="{LT}" lt:size="01"', "@lt:size"),
        (f'xmlns:lt="{LT}" lt:size="1e3"', "@lt:size"),
        (f'xmlns:lt="{LT}" lt:size=""', "@lt:size"),
    ],
)
def test_statement_of_the_manifest_is_exact(attribute: str, path: str) -> None:
    faults = faults_of(changed("<Reference>", f"<Reference {attribute}>"))
    assert told(faults) == [("manifest.malformed", f"edXMLBody/edXMLManifest/Reference[1]/{path}")]


def test_statement_without_our_namespace_states_nothing() -> None:
    document = document_of(changed("<Reference>", f'<Reference sha256="{"0f" * 32}" size="3">'))
    assert (document.manifest[0].sha256, document.manifest[0].size) == (None, None)


def test_attachment_without_name_or_id_is_refused() -> None:
    data = swap(
        write_document(letter()), "<ContentId>cid:a1</ContentId>\n<AttachmentName>125.signed.pdf<", "<AttachmentName><"
    )
    assert told(faults_of(data)) == [
        ("field.missing", "AttachmentEncoded/Attachment[1]/ContentId"),
        ("field.missing", "AttachmentEncoded/Attachment[1]/AttachmentName"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (
            "<SphereOfPromulgation>Lưu hành nội bộ<",
            "<SphereOfPromulgation>Độ mật: TỐI MẬT<",
            "OtherInfo/SphereOfPromulgation",
        ),
        ("<TypeName>Công văn<", "<TypeName>Tuyệt mật<", "DocumentType/TypeName"),
        ("<Subject>V/v báo cáo", "<Subject>(Mật) V/v báo cáo", "Subject"),
        ("<Content>Báo cáo quý II<", "<Content>[MAT]<", "Content"),
    ],
)
def test_marked_document_is_refused_without_its_words(old: str, new: str, path: str) -> None:
    (fault,) = faults_of(changed(old, new))
    assert (fault.code, fault.path) == ("document.secret", f"{HEADER}/{path}")
    assert fault.value in ("mật", "tối mật", "tuyệt mật")
    assert "báo cáo" not in fault.vi + fault.en


def test_mark_in_an_element_of_ones_own_is_seen() -> None:
    faults = faults_of(changed("<Priority>", "<DoMat>Mật</DoMat><Priority>"))
    assert told(faults) == [("document.secret", f"{HEADER}/OtherInfo/DoMat")]


@pytest.mark.parametrize(
    "text", ["Mật", " MẬT. ", "tối  mật", "Mật", "TUYET MAT", "Độ mật - Mật", "«Mật»", "V/v x (mật)"]
)
def test_mark_is_recognised(text: str) -> None:
    assert mark_of(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "Độ mật",
            "Độ mật: không",
            "V/v bảo vệ bí mật nhà nước",
            "Mật ong Gia Lai",
            "Bảo mật",
            "Mất",
            "Mát",
            "mặt",
        ),
        *("Kế hoạch (bảo mật)", "Danh mục bí mật nhà nước độ Mật của ngành", "x" * 10_000),
    ],
)
def test_talk_of_secrets_is_not_a_mark(text: str) -> None:
    assert not mark_of(text)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 10**6), st.integers(1, 40), st.binary(max_size=6) | st.sampled_from(PIECES))
def test_damaged_file_is_refused_or_read_but_never_an_accident(place: int, length: int, piece: bytes) -> None:
    data = write_document(letter())
    place %= len(data)
    damaged = data[:place] + piece + data[place + length :]
    faults_of(damaged)
    faults_of(damaged, lenient=False)
