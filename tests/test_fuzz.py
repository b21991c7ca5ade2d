"""The fuzzer's targets on their seeds, and on what it ever found: files in `tests/findings/TARGET/`."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from envelopes.dom import parse
from envelopes.faults import Refused
from fuzz import seeds
from fuzz.__main__ import SHARES
from fuzz.mutating import changed
from fuzz.targets import TARGETS

FINDINGS = sorted(path for path in (Path(__file__).parent / "findings").glob("*/*") if path.is_file())


@pytest.mark.parametrize("target", TARGETS)
def test_every_seed_keeps_the_promise(target: str) -> None:
    corpus = seeds.corpus(target)
    assert corpus
    for data in corpus.values():
        TARGETS[target](data)


def test_findings_stay_mended() -> None:
    for path in FINDINGS:
        TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_damaged_seeds_keep_the_promise(target: str) -> None:
    """A taste of what the fuzzer does, the same on every run."""
    chance = random.Random(target)
    corpus = list(seeds.corpus(target).values())
    for _ in range(150):
        data = bytearray(chance.choice(corpus))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) + 1)
            data[at : at + chance.randrange(8)] = chance.randbytes(chance.randrange(8))
        TARGETS[target](bytes(data))


@pytest.mark.parametrize("target", ["splitting", "reading", "examining"])
def test_messages_with_changed_elements_keep_the_promise(target: str) -> None:
    chance = random.Random(target)
    corpus = list(seeds.corpus(target).values())
    parsed = 0
    for _ in range(300):
        data = changed(chance.choice(corpus), chance)
        TARGETS[target](data)
        with suppress(Refused):
            parse(data)
            parsed += 1
    assert parsed > 100  # most of them reach the reader


def test_each_target_has_its_share_of_the_time() -> None:
    assert SHARES.keys() == TARGETS.keys()


def test_corpus_and_dictionary_are_written(tmp_path: Path) -> None:
    seeds.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*TARGETS, "edxml.dict"}
    lines = (tmp_path / "edxml.dict").read_text(encoding="ascii").splitlines()
    assert len(lines) > 100
    assert all(line.startswith('"\\x') and line.endswith('"') for line in lines)
