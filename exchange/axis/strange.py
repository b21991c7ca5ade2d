"""Answers of the client's own form to requests that reach no operation: nothing else may ever come back to it.

An answer that is no JSON of its form would be taken for an empty inbox (axis client section 1, rule 7).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from exchange.axis.answers import failed
from exchange.axis.numbers import NOT_LET_IN, SYSTEM_FAILED, failure

if TYPE_CHECKING:
    from aiohttp import web

MARK = b"xroadvnpt-"
"""Only this client's requests have headers that begin so."""

_OPERATION = re.compile(rb"/([A-Za-z0-9]{1,40})(?:[? ]|$)")


def unknown(request: web.BaseRequest) -> web.Response | None:
    """The answer to a call of an operation that is none; None when the request is another client's."""
    if not any(name.lower().startswith(MARK) for name, _ in request.raw_headers):
        return None
    operation = request.path.rpartition("/")[2]
    return failed(operation, failure(SYSTEM_FAILED, f"không có chức năng {operation[:40]}"))


def is_marked(data: bytes) -> bool:
    """Whether these octets of a head are this client's."""
    return MARK in data.lower()


def garbled(begun: bytes) -> web.Response:
    """The answer to a head of this client's that begins so and that no HTTP parser reads.

    This client writes Vietnamese parameters as control bytes (section 3.5); no signature over them can be checked.
    """
    found = _OPERATION.search(begun.partition(b"\n")[0])
    operation = found[1].decode() if found else ""
    reason = "tham số có dấu tiếng Việt (description, filePath) làm hỏng đầu yêu cầu; hãy bỏ dấu hoặc bỏ tham số"
    return failed(operation, failure(NOT_LET_IN, reason))
