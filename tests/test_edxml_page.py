"""docs/edxml.md shows what the code writes, not what it once wrote."""

from __future__ import annotations

import re

import pytest

from tests.support.edxml_page import MARKED, PAGE, page, sections

TEXT = PAGE.read_text(encoding="utf-8")


def test_page_is_what_the_code_makes() -> None:
    assert page(TEXT) == TEXT, "run: python -m tests.support.edxml_page"


@pytest.mark.parametrize("name", sections())
def test_every_made_section_is_on_the_page(name: str) -> None:
    assert [found[2] for found in MARKED.finditer(TEXT)].count(name) == 1


def test_page_has_no_section_that_nobody_makes() -> None:
    assert set(re.findall(r"<!-- made: (\S+) -->", TEXT)) == set(sections())


@pytest.mark.parametrize("name", ["README.md", "docs/wire.md"])
def test_page_is_found_from_where_integrators_begin(name: str) -> None:
    assert "edxml.md)" in (PAGE.parents[1] / name).read_text(encoding="utf-8")
