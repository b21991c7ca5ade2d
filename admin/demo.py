"""`lienthong demo`: everything set up, the main job played in front of the reader, the service left running."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from admin.demo_accounts import DemoAccount, demo_accounts
from admin.demo_cast import Stage, cast
from admin.demo_play import Player, play
from admin.serving import listen, make_runner, stop_signal
from exchange.opening import open_database

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.settings import Settings

STEPS = 7
"""Steps of the preparation that the progress bar counts."""

FIRST_NUMBER = 125
"""Number of the first demonstration's letter; each later one counts on."""

PORTS = 20
"""Ports tried when the usual one is taken by another program."""


async def run_demo(settings: Settings, *, stay: bool) -> None:
    """Prepare, play, print what to do next; then serve until stopped if `stay`."""
    console = Console()
    folder = settings.data_dir / "demo"
    players, accounts = await _prepare(settings, folder, console)
    settings = settings.model_copy(update={"port": _free_port(settings)})
    runner = await make_runner(settings, work=True)
    try:
        await listen(runner, settings)
        console.print(f"\n[b]Trục liên thông đang chạy / the exchange is running:[/b] {settings.url}\n")
        number = await asyncio.to_thread(_next_number, folder)
        path = await play(settings.url, players, console, number)
        _tell_next(console, settings, players, accounts, path)
        if stay:
            await stop_signal()
    finally:
        await runner.cleanup()


async def _prepare(
    settings: Settings, folder: Path, console: Console
) -> tuple[tuple[Player, Player, Player], list[DemoAccount]]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("PostgreSQL", total=STEPS)

        def tell(what: str) -> None:
            progress.update(task, advance=1, description=what)

        tell("cơ sở dữ liệu / database")
        async with open_database(settings) as database:
            players = await cast(Stage(database=database, folder=folder, tell=tell), settings.data_dir / "ca")
            tell("tài khoản / accounts")
            accounts = await demo_accounts(database, folder, players)
    console.print("[green]✓[/green] Đã chuẩn bị cơ sở dữ liệu, chứng thư số, ba đơn vị / everything is set up")
    return players, accounts


def _free_port(settings: Settings) -> int:
    """The port of the settings, or the next free one: a demonstration should not fail over a busy port."""
    for port in range(settings.port, settings.port + PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return settings.port


def _next_number(folder: Path) -> str:
    """A number nobody has used yet: the same letter twice would only get the first receipt again."""
    place = folder / "last-number"
    number = int(place.read_text(encoding="ascii")) + 1 if place.exists() else FIRST_NUMBER
    place.write_text(str(number), encoding="ascii")
    return str(number)


def _tell_next(
    console: Console,
    settings: Settings,
    players: tuple[Player, Player, Player],
    accounts: list[DemoAccount],
    path: Path,
) -> None:
    """Plain lines, never folded, so that what is to be copied can be copied."""
    first, second, _ = players
    places = Table(show_header=False, show_edge=False, box=None, pad_edge=False)
    for name, place in (
        ("Trang theo dõi / desk", f"{settings.url}/desk"),
        ("Mô tả API / API document", f"{settings.url}/v1/openapi.json"),
        ("Tình trạng / health", f"{settings.url}/readyz  {settings.url}/metrics"),
        ("Thư mục thử / demo folder", str(first.folder.parent)),
    ):
        places.add_row(f"[b]{name}[/b]", place)
    console.print(places)
    people = Table(title="\nTài khoản thử / demo accounts", title_justify="left", show_edge=False, pad_edge=False)
    for column in ("tên / name", "mật khẩu / password"):
        people.add_column(column, no_wrap=True)  # to be copied
    people.add_column("vai trò / role")
    for account in accounts:
        people.add_row(account.name, account.password, account.what)
    console.print(people)
    console.print("\n[b]Ba lệnh thử tiếp / three commands to try next[/b] (cửa sổ khác / in another shell)")
    for line in (
        f"export LIENTHONG_URL={settings.url} LIENTHONG_CREDENTIAL_FILE={first.folder}/credential",
        ".venv/bin/lienthong outbox",
        f".venv/bin/lienthong send {path}   # lần hai: cùng biên nhận / a second time: the same receipt",
        f"LIENTHONG_CREDENTIAL_FILE={second.folder}/credential .venv/bin/lienthong inbox   # {second.code}",
    ):
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    console.print("\n[dim]Ctrl-C để dừng / to stop[/dim]")


def demo(settings: Settings, *, stay: bool) -> None:
    """Run the demonstration in a loop of its own."""
    asyncio.run(run_demo(settings, stay=stay))
