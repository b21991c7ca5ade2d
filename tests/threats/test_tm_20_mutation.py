"""TM-20 and TM-22: whatever is done to a signed file, it is refused cleanly or it is the same signed content."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envelopes.faults import Refused
from signing import gate
from signing.seal import check_receipt
from tests.signing.letters import document, status
from tests.signing.people import make_world
from tests.signing.test_seal import FACTS, SEAL

WORLD = make_world()
PARTS = WORLD.a.signer.sign_parts(document())
WHOLE = WORLD.a.signer.sign_whole(document(content=True))
STATUS = WORLD.a.signer.sign_parts(status())
GENUINE = {file: WORLD.accepted(file).identity for file in (PARTS, WHOLE, STATUS)}
RECEIPT = SEAL.receipt(FACTS)

MUTANTS = 400
"""A taste on every run; the nightly harness makes millions."""


def outcome(file: bytes, genuine: bytes) -> str:
    """`same` or `refused`; anything else fails here: other content accepted, or an exception that leaks."""
    try:
        verdict = WORLD.judge(file)
    except Refused:
        return "refused"
    assert isinstance(verdict, gate.Verified)
    assert verdict.identity == GENUINE[genuine]
    return "same"


@pytest.mark.parametrize("genuine", [PARTS, WHOLE, STATUS], ids=["parts", "whole", "status"])
def test_random_bytes_never_make_other_signed_content(genuine: bytes) -> None:
    chance = random.Random(20261124)
    seen = set()
    for _ in range(MUTANTS):
        mutant = bytearray(genuine)
        for _ in range(chance.randint(1, 2)):
            mutant[chance.randrange(len(mutant))] = chance.randrange(256)
        seen.add(outcome(bytes(mutant), genuine))
    assert "refused" in seen


@given(
    genuine=st.sampled_from([PARTS, WHOLE, STATUS]),
    start=st.integers(0, 6000),
    length=st.integers(0, 400),
    target=st.integers(0, 6000),
)
@example(genuine=PARTS, start=0, length=0, target=0)
@settings(max_examples=200, deadline=None)
def test_pieces_moved_about_never_make_other_signed_content(
    genuine: bytes, start: int, length: int, target: int
) -> None:
    piece = genuine[start : start + length]
    outcome(genuine[:target] + piece + genuine[target:], genuine)
    outcome(genuine[:start] + genuine[start + length :], genuine)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_foreign_bytes_are_refused(data: bytes) -> None:
    for file in (data, b"<edXML xmlns='urn:x'>" + data + b"</edXML>"):
        with pytest.raises(Refused):
            gate.inspect(file)


def test_random_bytes_never_make_another_receipt() -> None:
    chance = random.Random(20261124)
    for _ in range(MUTANTS):
        mutant = bytearray(RECEIPT)
        mutant[chance.randrange(len(mutant))] = chance.randrange(256)
        try:
            assert check_receipt(bytes(mutant), SEAL.certificate_pem) == FACTS
        except Refused:
            continue
