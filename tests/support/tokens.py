"""A real PKCS 11 token in software (SoftHSM of Debian), with keys made or put on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
PIN = "271828"


def module() -> str:
    """The path of SoftHSM's module; the test is skipped where it is not installed."""
    found = next((path for path in MODULES if Path(path).exists()), None)
    if found is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed: apt-get install softhsm2")
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: pip install 'lienthong[token]'")
    return found


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder with tokens, of which this process's module sees all."""

    folder: Path
    module: str

    def token(self, label: str) -> None:
        """A new token, set up with the PIN."""
        self._util("--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "31415926")

    def put(self, token: str, key: Path, label: str, identifier: str) -> None:
        """A key file (PKCS 8 PEM) onto a token."""
        words = ("--token", token, "--label", label, "--id", identifier, "--pin", PIN)
        self._util("--import", str(key), *words)

    def empty(self) -> None:
        """Every token is pulled out for good."""
        for path in (self.folder / "tokens").iterdir():
            shutil.rmtree(path)

    def _util(self, *words: str) -> None:
        done = subprocess.run(["softhsm2-util", *words], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def shelf(folder: Path) -> Iterator[Shelf]:
    """An empty shelf; the module of this process is started with it, and anew with nothing once it is taken away."""
    found = module()
    import pkcs11

    (folder / "tokens").mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n", encoding="utf-8")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    pkcs11.unload(found)
    try:
        yield Shelf(folder, found)
    finally:
        pkcs11.unload(found)
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before
