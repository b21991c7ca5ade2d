"""The client library signs: a file on its way, with a key file or on a token, while the event loop goes on."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from cryptography import x509

from exchange.client import Client
from exchange.client_json import parse
from exchange.client_types import Delivery
from signing import gate
from signing.authority import Authority
from signing.key_rules import KeyUnusable
from signing.places import cut, find_places
from signing.sign import Signer
from signing.tokens import TokenPlace, open_identity
from tests.signing.letters import Attachment, document
from tests.support.peer import DELIVERY, SUBMISSION, Peer, listening_peer
from tests.support.tokens import PIN, module, shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

PLAIN = document(attachments=(Attachment(digests=False),), content=True)
"""As another program wrote it: the manifest states no digests yet."""


@pytest.fixture(scope="module")
def pair() -> tuple[bytes, bytes]:
    return Authority.make("Gốc thử").issue("Sở Nội vụ", key_kind="rsa2048")


@pytest.fixture(scope="module")
def signer(pair: tuple[bytes, bytes]) -> Signer:
    return Signer.load(*pair)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with listening_peer() as made:
        made.script(web.json_response(SUBMISSION, status=201))
        yield made


def inspected(file: bytes) -> gate.Inspected:
    return gate.inspect(cut(file, find_places(file).contents))


async def test_file_is_signed_on_its_way_and_stays_as_it_was(peer: Peer, signer: Signer, tmp_path: Path) -> None:
    path = tmp_path / "letter.edxml"
    path.write_bytes(PLAIN)
    async with Client(peer.url, "c0.secret") as client:
        for source in (path, str(path), PLAIN):
            await client.submit(source, signer=signer)
    assert [inspected(seen.body).profile for seen in peer.seen] == ["P"] * 3
    assert path.read_bytes() == PLAIN


async def test_file_is_signed_as_xades_on_demand(peer: Peer, signer: Signer) -> None:
    async with Client(peer.url, "c0.secret") as client:
        await client.submit(PLAIN, signer=signer, xades=True)
        await client.submit(PLAIN, signer=signer)
    assert [b"QualifyingProperties" in seen.body for seen in peer.seen] == [True, False]
    assert [inspected(seen.body).profile for seen in peer.seen] == ["P", "P"]


async def test_stream_is_not_signed_and_not_sent(peer: Peer, signer: Signer) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield PLAIN

    async with Client(peer.url, "c0.secret") as client:
        with pytest.raises(ValueError, match="a stream cannot be signed"):
            await client.submit(stream(), signer=signer)
    assert peer.seen == []


@pytest.fixture
def on_token(tmp_path: Path, pair: tuple[bytes, bytes]) -> Iterator[Signer]:
    for on in shelf(tmp_path / "shelf"):
        (on.folder / "key.pem").write_bytes(pair[0])
        on.token("A")
        on.put("A", on.folder / "key.pem", "sign", "01")
        certificates = x509.load_pem_x509_certificates(pair[1])
        yield Signer.of(open_identity(TokenPlace(module=on.module), PIN, certificates))
        on.empty()


async def test_key_on_a_token_signs_files_and_statuses_at_once(peer: Peer, on_token: Signer) -> None:
    delivery = parse(Delivery, json.dumps(DELIVERY).encode())
    async with Client(peer.url, "c0.secret") as client:
        await asyncio.gather(
            *(client.submit(PLAIN, signer=on_token, xades=n % 2 == 1) for n in range(4)),
            *(client.report(delivery, "03", signer=on_token, xades=n % 2 == 1) for n in range(4)),
        )
    assert [inspected(seen.body).profile for seen in peer.seen] == ["P"] * 8
    assert sum(b"QualifyingProperties" in seen.body for seen in peer.seen) == 4


async def test_token_that_is_gone_sends_nothing(peer: Peer, on_token: Signer, tmp_path: Path) -> None:
    import pkcs11

    async with Client(peer.url, "c0.secret") as client:
        for path in (tmp_path / "shelf" / "tokens").iterdir():
            path.rename(tmp_path / path.name)
        pkcs11.lib(module()).reinitialize()
        with pytest.raises(KeyUnusable):
            await client.submit(PLAIN, signer=on_token)
    assert peer.seen == []
