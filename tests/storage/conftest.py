"""Stores for the conformance tests: each test runs once on a folder and once on a real S3 server."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from storage.objects import Objects, open_objects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.s3 import S3Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A store, and the folder in which its objects lie as files, for tests that damage them."""

    objects: Objects
    folder: Path
    place: str

    def file(self, sha256: str) -> Path:
        """Where the object's bytes are."""
        return self.folder / "sha256" / sha256[:2] / sha256[2:4] / sha256

    def damage(self, sha256: str, content: bytes) -> None:
        """Replace the object behind the store's back."""
        self.file(sha256).unlink()
        self.file(sha256).write_bytes(content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to store, with what it is announced as."""

    sha256: str
    path: Path
    size: int
    content: bytes

    async def into(self, objects: Objects) -> Source:
        """Put the file into the store."""
        await objects.put(self.sha256, self.path, self.size)
        return self


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """The address of an empty store, and its folder."""
    if request.param == "disk":
        return str(tmp_path / "store"), tmp_path / "store"
    s3: S3Server = request.getfixturevalue("s3")
    bucket = f"b{uuid.uuid4().hex[:20]}"
    return s3.url(bucket), s3.folder / bucket


@pytest.fixture
async def store(place: tuple[str, Path]) -> AsyncIterator[Store]:
    """An empty store with its folder."""
    objects = open_objects(place[0])
    yield Store(objects=objects, folder=place[1], place=place[0])
    await objects.close()


@pytest.fixture
def objects(store: Store) -> Objects:
    """An empty store."""
    return store.objects


class Sources:
    """Makes files to store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, content: bytes) -> Source:
        """A file with this content."""
        path = self._folder / uuid.uuid4().hex
        path.write_bytes(content)
        return Source(sha256=hashlib.sha256(content).hexdigest(), path=path, size=len(content), content=content)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """Files to store."""
    folder = tmp_path / "sources"
    folder.mkdir()
    return Sources(folder)
