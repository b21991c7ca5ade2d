"""The wheel is the application: five folders, everything in them, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
FOLDERS = ("admin", "envelopes", "exchange", "signing", "storage")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel of this tree, built aside because a build leaves files behind."""
    source = tmp_path_factory.mktemp("source")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        str(source / "dist"),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next((source / "dist").glob("*.whl"))) as opened:
        yield opened


def files_of(folder: str) -> set[str]:
    """What stands in the folder, as the wheel names it."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in found}


def test_wheel_has_exactly_the_five_folders(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_wheel_has_every_file_of_a_folder(wheel: zipfile.ZipFile, folder: str) -> None:
    inside = {name for name in wheel.namelist() if name.startswith(f"{folder}/")}
    assert files_of(folder) - inside == set()
    assert f"{folder}/py.typed" in inside


def test_wheel_has_the_migrations(wheel: zipfile.ZipFile) -> None:
    assert any(name.startswith("storage/migrations/") and name.endswith(".sql") for name in wheel.namelist())


def test_wheel_carries_licence_and_command(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    entry_points = next(name for name in names if name.endswith(".dist-info/entry_points.txt"))
    assert "lienthong = admin.cli:main" in wheel.read(entry_points).decode()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
