"""Several processes on one socket under gunicorn's arbiter, which starts a dead one anew."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger

from admin.logs import set_up_logs
from storage.outages import DatabaseAway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from exchange.settings import Settings

BACKLOG = 1024
"""Connections the kernel holds while the loop is busy; a thousand agencies may poll at once."""

FAREWELL_SECONDS = 5
"""What a process may take to close everything after its last request."""

AGAIN_SECONDS = 1.0
"""Between two tries to open what is away."""

BEAT_SECONDS = 1.0
"""The arbiter takes a process that says nothing for 30 s for hung."""

log = structlog.get_logger()


def run_processes(settings: Settings, *, processes: int, make: Callable[[], Awaitable[web.AppRunner]]) -> None:
    """Serve with so many processes, each on what `make` makes in it, until SIGTERM or SIGINT; ends the program.

    With exit code 0, or 1 when `make` failed for a reason that does not go away by itself.
    """
    parent = os.getpid()
    try:
        _Processes(settings, processes=processes, make=make).run()  # type: ignore[no-untyped-call]
    except SystemExit as ended:
        if os.getpid() != parent:  # a process that was forked in there
            raise
        raise SystemExit(1 if ended.code else 0) from None  # gunicorn's own codes mean something else here
    except HaltServer:  # a second process failed while the arbiter was ending over the first
        raise SystemExit(1) from None


class _Lines(Logger):
    """The arbiter's warnings go where all lines go, in the same form; what it says beyond them is said by us."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.propagate = True


class _Processes(BaseApplication):
    def __init__(self, settings: Settings, *, processes: int, make: Callable[[], Awaitable[web.AppRunner]]) -> None:
        self._settings = settings
        self._processes = processes
        self._make = make
        self._beat: Callable[[], None] = lambda: None
        super().__init__()  # type: ignore[no-untyped-call]

    def load_config(self) -> None:
        """What gunicorn decides; everything else is ours."""
        settings = self._settings
        values = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": self._processes,
            "worker_class": "aiohttp.GunicornUVLoopWebWorker",
            "logger_class": _Lines,
            "backlog": BACKLOG,
            "graceful_timeout": int(settings.shutdown_seconds) + FAREWELL_SECONDS,
            "control_socket_disable": True,
            "when_ready": _tell_listening,
            "post_fork": self._forked,
            "proc_name": "lienthong",
        }
        config: Any = self.cfg
        for name, value in values.items():
            config.set(name, value)

    def load(self) -> Callable[[], Any]:
        """What each process runs after the fork."""

        async def start() -> web.AppRunner:
            set_up_logs(self._settings)
            beating = asyncio.create_task(self._keep_beating(), name="heart beat")
            try:
                runner = await self._opened()
            finally:
                beating.cancel()
            runner.app.on_shutdown.insert(0, _tell_stopping)
            return runner

        return start

    async def _opened(self) -> web.AppRunner:
        """A process started anew in an outage waits for its end; if it failed, gunicorn would end all the others."""
        while True:
            try:
                return await self._make()
            except DatabaseAway as away:
                log.warning("service.waiting", reason=str(away))
            except Exception as error:
                log.error("service.unusable", exc_info=error)
                raise SystemExit(Arbiter.APP_LOAD_ERROR) from error  # the arbiter ends, rather than try for ever
            await asyncio.sleep(AGAIN_SECONDS)

    async def _keep_beating(self) -> None:
        with suppress(OSError):
            while True:
                self._beat()
                await asyncio.sleep(BEAT_SECONDS)

    def _forked(self, _arbiter: Any, worker: Any) -> None:
        self._beat = worker.notify


def _tell_listening(arbiter: Any) -> None:
    """The socket is bound: connections wait in it until the processes take them."""
    host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
    log.info("service.listening", host=host, port=port)


async def _tell_stopping(_app: web.Application) -> None:
    log.info("service.stopping")
