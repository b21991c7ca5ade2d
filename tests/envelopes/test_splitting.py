"""A file is taken apart by its tree alone; what is no edXML file is refused with its place and a way out."""

from __future__ import annotations

import base64
import hashlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelopes.faults import Fault
from envelopes.layout import Layout
from envelopes.limits import NS
from envelopes.splitting import Content, Splitter
from tests.envelopes.splits import (
    DECLARATION,
    END,
    ENVELOPE,
    START,
    Kept,
    attachment,
    fault_of,
    faults_of,
    file_with,
    rebuilt,
    split,
    with_texts,
)

PDF = b"%PDF-1.4 " + bytes(range(256))
TEXT = base64.b64encode(PDF)
BOM = b"\xef\xbb\xbf"
GOOD = with_texts(TEXT)


def content_element(opening: bytes, text: bytes = b"QUJD") -> bytes:
    """A file whose attachment holds this opening tag of its content."""
    return file_with(b"<Attachment>" + opening + text + b"</ContentTransferEncoded></Attachment>")


def test_attachment_streams_to_the_sink_and_leaves_the_skeleton() -> None:
    found, kept = split(GOOD)
    assert found.skeleton == GOOD.replace(TEXT, b"")
    assert (found.size, found.sha256) == (len(GOOD), hashlib.sha256(GOOD).digest())
    assert kept.payloads == {1: PDF}
    assert found.contents == (
        Content(
            n=1,
            cut=GOOD.index(TEXT),
            text_size=len(TEXT),
            size=len(PDF),
            sha256=hashlib.sha256(PDF).digest(),
            layout=Layout(),
        ),
    )


def test_attachments_are_numbered_in_the_order_of_the_file() -> None:
    _, kept = split(with_texts(b"QQ==", b"", b"Qw=="))
    assert kept.payloads == {1: b"A", 3: b"C"}


@pytest.mark.parametrize(
    "opening",
    [
        b"<ContentTransferEncoded>",
        b"<ContentTransferEncoded\r\n >",
        b"<ContentTransferEncoded a='x > y'>",
        b'<ContentTransferEncoded a=">" b="it\'s > that">',
        b"<x:ContentTransferEncoded xmlns:x='" + NS.encode() + b"'>",
    ],
)
def test_content_is_found_by_name_whatever_its_tag_looks_like(opening: bytes) -> None:
    data = content_element(opening)
    if b"<x:" in opening:
        data = data.replace(b"</Content", b"</x:Content")
    _, kept = split(data)
    assert kept.payloads == {1: b"ABC"}


@pytest.mark.parametrize(
    "before", [b"<A b='>'/>", b"<A><![CDATA[it's > that]]></A>", b"<A>it's > that</A>", b"<A>]</A>"]
)
def test_greater_than_sign_before_the_content_ends_no_tag(before: bytes) -> None:
    _, kept = split(file_with(attachment(b"QUJD", before=before)))
    assert kept.payloads == {1: b"ABC"}


@pytest.mark.parametrize("path", [b"<Other>", b"<Attachment><Other>"])
def test_element_of_that_name_elsewhere_is_markup(path: bytes) -> None:
    close = b"</Other></Attachment>" if b"Attachment" in path else b"</Other>"
    inner = b"<ContentTransferEncoded>QUJD</ContentTransferEncoded>"
    data = file_with(path + inner + close)
    if b"Attachment" in path:
        assert fault_of(data).code == "attachment.contentless"
    else:
        found, kept = split(data)
        assert (found.skeleton, kept.payloads) == (data, {})


def test_foreign_namespace_makes_no_content() -> None:
    data = content_element(b"<ContentTransferEncoded xmlns='urn:x'>")
    assert fault_of(data).code == "attachment.contentless"


def test_empty_element_is_an_empty_content() -> None:
    data = file_with(b"<Attachment><ContentTransferEncoded/></Attachment>")
    found, kept = split(data)
    assert [(one.n, one.size, one.text_size) for one in found.contents] == [(1, 0, 0)]
    assert (rebuilt(found, kept), kept.payloads) == (data, {})


def test_text_behind_an_empty_element_is_not_its_content() -> None:
    """Another reader would see an empty attachment, so we must."""
    data = file_with(b"<Attachment><ContentTransferEncoded/>QUJD</Attachment>")
    found, kept = split(data)
    assert (found.skeleton, kept.payloads) == (data, {})


