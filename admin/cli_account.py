"""Who may sign in at the desk: `lienthong account add|list`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_database import with_database
from admin.cli_session import AS_JSON, InFull
from exchange import accounts

if TYPE_CHECKING:
    from collections.abc import Sequence

ROLES = {"clerk": "văn thư", "administrator": "quản trị"}
"""What a role is called."""


@click.group(cls=InFull)
def account() -> None:
    """Tài khoản đăng nhập trang quản lý / accounts that sign in at the desk."""


@account.command()
@click.argument("name")
@click.option("--role", type=click.Choice(accounts.ROLES), default="clerk", show_default=True, help="Vai trò / role")
@click.option("--agency", metavar="CODE", help="Đơn vị của văn thư / the clerk's agency")
@click.option("--password-stdin", is_flag=True, help="Đọc mật khẩu từ đầu vào chuẩn / read the password from stdin")
@AS_JSON
def add(name: str, role: str, agency: str | None, *, password_stdin: bool, as_json: bool) -> None:
    """Thêm tài khoản; mật khẩu được hỏi, không hiện / add an account; the password is asked for, unseen."""
    password = _password(from_stdin=password_stdin)
    with_database(
        lambda database: accounts.add_account(database, name=name, role=role, agency=agency, password=password)
    )
    if as_json:
        cli_show.as_json({"account": name, "role": role, "agency": agency})
    else:
        cli_show.say(f"Đã thêm tài khoản / added account: {name} ({ROLES[role]}{f', {agency}' if agency else ''})")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    text: str = click.prompt("Mật khẩu / password", hide_input=True, confirmation_prompt="Nhập lại / again")
    return text


@account.command("list")
@AS_JSON
def list_(*, as_json: bool) -> None:
    """Mọi tài khoản / every account."""
    found = with_database(accounts.list_accounts)
    if as_json:
        cli_show.as_json(
            {
                "accounts": [
                    {
                        "account": row.name,
                        "role": row.role,
                        "agency": row.agency,
                        "added_at": row.added_at,
                        "disabled_at": row.disabled_at,
                    }
                    for row in found
                ]
            }
        )
        return
    cli_show.table(
        f"Tài khoản / accounts: {len(found)}",
        ("Tên / name", "Vai trò / role", "Đơn vị / agency", "Từ / since", "Trạng thái / state"),
        (
            (
                row.name,
                ROLES[row.role],
                row.agency or "mọi đơn vị",
                cli_show.moment(row.added_at),
                f"ngừng {cli_show.moment(row.disabled_at)}" if row.disabled_at else "hoạt động",
            )
            for row in found
        ),
    )


COMMANDS: Sequence[click.Command] = (account,)
