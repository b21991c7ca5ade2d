"""The other codes of an agency: `lienthong agency alias add|list|remove`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_database import with_database
from admin.cli_session import AS_JSON
from envelopes.agency_codes import form_of
from exchange import aliases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.directory import Agency


@click.group()
def alias() -> None:
    """Mã khác, mã cũ của đơn vị / other and older codes of an agency."""


@alias.command()
@click.argument("code")
@click.argument("other")
@click.option("--confirm-confusable", is_flag=True, help="Biết là dễ nhầm, vẫn thêm / known to be easily mistaken")
@AS_JSON
def add(code: str, other: str, *, confirm_confusable: bool, as_json: bool) -> None:
    """Thêm mã khác cho đơn vị / let the agency be reached under another code too."""
    found = with_database(lambda database: aliases.add_alias(database, code, other, confusable=confirm_confusable))
    _say(found, "Đã thêm mã khác / added alias", as_json=as_json)


@alias.command("list")
@click.argument("code", required=False)
@AS_JSON
def list_(code: str | None, *, as_json: bool) -> None:
    """Mã khác của mọi đơn vị, hoặc của một / aliases of every agency, or of one."""
    found = with_database(lambda database: aliases.list_aliases(database, code))
    if as_json:
        cli_show.as_json({"agencies": found})
        return
    columns = ("Mã / code", "Tên / name", "Mã khác / alias", "Dạng / form")
    rows = [row for agency in found for row in _rows(agency)]
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


def _rows(agency: Agency) -> Iterator[tuple[str, ...]]:
    for code in agency.aliases:
        form = form_of(code)
        yield agency.code, agency.name, code, f"{form.vi} / {form.en}" if form else ""
