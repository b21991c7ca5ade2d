"""The head of a call: parameters come from the signed JSON, proven byte for byte, and from nowhere else."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.axis.hashing import is_digest, unpadded
from exchange.axis.head import HeadWrong, read_head
from tests.axis.double import AxisClient
from tests.axis.raw import call, fail, signed, signed_text
from tests.axis.wire import Connection
from tests.support.world import A, secret_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.axis.conftest import Clients
    from tests.support.world import World

SIGN, MAC = b"XroadVnpt-sign-header", b"XroadVnpt-hash-header"
VECTOR = (
    b'{"XroadVnpt-systemid":"t.a","XroadVnpt-servicetype":"eDoc","XroadVnpt-messagetype":"edoc",'
    b'"XroadVnpt-hash-file":"ae868dc16bf7ee9c601fba40a18916457f5fe22d9c69b7fe965890be2a68","XroadVnpt-from":"t.a",'
    b'"XroadVnpt-timestamp":"23112026T162804+0419","XroadVnpt-Content-Type":"application/octet-stream"}'
)
VECTOR_MAC = b"b5565696e5f7ea85c9a5bc4a8758041296ad7b1dfe3caae969cddc5d2c3c0550"


def test_the_recorded_call_proves_its_secret() -> None:
    head = read_head([(SIGN, VECTOR), (MAC, VECTOR_MAC)])
    assert head.is_signed_with("secretA")
    assert not head.is_signed_with("secretB")
    assert head.system == "t.a"
    assert head.get("from") == "t.a"
    assert is_digest(head.get("hash-file"), hashlib.sha256("<a>Đ</a>".encode()).digest())


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_digest_is_known_padded_and_as_the_client_writes_it(digest: bytes, other: bytes) -> None:
    assert is_digest(digest.hex(), digest)
    assert is_digest(unpadded(digest), digest)
    assert is_digest(digest.hex().upper(), digest)
    assert unpadded(digest) == unpadded(other) or not is_digest(unpadded(other), digest)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40) | st.none() | st.booleans() | st.integers()))
def test_any_json_is_a_head_or_said_to_be_none(parameters: dict[str, object]) -> None:
    pairs = [(SIGN, json.dumps(parameters).encode()), (MAC, b"0" * 64)]
    try:
        head = read_head(pairs)
    except HeadWrong:
        return
    assert all(isinstance(value, str) for value in head.parameters.values())


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"1", b'"x"', b"\xff\xfe", b"[" * 60_000, b"{}"])
def test_no_json_of_a_client_is_no_head(text: bytes) -> None:
    with pytest.raises(HeadWrong):
        read_head([(SIGN, text), (MAC, b"0" * 64)])


def test_two_signed_heads_are_none() -> None:
    with pytest.raises(HeadWrong):
        read_head([(SIGN, VECTOR), (MAC, VECTOR_MAC), (SIGN, VECTOR)])


async def test_plain_headers_are_not_believed(world: World) -> None:
    """The signed JSON says one system, the single headers another: what is signed counts, and it is not proven."""
    headers = signed({"systemid": f"system.{A}"}, "guessed") | {"XroadVnpt-systemid": b"system.H08.30"}
    assert fail(await call(world.url, "/countReceiveEdoc", headers)) == "15"


async def test_an_unknown_system_and_a_wrong_secret_get_one_answer(world: World) -> None:
    unknown = await call(world.url, "/countReceiveEdoc", signed({"systemid": "nobody"}, secret_of(A)))
    wrong = await call(world.url, "/countReceiveEdoc", signed({"systemid": f"system.{A}"}, "wrong"))
    assert fail(unknown) == fail(wrong) == "15"
    assert unknown.body == wrong.body


async def test_reordered_text_is_not_what_was_signed(world: World) -> None:
    good = signed({"systemid": f"system.{A}", "x": "1"}, secret_of(A))
    other = json.dumps(dict(reversed(json.loads(good["XroadVnpt-sign-header"]).items()))).encode()
    answer = await call(world.url, "/countReceiveEdoc", good | {"XroadVnpt-sign-header": other})
    assert fail(answer) == "15"


async def test_latin_letters_in_a_parameter_are_proven_by_a_second_reading(world: World) -> None:
    text = json.dumps({"XroadVnpt-systemid": f"system.{A}", "XroadVnpt-note": "café"}, ensure_ascii=False)
    headers = signed_text(text.encode(), secret_of(A)) | {"XroadVnpt-sign-header": text.encode("latin-1")}
    assert json.loads((await call(world.url, "/countReceiveEdoc", headers)).body)["count"] == 0


async def test_vietnamese_in_a_parameter_fails_in_the_clients_own_form(world: World, clients: Clients) -> None:
    """Control bytes in a head: no HTTP parser reads it, and 2.0.1 would take any other answer for an empty inbox."""
    client = clients(A)
    client.parameters["filePath"] = "D:\\Văn bản đến"
    result = await client.received()
    assert (result.status, result.code, result.data) == ("FAIL", "15", None)
    assert "tieng Viet" in (result.description or "")


@pytest.mark.parametrize("version", ["2.0.1"])  # the older client has no such operation
async def test_a_garbled_download_is_an_empty_body(world: World, clients: Clients, tmp_path: Path) -> None:
    client = clients(A)
    client.parameters["filePath"] = "Văn bản đến"
    assert (await client.download("00000000-0000-0000-0000-000000000000", tmp_path)).code == "100"


@pytest.mark.parametrize(
    ("operation", "method", "expected"),
    [
        ("downloadEdoc", "GET", b""),
        ("getEdoc", "POST", b'"data":""'),
        ("sendEdoc", "POST", b'"DocId":""'),
        ("getReceivedEdocList", "POST", b'"ErrorCode":"15"'),
    ],
)
async def test_a_garbled_head_in_many_pieces_gets_its_operations_form(
    world: World, operation: str, method: str, expected: bytes
) -> None:
    """Heads of this client are longer than what the network carries at once."""
    client = AxisClient(world.url, f"system.{A}", secret_of(A))
    client.parameters |= {"to": "H08.30," * 500, "filePath": "Văn bản đến", "note": "x" * 3000}
    body = await in_pieces(world.url, client.head_of(operation, method), 1460)
    assert body.startswith(b"{") if expected else body == b""
    assert expected in body


async def in_pieces(url: str, head: bytes, size: int) -> bytes:
    """The answer's body to a head that arrives piece by piece."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    with suppress(ConnectionError):  # the answer may come, and the line be closed, before all of it is sent
        for start in range(0, len(head), size):
            writer.write(head[start : start + size])
            await writer.drain()
            await asyncio.sleep(0)
    answer = b""
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            answer += data
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]


