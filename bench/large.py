"""Seconds and peak memory of one large attachment, on its way in and on its way out."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.stage import forget_peak, peak_bytes
from exchange.client import Client
from exchange.client_files import write_envelope
from tests.support.world import A, B, letter

if TYPE_CHECKING:
    from pathlib import Path

    from bench.stage import Stage

BLOCK_BYTES = 2**20
"""Random bytes are made once and repeated with a counter: the content compresses no better, and is made fast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One attachment's way: seconds, and the service's peak resident memory in bytes."""

    seconds: float
    peak: int


async def passage(stage: Stage, megabytes: int) -> tuple[Passage, Passage]:
    """Submit, then fetch, an attachment of this size by a service started for it alone."""
    path = _envelope(stage, megabytes)
    with stage.service(processes=1) as service:
        pid = service.process.pid
        async with Client(service.url, stage.actors[A].credential) as sender:
            forget_peak(pid)
            begun = time.perf_counter()
            taken = await sender.submit(path)
            submitted = Passage(seconds=time.perf_counter() - begun, peak=peak_bytes(pid))
        async with Client(service.url, stage.actors[B].credential) as recipient:
            target = stage.folder / "fetched.edxml"
            forget_peak(pid)
            begun = time.perf_counter()
            await recipient.fetch_envelope(taken.deliveries[0].id, target)
            fetched = Passage(seconds=time.perf_counter() - begun, peak=peak_bytes(pid))
        if target.stat().st_size != path.stat().st_size:
            raise RuntimeError("the fetched file differs")
        target.unlink()
    path.unlink()
    return submitted, fetched


def _envelope(stage: Stage, megabytes: int) -> Path:
    attachment, path = stage.folder / "large.pdf", stage.folder / f"large-{megabytes}.edxml"
    block = os.urandom(BLOCK_BYTES - 8)
    with attachment.open("wb") as file:
        file.write(b"%PDF-1.4\n")
        for n in range(megabytes):
            file.write(n.to_bytes(8, "big") + block)
    write_envelope(letter(A, (B,), f"L{megabytes}"), [attachment], path, signer=stage.actors[A].signer)
    attachment.unlink()
    return path
