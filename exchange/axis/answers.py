"""Answers as the client can read them: HTTP 200, ASCII-only JSON without nulls, three fields always (axis client 4).

A failure in any other form would be taken for a success or an empty inbox (section 1, rules 5 to 7).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from aiohttp import web

from exchange.axis.numbers import OK, TEXTS, Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

EMPTY: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"sendEdoc": {"DocId": ""}, "getEdoc": {"data": ""}},
)
"""Fields that a failure of this operation must carry, or the client returns an object of nulls (4.7, 4.10)."""


def json_text(content: Any) -> bytes:
    """JSON in ASCII: sendEdoc's client decodes it as such (section 2, response charset)."""
    return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def success(**fields: Any) -> web.Response:
    """What was asked for. No field may be None: leave it out instead."""
    return _answer({**common(), **fields})


def rows(data: Sequence[Mapping[str, Any]]) -> web.Response:
    """A list; fields of a row that are None are left out, because one null kills the whole list."""
    return success(data=[{name: value for name, value in row.items() if value is not None} for row in data])


def failed(operation: str, failure: Failure) -> web.Response:
    """Why not, in the form this operation's reader needs."""
    if operation == "downloadEdoc":
        return web.Response(body=b"", content_type="application/octet-stream")
    said = {"status": "FAIL", "ErrorCode": failure.number, "ErrorDesc": failure.text}
    return _answer({**said, **EMPTY.get(operation, {})})


def common() -> Json:
    """The three fields of every success."""
    return {"status": "OK", "ErrorCode": OK, "ErrorDesc": TEXTS[OK]}


def _answer(content: Json) -> web.Response:
    return web.Response(body=json_text(content), content_type="application/json")
