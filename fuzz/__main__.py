"""`python -m fuzz`: every target for its share of the seconds, each in a process of its own, under atheris.

The corpus grows in `--folder` and is used again; what breaks a promise is left in `findings/` there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from fuzz import seeds
from fuzz.targets import TARGETS

SHARES = {"splitting": 3, "reading": 5, "examining": 3, "packing": 2, "naming": 1}
"""Of the time: most for what has most in it."""

MEMORY_MB = 2048
SLOWEST_SECONDS = 10
"""One input that takes longer is a finding."""


def main() -> int:
    """Fuzz, say what was found; 0 when nothing was."""
    options = argparse.ArgumentParser(prog="python -m fuzz")
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--folder", type=Path, default=Path("var/fuzz"))
    options.add_argument("--target", choices=sorted(TARGETS))
    given = options.parse_args()
    seeds.write(given.folder)
    (given.folder / "findings").mkdir(exist_ok=True)
    targets = [given.target] if given.target else list(TARGETS)
    total = sum(SHARES[target] for target in targets)
    broken = [
        target
        for target in targets
        if _fuzz(target, given.folder, max(given.seconds * SHARES[target] // total, 1)) != 0
    ]
    for target in broken:
        print(f"{target}: see {given.folder / 'findings'}", file=sys.stderr)
    return 1 if broken else 0


def _fuzz(target: str, folder: Path, seconds: int) -> int:
    print(f"\n== {target}, {seconds} s", flush=True)
    command = [
        *(sys.executable, "-m", "fuzz.run", target, str(folder / target)),
        *(f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={SLOWEST_SECONDS}"),
        *(f"-dict={folder / 'edxml.dict'}", f"-artifact_prefix={folder / 'findings'}/{target}-"),
        *("-max_len=65536", "-print_final_stats=1", "-verbosity=0"),
    ]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
