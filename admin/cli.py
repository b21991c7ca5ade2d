"""The command line `lienthong`: one group; the commands live in modules of their own, each with a list `COMMANDS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import (
    cli_account,
    cli_agency,
    cli_ca,
    cli_certificate,
    cli_letters,
    cli_operations,
    cli_receive,
    cli_report,
    cli_send,
    cli_serve,
    cli_settings,
    cli_system,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Sequence[click.Command] = (
    *cli_serve.COMMANDS,
    *cli_letters.COMMANDS,
    *cli_send.COMMANDS,
    *cli_receive.COMMANDS,
    *cli_report.COMMANDS,
    *cli_agency.COMMANDS,
    *cli_system.COMMANDS,
    *cli_certificate.COMMANDS,
    *cli_ca.COMMANDS,
    *cli_account.COMMANDS,
    *cli_settings.COMMANDS,
    *cli_operations.COMMANDS,
)
"""Every command, in the order a newcomer meets them; a new module adds its own list here."""


class InOrder(click.Group):
    """A group that shows its commands in the order they were added, not by the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as added."""
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lienthong", prog_name="lienthong")
def main() -> None:
    """Trục liên thông văn bản điện tử / electronic document exchange.

    Mã thoát / exit codes: 0 xong / done, 1 bị từ chối / refused, 2 dùng sai / usage, 3 thử lại sau / try again later.
    """


for _command in COMMANDS:
    main.add_command(_command)
