"""Reading an object back whole and comparing it with what the exchange answers for."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING

from storage.objects import ObjectMissing, ObjectsAway

if TYPE_CHECKING:
    from exchange.chores import Steps
    from storage.objects import Objects
    from storage.objects_held import ObjectRow

STEP_BYTES = 16 * 2**20
"""Read between two steps, so that stopping never waits for a large object."""


class Found(StrEnum):
    """What the store holds under a digest."""

    WHOLE = "whole"
    MISSING = "missing"
    DAMAGED = "damaged"


class Comparison:
    """One object being compared; `found` is known when `steps` has ended."""

    def __init__(self, objects: Objects, row: ObjectRow) -> None:
        self._objects = objects
        self._row = row
        self.found = Found.DAMAGED

    async def steps(self) -> Steps:
        """Read the object to its end. Raises `ObjectsAway` when the store as such does not answer."""
        for last in (False, True):
            try:
                async for _ in self._read():
                    yield
            except ObjectMissing:
                self.found = Found.MISSING
            except ObjectsAway:
                await self._objects.check()
                if not last:  # the store works: was it a moment's trouble, or can it not read this one object?
                    continue
            return

    async def end(self) -> Found:
        """Read without stopping on the way."""
        async for _ in self.steps():
            pass
        return self.found

    async def _read(self) -> Steps:
        digest, size, step = hashlib.sha256(), 0, 0
        async for chunk in self._objects.read(self._row.sha256.hex()):
            digest.update(chunk)
            size += len(chunk)
            step += len(chunk)
            if step >= STEP_BYTES:
                step = 0
                yield
        if size == self._row.size and digest.digest() == self._row.sha256:
            self.found = Found.WHOLE
