"""Changes of the directory that wait for an administrator: `lienthong agency requests|approve|refuse`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from admin import cli_show
from admin.cli_administrator import by_administrator
from admin.cli_database import with_database
from admin.cli_session import AS_JSON
from exchange import registration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from admin.cli_administrator import Doer
    from exchange.registration import RequestRow
    from storage.database import Database

STATES = {"waiting": "chờ duyệt / waits", "approved": "đã duyệt / approved", "refused": "đã từ chối / refused"}
ACTIONS = {"add": "thêm, sửa đơn vị / agency", "alias": "thêm mã khác / alias", "dissolve": "giải thể / dissolve"}


@click.command("requests")
@click.option("--all", "all_", is_flag=True, help="Cả những yêu cầu đã quyết định / also those decided")
@AS_JSON
def requests(*, all_: bool, as_json: bool) -> None:
    """Thay đổi danh mục đang chờ quản trị / changes of the directory that wait for an administrator."""
    found = with_database(lambda database: registration.list_requests(database, waiting_only=not all_))
    if as_json:
        cli_show.as_json({"requests": [told(row) for row in found]})
        return
    columns = ("Số / id", "Việc / what", "Đơn vị / agency", "Nội dung / content", "Do / asked by", "Trạng thái / state")
    cli_show.table(f"Yêu cầu / requests: {len(found)}", columns, map(_row, found), lines=True)


@click.command()
@click.argument("number", type=int)
@by_administrator(required=True)
@AS_JSON
def approve(number: int, *, doer: Doer, as_json: bool) -> None:
    """Duyệt yêu cầu của người khác / let a change happen that somebody else asked for."""

    async def work(database: Database) -> RequestRow:
        return await registration.approve(database, number, by=await doer.proven(database) or "")

    _say(with_database(work), as_json=as_json)


@click.command()
@click.argument("number", type=int)
@by_administrator(required=True)
@AS_JSON
def refuse(number: int, *, doer: Doer, as_json: bool) -> None:
    """Từ chối, hoặc rút lại yêu cầu / let it not happen, or take one's own request back."""

    async def work(database: Database) -> RequestRow:
        return await registration.refuse(database, number, by=await doer.proven(database) or "")

    _say(with_database(work), as_json=as_json)


def say_waiting(row: RequestRow, *, as_json: bool) -> None:
    """Say that nothing has happened yet, and what is still needed."""
    if as_json:
        cli_show.as_json(told(row))
        return
    cli_show.say(
        f"Chưa ghi: dễ nhầm, một quản trị khác phải duyệt / not entered until another administrator approves: {row.id}",
        f"  {row.wanted.reason}",
        f"  lienthong agency approve {row.id} --as NAME",
    )


def told(row: RequestRow) -> dict[str, Any]:
    """The request as programs read it."""
    asked = {name: getattr(row.wanted, name) for name in type(row.wanted).__slots__}
    return {
        "id": row.id,
        "state": row.state,
        **asked,
        "asked_at": row.asked_at,
        "decided_by": row.decided_by,
        "decided_at": row.decided_at,
    }


def _say(row: RequestRow, *, as_json: bool) -> None:
    if as_json:
        cli_show.as_json(told(row))
    else:
        cli_show.say(f"Yêu cầu / request {row.id}: {STATES[row.state]}: {_content(row)}")


def _content(row: RequestRow) -> str:
    wanted = row.wanted
    shown = (wanted.alias, wanted.name, wanted.parent and f"⊂ {wanted.parent}", wanted.mail, wanted.phone, wanted.fax)
    return f"{wanted.code} " + ", ".join(one for one in shown if one)


def _row(row: RequestRow) -> tuple[str, ...]:
    asked = f"{row.wanted.by or row.wanted.system}\n{cli_show.moment(row.asked_at)}"
    state = STATES[row.state] + (f"\n{row.decided_by} {cli_show.moment(row.decided_at)}" if row.decided_by else "")
    content = "\n".join(part for part in (_content(row), row.wanted.reason) if part)
    return str(row.id), ACTIONS[row.wanted.action], row.wanted.code, content, asked, state


COMMANDS: Sequence[click.Command] = (requests, approve, refuse)
