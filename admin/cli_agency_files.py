"""Whole lists of agencies: `lienthong agency import|export`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, cast

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from admin import cli_show
from admin.cli_database import with_database
from admin.cli_session import AS_JSON, FILE
from exchange import agency_import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from exchange.agency_import import Remark, Report

FORM = click.Choice(("csv", "json"))
SHOWN = 20
"""Remarks of one kind on the terminal; --json has all of them."""


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--format", "form", type=FORM, help="Dạng tệp, mặc định theo đuôi tệp / the file's form, by its name")
@click.option("--dry-run", is_flag=True, help="Chỉ báo cáo, không ghi gì / only say what it would do")
@AS_JSON
def import_(file: Path, form: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Nhập danh mục đơn vị từ CSV hoặc danh sách quốc gia / enter a list of agencies, CSV or the national list's JSON.

    Không xóa gì; nhập lại là vô hại / nothing is deleted, and doing it again is harmless.
    """
    with bar("Đang đọc / reading") as moved:
        report = with_database(
            lambda database: agency_import.import_agencies(
                database, file, form=_form(file, form), dry_run=dry_run, moved=moved
            )
        )
    cli_show.as_json(report) if as_json else _tell(report)


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--format", "form", type=FORM, help="Dạng tệp, mặc định theo đuôi tệp / the file's form, by its name")
def export(file: str, form: str | None) -> None:
    """Xuất danh mục đơn vị ra tệp, hoặc ra màn hình với - / write every agency to a file that can be imported again."""
    chosen = form or ("json" if file.lower().endswith(".json") else "csv")
    with _opened(file) as out, bar("Đang ghi / writing") as moved:
        written = with_database(
            lambda database: agency_import.export_agencies(
                database, out, form=chosen, moved=lambda done: moved(done, 0)
            )
        )
    click.echo(f"Đã ghi / written: {written}", err=True)


@contextmanager
def bar(words: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, on a terminal only."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(words, total=None)

        def moved(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total or None)

        yield moved


def _opened(file: str) -> AbstractContextManager[TextIO]:
    """The file, which takes its place once it is whole; `-`: the terminal."""
    found = click.open_file(file, "w", encoding="utf-8", lazy=False, atomic=file != "-")
    return cast("AbstractContextManager[TextIO]", found)


def _form(file: Path, given: str | None) -> str:
    return given or ("json" if file.suffix.lower() == ".json" else "csv")


def _tell(report: Report) -> None:
    cli_show.say(
        f"Đã đọc / read: {report.read}" + (" (chạy thử, không ghi gì / dry run, nothing kept)" * report.dry_run),
        f"  thêm mới / added: {report.added}",
        f"  thay đổi / changed: {report.changed}",
        f"  giữ nguyên / unchanged: {report.unchanged}",
        f"  trùng tên đơn vị khác / new, with another agency's name: {report.same_names}",
    )
    _tell_remarks("Bị từ chối / refused", report.refused)
    _tell_remarks("Dễ nhầm, không nhập / look-alikes, not entered", report.alike)
    _tell_remarks("Đã nhập, trừ điều này / entered, but for this", report.noted)


def _tell_remarks(title: str, found: Sequence[Remark]) -> None:
    if not found:
        return
    cli_show.say(f"{title}: {len(found)}")
    for one in found[:SHOWN]:
        cli_show.say(f"  dòng / line {one.line} {one.code}: {one.fault.vi} / {one.fault.en}")
    if len(found) > SHOWN:
        cli_show.say(f"  … {len(found) - SHOWN} (--json)")


COMMANDS: Sequence[click.Command] = (import_, export)
