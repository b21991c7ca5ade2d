"""The world the journeys take place in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.world import World, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A listening exchange with agencies A, B, C and D."""
    async with world_of(dsn, tmp_path) as made:
        yield made
