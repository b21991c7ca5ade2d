"""What becomes of a file depends on its bytes alone: not on its cut, its damage or what it is made to cost."""

from __future__ import annotations

import base64
import hashlib
import re
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelopes.splitting import Split, Splitter
from envelopes.writing import write_document
from tests.envelopes.messages import letter
from tests.envelopes.outcomes import (
    BEGIN,
    CLOSE,
    END,
    OPEN,
    ended,
    file_of,
    only_fault,
    outcome,
    split_steps,
    start_of,
)
from tests.envelopes.splits import rebuilt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from hashlib import _Hash

    from envelopes.faults import Fault
    from envelopes.layout import Layout

MEBIBYTE = 1024 * 1024
BOM = b"\xef\xbb\xbf"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
SEVERAL = bytes(range(256)) * 5
REFERENCES = (b"&#13;", b"&#10;", b"&#xD;", b"&#xd;", b"&#xA;", b"&#xa;")


class Nowhere:
    """Counts what comes and keeps nothing."""

    def __init__(self) -> None:
        self.size = 0

    def payload(self, _n: int, data: bytes) -> None:
        self.size += len(data)

    def irregular(self, _n: int, _layout: Layout, _text_size: int) -> _Hash:
        return hashlib.sha256()

    def text(self, _n: int, data: bytes) -> None:
        assert data is not None


def byte_of(fault: Fault) -> int:
    """The byte a fault names, the same in both languages."""
    vietnamese, english = re.search(r"byte thứ (\d+)", fault.vi), re.search(r"byte (\d+)", fault.en)
    assert vietnamese
    assert english
    assert vietnamese[1] == english[1]
    return int(english[1])


def folded(payload: bytes, newline: bytes, line: int = 76) -> bytes:
    """Base64 in lines."""
    characters = base64.b64encode(payload)
    return newline.join(characters[at : at + line] for at in range(0, len(characters), line))


@pytest.mark.parametrize("step", [0, 1, 2, 3, 64, 1_000])
@pytest.mark.parametrize("reference", REFERENCES)
def test_line_ends_as_references_are_white_space_kept_as_it_came(reference: bytes, step: int) -> None:
    payload = SEVERAL[:200]
    text = folded(payload, reference + b"\n")
    for one in (text, text + reference + b"\n", reference + text, base64.b64encode(payload) + reference, reference):
        found, kept = split_steps(file_of(one), step)
        assert bytes(kept.payloads.get(1, b"")) == (b"" if one == reference else payload)
        assert kept.texts == {1: one}
        assert found.contents[0].text_sha256 == hashlib.sha256(one).digest()
        assert rebuilt(found, kept) == file_of(one)


@pytest.mark.parametrize("step", [0, 100_000])
def test_references_of_a_large_text_are_found_at_every_border(step: int) -> None:
    payload = SEVERAL * 700
    for lead in range(5):
        data = file_of(b" " * lead + folded(payload, b"&#13;\n", 77))
        found, kept = split_steps(data, step)
        assert kept.payloads == {1: payload}
        assert rebuilt(found, kept) == data


@pytest.mark.parametrize(
    "reference", [b"&#32;", b"&#9;", b"&amp;", b"&#65;", b"&#X0D;", b"&#13", b"&#130;", b"&x;", b"&"]
)
def test_other_references_in_base64_are_refused_to_the_byte(reference: bytes) -> None:
    for behind in (b"QUJD", b"", b"\n"):
        text = b"QUJD&#13;\nREVG" + reference + behind
        fault = only_fault(file_of(text))
        assert fault.code == "attachment.garbled"
        assert byte_of(fault) == start_of(text, file_of(text)) + len(b"QUJD&#13;\nREVG")


@pytest.mark.parametrize("place", [0, 3, 9, 10, 13])
def test_foreign_character_among_references_is_told_to_the_byte(place: int) -> None:
    text = b"QUJD&#13;\nREV"
    text = text[:place] + b"*" + text[place:]
    assert byte_of(only_fault(file_of(text))) == start_of(text, file_of(text)) + place


@pytest.mark.parametrize(
    "whole", [DECLARATION + file_of(b"QUJD\nREVG\n", b"", b"QQ=="), write_document(letter()).rstrip()]
)
def test_file_cut_anywhere_is_truncated(whole: bytes) -> None:
    assert isinstance(outcome(whole), Split)
    for size in range(1, len(whole)):
        faults = outcome(whole[:size])
        assert isinstance(faults, tuple), size
        assert [fault.code for fault in faults] == ["envelope.truncated"], size
        assert byte_of(faults[0]) == size
        if size % 11 == 0:
            assert outcome(whole[:size], 1) == faults


@pytest.mark.parametrize("data", [b"", b" ", b"\r\n\t", BOM, BOM + b"\n", b" " * 5_000])
def test_nothing_is_told_as_nothing_however_long(data: bytes) -> None:
    assert only_fault(data).code == "envelope.empty"


@pytest.mark.parametrize("junk", [b"x", b"1234", b"\xff\xfa", b"0d0a\r\n", b" ", b"\n\n", b"j" * 3_000, b"\0\0\0"])
@pytest.mark.parametrize("before", [b"", BOM])
def test_junk_before_the_declaration_is_counted_however_long(junk: bytes, before: bytes) -> None:
    fault = only_fault(before + junk + DECLARATION + file_of())
    assert fault.code == "envelope.junk_before"
    assert f"Có {len(junk)} byte thừa" in fault.vi
    assert f"are {len(junk)} stray bytes" in fault.en


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_encodings_are_told_by_name(codec: str) -> None:
    fault = only_fault((DECLARATION + file_of()).decode().encode(codec))
    assert (fault.code, byte_of(fault)) == ("envelope.encoding", 0)
    assert fault.value == codec[:6].upper()


