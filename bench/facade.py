"""What the national client meets at its door: the whole directory in one answer, and lists of what waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.rows import Row
from bench.stage import forget_peak, peak_bytes
from storage.database import Database
from tests.axis.double import AxisClient
from tests.support.world import A, secret_of

if TYPE_CHECKING:
    from bench.stage import Stage

NATIONAL = 111_000
"""Agencies of the national list (agencies section 5)."""

CALLS = 50
"""Of each short operation."""


async def rows(stage: Stage) -> list[Row]:
    """The directory streamed by one process, and short calls one after another, each on a connection of its own."""
    await _fill(stage)
    with stage.service(processes=1) as service:
        client = AxisClient(service.url, f"system.{A}", secret_of(A))
        await client.count()
        forget_peak(service.process.pid)
        before = peak_bytes(service.process.pid)
        began = time.perf_counter()
        listed = await client.get_agencies()
        seconds = time.perf_counter() - began
        grown = (peak_bytes(service.process.pid) - before) / 2**20
        assert len(listed.data or []) >= NATIONAL
        began = time.perf_counter()
        for _ in range(CALLS):
            await client.received()
        short = (time.perf_counter() - began) / CALLS
        client.close()
        service.stop()
    what = f"getAgenciesList, {len(listed.data or []):,} agencies, {len(listed.raw) / 1e6:.0f} MB"
    return [
        Row(what=what, value=seconds, unit="s", aim="3 s"),
        Row(what="  growth of the service's peak memory", value=grown, unit="MiB", aim="flat"),
        Row(what="getReceivedEdocList, nothing waits, new connection", value=short * 1000, unit="ms"),
    ]


async def _fill(stage: Stage) -> None:
    database = await Database.open(stage.dsn)
    async with database.transaction() as conn:
        await conn.execute(
            """WITH added AS (INSERT INTO agencies (code, name, likeness)
                   SELECT 'H99.' || n, 'Đơn vị số ' || n, 'x' || n FROM generate_series(1, $1) AS n
                   ON CONFLICT DO NOTHING RETURNING code)
               INSERT INTO agency_codes (code, agency, likeness, kind) SELECT code, code, code, 'own' FROM added""",
            NATIONAL,
        )
    await database.close()
