"""Groups of agencies: `lienthong group add|remove|list|show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from admin import cli_show
from admin.cli_database import with_database
from admin.cli_session import AS_JSON, InFull
from exchange import groups
from exchange.directory import LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.groups import GroupRow

MEMBER = click.option("--member", "members", metavar="CODE", multiple=True, help="Đơn vị / agency, repeatable")


@click.group(cls=InFull)
def group() -> None:
    """Nhóm đơn vị nhận / groups of agencies to write to."""


@group.command()
@click.argument("name")
@click.option("--title", default="", help="Tên hiển thị / title for people")
@MEMBER
@click.option("--level", type=click.Choice(LEVELS), help="Mọi đơn vị của cấp này / every agency of this level")
@click.option("--below", metavar="CODE", help="Mọi đơn vị trực thuộc / every agency below this one, at any depth")
@AS_JSON
def add(
    name: str, title: str, members: tuple[str, ...], level: str | None, below: str | None, *, as_json: bool
) -> None:
    """Thêm nhóm, hoặc thêm đơn vị vào nhóm / add a group, or more to it.

    Có cả --level và --below thì lấy đơn vị thỏa cả hai / with both, agencies that are of the level and below.
    """
    row = with_database(
        lambda database: groups.add_group(database, name, title=title, members=members, level=level, below=below)
    )
    cli_show.as_json(row) if as_json else cli_show.say(f"Đã ghi nhóm / kept group: {row.name} ({_rule(row)})")


@group.command()
@click.argument("name")
@MEMBER
@AS_JSON
def remove(name: str, members: tuple[str, ...], *, as_json: bool) -> None:
    """Bỏ đơn vị khỏi nhóm, hoặc bỏ cả nhóm / take members out, or forget the group if none are named."""
    row = with_database(lambda database: groups.remove_group(database, name, members=members))
    done = (
        f"Đã bỏ khỏi nhóm {row.name} / taken out: {', '.join(members)}" if members else f"Đã bỏ nhóm / gone: {row.name}"
    )
    cli_show.as_json(row) if as_json else cli_show.say(done)


@group.command("list")
@AS_JSON
def list_(*, as_json: bool) -> None:
    """Mọi nhóm / every group."""
    found = with_database(groups.list_groups)
    if as_json:
        cli_show.as_json({"groups": found})
        return
    columns = ("Nhóm / group", "Tên / title", "Gồm / who")
    cli_show.table(f"Nhóm / groups: {len(found)}", columns, [(row.name, row.title, _rule(row)) for row in found])


@group.command()
@click.argument("name")
@AS_JSON
def show(name: str, *, as_json: bool) -> None:
    """Nhóm gửi tới những ai lúc này / whom a document to the group reaches now."""
    row, reached = with_database(lambda database: groups.show_group(database, name))
    if as_json:
        found: dict[str, Any] = {"group": row, "agencies": reached}
        cli_show.as_json(found)
        return
    title = f"{row.name} {row.title} ({_rule(row)}): {len(reached)}"
    cli_show.table(title, ("Mã / code", "Tên / name"), [(one.code, one.name) for one in reached])


def _rule(row: GroupRow) -> str:
    parts = [f"cấp / level {row.level}" if row.level else "", f"dưới / below {row.below}" if row.below else ""]
    rule = " & ".join(part for part in parts if part)
    return "; ".join(part for part in (rule, ", ".join(row.members)) if part)


COMMANDS: Sequence[click.Command] = (group,)