@pytest.mark.parametrize("prefix", ["edXML", "ns0", "văn-bản", "_"])
def test_prefixes_mean_nothing(prefix: str) -> None:
    data = file_of(b"QUJD").decode().replace("xmlns=", f"xmlns:{prefix}=")
    data = re.sub(r"<(/?)", rf"<\1{prefix}:", data)
    found, kept = split_steps(data.encode(), 1)
    assert kept.payloads == {1: b"ABC"}
    assert rebuilt(found, kept) == data.encode()


@given(st.binary(min_size=1, max_size=2_000))
def test_random_bytes_are_refused_alike(data: bytes) -> None:
    found = outcome(data)
    assert isinstance(found, tuple)
    assert outcome(data, 1) == found


def mutated(data: bytes, draw: st.DataObject) -> bytes:
    """The file with a few bytes changed, put in or taken out."""
    pieces = st.sampled_from(
        (b"<", b">", b"&", b"=", b"'", b'"', b"\0", b"\xff", b" ", b"&#13;", b"<!--", b"/>", b"<?")
    )
    for _ in range(draw.draw(st.integers(1, 3))):
        place = draw.draw(st.integers(0, max(len(data) - 1, 0)))
        piece = draw.draw(pieces | st.binary(max_size=3))
        data = data[:place] + piece + data[place + draw.draw(st.integers(0, 2)) :]
    return data


@given(st.binary(max_size=60), st.binary(max_size=60), st.data())
def test_damaged_file_is_refused_or_rebuilt_however_it_is_cut(one: bytes, two: bytes, data: st.DataObject) -> None:
    whole = mutated(DECLARATION + file_of(base64.encodebytes(one), folded(two, b"&#13;\n", 5)), data)
    found = outcome(whole)
    step = data.draw(st.integers(2, 40))
    assert outcome(whole, 1) == found
    assert outcome(whole, step) == found
    if isinstance(found, Split):
        assert rebuilt(*split_steps(whole, step)) == whole


def large(kind: str) -> Iterator[bytes]:
    """50 MB of one attachment in pieces of 512 KiB."""
    lines = base64.encodebytes(bytes(range(250)) * 57 * 20)
    block = {
        "one line": lines.replace(b"\n", b""),
        "lines": lines,
        "references": lines.replace(b"\n", b"&#13;\n"),
        "irregular": b" " * 70 + lines + b" ",
        "white space": b" \n" * 180_000,
        "white space inside": b"Q" + b"\n" * 400_000 + b"UJD",
    }[kind]
    size = MEBIBYTE // 2
    yield OPEN + BEGIN
    sent, rest = 0, b""
    while sent < 50 * MEBIBYTE:
        rest += block
        while len(rest) >= size:
            yield rest[:size]
            rest, sent = rest[size:], sent + size
    yield rest + END + CLOSE


@pytest.mark.parametrize("kind", ["one line", "lines", "references", "irregular", "white space", "white space inside"])
def test_memory_does_not_grow_with_any_kind_of_text(kind: str) -> None:
    sink = Nowhere()
    tracemalloc.start()
    try:
        found = ended(Splitter(sink), large(kind))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(found, Split)
    assert found.contents[0].text_size >= 50 * MEBIBYTE
    assert found.contents[0].size == sink.size
    assert (found.contents[0].layout is not None) == (kind in {"one line", "lines"})
    assert peak < 8 * MEBIBYTE


def test_markup_without_end_is_refused_before_it_is_held() -> None:
    tracemalloc.start()
    try:
        found = ended(Splitter(Nowhere()), (b"<edXML " + b" " * MEBIBYTE for _ in range(20)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(found, tuple)
    assert [fault.code for fault in found] == ["envelope.skeleton_too_large"]
    assert peak < 8 * MEBIBYTE


COSTLY = {
    "greater-than signs in an attribute": b'<a b="' + b">" * 250_000 + b'"/>',
    "greater-than signs in text": b"<a>" + b">" * 250_000 + b"</a>",
    "greater-than signs in CDATA": b"<a><![CDATA[" + b">" * 250_000 + b"]]></a>",
    "greater-than signs in a comment": b"<!--" + b">" * 250_000 + b"-->",
    "greater-than signs in an instruction": b"<?x " + b">" * 250_000 + b"?>",
    "quotes": b"<a" + b" b='>'" * 40_000 + b"/>",
    "white space in a tag": b"<a " + b"\n" * 250_000 + b"/>",
    "references": b"<a>" + b"&#13;" * 50_000 + b"</a>",
    "elements": b"<a/>" * 19_000,
    "comments": b"<!---->" * 30_000,
    "attachments": b"<AttachmentEncoded>" + (BEGIN + END) * 64 + b"</AttachmentEncoded>" + b"<a/>" * 19_000,
}


@pytest.mark.parametrize("step", [0, 1_000])
@pytest.mark.parametrize("name", COSTLY)
def test_markup_made_to_cost_time_costs_little(name: str, step: int) -> None:
    data = OPEN.removesuffix(b"<AttachmentEncoded>") + COSTLY[name] + b"</edXML>"
    started = time.process_time()
    outcome(data, step)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("block", [b"Q ", b"&#13;", b"Q&#13;UJD", b"=", b"Q\n", b"&", b"QUJD="])
def test_text_made_to_cost_time_costs_little(block: bytes) -> None:
    started = time.process_time()
    outcome(file_of(block * (1_000_000 // len(block))), 65_536)
    assert time.process_time() - started < 2
