"""What all tests of attacks share: one world of agencies, and something that must not be touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.envelopes.messages import read_file
from tests.signing.people import World
from tests.support.canary import canary
from tests.threats.forms import shared_world
from tests.threats.ways import LETTER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.canary import Canary


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
