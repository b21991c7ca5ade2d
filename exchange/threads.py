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

    async def close(self) -> None:
        """Let what runs finish."""
        await asyncio.to_thread(self._executor.shutdown)