def test_byte_order_mark_is_kept_in_the_skeleton() -> None:
    found, kept = split(BOM + GOOD)
    assert found.skeleton.startswith(BOM + DECLARATION)
    assert rebuilt(found, kept) == BOM + GOOD


@pytest.mark.parametrize("start", [b"", b" \n", b"<?xml version='1.0'?>", b"<?xml version='1.0' encoding='utf-8'?>\n"])
def test_declaration_may_be_absent_or_say_utf8(start: bytes) -> None:
    assert faults_of(start + GOOD.removeprefix(DECLARATION)) == ()


def test_white_space_behind_the_root_is_no_junk() -> None:
    found, kept = split(GOOD + b" \r\n\t")
    assert rebuilt(found, kept) == GOOD + b" \r\n\t"


def shown(fault: Fault) -> str:
    assert fault.vi
    assert "{" not in fault.vi.replace("{" + NS, "").replace("{urn:", "")
    return f"{fault.code}: {fault.en}"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "envelope.empty"),
        (b" \r\n", "envelope.empty"),
        (BOM, "envelope.empty"),
        ("Kính gửi các đơn vị".encode(), "envelope.not_xml: The file is not well-formed XML at line 1"),
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n>" + bytes(100), "it does not begin with an XML tag"),
        (b"PK\x03\x04<edX>" + bytes(9), "it does not begin with an XML tag"),
        (b"<!doctype html><html></html>", "envelope.not_xml"),
        (b"1212" + GOOD, "There are 4 stray bytes before the XML"),
        (b"\x00\x00\x05\x9c" + GOOD, "There are 4 stray bytes"),
        (b" \n" + GOOD, "There are 2 stray bytes"),
        (BOM + BOM + GOOD, "There are 3 stray bytes"),
        (BOM + b"junk" + GOOD, "There are 4 stray bytes"),
        (b"junk" + START + b"</edXML>", "There are 4 stray bytes"),
        (
            GOOD.rstrip() + b"1",
            f"stray content after the end of the root element, at line 4, column 9 (byte {len(GOOD) - 2})",
        ),
        (GOOD + b"<more/>", "envelope.junk_after"),
        (GOOD + GOOD, "envelope.junk_after"),
        (GOOD + bytes(512), "envelope.junk_after"),
        (GOOD + b"\xff\xfe", "envelope.junk_after"),
        (GOOD[: GOOD.index(TEXT) + 40], f"it ends at byte {GOOD.index(TEXT) + 40}, before the XML is complete"),
        (GOOD[: GOOD.index(TEXT) + len(TEXT) + 1], "envelope.truncated"),
        (GOOD.rstrip()[:-3], "envelope.truncated"),
        (GOOD[:60], "envelope.truncated"),
        (b"<", "envelope.truncated"),
        (GOOD[: GOOD.index("í".encode()) + 1], "envelope.truncated"),
        (START + b"<a></b></edXML>", "envelope.not_xml"),
        (START + b"<x:a/></edXML>", "a namespace prefix is not declared"),
        (START + b"\n<a>&nbsp;</a></edXML>", "line 2, column 4"),
        (START + b"<a>\x01</a></edXML>", "invalid character or token"),
        (START + b"<a b='c><d/></edXML>", "invalid character or token"),
        (START + b'<a b="c<d"/><e f="g"/></edXML>', f"byte {len(START) + 7}"),
        (DECLARATION + DECLARATION + START + END, "the XML declaration is not at the start"),
    ],
)
def test_what_is_no_whole_xml_file_is_told_with_its_place(data: bytes, told: str) -> None:
    fault = fault_of(data)
    assert told in shown(fault)
    assert fault_of(data, [1] * len(data)) == fault


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (GOOD.decode().encode("utf-16"), "UTF-16 at byte 0"),
        (GOOD.decode().encode("utf-16-le"), "UTF-16 at byte 0"),
        (GOOD.decode().encode("utf-16-be"), "UTF-16 at byte 0"),
        (GOOD.decode().encode("utf-32"), "UTF-32 at byte 0"),
        (GOOD.decode().encode("utf-32-be"), "UTF-32 at byte 0"),
        (START + b"<a>\xc0\xaf</a></edXML>", f"invalid byte at byte {len(START) + 3}"),
        (START + b"<a>H\xf4n</a></edXML>", f"invalid byte at byte {len(START) + 4}"),
        (START + b"<a>\xed\xa0\x80</a></edXML>", "invalid byte"),
        (START + b"<a>\0</a></edXML>", f"a NUL byte at byte {len(START) + 3}"),
        (GOOD.replace(b"UTF-8", b"UTF-7"), "it declares UTF-7 at byte 30"),
        (GOOD.replace(b"UTF-8", b"windows-1258"), "it declares windows-1258"),
        (GOOD.replace(b"UTF-8", b"UTF-16"), "it declares UTF-16"),
    ],
)
def test_only_utf8_is_taken(data: bytes, told: str) -> None:
    fault = fault_of(data)
    assert fault.code == "envelope.encoding"
    assert told in shown(fault)


