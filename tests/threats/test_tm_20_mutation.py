"""TM-20: whatever is done to a signed file or a receipt, it is refused cleanly or it is the same signed content.

The same mutants on every run; LT_MUTANTS and LT_SEED ask for more, or for others.
"""

from __future__ import annotations

import os
import random
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envelopes.faults import Refused
from signing import gate
from signing.seal import check_receipt
from tests.signing.letters import document, status
from tests.signing.test_seal import FACTS, SEAL
from tests.threats.forms import FORMS, shared_world

MUTANTS = int(os.environ.get("LT_MUTANTS", "20000"))
"""Altogether, of every kind of file."""

SEED = int(os.environ.get("LT_SEED", "20261124"))
KINDS = [*FORMS, "status"]


@cache
def genuine(kind: str) -> bytes:
    """A signed file; the letter is a small one, so that more of the bytes matter."""
    a = shared_world().a
    if kind == "status":
        return a.signer.sign_parts(status())
    return FORMS[kind](a, document(content=kind.startswith("W")))


@cache
def identity(kind: str) -> bytes:
    return shared_world().accepted(genuine(kind)).identity


def outcome(file: bytes, kind: str) -> str:
    """`same` or `refused`; anything else fails here: other content accepted, or an exception that leaks."""
    try:
        verdict = shared_world().judge(file)
    except Refused:
        return "refused"
    assert isinstance(verdict, gate.Verified)
    assert verdict.identity == identity(kind)
    return "same"


def mutated(file: bytes, chance: random.Random) -> bytes:
    """The file with one byte or two replaced, dropped or put in."""
    mutant = bytearray(file)
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(mutant))
        mutant[at : at + chance.choice((0, 1, 1, 1))] = chance.randbytes(chance.choice((0, 1, 1, 1)))
    return bytes(mutant)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_random_bytes_never_make_other_signed_content(kind: str) -> None:
    chance = random.Random(SEED)
    seen = {outcome(mutated(genuine(kind), chance), kind) for _ in range(MUTANTS // len(KINDS))}
    assert "refused" in seen


@given(
    kind=st.sampled_from(KINDS),
    start=st.integers(0, 6000),
    length=st.integers(0, 400),
    target=st.integers(0, 6000),
)
@example(kind="P", start=0, length=0, target=0)
@settings(max_examples=200, deadline=None)
def test_pieces_moved_about_never_make_other_signed_content(kind: str, start: int, length: int, target: int) -> None:
    file = genuine(kind)
    piece = file[start : start + length]
    outcome(file[:target] + piece + file[target:], kind)
    outcome(file[:start] + file[start + length :], kind)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_foreign_bytes_are_refused(data: bytes) -> None:
    for file in (data, b"<edXML xmlns='urn:x'>" + data + b"</edXML>"):
        with pytest.raises(Refused):
            gate.inspect(file)


def test_random_bytes_never_make_another_receipt() -> None:
    chance = random.Random(SEED)
    receipt = SEAL.receipt(FACTS)
    for _ in range(MUTANTS // len(KINDS)):
        try:
            assert check_receipt(mutated(receipt, chance), SEAL.certificate_pem) == FACTS
        except Refused:
            continue
