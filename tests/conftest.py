"""Real things for tests: a PostgreSQL server, a database of its own for each test, an S3 server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog

from storage.database import Database
from storage.embedded import EmbeddedPostgres
from tests.support.databases import Template
from tests.support.s3 import S3Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(autouse=True)
def loggers_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands that set up their logs in this process leave no logger behind that later tests could not listen to."""
    configure = structlog.configure
    monkeypatch.setattr(structlog, "configure", lambda **how: configure(**how | {"cache_logger_on_first_use": False}))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dsn of a real server that lives as long as the test run."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    dsn = server.ensure()
    yield dsn
    server.release()


@pytest.fixture(scope="session")
def template(postgres: str) -> Template:
    """A migrated database to clone."""
    return Template(postgres)


@pytest.fixture
async def dsn(template: Template) -> AsyncIterator[str]:
    """A fresh, migrated database."""
    async with template.copy() as made:
        yield made


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """The fresh database, opened."""
    opened = await Database.open(dsn)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server that lives as long as the test run."""
    server = S3Server(tmp_path_factory.mktemp("s3"))
    yield server
    server.stop()
