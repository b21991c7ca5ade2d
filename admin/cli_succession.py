"""Ends of agencies, their tree and contact data: `lienthong agency merge|dissolve|undo|tree|set`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_database import with_database
from admin.cli_session import AS_JSON
from exchange import contact, hierarchy, succession

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.directory import Agency

DAY = click.DateTime(formats=("%d/%m/%Y", "%Y-%m-%d"))
ON = click.option("--on", type=DAY, metavar="DATE", help="Từ ngày dd/MM/yyyy, mặc định hôm nay / from this day on")


@click.command()
@click.argument("code")
@click.option("--into", required=True, metavar="CODE", help="Đơn vị kế thừa / its successor")
@ON
@AS_JSON
def merge(code: str, into: str, on: datetime | None, *, as_json: bool) -> None:
    """Sáp nhập vào đơn vị kế thừa / merge: documents for it reach the successor."""
    day = on.date() if on else None
    found = with_database(lambda database: succession.merge(database, code, into=into, on=day))
    _ended(found, as_json=as_json)


@click.command()
@click.argument("code")
@ON
@AS_JSON
def dissolve(code: str, on: datetime | None, *, as_json: bool) -> None:
    """Giải thể, không có đơn vị kế thừa / dissolve, with nobody in its place."""
    day = on.date() if on else None
    found = with_database(lambda database: succession.dissolve(database, code, on=day))
    _ended(found, as_json=as_json)


@click.command()
@click.argument("code")
@AS_JSON
def undo(code: str, *, as_json: bool) -> None:
    """Hủy giải thể, sáp nhập khi chưa có gì xảy ra / undo its end, while nothing has gone the new way."""
    found = with_database(lambda database: succession.undo(database, code))
    if as_json:
        cli_show.as_json(found)
    else:
        cli_show.say(f"Đã hủy, đơn vị lại hoạt động / undone, the agency is as before: {found.code} {found.name}")


@click.command()
@click.argument("code", required=False)
@AS_JSON
def tree(code: str | None, *, as_json: bool) -> None:
    """Cây đơn vị tính đến hôm nay / who is below whom today."""
    found = with_database(lambda database: hierarchy.tree(database, code))
    if as_json:
        rows = [{"code": one.agency.code, "name": one.agency.name, "depth": one.depth} for one in found]
        cli_show.as_json({"agencies": rows})
    else:
        cli_show.say(*(f"{'  ' * one.depth}{one.agency.code} {one.agency.name}{_end(one.agency)}" for one in found))


@click.command("set")
@click.argument("code")
@click.option("--mail", help="Thư điện tử / e-mail")
@click.option("--phone", help="Điện thoại / telephone")
@click.option("--fax", help="Fax")
@click.option("--address", help="Địa chỉ / address")
@click.option("--website", help="Trang thông tin / website")
@click.option("--can", "can", multiple=True, metavar="WORD", help=", ".join(contact.CAPABILITIES))
@click.option("--cannot", "cannot", multiple=True, metavar="WORD", help="Không còn / no more")
@AS_JSON
def set_(code: str, can: tuple[str, ...], cannot: tuple[str, ...], *, as_json: bool, **fields: str | None) -> None:
    """Ghi liên hệ, khả năng tiếp nhận / enter contact data and what it can receive."""
    given = {name: value for name, value in fields.items() if value is not None}
    found = with_database(lambda database: contact.set_contact(database, code, given, can=can, cannot=cannot))
    if as_json:
        cli_show.as_json(found)
        return
    cli_show.say(f"Đã ghi / kept: {found.code} {found.name}")
    cli_show.say(*(f"  {name}: {getattr(found, name)}" for name in contact.FIELDS if getattr(found, name)))
    if found.capabilities:
        cli_show.say(f"  tiếp nhận / can receive: {', '.join(found.capabilities)}")


def _ended(found: Agency, *, as_json: bool) -> None:
    if as_json:
        cli_show.as_json(found)
    else:
        cli_show.say(f"Đã ghi / kept: {found.code} {found.name}{_end(found)}")


def _end(one: Agency) -> str:
    if one.dissolved_on is None:
        return ""
    follows = f", kế thừa / successor: {one.successor}" if one.successor else ""
    return f" (giải thể từ / no more from {cli_show.day(one.dissolved_on)}{follows})"


COMMANDS: Sequence[click.Command] = (merge, dissolve, undo, tree, set_)
