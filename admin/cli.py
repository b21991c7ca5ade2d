"""The command line `lienthong`: one group, whose commands live in modules of their own, each with a list `COMMANDS`.

A module is imported when its command is called: an agency's `lienthong inbox` needs none of the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command lives, and its line in `lienthong --help`: the first sentence of its own help."""

    module: str
    help: str


def _in(module: str, **commands: str) -> dict[str, Place]:
    return {name: Place(module=f"admin.{module}", help=words) for name, words in commands.items()}


COMMANDS: Mapping[str, Place] = {
    **_in(
        "cli_serve",
        demo="Dựng mọi thứ, chạy việc chính trước mắt bạn / set everything up and play the main job in front of you",
        serve="Chạy trục liên thông cho đến khi nhận SIGTERM / run the exchange until SIGTERM",
    ),
    **_in(
        "cli_letters",
        compose="Tạo tệp edXML từ tệp PDF và vài thông tin / make an edXML file from a PDF and a few words",
    ),
    **_in(
        "cli_verify",
        verify="Kiểm tra một tệp edXML trên máy này / explain an edXML file, without an exchange",
    ),
    **_in(
        "cli_send",
        send="Gửi một tệp edXML / submit an edXML file",
        outbox="Văn bản đã gửi và trạng thái / what was sent, newest first, with its states",
        show="Một văn bản đã gửi hoặc đã nhận, và lịch sử / one envelope or delivery, with its history",
        receipt="Biên nhận có dấu của trục / the exchange's sealed receipt, as XML",
    ),
    **_in(
        "cli_conversation",
        conversation="Chuỗi văn bản liên quan / the documents that answer, update, replace and recall each other, "
        "oldest first",
    ),
    **_in(
        "cli_receive",
        inbox="Văn bản và trạng thái đang chờ nhận / what waits, most urgent first",
        fetch="Tải văn bản về đúng như đã gửi / fetch a file exactly as submitted, or one attachment",
        confirm="Xác nhận đã nhận và lưu văn bản / say that a fetched file is stored; 01 goes back to the sender",
    ),
    **_in(
        "cli_key",
        key="Khóa ký của đơn vị: tạo, xin chứng thư, xem / an agency's signing key: make, certify, look",
    ),
    **_in("cli_report", report="Báo trạng thái xử lý về nơi gửi / report a document's status to its sender"),
    **_in("cli_agency", agency="Đơn vị trong danh mục / agencies of the directory"),
    **_in("cli_group", group="Nhóm đơn vị nhận / groups of agencies to write to"),
    **_in("cli_system", system="Hệ thống quản lý văn bản kết nối vào trục / document systems that call the exchange"),
    **_in(
        "cli_webhook",
        webhook="Webhook: báo cho hệ thống khi có văn bản / addresses that are told when something waits or moves",
    ),
    **_in("cli_certificate", certificate="Chứng thư số của đơn vị / certificates of agencies"),
    **_in("cli_delegation", delegation="Ủy quyền ký số giữa các đơn vị / whose certificates sign documents of whom"),
    **_in("cli_calendar", calendar="Lịch làm việc và thời hạn / working days, hours, and how long things may take"),
    **_in(
        "cli_late",
        late="Văn bản chậm tiếp nhận, quá hạn xử lý / what is late now, at all agencies or at CODE; the longest first",
    ),
    **_in(
        "cli_held", held="Văn bản tạm giữ, vì sao, phải làm gì / what is held, why, and what to do; the oldest first"
    ),
    **_in(
        "cli_parent",
        parent="Trục cấp trên mà trục này kết nối tới / axes above this one, as whose agency's system it speaks",
    ),
    **_in("cli_ca", ca="Tổ chức chứng thực được tin cậy / trusted authorities"),
    **_in("cli_seal", seal="Con dấu của trục / the exchange's seal, by which receipts are checked"),
    **_in(
        "cli_retention",
        retention="Thời hạn lưu tệp đính kèm / how long attachments are kept; without a rule for ever",
    ),
    **_in(
        "cli_export",
        export="Xuất văn bản của một đơn vị ra thư mục / write an agency's documents of a period as ordinary folders",
    ),
    **_in("cli_account", account="Tài khoản đăng nhập trang quản lý / accounts that sign in at the desk"),
    **_in(
        "cli_settings",
        settings="Cấu hình đang có hiệu lực / the effective settings; secrets are masked",
        migrate="Nâng cấp cơ sở dữ liệu / bring the database to the schema of this version",
    ),
    **_in(
        "cli_operations",
        work="Chạy các việc nền cho đến khi nhận SIGTERM / run the chores until SIGTERM",
        check="Tự kiểm tra / look whether everything is well; exit code 1 when something is not",
        audit="Đối chiếu cơ sở dữ liệu và kho / prove that database and store agree; exit code 1 when they do not",
    ),
}
"""Every command, in the order a newcomer meets them."""


class OnDemand(click.Group):
    """A group that lists commands from a table and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself; None when there is none of this name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        found: dict[str | None, click.Command] = {one.name: one for one in import_module(place.module).COMMANDS}
        return found[cmd_name]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every command with its whole line, wrapped: nothing of two languages is cut off."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.help) for name, place in COMMANDS.items()])


@click.group(cls=OnDemand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lienthong", prog_name="lienthong")
def main() -> None:
    """Trục liên thông văn bản điện tử / electronic document exchange.

    Mã thoát / exit codes: 0 xong / done, 1 bị từ chối / refused, 2 dùng sai / usage, 3 thử lại sau / try again later.
    """
