"""A real S3 server for tests: `rclone serve s3` over a folder."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

KEY = "testkey"
SECRET = "test/secret+word"
"""With characters that a URL must escape."""


class S3Server:
    """One server on a port of its own choosing; each bucket is a folder below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start the process, after `stop` on the same port as before."""
        command = [str(Path(sys.executable).parent / "rclone"), "serve", "s3", "--addr", f"127.0.0.1:{self.port}"]
        options = ["--auth-key", f"{KEY},{SECRET}", "--dir-cache-time", "1ms", "--config", "", str(self.folder)]
        self.process = subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)
        self.port = self._port()
        self._drain = threading.Thread(target=self.process.stderr.read, daemon=True)
        self._drain.start()

    def _port(self) -> int:
        """The server says where it listens as soon as it does."""
        for line in self.process.stderr:
            if "Starting s3 server on" in line:
                return int(line.rpartition(":")[2].strip().rstrip("/]"))
        raise RuntimeError("rclone ended before it listened")

    def url(self, bucket: str) -> str:
        """The address of a bucket in the form settings take."""
        return f"http://{KEY}:{SECRET.replace('/', '%2F').replace('+', '%2B')}@127.0.0.1:{self.port}/{bucket}"

    def stop(self) -> None:
        """End the process and wait for it."""
        self.process.kill()
        self.process.wait()
        self._drain.join()
        self.process.stderr.close()
