"""What all tests of attacks share: a world of agencies, a listening exchange, something that must not be touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.envelopes.messages import read_file
from tests.signing.people import World
from tests.support.canary import canary
from tests.support.world import world_of
from tests.threats.forms import shared_world
from tests.threats.ways import LETTER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.support.canary import Canary
    from tests.support.world import World as Exchange


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
