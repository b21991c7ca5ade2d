"""Calls that the client would never make, or makes by its oddest habits: heads put together by hand."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.axis.wire import Answer, Connection

if TYPE_CHECKING:
    from collections.abc import Mapping


def signed(parameters: Mapping[str, object], secret: str) -> dict[str, bytes]:
    """The two headers that count, over these parameters."""
    text = json.dumps({f"XroadVnpt-{name}": value for name, value in parameters.items()}, ensure_ascii=False).encode()
    return signed_text(text, secret)


def signed_text(text: bytes, secret: str) -> dict[str, bytes]:
    """The two headers that count, over this text as it is."""
    mac = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return {"XroadVnpt-sign-header": text, "XroadVnpt-hash-header": mac.encode()}


async def call(
    base: str, path: str, headers: Mapping[str, bytes], *, method: str = "POST", body: bytes = b"{}"
) -> Answer:
    """Send the request and read whatever comes."""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: " + urlsplit(base).netloc.encode()]
    lines += [f"{name}: ".encode() + value for name, value in headers.items()]
    if method != "GET":
        lines += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    connection = await Connection.open(base)
    try:
        return await connection.ask(b"\r\n".join(lines) + b"\r\n\r\n", body if method != "GET" else b"")
    finally:
        connection.close()


def fail(answer: Answer) -> str:
    """The number of a failure in the client's form; asserts that it is one."""
    assert answer.status == 200, answer
    assert answer.body.isascii()
    assert b"null" not in answer.body
    found = json.loads(answer.body)
    assert found["status"] == "FAIL", found
    assert found["ErrorDesc"]
    assert found["ErrorCode"] not in ("", "0")
    return str(found["ErrorCode"])
