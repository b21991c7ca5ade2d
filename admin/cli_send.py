"""What an agency sends: submit an envelope, see what became of it, keep its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

COMMANDS: Sequence[click.Command] = ()