async def test_a_call_without_content_type_and_body_is_taken(world: World) -> None:
    """Clients on other stacks send no such header where there is nothing to say."""
    headers = signed({"systemid": f"system.{A}"}, secret_of(A))
    lines = [b"POST /getReceivedEdocList HTTP/1.1", b"Host: x", b"Content-Length: 0"]
    lines += [name.encode() + b": " + value for name, value in headers.items()]
    connection = await Connection.open(world.url)
    answer = await connection.ask(b"\r\n".join(lines) + b"\r\n\r\n", b"")
    connection.close()
    assert json.loads(answer.body)["data"] == []


@pytest.mark.parametrize("value", ["\x00", "\ud800", "a\x00b"])
@pytest.mark.parametrize("operation", ["sendEdoc", "getEdoc", "updateStatus", "getReceivedEdocList"])
async def test_characters_that_no_database_takes_are_no_error_of_ours(world: World, operation: str, value: str) -> None:
    parameters = {"systemid": f"system.{A}", "from": value, "docid": value, "status": value, "messagetype": value}
    text = json.dumps({f"XroadVnpt-{name}": each for name, each in parameters.items()}).encode()
    answer = await call(world.url, f"/{operation}", signed_text(text, secret_of(A)))
    assert json.loads(answer.body)["ErrorCode"] != "20"


async def test_a_secret_that_is_changed_opens_the_door_at_once(world: World) -> None:
    headers = signed({"systemid": f"system.{A}"}, secret_of(A))
    assert json.loads((await call(world.url, "/countReceiveEdoc", headers)).body)["count"] == 0
    async with world.exchange.database.transaction() as conn:
        await conn.execute("UPDATE systems SET axis_secret = 'another' WHERE id = $1", f"system.{A}")
    assert fail(await call(world.url, "/countReceiveEdoc", headers)) == "15"
    again = signed({"systemid": f"system.{A}"}, "another")
    assert json.loads((await call(world.url, "/countReceiveEdoc", again)).body)["count"] == 0


@pytest.mark.parametrize("size", [60_000, 65_000])
async def test_a_head_of_many_recipients_is_read(world: World, size: int) -> None:
    headers = signed({"systemid": f"system.{A}", "to": "x" * size}, secret_of(A))
    assert json.loads((await call(world.url, "/countReceiveEdoc", headers)).body)["count"] == 0


async def test_a_head_beyond_every_limit_is_answered_in_json(world: World) -> None:
    headers = signed({"systemid": f"system.{A}", "to": "x" * 200_000}, secret_of(A))
    assert fail(await call(world.url, "/countReceiveEdoc", headers)) == "15"


async def test_an_operation_that_is_none_fails_in_json(world: World) -> None:
    headers = signed({"systemid": f"system.{A}"}, secret_of(A))
    assert fail(await call(world.url, "/getListUnit", headers)) == "20"
    assert fail(await call(world.url, "/sendEdoc", headers, method="GET")) == "20"
