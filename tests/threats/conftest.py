"""One world of agencies for all tests of attacks."""

from __future__ import annotations

import pytest

from tests.signing.people import World
from tests.threats.forms import shared_world


@pytest.fixture(scope="session")
def world() -> World:
    """Agencies A, B and C with real keys."""
    return shared_world()
