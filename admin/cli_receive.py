"""What an agency receives: see what waits, fetch it, confirm it, report on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

COMMANDS: Sequence[click.Command] = ()
