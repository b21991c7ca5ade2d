"""TM-05, TM-06 and TM-21: the most expensive files are refused for the right reason, soon and in little memory."""

from __future__ import annotations

import pytest

from tests.signing.hostile import BYTES, KINDS, SECONDS, Cost, costs, refusal, whole_file
from tests.signing.people import World

PATIENCE = 10
"""Times what the figures in docs/performance.md stay below: tests share their machine."""


@pytest.fixture(scope="module")
def measured() -> dict[str, Cost]:
    return {cost.name: cost for cost in costs()}


def test_tm_21_every_hostile_file_is_refused_for_its_own_reason(world: World, measured: dict[str, Cost]) -> None:
    assert {name: cost.code for name, cost in measured.items()} == {
        name: kind(world).code for name, kind in KINDS.items()
    }


def test_tm_06_no_hostile_file_costs_much_time(measured: dict[str, Cost]) -> None:
    assert {name: cost.seconds for name, cost in measured.items() if cost.seconds > SECONDS * PATIENCE} == {}


def test_tm_06_no_hostile_file_costs_much_memory(measured: dict[str, Cost]) -> None:
    assert {name: cost.memory for name, cost in measured.items() if cost.memory > BYTES} == {}


def test_whole_file_is_refused_after_it_was_read(world: World) -> None:
    """It costs by its size; `MAX_WHOLE_BYTES` is its limit."""
    hostile = whole_file(world, 1)
    assert refusal(hostile, world) == hostile.code
