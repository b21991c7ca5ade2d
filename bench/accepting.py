"""Accepted documents a second: signed under profile P, verified, attachment stored, receipt sealed, committed."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import aiohttp

from exchange.client_files import write_envelope
from tests.support.world import A, B, letter

if TYPE_CHECKING:
    from bench.stage import Stage

DOCUMENTS = 1500
"""Sent in one measurement; several seconds, so that start-up does not count."""

SENDERS = 16
"""Requests under way at once."""

ATTACHMENT_BYTES = 100_000
"""The common size of a scanned letter."""


def prepare(stage: Stage, count: int, *, first: int) -> list[bytes]:
    """Signed envelopes, each with an attachment of its own."""
    attachment, path = stage.folder / "125.pdf", stage.folder / "made.edxml"
    made = []
    for n in range(first, first + count):
        attachment.write_bytes(b"%PDF-1.4\n" + os.urandom(ATTACHMENT_BYTES))
        write_envelope(letter(A, (B,), str(n)), [attachment], path, signer=stage.actors[A].signer)
        made.append(path.read_bytes())
    return made


async def accepted_per_second(stage: Stage, *, processes: int, first: int) -> tuple[float, float]:
    """Documents a second, and the 99th percentile of an answer in seconds."""
    bodies = await asyncio.to_thread(prepare, stage, DOCUMENTS + 100, first=first)
    with stage.service(processes=processes) as service:
        headers = {"Authorization": f"Bearer {stage.actors[A].credential}", "Content-Type": "application/xml"}
        connector = aiohttp.TCPConnector(limit=SENDERS)
        async with aiohttp.ClientSession(service.url, headers=headers, connector=connector) as session:
            await _send(session, bodies[:100])
            begun = time.perf_counter()
            times = await _send(session, bodies[100:])
            return DOCUMENTS / (time.perf_counter() - begun), sorted(times)[int(len(times) * 0.99)]


async def _send(session: aiohttp.ClientSession, bodies: list[bytes]) -> list[float]:
    waiting, times = list(bodies), []

    async def one() -> None:
        while waiting:
            body, begun = waiting.pop(), time.perf_counter()
            async with session.post("/v1/envelopes", data=body) as answer:
                await answer.read()
                if answer.status != 201:
                    raise RuntimeError(f"answered {answer.status}: {await answer.text()}")
            times.append(time.perf_counter() - begun)

    await asyncio.gather(*(one() for _ in range(SENDERS)))
    return times
