"""What only the national library writes (axis client, section 5.1): read, kept as it is, and written again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envelopes.model import Business, Document, ResponseFor, StatusMessage
from envelopes.writing import Order, write_document, write_status
from tests.envelopes.messages import CLERK, letter, read_file, report, swap

FULL = replace(CLERK, department_id="D7", id="S42")
TASKS = letter(
    reply_fors=("7/VPCP", "8/VPCP"),
    direction=False,
    reference_codes=("R1",),
    task_codes=("T.1", "T.2"),
    application_type="NV",
    business=Business(reason="Văn bản điện tử mới", paper="0", staff=FULL),
)


def document_of(data: bytes) -> Document:
    message = read_file(data).message
    assert isinstance(message, Document)
    return message


@pytest.mark.parametrize("order", Order)
def test_all_fields_of_the_national_library_read_back_even_strictly(order: Order) -> None:
    reading = read_file(write_document(TASKS, order=order), lenient=False)
    assert (reading.message, reading.warnings) == (TASKS, ())


@pytest.mark.parametrize("order", Order)
def test_task_fields_stand_behind_the_steering(order: Order) -> None:
    text = write_document(TASKS, order=order).decode()
    places = [text.index(f"<edXML:{name}>") for name in ("SteeringType", "ResponseForTask", "ApplicationType")]
    assert places == sorted(places)
    assert text.index("<edXML:ReplyFors>") < text.index("<edXML:Direction>") < text.index("<edXML:ReferenceCodes>")


def test_fields_that_nobody_set_are_not_written() -> None:
    text = write_document(letter()).decode()
    for name in ("ResponseForTask", "ApplicationType", "ReplyFors", "ReferenceCodes", "DepartmentId", "StaffId"):
        assert name not in text


def test_references_of_unknown_shape_are_read_whatever_stands_around_them() -> None:
    nested = "<edXML:ReplyFors><edXML:ReplyFor> 7/VPCP </edXML:ReplyFor><edXML:ReplyFor>8/VPCP</edXML:ReplyFor>"
    data = swap(
        write_document(letter()),
        "<edXML:Appendixes>",
        f"{nested}</edXML:ReplyFors><edXML:ReferenceCodes/><edXML:Appendixes>",
    )
    assert document_of(data).reply_fors == ("7/VPCP", "8/VPCP")
    assert document_of(data).reference_codes == ()


def test_clerks_ids_of_a_status_read_back() -> None:
    message = read_file(write_status(report(staff=FULL))).message
    assert isinstance(message, StatusMessage)
    assert message.staff == FULL


@pytest.mark.parametrize("order", Order)
def test_empty_answer_is_absent_and_a_partial_one_is_kept(order: Order) -> None:
    partial = ResponseFor(code="7/VPCP")
    data = swap(
        write_document(letter(responses=(partial,)), order=order),
        "<edXML:ResponseFor>",
        "<edXML:ResponseFor/><edXML:ResponseFor><edXML:Code/></edXML:ResponseFor><edXML:ResponseFor>",
    )
    assert document_of(data).responses == (partial,)
