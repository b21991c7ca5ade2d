"""A bar for a large file on its way, on a terminal only; it leaves nothing behind."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.client_types import Moved

SHOWN_FROM = 2**20
"""Bytes of a file from which on a bar is shown: smaller ones are there before it could be read."""


@contextmanager
def bytes_bar(words: str) -> Iterator[Moved]:
    """What moves the bar, on stderr: the answer on stdout stays one for programs."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        bar = shown.add_task(words, total=None, visible=False)

        def moved(done: int, total: int) -> None:
            shown.update(bar, completed=done, total=total, visible=total >= SHOWN_FROM)

        yield moved
