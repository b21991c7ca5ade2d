"""Heavy plain functions (signatures, base64, zip, files) run here, in a bounded set of threads, never in the loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")
Arguments = TypeVarTuple("Arguments")


class Threads:
    """`workers` threads of this process; work beyond that waits its turn."""

    def __init__(self, workers: int) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="exchange")

    async def run(self, work: Callable[[*Arguments], Answer], *arguments: *Arguments) -> Answer:
        """The answer of `work(*arguments)`, or what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    async def run_within(self, seconds: float, work: Callable[[*Arguments], Answer], *arguments: *Arguments) -> Answer:
        """As `run`; raises TimeoutError when the answer is not there in time.

        What has not begun by then never does; what has begun cannot be stopped, ends by itself and is heard by nobody.
        """
        future = self._executor.submit(work, *arguments)
        async with asyncio.timeout(seconds):
            return await asyncio.wrap_future(future)

    async def close(self) -> None:
        """Let what runs finish."""
        await asyncio.to_thread(self._executor.shutdown)
