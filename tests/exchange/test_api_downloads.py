"""Downloads: digests, ranges, conditions, cautious headers, and streams that never end as if they were whole."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import aiohttp
import pytest

from envelopes.file_names import safe_file_name
from exchange.api.downloads import disposition
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.world import World

CONTENT = b"%PDF-1.4\n" + bytes(range(256)) * 40


@pytest.fixture
async def letter(world: World) -> Letter:
    path = world.envelope(world.document(A, B), world.attachment("Công văn 125.signed.pdf", CONTENT))
    async with world.client(A) as sender:
        taken = await sender.submit(path)
    return Letter(world, path.read_bytes(), taken.id, taken.deliveries[0].id)


class Letter:
    """A delivered letter and how to ask for its bytes."""

    def __init__(self, world: World, file: bytes, envelope: str, delivery: str) -> None:
        self.world = world
        self.file = file
        self.receipt = f"/v1/envelopes/{envelope}/receipt"
        self.envelope = f"/v1/deliveries/{delivery}/envelope"
        self.attachment = f"/v1/deliveries/{delivery}/attachments/1"

    async def fetch(
        self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", who: str = B
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        given = {"Authorization": f"Bearer {self.world.actors[who].credential}", **(headers or {})}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.world.url + path, headers=given) as answer,
        ):
            return answer, await answer.read()


async def test_envelope_is_handed_out_exactly_as_submitted(letter: Letter) -> None:
    answer, data = await letter.fetch(letter.envelope)
    digest = hashlib.sha256(letter.file)
    assert data == letter.file
    assert answer.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert answer.headers["ETag"] == f'"{digest.hexdigest()}"'
    assert answer.headers["Content-Length"] == str(len(data))
    assert answer.headers["Content-Type"] == "application/xml"


async def test_nothing_handed_out_runs_in_a_browser(letter: Letter) -> None:
    for path, who in ((letter.envelope, B), (letter.attachment, B), (letter.receipt, A)):
        answer, _ = await letter.fetch(path, who=who)
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "public" not in answer.headers["Cache-Control"]


async def test_attachment_has_its_own_name_and_type(letter: Letter) -> None:
    answer, data = await letter.fetch(letter.attachment)
    assert data == CONTENT
    assert answer.headers["Content-Type"] == "application/pdf"
    found = re.fullmatch(
        r"attachment; filename=\"(.+)\"; filename\*=UTF-8''(.+)", answer.headers["Content-Disposition"]
    )
    assert found
    assert unquote(found[2]) == "Công văn 125.signed.pdf"
    assert found[1].isascii()


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("0-99", 0, 100),
        ("100-", 100, None),
        ("-7", -7, None),
        ("5-5", 5, 6),
        ("0-999999999", 0, None),
        ("-99999999", 0, None),
    ],
)
async def test_range_is_that_part(letter: Letter, wanted: str, start: int, end: int | None) -> None:
    for path, whole in ((letter.attachment, CONTENT), (letter.envelope, letter.file)):
        answer, data = await letter.fetch(path, {"Range": f"bytes={wanted}"})
        assert answer.status == 206
        assert data == whole[start:end]
        first = start % len(whole)
        assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(data) - 1}/{len(whole)}"


@pytest.mark.parametrize("odd", ["bytes=9-3", "bytes=0-1,5-6", "lines=1-2", "bytes=", "bytes=-", "bytes=a-b", "0-5"])
async def test_range_that_cannot_be_read_is_answered_in_full(letter: Letter, odd: str) -> None:
    answer, data = await letter.fetch(letter.attachment, {"Range": odd})
    assert (answer.status, data) == (200, CONTENT)


@pytest.mark.parametrize("outside", ["bytes=999999-", "bytes=999999-1000000", "bytes=-0"])
async def test_range_outside_the_file_is_not_satisfiable(letter: Letter, outside: str) -> None:
    answer, _ = await letter.fetch(letter.attachment, {"Range": outside})
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_range_of_another_version_is_answered_in_full(letter: Letter) -> None:
    whole, _ = await letter.fetch(letter.attachment)
    same, part = await letter.fetch(letter.attachment, {"Range": "bytes=0-4", "If-Range": whole.headers["ETag"]})
    assert (same.status, part) == (206, CONTENT[:5])
    other, data = await letter.fetch(letter.attachment, {"Range": "bytes=0-4", "If-Range": '"other"'})
    assert (other.status, data) == (200, CONTENT)


async def test_what_the_caller_has_already_is_not_sent_again(letter: Letter) -> None:
    first, _ = await letter.fetch(letter.receipt, who=A)
    for tags in (first.headers["ETag"], f'"x", W/{first.headers["ETag"]}', "*"):
        answer, data = await letter.fetch(letter.receipt, {"If-None-Match": tags}, who=A)
        assert (answer.status, data) == (304, b"")
        assert answer.headers["ETag"] == first.headers["ETag"]


async def test_head_says_what_get_would_and_sends_nothing(letter: Letter) -> None:
    for path, who in ((letter.envelope, B), (letter.attachment, B), (letter.receipt, A)):
        full, data = await letter.fetch(path, who=who)
        short, nothing = await letter.fetch(path, method="HEAD", who=who)
        assert nothing == b""
        assert short.status == 200
        for name in ("Content-Length", "ETag", "Repr-Digest", "Content-Type", "Content-Disposition"):
            assert short.headers[name] == full.headers[name]
        assert int(short.headers["Content-Length"]) == len(data)


async def test_receipt_is_byte_identical_for_ever(letter: Letter) -> None:
    answers = [(await letter.fetch(letter.receipt, who=A))[1] for _ in range(3)]
    assert len(set(answers)) == 1
    assert answers[0].startswith(b"<")


async def test_strangers_get_nothing(letter: Letter) -> None:
    for path in (letter.envelope, letter.attachment, letter.receipt):
        answer, data = await letter.fetch(path, who=C)
        assert answer.status == 404
        assert letter.file[:100] not in data


@pytest.mark.parametrize("n", ["0", "2", "-1", "01", "abc", "99999999999999999999", "1%20", "%00"])
async def test_attachment_that_is_not_there(letter: Letter, n: str) -> None:
    answer, _ = await letter.fetch(letter.attachment[:-1] + n)
    assert answer.status == 404


async def damage(letter: Letter, change: str) -> None:
    """Do to the stored attachment what a failing disk would."""
    digest = hashlib.sha256(CONTENT).hexdigest()
    place = letter.world.exchange.settings.data_dir / "objects" / "sha256" / digest[:2] / digest[2:4] / digest
    data = place.read_bytes()
    place.chmod(0o600)
    if change == "lost":
        place.unlink()
    else:
        place.write_bytes(data[:-5] if change == "cut" else data[:-1] + b"?")


@pytest.mark.parametrize("change", ["cut", "altered"])
async def test_damaged_file_never_arrives_as_if_it_were_whole(letter: Letter, change: str) -> None:
    await damage(letter, change)
    for path in (letter.attachment, letter.envelope):
        try:
            answer, _ = await letter.fetch(path)
        except aiohttp.ClientError:
            continue  # broken off in the middle
        assert answer.status == 503


async def test_lost_object_is_an_outage_not_an_empty_file(letter: Letter) -> None:
    await damage(letter, "lost")
    answer, _ = await letter.fetch(letter.attachment)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1


async def test_empty_attachment_is_an_empty_file(world: World) -> None:
    path = world.envelope(world.document(A, B), world.attachment("trống.txt", b""))
    async with world.client(A) as sender:
        taken = await sender.submit(path)
    letter = Letter(world, path.read_bytes(), taken.id, taken.deliveries[0].id)
    answer, data = await letter.fetch(letter.attachment)
    assert (answer.status, data, answer.headers["Content-Length"]) == (200, b"", "0")
    assert answer.headers["Content-Type"] == "application/octet-stream"


async def test_stored_bytes_stream_in_pieces(world: World) -> None:
    large = world.attachment("lớn.bin", bytes(3_000_000))
    async with world.client(A) as sender:
        taken = await sender.submit(world.envelope(world.document(A, B), large))
    letter = Letter(world, b"", taken.id, taken.deliveries[0].id)
    _, data = await letter.fetch(letter.attachment)
    assert data == bytes(3_000_000)
    _, tail = await letter.fetch(letter.envelope, {"Range": "bytes=-40"})
    assert tail.endswith(b"</edXML>") or tail.rstrip().endswith(b">")


@pytest.mark.parametrize(
    "name", ['a"b\r\nSet-Cookie: x.pdf', "50%.pdf", "a\\b;c=d.pdf", "Công văn\u202efdp.exe", "\ud800.pdf"]
)
def test_no_name_can_break_out_of_its_header(name: str) -> None:
    shown = disposition(name)
    assert re.fullmatch(r"attachment; filename=\"[^\"\\%\r\n]+\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", shown)
    assert unquote(shown.rpartition("''")[2]) == safe_file_name(name)
