"""`lienthong check` as an operator and a container engine call it: what is red, and what only wants a look."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from exchange.authorities import trust_root
from signing.authority import Authority

if TYPE_CHECKING:
    from storage.database import Database

LIENTHONG = str(Path(sys.executable).parent / "lienthong")


@pytest.fixture
def environment(dsn: str, tmp_path: Path) -> dict[str, str]:
    """What the command line needs to find a database of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
    return kept | {"LIENTHONG_DATABASE_URL": dsn, "LIENTHONG_DATA_DIR": str(tmp_path / "data")}


async def check(environment: dict[str, str], *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code of `lienthong check --json` and its answer."""
    process = await asyncio.create_subprocess_exec(
        LIENTHONG, "check", "--json", *options, env=environment, stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(answer)


async def test_fresh_exchange_is_well(environment: dict[str, str]) -> None:
    code, answer = await check(environment)
    assert [one for one in answer["checks"] if not one["ok"]] == []
    assert code == 0


async def test_what_only_wants_a_look_does_not_make_it_unready(environment: dict[str, str], database: Database) -> None:
    await trust_root(database, Authority.make("root without a list").root_pem)
    code, answer = await check(environment)
    assert {one["name"] for one in answer["checks"] if not one["ok"]} == {"revocation_lists"}
    assert code == 1
    code, answer = await check(environment, "--ready")
    assert all(one["ready"] and one["ok"] for one in answer["checks"])
    assert code == 0


async def test_database_that_is_away_is_red(environment: dict[str, str]) -> None:
    away = environment | {"LIENTHONG_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    code, answer = await check(away, "--ready")
    assert not answer["ok"]
    assert code == 1
