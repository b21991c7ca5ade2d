"""One world of agencies for all tests of the gate."""

from __future__ import annotations

import pytest

from tests.signing.people import World, make_world


@pytest.fixture(scope="session")
def world() -> World:
    """Agencies A, B and C with real keys."""
    return make_world()
