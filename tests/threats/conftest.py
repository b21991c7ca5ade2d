"""What all tests of attacks share: a world of agencies, a listening exchange, something that must not be touched.

A whole run also fails when a threat of docs/security.md has no test that ran and passed: skipped is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.envelopes.messages import read_file
from tests.signing.people import World
from tests.support.canary import canary
from tests.support.world import world_of
from tests.threats.forms import shared_world
from tests.threats.rows import OWNED, ids_in, rows
from tests.threats.ways import LETTER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.support.canary import Canary
    from tests.support.world import World as Exchange

SHOWN: set[str] = set()
"""Threats with a test that passed in this run."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note for which threats this test speaks, if it passed."""
    if report.when == "call" and report.passed:
        SHOWN.update(ids_in(report.nodeid))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """After a whole run, no row may be without a test that passed."""
    config = session.config
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    chosen = config.option.collectonly or config.option.keyword or config.option.markexpr
    missing = sorted({row.id for row in rows()[OWNED]} - SHOWN)
    if whole and not chosen and missing and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("\nthreats without a test that passed (docs/security.md): " + ", ".join(missing))


@pytest.fixture(scope="session")
def world() -> World:
    """Agencies A, B and C with real keys."""
    return shared_world()


@pytest.fixture
def bird(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canary]:
    """Something that must not be touched."""
    read_file(LETTER)  # what is loaded on first use is loaded
    with canary(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
async def exchange(dsn: str, tmp_path: Path) -> AsyncIterator[Exchange]:
    """A listening exchange with agencies A, B, C and D."""
    async with world_of(dsn, tmp_path) as made:
        yield made
