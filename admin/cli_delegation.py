"""Whose certificates sign for whom: `lienthong delegation add|approve|end|list`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_administrator import DAY, by_administrator, day_after, local
from admin.cli_database import with_database
from admin.cli_session import AS_JSON, InFull
from exchange import delegation as use_case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from admin.cli_administrator import Doer
    from storage.database import Database
    from storage.delegations import DelegationRow

STATES = {
    "pending": "chờ quản trị thứ hai duyệt / waits for approval",
    "over": "đã kết thúc / over",
    "future": "chưa bắt đầu / not yet",
    "in_force": "có hiệu lực / in force",
}


@click.group(cls=InFull)
def delegation() -> None:
    """Ủy quyền ký số giữa các đơn vị / whose certificates sign documents of whom."""


@delegation.command()
@click.argument("code")
@click.option("--to", "delegate", metavar="CODE", required=True, help="Đơn vị ký thay / whose certificates sign")
@click.option("--from", "valid_from", type=DAY, metavar="DATE", help="Từ ngày / from; else at once")
@click.option("--until", type=DAY, metavar="DATE", help="Đến hết ngày / to the end of this day; else until ended")
@by_administrator()
@AS_JSON
def add(
    code: str, delegate: str, *, valid_from: datetime | None, until: datetime | None, doer: Doer, as_json: bool
) -> None:
    """Cho đơn vị khác ký thay văn bản của CODE / let another agency's certificates sign documents of CODE."""

    async def work(database: Database) -> DelegationRow:
        return await use_case.add_delegation(
            database,
            code,
            delegate,
            valid_from=local(valid_from),
            valid_until=day_after(until),
            entering=await doer.entering(database),
        )

    row = with_database(work)
    _say(row, as_json=as_json)
    if row.approved_at is None and not as_json:
        cli_show.say(
            "Chưa có hiệu lực: một quản trị khác phải duyệt / not in force until another administrator approves it:",
            f"  lienthong delegation approve {row.id} --as NAME",
        )


@delegation.command()
@click.argument("number", type=int)
@by_administrator(required=True)
@AS_JSON
def approve(number: int, *, doer: Doer, as_json: bool) -> None:
    """Duyệt ủy quyền do quản trị khác nhập / put into force what another administrator entered."""

    async def work(database: Database) -> DelegationRow:
        return await use_case.approve_delegation(database, number, by=await doer.proven(database) or "")

    _say(with_database(work), as_json=as_json)


@delegation.command()
@click.argument("number", type=int)
@by_administrator()
@AS_JSON
def end(number: int, *, doer: Doer, as_json: bool) -> None:
    """Kết thúc ủy quyền ngay / let a delegation end now; what was taken before stays good."""

    async def work(database: Database) -> DelegationRow:
        return await use_case.end_delegation(database, number, by=await doer.proven(database))

    _say(with_database(work), as_json=as_json)


@delegation.command("list")
@click.argument("code", required=False)
@AS_JSON
def list_(code: str | None, *, as_json: bool) -> None:
    """Mọi ủy quyền / every delegation, or those of one agency or to it, also those that are over."""
    found = with_database(lambda database: use_case.list_delegations(database, code))
    if as_json:
        cli_show.as_json({"delegations": [_told(row) for row in found]})
        return
    columns = (
        "Số / id",
        "Văn bản của / documents of",
        "Ký bởi / signed by",
        "Từ, đến / from, to",
        "Trạng thái / state",
    )
    cli_show.table(f"Ủy quyền / delegations: {len(found)}", columns, map(_row, found))


def _say(row: DelegationRow, *, as_json: bool) -> None:
    if as_json:
        cli_show.as_json(_told(row))
        return
    cli_show.say(
        f"Ủy quyền / delegation {row.id}: {row.delegate} ký thay / signs for {row.agency}",
        f"  {cli_show.moment(row.valid_from)} – {cli_show.moment(row.valid_until) or '…'}",
        f"  {STATES[_state(row)]}",
    )


def _told(row: DelegationRow) -> dict[str, object]:
    return {
        "id": row.id,
        "agency": row.agency,
        "delegate": row.delegate,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "added_at": row.added_at,
        "approved_at": row.approved_at,
        "state": _state(row),
    }


def _row(row: DelegationRow) -> tuple[str, ...]:
    span = f"{cli_show.moment(row.valid_from)}\n{cli_show.moment(row.valid_until) or '…'}"
    return str(row.id), row.agency, row.delegate, span, STATES[_state(row)]


def _state(row: DelegationRow) -> str:
    now = datetime.now(UTC)
    if row.valid_until is not None and row.valid_until <= now:
        return "over"
    if row.approved_at is None:
        return "pending"
    return "future" if row.valid_from > now else "in_force"


COMMANDS: Sequence[click.Command] = (delegation,)
