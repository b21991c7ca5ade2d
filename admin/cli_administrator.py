"""Who does it: what commands about the right to sign share, so that the history names people (SECURITY TM-13)."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from admin.cli_database import settings_or_exit
from admin.cli_session import FILE
from envelopes.limits import LOCAL_TIME
from exchange import accounts
from exchange.certification import Entering

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.database import Database

    Command = Callable[..., Any]

DAY = click.DateTime(formats=("%d/%m/%Y", "%Y-%m-%d"))
MOMENT = click.DateTime(formats=("%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M", "%d/%m/%Y", "%Y-%m-%d"))
"""Times of Vietnam, as people there write them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """The administrator a command was given for; `name` None: nobody said who sits there."""

    name: str | None
    password: str

    async def proven(self, database: Database) -> str | None:
        """The name, once the password proves it. Raises `Refused`."""
        return await accounts.administrator(database, self.name, self.password) if self.name else None

    async def entering(self, database: Database) -> Entering:
        """Who enters a right to sign, under the settings' policy. Raises `Refused`."""
        two_persons = settings_or_exit().two_person_certificates
        return Entering(by=await self.proven(database), two_persons=two_persons)


def by_administrator(*, required: bool = False) -> Callable[[Command], Command]:
    """Give a command the options that say who does it; its argument `doer` is a `Doer`."""

    def with_options(command: Command) -> Command:
        @click.option("--as", "as_name", metavar="NAME", required=required, help="Quản trị thực hiện / who does it")
        @click.option("--password-file", type=FILE, help="Tệp mật khẩu của quản trị / a file with the password")
        @functools.wraps(command)
        def with_doer(*, as_name: str | None, password_file: Path | None, **rest: Any) -> Any:
            return command(doer=Doer(name=as_name, password=_password(password_file) if as_name else ""), **rest)

        return with_doer

    return with_options


def _password(file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    text: str = click.prompt("Mật khẩu quản trị / administrator's password", hide_input=True, err=True)
    return text


def local(at: datetime | None) -> datetime | None:
    """What was typed as Vietnam's time, in UTC."""
    return at.replace(tzinfo=LOCAL_TIME).astimezone(UTC) if at else None


def day_after(at: datetime | None) -> datetime | None:
    """When the typed day is over."""
    begin = local(at)
    return begin + timedelta(days=1) if begin else None
