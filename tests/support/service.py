"""The real service as a process of its own, to be killed."""

from __future__ import annotations

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
            self.lines.append(line)

    def wait(self, seconds: float = 30) -> int:
        """The exit code, once it ended."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """As a power cut of this process alone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """As an operator stops it; the exit code."""
        self.process.send_signal(signal.SIGTERM)
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
