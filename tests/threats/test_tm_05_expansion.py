"""TM-05: entities that would grow a million times cost nothing, since no DOCTYPE is ever read."""

from __future__ import annotations

import resource
import time

import pytest

from tests.envelopes.messages import swap
from tests.threats.ways import LETTER, SUBJECT, WAYS, told


def subset(*declarations: str) -> str:
    return "<!DOCTYPE edXML [" + "".join(declarations) + "]>"


def laughs(lines: int) -> str:
    grown = [f"<!ENTITY l{n} '{10 * f'&l{n - 1};'}'>" for n in range(1, lines)]
    return subset("<!ENTITY l0 'ha'>", *grown, f"<!ENTITY x '&l{lines - 1};'>")


FLOODS = {
    "billion laughs": laughs(10),
    "quadratic": subset(f"<!ENTITY a '{'ha' * 50_000}'>", f"<!ENTITY x '{'&a;' * 5_000}'>"),
    "parameter laughs": subset("<!ENTITY % a 'ha'><!ENTITY % b '&#37;a;&#37;a;'> %b; %b; %b;"),
    "many entities": subset(*(f"<!ENTITY e{n} 'y'>" for n in range(5_000))),
    "many attributes by default": subset(*(f"<!ATTLIST a b{n} CDATA 'y'>" for n in range(5_000))),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FLOODS)
def test_expansion_costs_next_to_nothing(name: str, way: str) -> None:
    """Under 50 ms of CPU and 5 MB of memory."""
    for file in (swap(LETTER, SUBJECT, "&x;"), swap(LETTER, 'Manifest version="1.0"', 'Manifest version="&x;"')):
        data = FLOODS[name].encode() + file[file.index(b"<edXML") :]
        assert told(WAYS[way], data) == {"envelope.doctype"}
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = time.process_time()
        told(WAYS[way], data)
        assert time.process_time() - begun < 0.05
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 5 * 1024
