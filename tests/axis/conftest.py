"""A listening exchange and the national client's double of each agency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.axis.double import AxisClient
from tests.support.world import World, secret_of, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    Clients = Callable[..., AxisClient]


@pytest.fixture
async def world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A listening exchange with agencies A, B, C and D."""
    async with world_of(dsn, tmp_path) as made:
        yield made


@pytest.fixture(params=["2.0.0", "2.0.1"])
def version(request: pytest.FixtureRequest) -> str:
    """Both versions of the client must complete everything they have."""
    return str(request.param)


@pytest.fixture
async def clients(world: World, version: str) -> AsyncIterator[Clients]:
    """The service object of an agency's system: one for its life, as integrations hold it."""
    made: dict[str, AxisClient] = {}

    def client(code: str, *, path: str = "") -> AxisClient:
        if code not in made:
            made[code] = AxisClient(world.url + path, f"system.{code}", secret_of(code), version=version)
        return made[code]

    yield client
    for one in made.values():
        one.close()
