"""What the form alone costs, without database, signature or network: reading headers, splitting large attachments."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bench import splitting
from bench.ceilings import per_second
from bench.rows import Row
from envelopes.dom import parse
from envelopes.parts import find_parts
from envelopes.reading import read
from envelopes.writing import write_document
from tests.support.world import A, B, letter

if TYPE_CHECKING:
    from collections.abc import Callable

SPLIT_MB = 200
"""Enough text for half a second."""

TURNS = 3
"""Splitter and bare work take turns, so that both see the same machine; the best of each counts."""


def rows(first: int, last: int) -> list[Row]:
    """The figures; peak memory at `last` megabytes, and how much that is more than at `first`."""
    rate, bare = splitting_rates()
    peaks = [peak_of_splitting(size) for size in (first, last)]
    return [
        Row(what="messages without attachment, parsed and read", value=headers_per_second(), unit="/s"),
        Row(
            what="splitting one attachment in lines of 76",
            value=rate,
            unit="MB/s",
            ceiling=bare,
            ceiling_of="base64 + SHA-256",
            aim="60%",
        ),
        Row(what=f"  peak memory of the splitter at {last} MB", value=peaks[1] / 2**20, unit="MiB"),
        Row(what=f"  growth from {first} to {last} MB", value=(peaks[1] - peaks[0]) / 2**20, unit="MiB", aim="none"),
    ]


def headers_per_second() -> float:
    """Messages of a header only (4 kB), from bytes to the model, a second, on one core."""
    data = write_document(letter(A, (B,), "125"))
    today = date.today() + timedelta(days=1)  # noqa: DTZ011 - only has to lie after the date of issue
    return per_second(lambda: read(find_parts(parse(data)), today=today))


def splitting_rates() -> tuple[float, float]:
    """Megabytes of file a second through the splitter, which hashes file and payload, and of the bare work."""
    text = splitting.lines()
    count = splitting.repeats(text, SPLIT_MB)
    rates = [[_rate(work, text, count) for work in (splitting.split, splitting.decode)] for _ in range(TURNS)]
    rate, bare = (max(one) for one in zip(*rates, strict=True))
    return rate, bare


def peak_of_splitting(megabytes: int) -> int:
    """The highest resident memory, in bytes, of a process that only splits a file of this size."""
    command = [sys.executable, "-m", "bench.splitting", str(megabytes)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _rate(work: Callable[[bytes, int], None], text: bytes, count: int) -> float:
    begun = time.perf_counter()
    work(text, count)
    return count * len(text) / 1e6 / (time.perf_counter() - begun)
