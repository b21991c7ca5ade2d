"""`serve` and `demo`: the service itself."""

from __future__ import annotations

import click

from admin.cli_settings import settings_or_exit, telling
from admin.demo import demo as run_demo
from admin.logs import set_up_logs
from admin.serving import refuse_stripped
from admin.serving import serve as run_serve


@click.command()
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="số tiến trình / processes")
@click.option("--worker/--no-worker", default=True, help="chạy cả việc nền / run the chores too")
@telling
def serve(processes: int, worker: bool) -> None:
    """Chạy trục liên thông cho đến khi nhận SIGTERM / run the exchange until SIGTERM."""
    refuse_stripped()
    run_serve(settings_or_exit(), processes=processes, work=worker)


@click.command()
@click.option("--stay/--exit", default=True, help="để dịch vụ chạy tiếp hay thoát / leave the service running or exit")
@telling
def demo(stay: bool) -> None:
    """Dựng mọi thứ, chạy việc chính trước mắt bạn / set everything up and play the main job in front of you."""
    refuse_stripped()
    settings = settings_or_exit(log_level="error")
    set_up_logs(settings)
    run_demo(settings, stay=stay)


COMMANDS: tuple[click.Command, ...] = (demo, serve)
