"""Axes above this one: `lienthong parent add|list|show|sync|again|remove`."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from admin import cli_show
from admin.cli_database import with_database
from admin.cli_session import AS_JSON, InFull
from exchange.upward import listing, parents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from exchange.upward.listing import Synced
    from exchange.upward.parents import Parent, Stuck

SHOWN_CODES = 20
"""Codes named of those that are no longer listed; `--json` has all."""

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
STATES = {"waiting": "chờ / waiting", "refused": "bị từ chối / refused"}
DIRECTIONS = {"up": "lên / up", "down": "xuống / down"}


@click.group(cls=InFull)
def parent() -> None:
    """Trục cấp trên mà trục này kết nối tới / axes above this one, as whose agency's system it speaks."""


@parent.command()
@click.argument("name")
@click.argument("url")
@click.option("--system", required=True, metavar="ID", help="Mã hệ thống của ta ở trục cấp trên / who we are there")
@click.option("--secret-file", type=FILE, required=True, help="Tệp chứa mã bí mật / the file with the secret")
@click.option("--vouches", is_flag=True, help="Nhận theo cam kết của trục cấp trên / its word counts, as unsigned")
@click.option("--seal", type=FILE, help="Chứng thư con dấu của trục cấp trên / what it signs its own 01 with")
@AS_JSON
def add(
    name: str, url: str, *, system: str, secret_file: Path, vouches: bool, seal: Path | None, as_json: bool
) -> None:
    """Kết nối tới trục cấp trên, hoặc đổi thông tin / talk to a parent axis, or change how."""
    secret = secret_file.read_text(encoding="utf-8")
    certificate = seal.read_bytes() if seal else None
    made = with_database(
        lambda database: parents.add_parent(
            database, name=name, url=url, system=system, secret=secret, vouches=vouches, seal=certificate
        )
    )
    _say(made, as_json=as_json)
    if not as_json:
        cli_show.say(
            "Việc tiếp theo: nạp danh mục / next, read its directory:",
            f"  lienthong parent sync {made.name}",
        )


@parent.command("list")
@AS_JSON
def list_(*, as_json: bool) -> None:
    """Mọi trục cấp trên / every parent."""
    found = with_database(parents.list_parents)
    if as_json:
        cli_show.as_json({"parents": found})
        return
    columns = ("Tên / name", "Địa chỉ / address", "Là / as", "Đơn vị / agencies", "Lên / up", "Xuống / down")
    cli_show.table(f"Trục cấp trên / parents: {len(found)}", columns, map(_row, found))


@parent.command()
@click.argument("name")
@AS_JSON
def show(name: str, *, as_json: bool) -> None:
    """Một trục cấp trên và những gì còn vướng / one parent, and what did not get through."""
    found, stuck = with_database(lambda database: parents.show_parent(database, name))
    if as_json:
        cli_show.as_json({"parent": found, "stuck": stuck})
        return
    _say(found, as_json=False)
    columns = ("Mã / id", "Hướng / direction", "Nơi gửi / sender", "Trạng thái / state", "Lý do / reason")
    cli_show.table(f"Còn vướng / not through: {len(stuck)}", columns, map(_stuck_row, stuck))


@parent.command()
@click.argument("name")
@AS_JSON
def sync(name: str, *, as_json: bool) -> None:
    """Nạp danh mục của trục cấp trên / read its directory: who is not ours is reached through it."""
    with _counting("Đang nạp / reading") as progress:
        done = with_database(lambda database: listing.sync(database, name, progress))
    if as_json:
        cli_show.as_json(done)
        return
    cli_show.say(
        f"Đã đọc / read {done.listed}: {done.added} mới / new, {done.renamed} đổi tên / renamed, "
        f"{done.ours} của trục này / ours, {done.elsewhere} qua trục khác / through another parent, "
        f"{done.unusable} không dùng được / of no use"
    )
    for line in _doubts(done):
        cli_show.say(line)


@parent.command()
@click.argument("name")
@click.option("--envelope", type=click.UUID, help="Chỉ văn bản này trên đường lên / only this one, on its way up")
@click.option("--message", metavar="ID", help="Chỉ thông điệp này trên đường xuống / only this one, on its way down")
@AS_JSON
def again(name: str, envelope: UUID | None, message: str | None, *, as_json: bool) -> None:
    """Thử lại những gì còn vướng / try again what did not get through."""
    done = with_database(lambda database: parents.try_again(database, name, envelope=envelope, doc_id=message))
    if as_json:
        cli_show.as_json({"again": done})
        return
    cli_show.say(f"Sẽ thử lại / will be tried again: {len(done)}", *(f"  {one}" for one in done))


@parent.command()
@click.argument("name")
@AS_JSON
def remove(name: str, *, as_json: bool) -> None:
    """Ngừng kết nối / talk to it no more; its agencies are out of reach until it is added again."""
    _say(with_database(lambda database: parents.remove_parent(database, name)), as_json=as_json)


@contextmanager
def _counting(words: str) -> Iterator[Callable[[int], None]]:
    """A count that moves, on stderr and on a terminal only; how many there will be is not known."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        bar = shown.add_task(words, total=None)
        yield lambda done: shown.update(bar, completed=done)


def _doubts(done: Synced) -> Iterator[str]:
    for words, codes in (
        ("Không còn trong danh mục, đã khóa / no longer listed, locked", done.gone),
        ("Có trong danh mục nhưng đang khóa ở đây / listed, but locked here", done.locked),
    ):
        if codes:
            more = " …" if len(codes) > SHOWN_CODES else ""
            yield f"{words}: {len(codes)} ({', '.join(codes[:SHOWN_CODES])}{more})"


def _say(found: Parent, *, as_json: bool) -> None:
    if as_json:
        cli_show.as_json(found)
        return
    state = f"ngừng từ / not in use since {cli_show.moment(found.disabled_at)}" if found.disabled_at else "đang dùng"
    word = "theo cam kết của trục này, ghi là không ký số / on its word, as unsigned" if found.vouches else "từ chối"
    cli_show.say(
        f"Trục cấp trên / parent {found.name}: {found.url} ({state})",
        f"  là hệ thống / as system {found.system}; {found.agencies} đơn vị / agencies",
        f"  chữ ký không kiểm tra được / signatures nobody here can tell: {word}",
        f"  con dấu / seal: {found.seal or '-'}",
        *(f"  {DIRECTIONS[line.direction]}: {_line(found, line.direction)}" for line in found.lines),
    )


def _line(found: Parent, direction: str) -> str:
    counts = found.up if direction == "up" else found.down
    numbers = ", ".join(f"{word} {number}" for word, number in counts.items()) or "-"
    line = next((one for one in found.lines if one.direction == direction), None)
    if line is None:
        return numbers
    trouble = f"; lỗi × {line.failures}: {line.outcome}" if line.failures else ""
    return f"{numbers}; trả lời lúc / answered {cli_show.moment(line.answered_at) or '-'}{trouble}"


def _row(one: Parent) -> tuple[object, ...]:
    return one.name, one.url, one.system, one.agencies, _line(one, "up"), _line(one, "down")


def _stuck_row(one: Stuck) -> tuple[object, ...]:
    failure = f"{one.failure or '-'} (× {one.attempts})"
    return one.id, DIRECTIONS[one.direction], one.sender, STATES[one.state], failure


COMMANDS: Sequence[click.Command] = (parent,)
