"""The other codes of an agency: `lienthong agency alias add|list|remove`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_administrator import by_administrator
from admin.cli_database import with_database
from admin.cli_request import say_waiting
from admin.cli_session import AS_JSON
from envelopes.agency_codes import form_of
from exchange import aliases, registration
from exchange.registration import RequestRow, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from admin.cli_administrator import Doer
    from exchange.aliases import Coded
    from storage.database import Database
    from storage.directory import Agency

DAY = click.DateTime(formats=("%d/%m/%Y", "%Y-%m-%d"))


@click.group()
def alias() -> None:
    """Mã khác, mã cũ của đơn vị / other and older codes of an agency."""


@alias.command()
@click.argument("code")
@click.argument("other")
@click.option("--kind", type=click.Choice(aliases.KINDS), help="Loại mã / what kind of code; by its form if not given")
@click.option("--from", "valid_from", type=DAY, metavar="DATE", help="Ngày đầu / its first day, dd/MM/yyyy")
@click.option("--until", "valid_until", type=DAY, metavar="DATE", help="Ngày cuối / its last day, dd/MM/yyyy")
@click.option("--confirm-confusable", is_flag=True, help="Biết là dễ nhầm, vẫn thêm / known to be easily mistaken")
@by_administrator()
@AS_JSON
def add(
    code: str,
    other: str,
    kind: str | None,
    valid_from: datetime | None,
    valid_until: datetime | None,
    *,
    confirm_confusable: bool,
    doer: Doer,
    as_json: bool,
) -> None:
    """Thêm mã khác, hoặc sửa thời hạn của nó / give the agency another code, or change its kind and days."""
    wanted = Wanted(
        action="alias",
        code=code,
        alias=other,
        kind=kind,
        valid_from=valid_from.date() if valid_from else None,
        valid_until=valid_until.date() if valid_until else None,
    )

    async def work(database: Database) -> Agency | RequestRow:
        entering = await doer.entering(database)
        return await registration.enter(database, wanted, confusable=confirm_confusable, entering=entering)

    done = with_database(work)
    if isinstance(done, RequestRow):
        say_waiting(done, as_json=as_json)
    else:
        _say(done, "Đã thêm mã khác / added alias", as_json=as_json)


@alias.command("list")
@click.argument("code", required=False)
@AS_JSON
def list_(code: str | None, *, as_json: bool) -> None:
    """Mã khác của mọi đơn vị, hoặc của một / aliases of every agency, or of one."""
    found = with_database(lambda database: aliases.list_codes(database, code))
    if as_json:
        cli_show.as_json(
            {"agencies": [one.agency for one in found], "codes": [row for one in found for row in one.codes]}
        )
        return
    columns = ("Mã / code", "Tên / name", "Mã khác / alias", "Dạng / form", "Từ / from", "Đến hết / until")
    rows = [row for one in found for row in _rows(one)]
    cli_show.table(f"Mã khác của đơn vị / aliases: {len(rows)}", columns, rows)


@alias.command()
@click.argument("other")
@AS_JSON
def remove(other: str, *, as_json: bool) -> None:
    """Bỏ một mã khác / take an alias away."""
    found = with_database(lambda database: aliases.remove_alias(database, other))
    _say(found, "Đã bỏ mã khác / removed alias", as_json=as_json)


def _say(found: Agency, done: str, *, as_json: bool) -> None:
    if as_json:
        cli_show.as_json(found)
    else:
        cli_show.say(f"{done}: {found.code} {found.name} ({', '.join(found.aliases) or 'không còn / none'})")


def _rows(one: Coded) -> Iterator[tuple[str, ...]]:
    for row in one.codes:
        form = form_of(row.code)
        shape = f"{form.vi} / {form.en}" if form else ""
        days = (cli_show.day(row.valid_from), cli_show.day(row.valid_until))
        yield one.agency.code, one.agency.name, row.code, shape, *days
