"""The real service as a process of its own, to be killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class Service:
    """`lienthong serve` on a free port, with the given settings in its environment."""

    def __init__(self, *, processes: int = 1, **settings: object) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
        given = {"PORT": "0", "LOG_FORM": "json", "SPOOL_FLOOR_BYTES": "0"} | settings
        environment |= {f"LIENTHONG_{name.upper()}": str(value) for name, value in given.items()}
        command = [str(Path(sys.executable).parent / "lienthong"), "serve", "--processes", str(processes)]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self._news = threading.Condition()
        self.port = self._port()
        self._drain = threading.Thread(target=self._read, daemon=True)
        self._drain.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def _port(self) -> int:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if '"service.listening"' in line:
                return int(json.loads(line)["port"])
        raise RuntimeError("the service ended before it listened:\n" + "".join(self.lines))

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()

    def events(self) -> list[str]:
        """What its log says so far, by name; every line is JSON."""
        return [json.loads(line)["event"] for line in list(self.lines)]

    async def says(self, event: str, *, times: int = 1, seconds: float = 20) -> None:
        """Return once its log has said so. Raises TimeoutError with the log."""
        if not await asyncio.to_thread(self._hears, event, times, seconds):
            raise TimeoutError(f"no {event} in\n" + "".join(self.lines))

    def _hears(self, event: str, times: int, seconds: float) -> bool:
        with self._news:
            return self._news.wait_for(lambda: self.events().count(event) >= times, seconds)

    def children(self) -> list[int]:
        """The processes it has started and that live."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def terminate(self) -> None:
        """Ask it to stop."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = 30) -> int:
        """The exit code, once it ended."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """As a power cut of this process alone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """As an operator stops it; the exit code."""
        self.terminate()
        return self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.kill()
        self._drain.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
