"""What an agency sends: write a letter as edXML."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

COMMANDS: Sequence[click.Command] = ()