def test_other_encodings_never_pass() -> None:
    plain = (DECLARATION + START + END).decode()
    assert fault_of(plain.encode("cp037")).code == "envelope.not_xml"
    assert fault_of(plain.replace("<", "+ADw-").encode()).code == "envelope.not_xml"


def test_only_xml_1_0_is_taken() -> None:
    assert fault_of(GOOD.replace(b'version="1.0"', b'version="1.1"')).code == "envelope.version"


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE edXML>",
        b'<!DOCTYPE edXML SYSTEM "http://127.0.0.1:9/x.dtd">',
        b'<!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE edXML [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]>',
        b"<!DOCTYPE edXML [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]>",
        b"<!DOCTYPE edXML SYSTEM 'it>s'>",
    ],
)
def test_doctype_is_refused_with_its_place(doctype: bytes) -> None:
    fault = fault_of(DECLARATION + b"  " + doctype + START + ENVELOPE + END)
    assert fault.code == "envelope.doctype"
    assert f"line 2, column 3 (byte {len(DECLARATION) + 2})" in fault.en


@pytest.mark.parametrize(
    ("root", "found"),
    [
        (b"<EdXMLEnvelope xmlns='http://www.go.vn/eDoc'>", "{http://www.go.vn/eDoc}EdXMLEnvelope"),
        (b"<edXML xmlns='http://www.e-doc.vn/Schema/'>", "{http://www.e-doc.vn/Schema/}edXML"),
        (b"<edXML>", "has edXML"),
        (START.replace(b"edXML ", b"edxml "), f"{{{NS}}}edxml"),
    ],
)
def test_wrong_root_is_told_as_soon_as_it_is_seen(root: bytes, found: str) -> None:
    splitter = Splitter(Kept())
    fault = fault_of(DECLARATION + root)
    assert fault.code == "envelope.namespace"
    assert f"{{{NS}}}edXML" in fault.en
    assert found in fault.en
    splitter.feed(DECLARATION)


def test_all_comments_and_instructions_are_told() -> None:
    data = b"<?pi x?>" + START + b"<!-- a\n>'--><A>H<!--b-->08</A><?p q>r?></edXML><!--c-->"
    faults = faults_of(data)
    assert [(fault.code, fault.value) for fault in faults] == [
        ("envelope.instruction", "x"),
        ("envelope.comment", " a\n>'"),
        ("envelope.comment", "b"),
        ("envelope.instruction", "q>r"),
        ("envelope.comment", "c"),
    ]
    assert faults_of(data, [1] * len(data)) == faults


def test_comment_is_told_before_an_attachment_is_taken() -> None:
    kept = Kept()
    splitter = Splitter(kept)
    data = file_with(attachment(TEXT, before=b"<!-- x -->"))
    assert fault_of(data[: data.index(TEXT)]).code == "envelope.comment"
    splitter.feed(data[:50])
    assert kept.payloads == {}


def test_ten_thousand_comments_get_a_bounded_answer() -> None:
    assert len(faults_of(START + b"<!---->" * 10_000 + END)) == 200


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        (b"<ContentId>a</ContentId>", "attachment.contentless"),
        (b"", "attachment.contentless"),
        (b"<ContentTransferEncoded/>" * 2, "attachment.content_repeated"),
        (b"<ContentTransferEncoded>QQ==</ContentTransferEncoded>" * 2, "attachment.content_repeated"),
    ],
)
def test_attachment_has_exactly_one_content(inner: bytes, code: str) -> None:
    fault = fault_of(file_with(attachment(b"QQ=="), b"<Attachment>" + inner + b"</Attachment>"))
    assert (fault.code, fault.path) == (code, "AttachmentEncoded/Attachment[2]")
    assert "2" in fault.vi


