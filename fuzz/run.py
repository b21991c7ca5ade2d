"""One target under atheris: `python -m fuzz.run TARGET CORPUS [libFuzzer's options]`."""

from __future__ import annotations

import random
import sys

import atheris

from fuzz.mutating import changed

with atheris.instrument_imports(include=["envelopes", "signing"]):
    from fuzz.targets import TARGETS


MESSAGES = {"splitting", "reading", "examining"}


def mutate(data: bytes, largest: int, seed: int) -> bytes:
    """Half of the time bytes as libFuzzer likes, half of the time elements."""
    chance = random.Random(seed)
    if chance.random() < 0.5:
        return bytes(atheris.Mutate(data, largest))
    return changed(data, chance)[:largest]


def main() -> None:
    """Does not return: libFuzzer ends the process."""
    name = sys.argv.pop(1)
    more = {"custom_mutator": mutate} if name in MESSAGES else {}
    atheris.Setup(sys.argv, TARGETS[name], **more)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
