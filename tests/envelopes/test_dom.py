"""The hardened parser takes plain XML and nothing else."""

from __future__ import annotations

import pytest

from envelopes.dom import parse, safe_parser
from envelopes.writing import write_document
from tests.envelopes.messages import letter, refusal, told


def codes(data: bytes) -> list[str]:
    return [code for code, _ in told(refusal(lambda: parse(data)))]


def test_plain_file_is_parsed() -> None:
    assert parse(write_document(letter())).tag.endswith("}edXML")


def test_byte_order_mark_is_skipped_once() -> None:
    assert parse(b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><a/>').tag == "a"
    assert codes(b"\xef\xbb\xbf\xef\xbb\xbf<a/>") == ["envelope.not_xml"]


@pytest.mark.parametrize("data", [b"", b" \r\n"])
def test_nothing_is_refused_as_nothing(data: bytes) -> None:
    assert codes(data) == ["envelope.empty"]


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]><a b="&z;"/>',
        b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>',
    ],
)
def test_doctype_is_refused(data: bytes) -> None:
    assert codes(data) == ["envelope.doctype"]


def test_doctype_is_told_with_its_place() -> None:
    (fault,) = refusal(lambda: parse(b"<?xml version='1.0'?>\n  <!DOCTYPE a><a/>"))
    assert "line 2, column 3 (byte 24)" in fault.en
    assert "dòng 2, cột 3" in fault.vi


def test_all_comments_are_told_wherever_they_stand() -> None:
    faults = refusal(lambda: parse(b"<!--x--><a>H08<!--y-->.02<b/></a><!--z-->"))
    assert [(fault.code, fault.value) for fault in faults] == [
        ("envelope.comment", "x"),
        ("envelope.comment", "y"),
        ("envelope.comment", "z"),
    ]


def test_processing_instruction_is_refused_by_name() -> None:
    (fault,) = refusal(lambda: parse(b'<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?><a/>'))
    assert fault.code == "envelope.instruction"
    assert "xml-stylesheet" in fault.en


def test_ten_thousand_comments_get_a_bounded_answer() -> None:
    assert len(refusal(lambda: parse(b"<a>" + b"<!---->" * 10_000 + b"</a>"))) == 200


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("<a>ơ</a>".encode("utf-16"), "invalid byte"),
        ("<a>ơ</a>".encode("utf-16-le"), "invalid byte"),
        (b"<a>\xc0\xaf</a>", "invalid byte"),
        (b"<a>\0</a>", "a NUL byte"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a>+ADw-</a>', "UTF-7"),
        (b"<?xml version='1.0'  encoding = 'windows-1258' ?><a/>", "windows-1258"),
    ],
)
def test_only_utf8_is_taken(data: bytes, found: str) -> None:
    (fault,) = refusal(lambda: parse(data))
    assert fault.code == "envelope.encoding"
    assert found in fault.en


def test_broken_markup_is_told_with_line_column_and_byte() -> None:
    (fault,) = refusal(lambda: parse("<a>\nđ<b></a>".encode()))
    assert fault.code == "envelope.not_xml"
    assert "line 2" in fault.en


@pytest.mark.parametrize("data", [b"<a/>x", b"1212<?xml version='1.0'?><a/>", b"<a>&nothing;</a>", b"<a", b"x"])
def test_what_is_not_xml_is_refused(data: bytes) -> None:
    assert codes(data) == ["envelope.not_xml"]


def test_other_versions_of_xml_are_refused() -> None:
    assert codes(b'<?xml version="1.1"?><a/>') == ["envelope.version"]
    assert codes(b'<?xml version="1.0"?><a/>') == []


def test_cdata_is_text() -> None:
    assert parse(b"<a><![CDATA[<b>]]></a>").text == "<b>"


def test_each_call_has_its_own_parser() -> None:
    assert safe_parser() is not safe_parser()
