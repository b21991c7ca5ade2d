"""`lienthong demo`: everything set up, the main job played in front of the reader, the service left running."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

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
        number = str(int(time.time()) % 10**8)
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


def _tell_next(
    console: Console,
    settings: Settings,
    players: tuple[Player, Player, Player],
    accounts: list[DemoAccount],
    path: Path,
) -> None:
    first, second, _ = players
    lines = [
        f"[b]Trang theo dõi / desk[/b]     {settings.url}/desk",
        f"[b]Mô tả API / API[/b]           {settings.url}/v1/openapi.json",
        f"[b]Tình trạng / health[/b]       {settings.url}/readyz   {settings.url}/metrics",
        "",
        "[b]Tài khoản thử / demo accounts[/b]",
        *(f"  {account.name:<16} {account.password}   {account.what}" for account in accounts),
        "",
        "[b]Ba lệnh thử tiếp / three commands to try next[/b] (cửa sổ khác, cùng thư mục / another shell, same folder)",
        f"  export LIENTHONG_URL={settings.url} LIENTHONG_CREDENTIAL_FILE={second.folder}/credential",
        "  .venv/bin/lienthong inbox",
        f"  LIENTHONG_CREDENTIAL_FILE={first.folder}/credential .venv/bin/lienthong outbox",
        f"  LIENTHONG_CREDENTIAL_FILE={first.folder}/credential .venv/bin/lienthong send {path}",
    ]
    console.print(Panel("\n".join(lines), title="Tiếp theo / next", expand=False), highlight=False)
    console.print("[dim]Ctrl-C để dừng / to stop[/dim]")


def demo(settings: Settings, *, stay: bool) -> None:
    """Run the demonstration in a loop of its own."""
    asyncio.run(run_demo(settings, stay=stay))
