"""Putting everything together and keeping it up: one process, or several side by side, stopped in order.

On SIGTERM or Ctrl-C the service takes no new connection, wakes sleeping inboxes, lets running requests finish for
`shutdown_seconds` and the running chore end its step, then closes what it opened in reverse.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import structlog
import uvloop
from aiohttp import web

from admin.desk import create_desk
from admin.listening import check_address
from admin.logs import set_up_logs
from admin.processes import BACKLOG, run_processes
from exchange.api.app import create_app
from exchange.api.runner import ApiRunner
from exchange.exchange import open_exchange
from exchange.worker import Worker

if TYPE_CHECKING:
    from exchange.exchange import Exchange
    from exchange.settings import Settings

log = structlog.get_logger()

SWITCH_SECONDS = 0.0005
"""How long a computing thread may keep Python's lock from one that answers; with the usual 5 ms both wait in turn."""


DESCRIPTORS = 65_536
"""Connections and files of one process. Programs start with 1,024 as a rule: ten busy systems, or one idle flood."""


async def make_runner(settings: Settings, *, work: bool) -> web.AppRunner:
    """The whole service in this loop, not yet listening; closing the runner closes everything it opened."""
    stack = AsyncExitStack()
    try:
        exchange = await stack.enter_async_context(open_exchange(settings))
        skew = await exchange.database.guard()
        app = create_app(exchange)
        app.add_subapp("/desk", create_desk(exchange))
        app.router.add_get("/", _to_the_desk)
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


async def _to_the_desk(_request: web.Request) -> web.StreamResponse:
    """A person types the bare address; machines know theirs."""
    return web.Response(status=303, headers={"Location": "/desk/"})


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
    """Serve with one or several processes until stopped. Raises `CannotListen` before anything is opened."""
    set_up_logs(settings)
    check_address(settings)
    sys.setswitchinterval(SWITCH_SECONDS)
    raise_descriptors()
    if processes == 1:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
            loop.run(serve_until_stopped(settings, work=work))
        return
    run_processes(settings, processes=processes, make=lambda: make_runner(settings, work=work))


def raise_descriptors() -> None:
    """Let this process and those it starts hold `DESCRIPTORS` connections and files, or as many as it may."""
    held, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
    if held != resource.RLIM_INFINITY and held < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def refuse_stripped() -> None:
    """End the program under `python -O`: libraries rely on asserts as guards (TM-58)."""
    if sys.flags.optimize:
        raise SystemExit("lienthong không chạy với python -O / does not run under python -O")
