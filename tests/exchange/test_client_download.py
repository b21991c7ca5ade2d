"""Downloads: complete, compared and flushed, or nothing; a broken line is picked up where it broke."""

from __future__ import annotations

import hashlib
import stat
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from exchange.client import ApiDamaged, ApiFailed, ApiRefused, ApiUnreachable, Client, Patience
from tests.support.peer import Peer, file_answer, hang_up_after, listening_peer, refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DATA = bytes(range(256)) * 4096


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with listening_peer() as made:
        yield made


async def no_pause(_: float) -> None:
    """Tests do not sleep."""


@pytest.fixture
async def client(peer: Peer) -> AsyncIterator[Client]:
    async with Client(peer.url, "c0.secret", patience=Patience(attempts=3, sleep=no_pause)) as made:
        yield made


async def test_file_is_stored_whole(peer: Peer, client: Client, tmp_path: Path) -> None:
    peer.script(file_answer(DATA))
    path = tmp_path / "in.edxml"
    fetched = await client.fetch_envelope("d", path)
    assert path.read_bytes() == DATA
    assert (fetched.path, fetched.size) == (path, len(DATA))
    assert fetched.sha256 == hashlib.sha256(DATA).hexdigest()
    assert peer.seen[0].path == "/v1/deliveries/d/envelope"
    assert stat.S_IMODE(path.stat().st_mode) & 0o111 == 0
    assert list(tmp_path.iterdir()) == [path]


async def test_attachment_is_asked_as_transferred_only_on_demand(peer: Peer, client: Client, tmp_path: Path) -> None:
    peer.script(file_answer(b"pdf"))
    await client.fetch_attachment("d", 2, tmp_path / "a.pdf")
    await client.fetch_attachment("d", 2, tmp_path / "b.pdf", transferred=True)
    assert [(seen.path, seen.query) for seen in peer.seen] == [
        ("/v1/deliveries/d/attachments/2", {}),
        ("/v1/deliveries/d/attachments/2", {"form": "transferred"}),
    ]


async def test_empty_file_is_a_file(peer: Peer, client: Client, tmp_path: Path) -> None:
    peer.script(file_answer(b""))
    assert (await client.fetch_attachment("d", 1, tmp_path / "empty")).size == 0


async def test_broken_line_is_resumed(peer: Peer, client: Client, tmp_path: Path) -> None:
    half = DATA[:300_000]

    async def rest(request: web.Request) -> web.StreamResponse:
        start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
        assert 0 < start <= len(half)
        return file_answer(DATA, status=206, start=start)

    peer.script(hang_up_after(half, DATA), rest)
    path = tmp_path / "in.edxml"
    await client.fetch_envelope("d", path)
    assert path.read_bytes() == DATA
    assert peer.seen[1].headers["If-Range"] == '"v1"'


async def test_changed_content_starts_again(peer: Peer, client: Client, tmp_path: Path) -> None:
    peer.script(hang_up_after(b"x" * 300_000, b"x" * 400_000), file_answer(DATA))
    path = tmp_path / "in.edxml"
    await client.fetch_envelope("d", path)
    assert path.read_bytes() == DATA


async def test_other_part_than_asked_is_not_taken(peer: Peer, client: Client, tmp_path: Path) -> None:
    peer.script(hang_up_after(DATA[:300_000], DATA), file_answer(DATA, status=206, start=5))
    with pytest.raises(ApiFailed):
        await client.fetch_envelope("d", tmp_path / "in.edxml")
    assert list(tmp_path.iterdir()) == []


async def test_damaged_file_is_fetched_again(peer: Peer, client: Client, tmp_path: Path) -> None:
    peer.script(file_answer(b"damaged", announced=b"whole"), file_answer(b"whole"))
    path = tmp_path / "in.edxml"
    await client.fetch_envelope("d", path)
    assert path.read_bytes() == b"whole"


async def test_file_that_stays_damaged_leaves_what_was_there(peer: Peer, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "in.edxml"
    path.write_bytes(b"before")
    peer.script(file_answer(b"damaged", announced=b"whole"))
    with pytest.raises(ApiDamaged) as caught:
        await client.fetch_envelope("d", path)
    assert caught.value.expected == hashlib.sha256(b"whole").hexdigest()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
    assert len(peer.seen) == 3


@pytest.mark.parametrize("digest", ["", "sha-512=:AAAA:", "sha-256=:%%%:", "sha-256=AAAA"])
async def test_file_without_a_digest_is_not_believed(peer: Peer, client: Client, tmp_path: Path, digest: str) -> None:
    peer.script(web.Response(body=DATA, headers={"Repr-Digest": digest}))
    with pytest.raises(ApiFailed):
        await client.fetch_envelope("d", tmp_path / "in.edxml")
    assert list(tmp_path.iterdir()) == []


async def test_refused_download_leaves_nothing(peer: Peer, client: Client, tmp_path: Path) -> None:
    peer.script(refused(404))
    with pytest.raises(ApiRefused):
        await client.fetch_envelope("d", tmp_path / "in.edxml")
    assert list(tmp_path.iterdir()) == []


async def test_line_that_always_breaks_leaves_nothing(peer: Peer, client: Client, tmp_path: Path) -> None:
    peer.script(hang_up_after(b"", DATA))
    with pytest.raises(ApiUnreachable):
        await client.fetch_envelope("d", tmp_path / "in.edxml")
    assert list(tmp_path.iterdir()) == []
    assert len(peer.seen) == 3


async def test_folder_that_is_not_there_is_said_before_anything_is_asked(
    peer: Peer, client: Client, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await client.fetch_envelope("d", tmp_path / "none" / "in.edxml")
    assert peer.seen == []
