"""Status messages in both shapes, linked to their document, with reasons where reasons are due."""

from __future__ import annotations

import pytest

from envelopes.limits import STATUS_CODES
from envelopes.model import ResponseFor, StatusMessage
from envelopes.writing import write_status
from tests.envelopes.messages import REFERENCE, A, faults_of, read_file, report, swap, told

HEADER = "edXMLHeader/MessageHeader"


def status_of(data: bytes) -> StatusMessage:
    message = read_file(data).message
    assert isinstance(message, StatusMessage)
    return message


@pytest.mark.parametrize("code", sorted(STATUS_CODES))
def test_every_code_of_the_standard_is_read(code: str) -> None:
    assert status_of(write_status(report(code=code))) == report(code=code)


def test_other_shape_reads_to_an_equal_model_with_a_warning() -> None:
    data = write_status(report()).replace(b'edXML:MessageHeader Id="MessageHeader"', b"edXML:Status")
    reading = read_file(data.replace(b"edXML:MessageHeader", b"edXML:Status"))
    assert reading.message == report()
    assert told(reading.warnings) == [("status.shape", "edXMLHeader/Status")]


def test_children_come_in_any_order() -> None:
    data = write_status(report()).decode()
    code = "<edXML:StatusCode>03</edXML:StatusCode>\n"
    moved = data.replace(code, "").replace("<edXML:From>", f"{code}<edXML:From>")
    assert status_of(moved.encode()) == report()


@pytest.mark.parametrize("code", ["3", "07", "14", "4", "44", "0", "٠٣"])
def test_code_outside_the_standard_is_refused(code: str) -> None:
    faults = faults_of(swap(write_status(report()), "StatusCode>03<", f"StatusCode>{code}<"))
    assert told(faults) == [("code.unknown", f"{HEADER}/StatusCode")]
    assert "01, 02, 03" in faults[0].en


@pytest.mark.parametrize("code", ["02", "13", "16"])
def test_no_is_never_said_without_a_reason(code: str) -> None:
    faults = faults_of(write_status(report(code=code, description=" ")))
    assert told(faults) == [("reason.missing", f"{HEADER}/Description")]
    assert faults_of(write_status(report(code=code, description="Gửi nhầm"))) == []


@pytest.mark.parametrize("code", ["01", "03", "04", "05", "06", "15"])
def test_other_words_need_no_reason(code: str) -> None:
    assert status_of(write_status(report(code=code, description=""))).description == ""


def test_everything_missing_is_told_at_once() -> None:
    data = b'<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXMLEnvelope><edXMLHeader><MessageHeader>'
    data += b"<StatusCode/></MessageHeader></edXMLHeader></edXMLEnvelope></edXML>"
    assert told(faults_of(data)) == [
        ("field.missing", f"{HEADER}/From/OrganId"),
        ("field.missing", f"{HEADER}/ResponseFor/OrganId"),
        ("status.unlinked", f"{HEADER}/ResponseFor/DocumentId"),
        ("field.missing", f"{HEADER}/StatusCode"),
    ]


def test_document_may_be_named_by_code_and_date() -> None:
    answers = ResponseFor(agency=A.code, code="125/SNV-VP", issued_on=report().answers.issued_on)
    reading = read_file(write_status(report(answers=answers)))
    assert isinstance(reading.message, StatusMessage)
    assert reading.message.answers == answers
    assert told(reading.warnings) == [("field.absent", f"{HEADER}/ResponseFor/DocumentId")]


def test_number_without_its_year_names_no_document() -> None:
    answers = ResponseFor(agency=A.code, code="125/SNV-VP")
    faults = faults_of(write_status(report(answers=answers)))
    assert told(faults) == [("status.unlinked", f"{HEADER}/ResponseFor/DocumentId")]


def test_reference_alone_is_enough_but_told() -> None:
    reading = read_file(write_status(report(answers=ResponseFor(agency=A.code, reference=REFERENCE))))
    assert told(reading.warnings) == [("field.absent", f"{HEADER}/ResponseFor/Code")]


def test_agency_that_is_answered_must_be_a_code() -> None:
    faults = faults_of(write_status(report(answers=ResponseFor(agency="null?", reference=REFERENCE, code="x"))))
    assert told(faults) == [("agency.malformed", f"{HEADER}/ResponseFor/OrganId")]


def test_time_is_optional_and_an_odd_one_left_out() -> None:
    assert status_of(write_status(report(reported_at=None))).reported_at is None
    reading = read_file(swap(write_status(report()), "2026/05/20 10:02:00", "20/05/2026 10:02"))
    assert isinstance(reading.message, StatusMessage)
    assert reading.message.reported_at is None
    assert told(reading.warnings) == [("time.odd", f"{HEADER}/Timestamp")]


def test_mark_of_secrecy_is_refused_in_a_status_too() -> None:
    faults = faults_of(write_status(report(description="Tối mật")))
    assert told(faults) == [("document.secret", f"{HEADER}/Description")]


def test_a_documents_fields_in_a_status_are_not_read() -> None:
    data = swap(write_status(report()), "<edXML:StatusCode>", "<edXML:Subject>x</edXML:Subject><edXML:StatusCode>")
    assert told(read_file(data).warnings) == [("element.odd", f"{HEADER}/Subject")]
    assert told(faults_of(data, lenient=False)) == [("element.odd", f"{HEADER}/Subject")]