GARBLED = {
    "markup": (b"QUJD<b/>", 4, "holds an element"),
    "comment": (b"QU<!-- x -->JD", 2, "holds an element"),
    "CDATA": (b"<![CDATA[QUJD]]>", 0, "holds an element"),
    "instruction": (b"QUJD<?x?>", 4, "holds an element"),
    "foreign character": (b"QUJ*QUJD", 3, "foreign character"),
    "URL-safe alphabet": (b"QUJDQ_-=", 5, "foreign character"),
    "other white space": (b"QUJD\x0b", 4, "foreign character"),
    "no-break space": ("QUJD\u00a0".encode(), 4, "foreign character"),
    "replacement damage": (b"QUJD\xef\xbf\xbd", 4, "foreign character"),
    "a NUL": (b"QUJD\0", 4, "foreign character"),
    "entity": (b"QUJD&lt;", 4, "foreign character"),
    "one character too many": (b"QUJDQ", 5, "not complete base64"),
    "no padding": (b"QUJDQQ", 6, "not complete base64"),
    "half a padding": (b"QUJDQQ=\n", 6, "not complete base64"),
    "padding alone": (b"====", 0, "not complete base64"),
    "padding of nothing": (b"QUJD====", 4, "not complete base64"),
    "too much padding": (b"QUJDQQ===", 6, "not complete base64"),
    "padding in front": (b"=QUJ", 0, "not complete base64"),
    "padding in the middle": (b"Q=JD", 1, "not complete base64"),
    "data behind padding": (b"QQ==QUJD", 2, "not complete base64"),
    "data behind padding and a newline": (b"QQ==\nQQ==", 2, "not complete base64"),
    "junk at the end of much": (b"QUJD" * 200_000 + b"Q!", 800_001, "foreign character"),
    "junk in the middle of much": (b"QUJD\n" * 200_000 + b"Q-" + b"QUJD\n" * 200_000, 1_000_001, "foreign character"),
    "padding in the middle of much": (b"QUJD" * 100_000 + b"QQ==" + b"QUJD" * 100_000, 400_002, "not complete base64"),
}


@pytest.mark.parametrize("name", GARBLED)
def test_garbled_content_is_told_with_its_byte(name: str) -> None:
    text, place, told = GARBLED[name]
    data = with_texts(b"QUJD", text)
    fault = fault_of(data)
    assert fault.code == "attachment.garbled"
    assert fault.path == "AttachmentEncoded/Attachment[2]/ContentTransferEncoded"
    assert "attachment 2" in fault.en
    assert told in fault.en
    assert f"byte {data.index(b'>', data.rindex(b'<edXML:Content')) + 1 + place} of the file" in fault.en
    assert fault_of(data, [len(data) // 2, 1, 1, 100]) == fault


def test_places_behind_attachments_are_places_in_the_file() -> None:
    """expat never sees the attachments' text, so lines and columns are corrected for it."""
    data = with_texts(b"\nQUJD\nREVG\n ", b"QUJD", b"QUJDRE\nVG") + b" x"
    place = len(data) - 1
    line, column = data.count(b"\n", 0, place) + 1, place - data.rindex(b"\n", 0, place)
    assert f"line {line}, column {column} (byte {place})" in fault_of(data).en


@given(st.lists(st.sampled_from([b"QUJD", b"\nQUJD\r\n", b"Q\nUJD\n  ", b"\n", b""]), max_size=4), st.booleans())
def test_line_and_column_are_right_behind_any_text(contents: list[bytes], on_one_line: bool) -> None:
    data = with_texts(*contents, b"")
    if on_one_line:
        data = data.replace(b"Attachment>\n", b"Attachment>")
    place = data.rindex(b"</Attachment>")
    broken = data[:place] + b"&" + data[place:]
    line = data.count(b"\n", 0, place) + 1
    column = len(data[data.rfind(b"\n", 0, place) + 1 : place].decode()) + 2  # expat points behind the ampersand
    assert f"line {line}, column {column}" in fault_of(broken).en


def test_memory_does_not_grow_with_the_attachment() -> None:
    class Nowhere(Kept):
        def payload(self, n: int, data: bytes) -> None:
            """Drop it."""

    line = base64.b64encode(bytes(57)) + b"\r\n"
    start, end = GOOD[: GOOD.index(TEXT)], GOOD[GOOD.index(TEXT) + len(TEXT) :]
    splitter, chunk = Splitter(Nowhere()), line * 1000
    splitter.feed(start + chunk)
    tracemalloc.start()
    for _ in range(500):
        splitter.feed(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    splitter.feed(end)
    assert splitter.close().contents[0].size == 57 * 501_000
    assert peak < 3_000_000
