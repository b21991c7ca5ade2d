"""A layout and a payload make one text, whatever pieces the payload comes in."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelopes.layout import RUN_LIMIT, STRIDED_LINE, Layout, LineBreaker, TextWriter

runs = st.text(" \t\r\n", max_size=4).map(str.encode)
lines = st.one_of(st.just(0), st.integers(1, 2 * STRIDED_LINE), st.sampled_from([60, 64, 75, 76, 1000]))


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    line = draw(lines)
    newline = draw(runs.filter(bool)) if line else b""
    return Layout(lead=draw(runs), line=line, newline=newline, tail=draw(runs))


def slowly(layout: Layout, payload: bytes) -> bytes:
    """What the text is by definition."""
    characters = base64.b64encode(payload)
    step = layout.line or len(characters) or 1
    rows = [characters[at : at + step] for at in range(0, len(characters), step)]
    return layout.lead + layout.newline.join(rows) + layout.tail


def written(layout: Layout, pieces: list[bytes]) -> bytes:
    writer = TextWriter(layout)
    return b"".join([*(writer.feed(piece) for piece in pieces), writer.close()])


@given(layouts(), st.lists(st.binary(max_size=200), max_size=6))
def test_text_is_the_same_whatever_the_pieces(layout: Layout, pieces: list[bytes]) -> None:
    assert written(layout, pieces) == slowly(layout, b"".join(pieces))


@given(layouts(), st.binary(max_size=300))
def test_newlines_are_counted_without_the_text(layout: Layout, payload: bytes) -> None:
    assert layout.newlines(len(payload)) == slowly(layout, payload).count(b"\n")


@given(layouts())
def test_layout_survives_being_written_as_text(layout: Layout) -> None:
    assert Layout.from_text(layout.to_text()) == layout


def test_layout_is_written_readably() -> None:
    assert Layout(lead=b"\n  ", line=76, newline=b"\r\n", tail=b"\t").to_text() == "n  |76|rn|t"
    assert Layout().to_text() == "|0||"


@pytest.mark.parametrize("text", ["", "|0|", "|0|||", "|x||", "|-1|n|", "|76||", "|0|n|", "x|0||", "|0||\n", "| 0||"])
def test_other_text_is_no_layout(text: str) -> None:
    with pytest.raises(ValueError, match=r"layout|newline"):
        Layout.from_text(text)


@pytest.mark.parametrize(
    "parts",
    [
        {"lead": b"x"},
        {"tail": b"\x0b"},
        {"tail": b" " * (RUN_LIMIT + 1)},
        {"line": 76},
        {"newline": b"\n"},
        {"line": -1, "newline": b"\n"},
    ],
)
def test_impossible_layout_is_no_layout(parts: dict[str, bytes | int]) -> None:
    with pytest.raises(ValueError, match=r"layout|newline"):
        Layout(**parts)  # type: ignore[arg-type]


def test_line_that_ends_exactly_gets_no_newline_of_its_own() -> None:
    breaker = LineBreaker(Layout(line=4, newline=b"\n"))
    assert [breaker.feed(b"QUJD"), breaker.feed(b""), breaker.feed(b"REVG")] == [b"QUJD", b"", b"\nREVG"]


def test_empty_payload_leaves_only_lead_and_tail() -> None:
    assert written(Layout(lead=b"\n", line=76, newline=b"\n", tail=b" "), []) == b"\n "
