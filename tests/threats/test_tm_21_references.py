"""TM-21: references are counted before any of them is looked at, so that nobody buys work with a valid key."""

from __future__ import annotations

import time

import pytest

from envelopes.faults import Refused
from envelopes.limits import MAX_REFERENCES, MAX_SKELETON_BYTES
from signing import gate
from tests.signing.forging import with_ids
from tests.signing.letters import document
from tests.signing.people import World
from tests.threats.own_signatures import BY_PARTS, Covered, sign_by_hand

MILLISECONDS = 5.0


def signed_over(world: World, count: int, *, padding: int = 0) -> bytes:
    """A genuine signature with so many references to one header, which has so many bytes more than it needs."""
    letter = with_ids(document())
    long = letter.replace(b"<edXML:Subject>", b"<edXML:Subject>" + b"x" * padding, 1)
    return sign_by_hand(long, world.a, [*BY_PARTS, *[Covered(uri="#MessageHeader")] * (count - len(BY_PARTS))])


def cost(file: bytes) -> float:
    """Milliseconds of processor time to refuse the file: the best of five, as others use the machine too."""
    found = []
    for _ in range(5):
        begun = time.process_time()
        with pytest.raises(Refused):
            gate.inspect(file)
        found.append((time.process_time() - begun) * 1000)
    return min(found)


def test_sixty_five_references_are_refused_at_once(world: World) -> None:
    file = signed_over(world, MAX_REFERENCES + 1)
    with pytest.raises(Refused, match=r"signature\.references_too_many"):
        gate.inspect(file)
    assert cost(file) < MILLISECONDS


@pytest.mark.parametrize("count", [65, 300])
def test_many_references_to_a_large_part_are_refused_as_fast(world: World, count: int) -> None:
    file = signed_over(world, count, padding=150_000)
    assert len(file) < MAX_SKELETON_BYTES
    with pytest.raises(Refused, match=r"signature\.references_too_many"):
        gate.inspect(file)
    assert cost(file) < MILLISECONDS


@pytest.mark.parametrize("count", [4, MAX_REFERENCES])
def test_fewer_are_refused_without_a_key_for_what_they_cover(world: World, count: int) -> None:
    file = signed_over(world, count, padding=150_000)
    with pytest.raises(Refused, match=r"signature\.coverage"):
        gate.inspect(file)
    assert cost(file) < MILLISECONDS
