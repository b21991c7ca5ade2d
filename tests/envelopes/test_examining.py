"""A file is explained as far as there is something to look at: one fault never hides the next."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envelopes.examining import Examined, Examiner, head_of
from envelopes.faults import Refused
from envelopes.model import Document
from envelopes.reading import read
from envelopes.splitting import Splitter
from envelopes.writing import write_document, write_status
from tests.envelopes.messages import TODAY, letter, report, swap, told

if TYPE_CHECKING:
    from hashlib import _Hash

    from envelopes.layout import Layout

HEADER = "edXMLHeader/MessageHeader"
CONTENT = "AttachmentEncoded/Attachment[1]/ContentTransferEncoded"
WHOLE = write_document(letter(), contents=[b"%PDF-1.7"])


class Nowhere:
    """A sink for contents that nobody wants."""

    def payload(self, n: int, data: bytes) -> None:
        """Drop it."""

    def irregular(self, n: int, layout: Layout, text_size: int) -> _Hash:
        """Drop it."""
        return hashlib.sha256()

    def text(self, n: int, data: bytes) -> None:
        """Drop it."""


def examined(data: bytes, *, lenient: bool = True, step: int = 1000) -> Examined:
    examiner = Examiner(Nowhere(), today=TODAY, lenient=lenient)
    for at in range(0, len(data), step):
        examiner.feed(data[at : at + step])
    return examiner.close()


def test_good_file_is_what_reading_says() -> None:
    found = examined(WHOLE)
    assert (found.message, found.faults, found.warnings) == (letter(), (), ())
    assert found.split is not None
    assert found.split.sha256 == hashlib.sha256(WHOLE).digest()
    assert examined(write_status(report())).message == report()


def test_faults_of_every_step_are_told_together() -> None:
    data = swap(WHOLE, "<edXML:Subject>", "<edXML:Subject/><edXML:Nothing>").replace(
        b"/edXML:Subject>", b"/edXML:Nothing>"
    )
    data = swap(data, "<edXML:TraceHeader>", "<edXML:Hop/><edXML:TraceHeader>")
    data = swap(data, "<edXML:CodeNumber>125</edXML:CodeNumber>", "")
    data = swap(data, "<ContentId>cid:a1<", "<ContentId>cid:a2<")
    assert told(examined(data).faults) == [
        ("element.unknown", "edXMLHeader/TraceHeaderList/Hop"),
        ("field.missing", f"{HEADER}/Code/CodeNumber"),
        ("field.missing", f"{HEADER}/Subject"),
        ("attachment.missing", "edXMLBody/edXMLManifest/Reference[1]"),
        ("attachment.unlisted", "AttachmentEncoded/Attachment[1]"),
    ]


def test_header_is_read_even_when_an_attachment_is_garbled() -> None:
    data = swap(swap(WHOLE, ">JVBERi", ">JV!ERi"), "<edXML:FullName>Trần Văn Bình<", "<edXML:FullName><")
    found = examined(data)
    assert told(found.faults) == [("attachment.garbled", CONTENT), ("field.missing", f"{HEADER}/SignerInfo/FullName")]
    assert isinstance(found.message, Document)
    assert found.message.subject == letter().subject
    assert found.split is None


def test_header_of_a_truncated_file_is_read() -> None:
    found = examined(swap(WHOLE, "<edXML:CodeNumber>125<", "<edXML:CodeNumber><")[:-60])
    assert told(found.faults) == [("envelope.truncated", ""), ("field.missing", f"{HEADER}/Code/CodeNumber")]


def test_comments_hide_nothing() -> None:
    data = swap(swap(WHOLE, "<edXML:Subject>", "<!-- x --><?y z?><edXML:Subject>"), "Priority>1<", "Priority>9<")
    found = examined(data)
    assert told(found.faults) == [
        ("envelope.comment", ""),
        ("envelope.instruction", ""),
        ("code.unknown", f"{HEADER}/OtherInfo/Priority"),
    ]


def test_warnings_are_told_beside_faults_and_are_faults_when_strict() -> None:
    data = swap(WHOLE, "Type>2<", "Type>18<")
    odd = ("code.odd", f"{HEADER}/DocumentType/Type")
    assert told(examined(data).warnings) == [odd]
    assert told(examined(data, lenient=False).faults) == [odd]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "envelope.empty"),
        (b"%PDF-1.7", "envelope.not_xml"),
        (WHOLE.replace(b"QCVN_102_2016", b"QCVN_102_2015"), "envelope.namespace"),
        (b"<!DOCTYPE edXML [<!ENTITY a 'b'>]>" + WHOLE.partition(b"\n")[2], "envelope.doctype"),
        (WHOLE[:300], "envelope.truncated"),
        (swap(WHOLE, "</edXML:Subject>", "</edXML:Object>"), "envelope.not_xml"),
    ],
)
def test_nothing_is_guessed_where_nothing_can_be_read(data: bytes, code: str) -> None:
    found = examined(data)
    assert [fault.code for fault in found.faults] == [code]
    assert found.message is None


def test_head_closes_what_the_file_opened() -> None:
    prefixed = b'<?xml version="1.0"?><!-- <x> --><e:edXML xmlns:e="http://www.mic.gov.vn/TBT/QCVN_102_2016">'
    assert head_of(prefixed + b"<e:edXMLEnvelope><e:a/></e:edXMLEnvelope ><e:b") == (
        prefixed + b"<e:edXMLEnvelope><e:a/></e:edXMLEnvelope ></e:edXML>"
    )
    assert head_of(prefixed + b"<e:edXMLEnvelope/><e:b><e:c>") == b""
    assert head_of(prefixed + b"<e:edXMLEnvelope><e:a>") == b""


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_taking_in_refuses_is_told_first(data: st.DataObject) -> None:
    """Damage of any kind: what the exchange would say is among what is told, and what it takes is said to be good."""
    at = data.draw(st.integers(0, len(WHOLE)))
    end = data.draw(st.integers(at, min(len(WHOLE), at + 40)))
    damaged = WHOLE[:at] + data.draw(st.sampled_from((b"", b"<", b"x", b"&", b"\0", b"<!---->", b"</a>"))) + WHOLE[end:]
    found = examined(damaged, step=data.draw(st.integers(1, 3000)))
    splitter = Splitter(Nowhere())
    try:
        splitter.feed(damaged)
        splitter.close()
        assert found.parts is not None or found.faults
        if found.parts is not None and not found.faults:
            assert read(found.parts, today=TODAY).message == found.message
    except Refused as refused:
        assert found.faults[: len(refused.faults)] == refused.faults
