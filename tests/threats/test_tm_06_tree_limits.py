"""TM-06: the limits of SECURITY 1.4 hold at n and break at n + 1 in the parser too, without the splitter before it."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

import pytest

from envelopes.dom import parse
from envelopes.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_NAMESPACES
from tests.envelopes.messages import refusal, told
from tests.envelopes.test_splitting_limits import attributes, elements, namespaces, nested, prefixes

AT = {
    "depth": (nested, MAX_DEPTH, "envelope.too_deep"),
    "elements": (elements, MAX_ELEMENTS, "envelope.too_many_elements"),
    "attributes": (attributes, MAX_ATTRIBUTES, "envelope.too_many_attributes"),
    "namespaces": (namespaces, MAX_NAMESPACES, "envelope.too_many_namespaces"),
    "prefixes": (prefixes, MAX_NAMESPACES, "envelope.too_many_namespaces"),
}

LONGEST_TEXT = 10_000_000
"""Characters of one text, libxml2's own limit; the splitter lets through far fewer: a text is part of the skeleton."""


@pytest.mark.parametrize("name", AT)
def test_limit_holds_at_n_and_breaks_at_one_more(name: str) -> None:
    make, limit, code = AT[name]
    assert refusal(lambda: parse(make(limit))) == []
    (fault,) = refusal(lambda: parse(make(limit + 1)))
    assert fault.code == code
    assert str(limit) in fault.vi
    assert str(limit) in fault.en


def text(size: int) -> bytes:
    return b"<a>" + b"x" * size + b"</a>"


def cdata(size: int) -> bytes:
    return b"<a><![CDATA[" + b"x" * size + b"]]></a>"


def value(size: int) -> bytes:
    return b"<a b='" + b"x" * size + b"'/>"


def test_longest_text_is_exact() -> None:
    assert refusal(lambda: parse(text(LONGEST_TEXT))) == []
    assert told(refusal(lambda: parse(text(LONGEST_TEXT + 1)))) == [("envelope.not_xml", "")]


@pytest.mark.parametrize("make", [text, cdata, value])
def test_endless_text_is_refused(make: Callable[[int], bytes]) -> None:
    assert told(refusal(lambda: parse(make(2 * LONGEST_TEXT)))) == [("envelope.not_xml", "")]


@pytest.mark.parametrize("depth", [255, 256, 257, 100_000])
def test_depth_beyond_the_parsers_own_limit_is_refused_as_well(depth: int) -> None:
    assert told(refusal(lambda: parse(nested(depth))))[0][0] in {"envelope.too_deep", "envelope.not_xml"}


def test_declaring_one_namespace_on_each_element_is_declaring_one() -> None:
    assert refusal(lambda: parse(b"<a>" + b"<n:b xmlns:n='urn:x'/>" * 100 + b"</a>")) == []


@pytest.mark.parametrize("make", [elements, attributes, namespaces, prefixes])
def test_flood_of_a_whole_skeleton_costs_little(make: Callable[[int], bytes]) -> None:
    """As much as the splitter lets through, 256 KiB, of the worst kind."""
    data = make(256 * 1024 // len(make(101)) * 100)
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    refusal(lambda: parse(data))
    assert time.process_time() - begun < 0.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
