"""The served OpenAPI document is the truth: schemathesis asks everything it allows and forbids, and checks each answer.

A longer campaign: `make schemathesis EXAMPLES=2000 SEED=7`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from exchange.credentials import new_credential
from storage import credentials, directory
from tests.support.world import NAMES, A, B, C, world_of

if TYPE_CHECKING:
    from tests.support.world import World

EXAMPLES = int(os.environ.get("LT_EXAMPLES", "50"))
"""Requests for each operation and phase; the coverage phase adds a few hundred of its own."""

COUNT = re.compile(r'^lienthong_requests_total\{method="\w+",route="([^"]+)",status="(\d+)"\} (\S+)$', re.M)

SEED = int(os.environ.get("LT_SEED", "2016"))

SETTINGS = """
hooks = "tests.support.schemathesis_hooks"
continue-on-failure = true
request-timeout = 40.0
warnings = false

[auth.wfc]
path = "auth.json"
user = "offices"
peers = ["offices", "stranger"]

[generation]
database = "none"

[checks]
max_response_time = 10.0

[[operations]]  # a file that is well-formed for HTTP may still be no envelope, or a damaged one
include-operation-id = "submit"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "409", "422"]

[[operations]]  # a range outside the file is well-formed, and 416 its right answer
include-operation-id-regex = "^fetch"
checks.positive_data_acceptance.expected-statuses = ["2xx", "304", "404", "416"]
"""
"""What is no fault, each with its reason. The times are for a busy machine with two cores."""


async def stocked(world: World) -> dict[str, Any]:
    """Documents and statuses in every condition; what exists, for schemathesis to ask for."""
    a_file, odd = world.attachment(), world.attachment("phụ lục «1».docx", b"not really")
    async with world.client(A) as sender, world.client(B) as recipient:
        for attached in ([a_file], [a_file, odd], [], [odd]):
            await sender.submit(world.envelope(world.document(A, B, "H08.99"), *attached))
        first, *_ = (await recipient.inbox()).deliveries
        await recipient.confirm(first.id, first.sha256)
        await recipient.report(first, "03", signer=world.actors[B].signer)
        await recipient.report(first, "02", description="Sai thể thức", signer=world.actors[B].signer)
        waiting = [*(await recipient.inbox()).deliveries, *(await sender.inbox()).deliveries, first]
        sent = (await sender.outbox()).envelopes
    return {
        "deliveries": [
            {"id": str(one.id), "sha256": one.sha256, "attachments": len(one.attachments)} for one in waiting
        ],
        "envelopes": [str(one.id) for one in sent],
        "agencies": list(NAMES),
    }


async def system_for_both(world: World) -> str:
    """The credential of one system that acts for A and B, so that it may ask for everything between them."""
    text, credential, digest = new_credential()
    async with world.exchange.database.transaction() as conn:
        await directory.add_system(conn, system="both", agencies=[A, B], allow_unsigned=False, axis_secret="unused")
        await credentials.add_credential(
            conn, credential=credential, system="both", secret_sha256=digest, valid_days=None
        )
    return text


def prepared(world: World, folder: Path, known: dict[str, Any], credential: str) -> None:
    """Everything schemathesis reads, in the folder it runs in."""
    folder.mkdir()
    files = folder / "files"
    files.mkdir()
    for path in world.folder.glob("*.edxml"):
        (files / path.name).write_bytes(path.read_bytes())
    for n in range(10):  # and some that nobody has sent yet
        path = world.envelope(world.document(A, B), world.attachment())
        (files / f"new-{n}.edxml").write_bytes(path.read_bytes())
    people = {"offices": credential, "stranger": world.actors[C].credential}
    headers = {name: [{"name": "Authorization", "value": f"Bearer {text}"}] for name, text in people.items()}
    auth = {"auth": [{"name": name, "fixedHeaders": given} for name, given in headers.items()]}
    (folder / "auth.json").write_text(json.dumps(auth), encoding="utf-8")
    (folder / "known.json").write_text(json.dumps(known | {"files": str(files)}), encoding="utf-8")
    (folder / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")


async def ran(folder: Path, url: str) -> tuple[int, str]:
    """Schemathesis' exit code and what it said."""
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).parent / "st"), "run", f"{url}/v1/openapi.json", "--checks", "all"),
        *("--max-examples", str(EXAMPLES), "--seed", str(SEED), "--no-color"),
        cwd=folder,
        env=os.environ | {"LT_KNOWN": str(folder / "known.json"), "PYTHONPATH": str(root)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def scraped(url: str) -> dict[tuple[str, str], int]:
    """Answers so far by route and status."""
    found: dict[tuple[str, str], int] = {}
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
        for route, status, count in COUNT.findall(await answer.text()):
            found[route, status] = found.get((route, status), 0) + int(float(count))
    return found


@pytest.mark.slow
@pytest.mark.timeout(120 + EXAMPLES * 60)
async def test_everything_the_document_allows_or_forbids_is_answered_as_it_says(dsn: str, tmp_path: Path) -> None:
    async with world_of(dsn, tmp_path, rate_per_second=100_000) as world:
        known = await stocked(world)
        prepared(world, tmp_path / "schemathesis", known, await system_for_both(world))
        code, said = await ran(tmp_path / "schemathesis", world.url)
        answers = await scraped(world.url)
    assert code == 0, said
    assert not [key for key in answers if key[1].startswith("5")], answers
    met = {status for _, status in answers}
    assert {"200", "201", "206", "400", "401", "403", "404", "409", "415", "416", "422"} <= met, answers
