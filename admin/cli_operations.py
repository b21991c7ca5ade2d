"""What an operator runs beside the service: `lienthong work|check|audit`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from admin import cli_show
from admin.cli_database import EXPECTED, settings_or_exit, telling
from admin.cli_session import AS_JSON
from admin.logs import set_up_logs
from admin.serving import refuse_stripped, stop_signal
from exchange.audit import audit as run_audit
from exchange.checks import CheckResult, check_all, program_checks
from exchange.exchange import open_exchange
from exchange.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exchange.audit import Report
    from exchange.settings import Settings

PARTS = {
    "objects": "tệp lưu trữ đã ghi nhận / recorded objects",
    "store": "tệp lưu trữ trong kho / objects in the store",
    "envelopes": "văn bản và trạng thái / envelopes",
}


@click.command()
@telling
def work() -> None:
    """Chạy các việc nền cho đến khi nhận SIGTERM / run the chores until SIGTERM."""
    refuse_stripped()
    settings = settings_or_exit()
    set_up_logs(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_work(settings))


async def _work(settings: Settings) -> None:
    async with open_exchange(settings) as exchange:
        await exchange.database.guard()
        worker = Worker(exchange)
        running = asyncio.create_task(worker.run(), name="worker")
        asked = asyncio.create_task(stop_signal(), name="stop")
        await asyncio.wait((running, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        await worker.stop()
        await running


@click.command()
@click.option("--ready", is_flag=True, help="Chỉ điều kiện để nhận văn bản / only what must hold to take documents")
@AS_JSON
def check(*, ready: bool, as_json: bool) -> None:
    """Tự kiểm tra / look whether everything is well; exit code 1 when something is not."""
    settings = _quiet_settings()
    found = [*program_checks(), *asyncio.run(_checked(settings))]
    results = [one for one in found if one.ready or not ready]
    if as_json:
        cli_show.as_json({"ok": all(result.ok for result in results), "checks": results})
    else:
        columns = ("Kiểm tra / check", "Kết quả / result", "Chi tiết / detail")
        cli_show.table("Tự kiểm tra / self-checks", columns, ((one.name, _verdict(one), one.detail) for one in results))
    if not all(result.ok for result in results):
        raise SystemExit(1)


def _verdict(result: CheckResult) -> str:
    if result.ok:
        return "đạt / ok"
    return "KHÔNG SẴN SÀNG / NOT READY" if result.ready else "cần xem / look"


async def _checked(settings: Settings) -> list[CheckResult]:
    """The checks of an opened exchange, or the one line that says why it cannot be opened."""
    try:
        async with open_exchange(settings) as exchange:
            return await check_all(exchange)
    except tuple(kind for kind, _, _ in EXPECTED) as error:
        words = next(words for kind, words, _ in EXPECTED if isinstance(error, kind))
        return [CheckResult(name="opening", ok=False, detail=f"{words} / {error}", ready=True)]


@click.command()
@click.option("--deep", is_flag=True, help="Đọc lại toàn bộ nội dung / read every object, rebuild every file")
@click.option("--fix", is_flag=True, help="Sửa những gì an toàn / repair what is safe")
@AS_JSON
@telling
def audit(*, deep: bool, fix: bool, as_json: bool) -> None:
    """Đối chiếu cơ sở dữ liệu và kho / prove that database and store agree; exit code 1 when they do not."""
    settings = _quiet_settings()
    report = asyncio.run(_audited(settings, deep=deep, fix=fix))
    if as_json:
        cli_show.as_json({"ok": report.ok, "seen": report.seen, "removed": report.removed, "findings": report.findings})
    else:
        _show(report)
    if not report.ok:
        raise SystemExit(1)


async def _audited(settings: Settings, *, deep: bool, fix: bool) -> Report:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    async with open_exchange(settings) as exchange:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
            return await run_audit(exchange, deep=deep, fix=fix, progress=_moves(shown))


def _moves(shown: Progress) -> Callable[[str, int, int], None]:
    """What moves the bar of each part."""
    bars = {name: shown.add_task(words, total=None) for name, words in PARTS.items()}

    def move(part: str, done: int, total: int) -> None:
        shown.update(bars[part], completed=done, total=total)

    return move


def _show(report: Report) -> None:
    for name, number in report.seen.items():
        cli_show.say(f"{PARTS[name]}: {number}")
    if report.removed:
        cli_show.say(f"tệp đính kèm đã gỡ bỏ theo quy tắc lưu trữ / attachments removed by rules: {report.removed}")
    if not report.findings:
        cli_show.say("Mọi thứ khớp nhau / everything agrees")
        return
    columns = ("Lỗi / finding", "Ở đâu / where", "Chi tiết / detail", "Đã sửa / mended")
    rows = ((one.code, one.what, one.detail, "có / yes" if one.mended else "không / no") for one in report.findings)
    cli_show.table(f"Phát hiện / findings: {len(report.findings)}", columns, rows)


def _quiet_settings() -> Settings:
    """The settings, with only trouble going to the log: these commands answer on their own."""
    settings = settings_or_exit(log_level="error")
    set_up_logs(settings)
    return settings


COMMANDS: Sequence[click.Command] = (work, check, audit)
