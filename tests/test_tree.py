"""The tree as a stranger finds it: short files, no traces of one machine."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINES = 300
LINES_OF_TESTS_AND_SQL = 500
CODE = {".py", ".sql", ".html", ".css", ".js", ".sh"}
MACHINE_PATH = re.compile(r"(?<![\w.~:/-])/(?:home|Users|root|work|workspace|mnt|private|scratch)/[\w.-]")
"""A path below somebody's home or workplace; system paths such as /etc or /tmp are the same everywhere."""


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository, also those about to be added; of an unpacked archive, every file."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        hidden = {".venv", ".git", "var"}
        return tuple(path for path in ROOT.rglob("*") if path.is_file() and not hidden & set(path.parts))
    found = (ROOT / name for name in done.stdout.decode().split("\0") if name)
    return tuple(path for path in found if path.is_file())


def text_of(path: Path) -> str | None:
    """The file as text, None when it is none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def is_vendored(path: Path) -> bool:
    """Libraries of others, kept as they came."""
    return "vendor" in path.parts or ".min." in path.name


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/ho" + "me/lan/clone", True),
        ("cd /ro" + "ot/x", True),
        ("`/wo" + "rk/main`", True),
        ("GET /v1/work-files/1", False),
        ("/etc/lienthong", False),
        ("http://host/home/page", False),
        ("~/wo" + "rk/x", False),
    ],
)
def test_machine_paths_are_told_from_others(path: str, found: bool) -> None:
    assert bool(MACHINE_PATH.search(path)) is found


def test_no_file_names_a_path_of_one_machine() -> None:
    found = {path: MACHINE_PATH.search(text_of(path) or "") for path in tracked() if not is_vendored(path)}
    assert {str(path.relative_to(ROOT)): hit.group() for path, hit in found.items() if hit} == {}


def test_files_are_short_enough_to_read() -> None:
    long = {}
    for path in tracked():
        lines = (text_of(path) or "").count("\n")
        inside = path.relative_to(ROOT)
        limit = LINES_OF_TESTS_AND_SQL if inside.parts[0] == "tests" or path.suffix == ".sql" else LINES
        if path.suffix in CODE and not is_vendored(path) and lines > limit:
            long[str(inside)] = lines
    assert long == {}
