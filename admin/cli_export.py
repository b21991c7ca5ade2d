"""An agency's documents of a period as ordinary folders: `lienthong export AGENCY --from --to --out`."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from admin import cli_show
from admin.cli_administrator import DAY
from admin.cli_database import settings_or_exit, told
from admin.cli_session import AS_JSON, FOLDER
from admin.logs import set_up_logs
from exchange import export as use_case
from exchange.api.shapes import arrival_json, sent_json
from exchange.collect import Arrival
from exchange.exchange import open_exchange
from exchange.export import Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from exchange.export import Exported
    from exchange.look import Sent
    from exchange.settings import Settings


@click.command()
@click.argument("agency")
@click.option("--from", "first", type=DAY, required=True, metavar="DATE", help="Trục nhận từ ngày / accepted from")
@click.option("--to", "last", type=DAY, required=True, metavar="DATE", help="Đến hết ngày / to the end of")
@click.option("--out", type=FOLDER, required=True, help="Thư mục mới hoặc trống / a new or empty folder")
@AS_JSON
def export(agency: str, *, first: datetime, last: datetime, out: Path, as_json: bool) -> None:
    """Xuất văn bản của một đơn vị ra thư mục / write an agency's documents of a period as ordinary folders.

    Kiểm tra lại / check it later: cd OUT && sha256sum --check SHA256SUMS. Mã thoát 1 khi có tệp không đọc được / exit
    code 1 when a file could not be read.
    """
    settings = settings_or_exit(log_level="error")
    set_up_logs(settings)
    wish = Wish(agency=agency, first=first.date(), last=last.date(), out=out, describe=_described)
    with told():
        done = asyncio.run(_exported(settings, wish))
    if as_json:
        cli_show.as_json(done)
    else:
        _show(done, out)
    if done.problems:
        raise SystemExit(1)


def _described(shown: Sent | Arrival) -> dict[str, Any]:
    """The document as the API tells its sender or recipient."""
    return arrival_json(shown, history=True) if isinstance(shown, Arrival) else sent_json(shown, history=True)


async def _exported(settings: Settings, wish: Wish) -> Exported:
    async with open_exchange(settings) as exchange:
        with _bar() as moved:
            return await use_case.export(exchange, wish, progress=moved)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """What moves the bar, on stderr and on a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        bar = shown.add_task("văn bản / documents", total=None)

        def moved(done: int, total: int) -> None:
            shown.update(bar, completed=done, total=total)

        yield moved


def _show(done: Exported, out: Path) -> None:
    cli_show.say(
        f"{done.agency}: gửi / sent {done.sent}, nhận / received {done.received}",
        f"Tệp / files: {done.files}, {done.bytes} byte, {out}",
    )
    if done.removed:
        cli_show.say(f"Tệp đính kèm đã gỡ bỏ theo quy tắc lưu trữ / attachments removed by rules: {done.removed}")
    columns = ("Thư mục / folder", "Tệp / file", "Lỗi / what is wrong")
    if done.problems:
        rows = ((one.folder, one.file, one.detail) for one in done.problems)
        cli_show.table(f"Không đọc được / could not be read: {len(done.problems)}", columns, rows)


COMMANDS: Sequence[click.Command] = (export,)
