"""docs/security.md has every threat once, and each of the gate's own has tests that pytest finds under its id."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter

import pytest

from tests.threats.rows import ELSEWHERE, OPEN, OWNED, ROOT, Row, ids_in, rows

GATE = {f"TM-{n:02}" for n in (*range(1, 25), 36, 37)}
"""What `signing` and those who ask it answer for."""

OTHERS = {f"TM-{n:02}" for n in (*range(30, 36), *range(40, 61))}


@pytest.fixture(scope="module")
def collected() -> list[str]:
    """Every test that pytest finds in the files which the first table names, file and function."""
    files = sorted({test for row in rows()[OWNED] for test in row.tests})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout[-2000:]
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_every_threat_is_on_the_page_once() -> None:
    counted = Counter(row.id for section in (OWNED, ELSEWHERE, OPEN) for row in rows()[section])
    assert set(counted) == GATE | OTHERS
    assert set(counted.values()) == {1}


def test_gate_answers_for_its_own_rows_by_itself() -> None:
    assert [row.id for row in rows()[OWNED]] == sorted(GATE)


@pytest.mark.parametrize("row", rows()[OWNED], ids=lambda row: row.id)
def test_row_has_collected_tests_named_after_it(row: Row, collected: list[str]) -> None:
    assert [test for test in collected if row.id in ids_in(test)]
    for file in row.tests:
        assert [test for test in collected if test.startswith(file) and row.id in ids_in(test)], file


@pytest.mark.parametrize("row", rows()[ELSEWHERE], ids=lambda row: row.id)
def test_row_names_files_that_hold_tests(row: Row) -> None:
    assert row.tests
    for file in row.tests:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        functions = (one for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
        assert any(one.name.startswith("test_") for one in functions), file


def test_every_test_of_a_threat_is_on_the_page() -> None:
    named = {test for row in (*rows()[OWNED], *rows()[ELSEWHERE]) for test in row.tests if "/threats/" in test}
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "threats").glob("test_tm_*.py")}
    assert there == named
