"""`lienthong held`: what waits, since when, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exchange.certification import add_certificate
from signing.authority import Authority
from tests.admin.letters import A, B, C, Letter, people, put
from tests.admin.test_cli_directory import Shell

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database

REASON = "danh sách thu hồi đã quá hạn / the list is stale"


@pytest.fixture
async def shell(database: Database, dsn: str, tmp_path: Path) -> Shell:
    """A shell beside an exchange with people in it."""
    await people(database)
    return Shell(dsn, tmp_path)


async def test_nothing_held_is_an_empty_list(shell: Shell) -> None:
    assert await shell.answer("held") == {"held": 0, "oldest_seconds": 0, "envelopes": []}
    assert "Tạm giữ / held: 0" in await shell.said("held")


async def test_held_envelopes_are_told_with_what_to_do(shell: Shell, database: Database) -> None:
    _, pem = Authority.make("Gốc thử").issue("Sở Nội vụ")
    facts = await add_certificate(database, A, pem)
    for number in ("1", "2"):
        letter = Letter(number=number, outcome="held", held_reason=REASON, certificate=facts.sha256, recipients=(B, C))
        await put(database, letter)
    await put(database, Letter(number="3"))
    told = await shell.answer("held", "--limit", "1")
    assert told["held"] == 2
    assert told["oldest_seconds"] > 0
    [first] = told["envelopes"]
    assert (first["sender"], first["recipients"], first["reason"]) == (A, [B, C], REASON)
    assert (first["certificate"], first["issuer"]) == (facts.sha256.hex(), "CN=Gốc thử")
    assert first["reference"].endswith("1/SNV-VP")
    shown = await shell.said("held")
    for words in ("held: 2", "20/11/2026 09:15", REASON, "awaited from CN=Gốc thử", "lienthong ca crl FILE"):
        assert words in shown, words
    assert "3/SNV-VP" not in shown
