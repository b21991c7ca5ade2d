"""Any file that is taken can be made again byte for byte from what is kept of it, however it arrived."""

from __future__ import annotations

import base64
import hashlib
import html
import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envelopes import base64_text
from envelopes.base64_blocks import LINE_LIMIT
from envelopes.layout import RUN_LIMIT, Layout
from envelopes.rebuilding import pieces
from tests.envelopes.splits import Kept, faults_of, file_with, rebuilt, split, with_texts

SAMPLES = sorted((Path(__file__).parents[3] / "shared" / "samples" / "edxml").glob("*.edxml"))
NONE = pytest.param(Path(), marks=pytest.mark.skip(reason="the real example messages do not lie beside this clone"))
BLOCK = base64_text.BLOCK_BYTES

spaces = st.text(" \t\r\n", max_size=5).map(str.encode)
chunk_sizes = st.lists(st.integers(0, 300), max_size=60)
payloads = st.binary(max_size=400)


def folded(characters: bytes, line: int, newline: bytes) -> bytes:
    return newline.join(characters[at : at + line] for at in range(0, len(characters), line))


def random_bytes(size: int, *, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def encoded(size: int) -> bytes:
    return base64.b64encode(random_bytes(size))


@st.composite
def regular_texts(draw: st.DrawFn) -> bytes:
    characters = base64.b64encode(draw(payloads))
    newline = draw(spaces.filter(bool))
    text = folded(characters, draw(st.integers(1, 100)), newline) if draw(st.booleans()) else characters
    return draw(spaces) + text + draw(spaces)


@st.composite
def scattered_texts(draw: st.DrawFn) -> bytes:
    """Base64 with white space anywhere, which no layout makes unless by chance."""
    characters = base64.b64encode(draw(payloads))
    places = sorted(draw(st.lists(st.integers(0, len(characters)), max_size=8)))
    parts = [characters[start:end] for start, end in zip([0, *places], [*places, None], strict=True)]
    return b"".join(part + draw(spaces) for part in parts)


@st.composite
def odd_texts(draw: st.DrawFn) -> bytes:
    """The last bits are set though they belong to no byte."""
    characters = base64.b64encode(draw(payloads) + b"x")
    return {b"==": characters[:-3] + b"B==", b"e=": characters[:-2] + b"f="}.get(characters[-2:], characters)


texts = st.one_of(regular_texts(), scattered_texts(), odd_texts(), spaces)


def check_round(data: bytes, sizes: list[int]) -> None:
    found, kept = split(data, sizes)
    assert rebuilt(found, kept) == data
    assert found.size == len(data)
    assert found.sha256 == hashlib.sha256(data).digest()
    for content in found.contents:
        text = kept.text_of(content)
        payload = base64.b64decode(html.unescape(text.decode()))
        assert payload == kept.payload_of(content)
        assert (content.size, content.sha256) == (len(payload), hashlib.sha256(payload).digest())
        assert content.text_size == len(text)
        expected = hashlib.sha256(text).digest() if content.layout is None else None
        assert content.text_sha256 == expected
    assert split(data)[0] == found


@given(st.lists(texts, max_size=3), chunk_sizes)
def test_any_file_that_is_taken_is_made_again(contents: list[bytes], sizes: list[int]) -> None:
    check_round(with_texts(*contents), sizes)


@given(st.lists(texts, min_size=1, max_size=2), st.randoms(use_true_random=False))
def test_one_byte_at_a_time_is_as_good_as_all_at_once(contents: list[bytes], chance: random.Random) -> None:
    data = with_texts(*contents)
    check_round(data, [1] * len(data))
    check_round(data, [chance.randint(1, 5) for _ in data])


@settings(max_examples=200)
@given(st.binary(max_size=60), st.binary(max_size=60), chunk_sizes)
@example(b"", b"=", [])
@example(b"QQ=", b"=", [])
@example(b"Q=Q=", b"", [])
@example(b"QU&#13;\nJD&#xA;", b"QUJD&#", [1, 99])
def test_any_bytes_in_a_content_are_refused_or_made_again(first: bytes, second: bytes, sizes: list[int]) -> None:
    data = with_texts(first, second)
    faults = faults_of(data)
    assert faults_of(data, sizes) == faults
    assert faults_of(data, [1] * len(data)) == faults
    if not faults:
        check_round(data, sizes)


@given(st.data())
def test_damaged_file_has_one_outcome_however_it_is_cut(chosen: st.DataObject) -> None:
    data = bytearray(with_texts(b"QUJD", b"\nREVG\nR0g=\n"))
    for _ in range(chosen.draw(st.integers(1, 3))):
        data[chosen.draw(st.integers(0, len(data) - 1))] = chosen.draw(st.integers(0, 255))
    whole = bytes(data[: chosen.draw(st.integers(0, len(data)))]) if chosen.draw(st.booleans()) else bytes(data)
    sizes = chosen.draw(chunk_sizes)
    faults = faults_of(whole)
    assert faults_of(whole, sizes) == faults
    if not faults:
        check_round(whole, sizes)


LONG = {
    "one line": encoded(2 * BLOCK),
    "76 with CRLF": folded(encoded(2 * BLOCK), 76, b"\r\n"),
    "75, which is no multiple of four": folded(encoded(2 * BLOCK + 1), 75, b"\n"),
    "deep indentation": b"\n" + folded(encoded(BLOCK), 64, b"\n" + b" " * 40) + b"\n    ",
    "single characters": folded(encoded(BLOCK // 3), 1, b"\n"),
    "longest lines": folded(encoded(2 * BLOCK), LINE_LIMIT, b"\n"),
    "newline at the very end": folded(encoded(57 * 7000), 76, b"\n") + b"\n",
    "padding behind a full block": encoded(BLOCK * 3 // 4 + 1),
    "lead and tail of the longest": b" " * RUN_LIMIT + encoded(BLOCK) + b"\t" * RUN_LIMIT,
    "exactly one block": encoded(BLOCK * 3 // 4),
    "one block and its reserve": encoded((BLOCK + base64_text.RESERVE_BYTES) * 3 // 4),
}


@pytest.mark.parametrize("name", LONG)
def test_long_regular_text_needs_no_verbatim_copy(name: str) -> None:
    data = with_texts(LONG[name], b"QUJD")
    check_round(data, [])
    check_round(data, [len(data) // 3 + 1, 1, 77, BLOCK])
    found, _ = split(data)
    assert [content.layout is not None for content in found.contents] == [True, True]


IRREGULAR = {
    "a newline missing late": folded(encoded(57 * 7000), 76, b"\r\n") + folded(encoded(57 * 7000), 76, b"\r\n"),
    "line ends of two kinds": folded(encoded(57 * 5000), 76, b"\r\n") + b"\n" + folded(encoded(57 * 9), 76, b"\n"),
    "a blank after a block": encoded(BLOCK * 3 // 4) + b" " + encoded(BLOCK),
    "a newline after the first block": encoded(BLOCK * 3) + b"\n" + encoded(99),
    "tail too long": LONG["76 with CRLF"] + b"\r\n" * RUN_LIMIT,
    "lead too long": b" " * (RUN_LIMIT + 1) + encoded(99),
    "newline too long": encoded(57) + b" " * (RUN_LIMIT + 1) + encoded(57),
    "lines too long": folded(encoded(3 * LINE_LIMIT), LINE_LIMIT + 4, b"\n"),
    "last line too long": folded(encoded(57 * 6000), 76, b"\n") + encoded(3),
    "only white space": b" " * (BLOCK * 2),
    "set bits behind the end": encoded(BLOCK * 3)[:-4] + b"QR==",
    "white space inside a group": b"Q" + b" " * (3 * BLOCK) + b"UJD",
}


@pytest.mark.parametrize("name", IRREGULAR)
def test_irregular_text_is_kept_verbatim(name: str) -> None:
    data = with_texts(b"QUJD", IRREGULAR[name])
    check_round(data, [])
    check_round(data, [1000, 1, BLOCK + 7])
    found, _ = split(data)
    assert [content.layout is None for content in found.contents] == [False, True]


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        (b"", Layout()),
        (b"\n  ", Layout(tail=b"\n  ")),
        (b"QUJD", Layout()),
        (b"\nQUJD\n", Layout(lead=b"\n", tail=b"\n")),
        (b"QUJD\r\nRA==\r\n", Layout(line=4, newline=b"\r\n", tail=b"\r\n")),
        (b"  QUJD\n  RA==", Layout(lead=b"  ", line=4, newline=b"\n  ")),
        (b"Q\nU\nJ\nD", Layout(line=1, newline=b"\n")),
        (b"QUJ\nDRA\n==", Layout(line=3, newline=b"\n")),
        (b"QUJD\nREVGRw==", None),
        (b"QU JD\nRE VG", None),
    ],
)
def test_layout_is_the_plainest_that_makes_the_text(text: bytes, layout: Layout | None) -> None:
    found, _ = split(with_texts(text))
    assert found.contents[0].layout == layout


def test_sink_never_gets_more_than_a_block_at_once() -> None:
    """Memory stays flat whatever the size and the pieces of the file."""
    line = encoded(6 * BLOCK)
    for text in (line, folded(line, 76, b"\n"), b" " * (RUN_LIMIT + 1) + line):
        _, kept = split(with_texts(text))
        assert kept.largest <= BLOCK + base64_text.RESERVE_BYTES


def test_pieces_alternate_between_skeleton_and_contents() -> None:
    data = with_texts(b"QUJD", b"REVG")
    found, _ = split(data)
    made = list(pieces(found.skeleton, found.contents[::-1]))
    assert [piece if isinstance(piece, bytes) else piece.n for piece in made][1::2] == [1, 2]
    assert b"".join(piece for piece in made if isinstance(piece, bytes)) == found.skeleton
    assert found.skeleton == data.replace(b"QUJD", b"").replace(b"REVG", b"")


def test_file_without_attachments_is_its_own_skeleton() -> None:
    data = file_with()
    found, kept = split(data)
    assert (found.skeleton, found.contents) == (data, ())
    assert list(pieces(found.skeleton, ())) == [data]
    assert kept.payloads == {}


@pytest.mark.parametrize("path", SAMPLES or [NONE], ids=lambda path: path.stem)
def test_real_message_is_made_again(path: Path) -> None:
    data = path.read_bytes()
    if path.stem == "edoc_new_leading_junk":
        assert [fault.code for fault in faults_of(data)] == ["envelope.junk_before"]
        data = data[4:]
    check_round(data, [])
    check_round(data, [1000] * 200)


def test_sink_may_be_anything_that_keeps_promises() -> None:
    assert isinstance(Kept().irregular(1, Layout(), 0).digest(), bytes)
