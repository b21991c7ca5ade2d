"""Putting everything together and keeping it up: one process, or several side by side, stopped in order.

On SIGTERM or Ctrl-C the service takes no new connection, wakes sleeping inboxes, lets running requests finish for
`shutdown_seconds` and the running chore end its step, then closes what it opened in reverse.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import structlog
import uvloop
from aiohttp import web
from gunicorn.app.base import BaseApplication

from admin.desk import create_desk
from admin.logs import set_up_logs
from exchange.api.app import create_app
from exchange.api.runner import ApiRunner
from exchange.exchange import open_exchange
from exchange.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.exchange import Exchange
    from exchange.settings import Settings

log = structlog.get_logger()

SWITCH_SECONDS = 0.0005
"""How long a computing thread may keep Python's lock from one that answers; with the usual 5 ms both wait in turn."""

BACKLOG = 1024
"""Connections the kernel holds while the loop is busy; a thousand agencies may poll at once."""


async def make_runner(settings: Settings, *, work: bool) -> web.AppRunner:
    """The whole service in this loop, not yet listening; closing the runner closes everything it opened."""
    stack = AsyncExitStack()
    try:
        exchange = await stack.enter_async_context(open_exchange(settings))
        skew = await exchange.database.guard()
        app = create_app(exchange)
        app.add_subapp("/desk", create_desk(exchange))
        if work:
            await _start_worker(stack, exchange)
    except BaseException:
        await stack.aclose()
        raise

    async def wake(_app: web.Application) -> None:
        await exchange.bell.close()

    async def close(_app: web.Application) -> None:
        await stack.aclose()
        log.info("service.stopped")

    app.on_shutdown.append(wake)
    app.on_cleanup.append(close)
    log.info("service.opened", clock_skew_seconds=round(skew, 3), chores=work)
    return ApiRunner(app, keepalive_timeout=settings.keepalive_seconds, shutdown_timeout=settings.shutdown_seconds)


async def _start_worker(stack: AsyncExitStack, exchange: Exchange) -> None:
    worker = Worker(exchange)
    task = asyncio.create_task(worker.run(), name="worker")

    async def stop() -> None:
        await worker.stop()
        await task

    stack.push_async_callback(stop)


async def listen(runner: web.AppRunner, settings: Settings) -> int:
    """Start listening; the port, which the kernel chose if the settings say 0."""
    await runner.setup()
    site = web.TCPSite(runner, settings.host, settings.port, backlog=BACKLOG)
    await site.start()
    port: int = runner.addresses[0][1]
    log.info("service.listening", host=settings.host, port=port)
    return port


async def serve_until_stopped(settings: Settings, *, work: bool) -> None:
    """Serve in this process until SIGTERM or SIGINT."""
    runner = await make_runner(settings, work=work)
    try:
        await listen(runner, settings)
        await stop_signal()
    finally:
        await runner.cleanup()


async def stop_signal() -> None:
    """Return at the first SIGTERM or SIGINT; a second one ends the process at once."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        asked.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    await asked.wait()
    log.info("service.stopping")


def serve(settings: Settings, *, processes: int, work: bool) -> None:
    """Serve with one or several processes until stopped."""
    set_up_logs(settings)
    sys.setswitchinterval(SWITCH_SECONDS)
    if processes == 1:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
            loop.run(serve_until_stopped(settings, work=work))
        return
    _Processes(settings, processes=processes, work=work).run()  # type: ignore[no-untyped-call]


class _Processes(BaseApplication):
    """Several processes on one socket under gunicorn's arbiter, which starts a dead one anew."""

    def __init__(self, settings: Settings, *, processes: int, work: bool) -> None:
        self._settings = settings
        self._processes = processes
        self._work = work
        super().__init__()  # type: ignore[no-untyped-call]

    def load_config(self) -> None:
        """What gunicorn decides; everything else is ours."""
        settings = self._settings
        values = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": self._processes,
            "worker_class": "aiohttp.GunicornUVLoopWebWorker",
            "backlog": BACKLOG,
            "graceful_timeout": int(settings.shutdown_seconds) + 5,
            "control_socket_disable": True,
            "when_ready": _tell_listening,
            "proc_name": "lienthong",
        }
        config: Any = self.cfg
        for name, value in values.items():
            config.set(name, value)

    def load(self) -> Callable[[], Any]:
        """What each process runs after the fork."""
        settings, work = self._settings, self._work

        async def start() -> web.AppRunner:
            set_up_logs(settings)
            return await make_runner(settings, work=work)

        return start


def _tell_listening(arbiter: Any) -> None:
    """The socket is bound: connections wait in it until the processes take them."""
    host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
    log.info("service.listening", host=host, port=port)


def refuse_stripped() -> None:
    """End the program under `python -O`: libraries rely on asserts as guards (TM-58)."""
    if sys.flags.optimize:
        raise SystemExit("lienthong không chạy với python -O / does not run under python -O")
