"""The directory's agencies: `lienthong agency add|list|lock|unlock`, and the commands of the modules beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_administrator import by_administrator
from admin.cli_agency_files import COMMANDS as FILES
from admin.cli_alias import alias
from admin.cli_database import with_database
from admin.cli_request import COMMANDS as REQUESTS
from admin.cli_request import say_waiting
from admin.cli_session import AS_JSON, InFull
from admin.cli_succession import COMMANDS as SUCCESSION
from exchange import directory, registration
from exchange.registration import RequestRow, Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from admin.cli_administrator import Doer
    from storage.database import Database
    from storage.directory import Agency

LEVELS = {"so": "sở, ngành", "huyen": "huyện", "xa": "xã", "tinh": "tỉnh"}
"""What a level is called."""


@click.group(cls=InFull)
def agency() -> None:
    """Đơn vị trong danh mục / agencies of the directory."""


@agency.command()
@click.argument("code")
@click.option("--name", required=True, help="Tên đầy đủ / full name")
@click.option("--level", type=click.Choice(directory.LEVELS), help="Cấp / level")
@click.option("--parent", metavar="CODE", help="Mã đơn vị cấp trên / parent agency")
@click.option("--confirm-confusable", is_flag=True, help="Biết là dễ nhầm, vẫn thêm / known to be easily mistaken")
@by_administrator()
@AS_JSON
def add(
    code: str, name: str, level: str | None, parent: str | None, *, confirm_confusable: bool, doer: Doer, as_json: bool
) -> None:
    """Thêm hoặc sửa một đơn vị / add an agency, or change the one of this code."""
    wanted = Wanted(action="add", code=code, name=name, level=level, parent=parent)

    async def work(database: Database) -> Agency | RequestRow:
        entering = await doer.entering(database)
        return await registration.enter(database, wanted, confusable=confirm_confusable, entering=entering)

    done = with_database(work)
    if isinstance(done, RequestRow):
        say_waiting(done, as_json=as_json)
    else:
        _show(done, "Đã ghi đơn vị / kept agency", as_json=as_json)


@agency.command("list")
@AS_JSON
def list_(*, as_json: bool) -> None:
    """Mọi đơn vị / every agency."""
    found = with_database(directory.list_agencies)
    if as_json:
        cli_show.as_json({"agencies": found})
        return
    columns = ("Mã / code", "Tên / name", "Cấp / level", "Cấp trên / parent", "Trạng thái / state", "Từ / since")
    cli_show.table(f"Danh mục đơn vị / agencies: {len(found)}", columns, map(_row, found))


@agency.command()
@click.argument("code")
@AS_JSON
def lock(code: str, *, as_json: bool) -> None:
    """Khóa: không gửi, không nhận / lock: neither sends nor receives."""
    _set_locked(code, locked=True, as_json=as_json)


@agency.command()
@click.argument("code")
@AS_JSON
def unlock(code: str, *, as_json: bool) -> None:
    """Mở khóa / unlock."""
    _set_locked(code, locked=False, as_json=as_json)


def _set_locked(code: str, *, locked: bool, as_json: bool) -> None:
    found = with_database(lambda database: directory.lock_agency(database, code, locked=locked))
    _show(found, "Đã khóa đơn vị / locked agency" if locked else "Đã mở khóa đơn vị / unlocked agency", as_json=as_json)


def _show(found: Agency, done: str, *, as_json: bool) -> None:
    if as_json:
        cli_show.as_json(found)
    else:
        cli_show.say(f"{done}: {found.code} {found.name}")


def _row(one: Agency) -> Sequence[object]:
    state = f"khóa từ {cli_show.moment(one.locked_at)}" if one.locked_at else "hoạt động"
    if one.dissolved_on is not None:
        state = f"giải thể từ {cli_show.day(one.dissolved_on)}" + (f" → {one.successor}" if one.successor else "")
    return (
        one.code,
        one.name,
        LEVELS.get(one.level or "", ""),
        one.parent or "",
        state,
        cli_show.moment(one.added_at),
    )


agency.add_command(alias)
for command in (*SUCCESSION, *FILES, *REQUESTS):
    agency.add_command(command)

COMMANDS: Sequence[click.Command] = (agency,)
