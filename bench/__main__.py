"""`make bench`: every figure beside this machine's ceiling, measured in the same run."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench import accepting, ceilings, facade, gating, large, reading, telling
from bench.rows import Row, show
from bench.stage import Stage, machine, stage

SIZES = (10, 100, 1000)
"""Megabytes of one attachment."""


async def main(sizes: tuple[int, ...]) -> None:
    """Measure and print."""
    console = Console()
    console.print(f"[bold]lienthong bench[/bold]: {machine()}\n")
    with tempfile.TemporaryDirectory(prefix="lienthong-bench-") as folder:
        async with stage(Path(folder)) as ready:
            with console.status("ceilings"):
                checks, decoded = ceilings.signature_checks(), ceilings.decoding()
                committed = await ceilings.commits(ready.dsn)
            show(
                "What this machine can do at the most",
                [
                    Row(what="bare ECDSA P-256 verifications", value=checks, unit="/s"),
                    Row(what="fsynced commits of 3 kB", value=committed, unit="/s"),
                    Row(what="base64 decoding + SHA-256", value=decoded, unit="MB/s"),
                ],
            )
            with console.status("reading and splitting"):
                form = reading.rows(sizes[0], sizes[-1])
            show("The form alone: edXML without signature, database and network, on one core", form)
            _gate(console)
            rows = []
            for processes in (1, 2):
                with console.status(f"accepting, {processes} process(es)"):
                    rate, slowest = await accepting.accepted_per_second(
                        ready, processes=processes, first=1 + 100_000 * processes
                    )
                what = f"documents accepted, 100 kB, {processes} process{'es' if processes > 1 else ''}"
                aim = "150/s, hoped 300/s"
                rows.append(Row(what=what, value=rate, unit="/s", ceiling=committed, ceiling_of="commits/s", aim=aim))
                rows.append(Row(what="  99th percentile of an answer", value=slowest * 1000, unit="ms", aim="100 ms"))
            show("Accepting: signed (P), verified, stored, receipt sealed, committed with fsync", rows)
            with console.status("webhooks"):
                told = await telling.rows(ready)
            show(
                "Webhooks: what a document's transaction pays for them, and how fast one that was away catches up", told
            )
            with console.status("the national client's door"):
                door = await facade.rows(ready)
            show("The national client's door", door)
            await _large(ready, console, decoded, sizes)


def _gate(console: Console) -> None:
    with console.status("the gate"):
        signatures, paths, hostile = gating.signature_rows(), gating.path_rows(), gating.hostile_rows()
    show(f"The gate alone, by parts (P), skeleton of {gating.SKELETON_BYTES:,} bytes, on one core", signatures)
    show("Certificates: path, policy and revocation, on one core", paths)
    show("Refusing the most expensive files: splitting, gate, what else is wrong", hostile)


async def _large(ready: Stage, console: Console, decoded: float, sizes: tuple[int, ...]) -> None:
    rows, peaks = [], {}
    for size in sizes:
        with console.status(f"one attachment of {size} MB"):
            submitted, fetched = await large.passage(ready, size)
        peaks[size] = (submitted.peak, fetched.peak)
        for way, one in (("submit", submitted), ("fetch", fetched)):
            text = size * 4 / 3 * 1.048576
            what = f"{way} {size} MB"
            rows.append(
                Row(what=what, value=text / one.seconds, unit="MB/s", ceiling=decoded, ceiling_of="base64 + SHA-256")
            )
            rows.append(Row(what=f"  {way} {size} MB takes", value=one.seconds, unit="s"))
            rows.append(Row(what="  peak memory of the service", value=one.peak / 2**20, unit="MiB"))
    first, last = peaks[sizes[0]], peaks[sizes[-1]]
    for n, way in enumerate(("submit", "fetch")):
        grown = (last[n] - first[n]) / 2**20
        what = f"growth from {sizes[0]} to {sizes[-1]} MB, {way}"
        rows.append(Row(what=what, value=grown, unit="MiB", aim="below 64 MiB"))
    show("One large attachment", rows)


if __name__ == "__main__":
    asyncio.run(main((10, 100) if "--short" in sys.argv else SIZES))
