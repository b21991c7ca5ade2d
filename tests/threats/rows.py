"""The tables of docs/security.md, as data: which ids there are, and which tests each names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
OWNED, ELSEWHERE, OPEN = "Who signed what", "Proven by other tests", "Not built, or not shown"
_ROW = re.compile(r"^\| (TM-\d\d) \|(.*)\|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]*test_\w+\.py)`")
_NAMED = re.compile(r"tm_(\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One threat; `tests` are the files that are to show its defence."""

    id: str
    tests: tuple[str, ...]


@cache
def rows() -> Mapping[str, tuple[Row, ...]]:
    """The rows of each section, in its order."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = {}
    for section in sections:
        title, _, text = section.partition("\n")
        found[title] = tuple(Row(id=one[1], tests=tuple(_TEST.findall(one[2]))) for one in _ROW.finditer(text))
    return found


def ids_in(test: str) -> set[str]:
    """The threats that a test's full name (file and function) carries."""
    return {f"TM-{number}" for number in _NAMED.findall(test)}
