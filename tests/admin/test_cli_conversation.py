"""What a terminal and the desk say of recalls, links and conversations."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from admin.cli import main
from storage import copies
from storage.copies import Move
from storage.deliveries import Event
from storage.deliveries import insert_events as insert
from tests.admin.conftest import CLERKS, status_of, text_of
from tests.admin.letters import Letter, put
from tests.exchange.test_conversation import answer
from tests.support.changes import recall, send, take, update
from tests.support.world import A, B, C, World, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.admin.conftest import Desk


@pytest.fixture
async def world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """A listening exchange with agencies A, B, C and D."""
    async with world_of(dsn, tmp_path) as made:
        yield made


async def shell(world: World, code: str, *words: str) -> tuple[int, str]:
    """Exit code and output of a command of this agency's."""
    environment = {"LIENTHONG_URL": world.url, "LIENTHONG_CREDENTIAL": world.actors[code].credential}
    result = await asyncio.to_thread(CliRunner().invoke, main, words, env=environment)
    return result.exit_code, result.output


async def test_conversation_is_listed_from_an_envelope_or_a_delivery(world: World) -> None:
    question = world.document(A, B)
    first = await send(world, question)
    [delivery] = await take(world, B)
    second = await send(world, answer(world.document(B, A), question))
    for code, one in ((A, first.id), (B, delivery.id)):
        exit_code, text = await shell(world, code, "conversation", one)
        assert exit_code == 0, text
        assert "conversation: 2" in text
        assert first.id in text
        assert second.id in text
        assert f"trả lời / answers {question.reference}" in text
    exit_code, text = await shell(world, A, "conversation", first.id, "--json", "--limit", "1")
    found: dict[str, Any] = json.loads(text)
    assert (exit_code, [one["envelope"] for one in found["messages"]], bool(found["next"])) == (0, [first.id], True)
    _, text = await shell(world, A, "conversation", first.id, "--limit", "1")
    assert "there is more" in text
    exit_code, _ = await shell(world, C, "conversation", first.id)
    assert exit_code == 1


async def test_show_says_per_recipient_what_became_of_a_recall(world: World) -> None:
    document = world.document(A, B, C)
    taken = await send(world, document)
    await take(world, B)
    asked = await send(world, recall(document, reason="Sai nơi nhận"))
    _, text = await shell(world, A, "show", taken.id)
    assert f"{B}: nơi gửi đề nghị lấy lại / recall asked" in text
    assert f"{C}: đã thu hồi / recalled" in text
    assert "đã rút lại, chưa ai lấy về / withdrawn Sai nơi nhận" in text
    assert f"được thu hồi bởi / recalled by {document.reference} [{asked.id}] ({B}, {C})" in text
    _, text = await shell(world, A, "show", asked.id)
    assert "Lý do / reason:         Sai nơi nhận" in text
    assert f"thu hồi / recalls {document.reference} [{taken.id}]" in text


async def test_show_links_versions_for_the_recipient(world: World) -> None:
    document = world.document(A, B)
    await send(world, document)
    [first] = await take(world, B)
    await send(world, update(document))
    [second] = await take(world, B)
    _, text = await shell(world, B, "show", second.id)
    assert f"cập nhật / updates {document.reference} [{first.id}] ({B})" in text


async def test_desk_shows_a_withdrawn_document_to_its_sender_alone(desk: Desk) -> None:
    made = await put(desk.exchange.database, Letter(subject="V/v gửi nhầm"))
    async with desk.exchange.database.transaction() as conn:
        await copies.move_all(conn, [Move(delivery=made[B], state="recalled", withdrawn=True)])
        await insert(conn, [Event(delivery=made[B], event="withdrawn", code="13", by=A, description="Gửi nhầm")])
    recipient, sender = await desk.sign_in(CLERKS[B]), await desk.sign_in(CLERKS[A])
    assert "V/v gửi nhầm" not in await text_of(recipient, "/desk/incoming")
    assert await status_of(recipient, f"/desk/deliveries/{made[B]}") == 404
    page = await text_of(sender, f"/desk/deliveries/{made[B]}")
    assert "Đã thu hồi" in page
    assert "Đã rút lại, chưa ai lấy về" in page
