"""What this machine can do at the most: signatures, commits, base64 with SHA-256."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import asyncpg
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 1.5
"""How long each ceiling is measured."""

CONNECTIONS = 12
"""As many as one process of the service uses."""


def per_second(work: Callable[[], object], *, threads: int = 1) -> float:
    """How often `work` is done in a second by this many threads together."""

    def count(until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            work()
            done += 1
        return done

    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        total = sum(pool.map(count, [begun + SECONDS] * threads))
    return total / (time.perf_counter() - begun)


def signature_checks() -> float:
    """Bare ECDSA P-256 verifications of 32 bytes a second, on all cores."""
    key = ec.generate_private_key(ec.SECP256R1())
    data, algorithm = os.urandom(32), ec.ECDSA(hashes.SHA256())
    signature, public = key.sign(data, algorithm), key.public_key()
    return per_second(lambda: public.verify(signature, data, algorithm), threads=os.cpu_count() or 1)


def decoding() -> float:
    """Megabytes a second of base64 decoding and SHA-256, on one core."""
    data = base64.b64encode(os.urandom(3 * 2**20))
    return per_second(lambda: hashlib.sha256(base64.b64decode(data))) * len(data) / 1e6


async def commits(dsn: str) -> float:
    """Fsynced commits of one small row a second, by as many connections as the service uses."""
    pool = await asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS)
    await pool.execute("CREATE TABLE IF NOT EXISTS bench_commits (n bigint GENERATED ALWAYS AS IDENTITY, data bytea)")
    data, until = os.urandom(3000), time.perf_counter() + SECONDS

    async def one() -> int:
        done = 0
        async with pool.acquire() as conn:
            while time.perf_counter() < until:
                await conn.execute("INSERT INTO bench_commits (data) VALUES ($1)", data)
                done += 1
        return done

    total = sum(await asyncio.gather(*(one() for _ in range(CONNECTIONS))))
    await pool.execute("DROP TABLE bench_commits")
    await pool.close()
    return total / SECONDS
