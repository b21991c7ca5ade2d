"""One call to a parent axis: the signed head, the answer, and what kinds of trouble there are (axis client 2 to 4).

Every call has a head of its own: nothing is left over from the one before.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Self

import aiohttp
from yarl import URL

from envelopes.limits import LOCAL_TIME
from exchange.upward.answers import Garbled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from types import TracebackType
    from typing import Any

PREFIX = "XroadVnpt-"

CONNECT_SECONDS = 10.0
"""A parent that accepts no connection within this is away."""

SILENCE_SECONDS = 60.0
"""Between two signs of life: a server of this family has its lists together within seconds."""

WHOLE_SECONDS = 3600.0
"""For one call from beginning to end, a file of the largest size over a slow line included."""

CHUNK_BYTES = 256 * 1024
"""Bytes of an answer read at a time."""


class ParentAway(Exception):  # noqa: N818 - says what is the case
    """No usable answer: the line, the other side's program, or our name and secret there. The same again later."""


class ParentBroke(ParentAway):
    """The call began and came to no usable answer: the line, or just what was sent over it."""


class ParentUnsure(Exception):  # noqa: N818 - says what it is
    """An answer that is neither yes nor no to what was asked (20, or a number nobody knows); worth another try."""


class ParentRefused(Exception):  # noqa: N818 - says what it did
    """The parent will not do it, whoever asks again: one of the final numbers, and its text."""

    def __init__(self, number: str, text: str) -> None:
        super().__init__(f"{number}: {text}")


FINAL = frozenset({"10", "18", "19", "21", "22", "23"})
"""Numbers that are about what was sent; 15 is about who sends, 20 about the parent itself (axis client 4.13)."""

NOT_LET_IN = "15"
TOO_LARGE = 413
MOST_TEXT = 1000
"""Characters kept of a parent's text: it ends in a history that people read."""


class Line:
    """A session with one parent, as one system there."""

    def __init__(self, url: str, system: str, secret: str) -> None:
        self._url = url.rstrip("/")
        self._system = system
        self._secret = secret.encode()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=WHOLE_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            headers={"Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def asked(
        self,
        operation: str,
        parameters: Mapping[str, str],
        *,
        body: AsyncIterator[bytes] | bytes = b"",
        size: int = 0,
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The answer's bytes as they arrive, whatever the HTTP status, as the protocol has it. Raises `ParentAway`."""
        if self._session is None:
            raise RuntimeError("the line is not open: use `async with Line(...)`")
        is_file = operation == "sendEdoc"
        media = "application/octet-stream" if is_file else "application/json"
        length = len(body) if isinstance(body, bytes) else size
        headers = {**self._head(parameters, media), "Content-Type": media, "Content-Length": str(length)}
        status = 0
        try:
            async with self._session.post(
                URL(f"{self._url}/{operation}"), data=body, headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
                yield _chunks(answer)
        except aiohttp.ConnectionTimeoutError as error:
            raise ParentAway("không trả lời kịp / no answer in time") from error
        except TimeoutError as error:
            raise ParentBroke("không trả lời kịp / no answer in time") from error
        except Garbled as error:
            if is_file and status == TOO_LARGE:  # something before the axis says so, of this file alone
                raise ParentRefused(f"HTTP {status}", "tệp quá lớn / the file is too large") from error
            raise ParentBroke(f"{operation}: {error}") from error
        except aiohttp.ClientConnectorError as error:
            raise ParentAway(f"{operation}: {error}") from error
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            raise ParentBroke(f"{operation}: {error or type(error).__name__}") from error

    def _head(self, parameters: Mapping[str, str], media: str) -> dict[str, str]:
        """The parameters, each in a header of its own and all in one that is signed (axis client 3.1, 3.2)."""
        now = datetime.now(LOCAL_TIME)
        given = {"systemid": self._system, "timestamp": f"{now:%d%m%YT%H%M%S}+{now.microsecond // 1000:04}"}
        given |= {**parameters, "Content-Type": media}
        signed = json.dumps({f"{PREFIX}{name}": value for name, value in given.items()}, separators=(",", ":"))
        return {
            **{f"{PREFIX}{name}": value for name, value in given.items()},
            f"{PREFIX}sign-header-key": ";".join(given),
            f"{PREFIX}sign-header": signed,
            f"{PREFIX}hash-header": hmac.digest(self._secret, signed.encode(), hashlib.sha256).hex(),
            f"{PREFIX}version": "3.0.201608",
            "User-Agent": "lienthong",
        }


def judge(fields: Mapping[str, Any]) -> None:
    """Return if the answer is a success. Raises `ParentRefused`, `ParentUnsure`, `ParentAway`."""
    status, number = str(fields.get("status") or ""), str(fields.get("ErrorCode") or "")
    text = str(fields.get("ErrorDesc") or "")[:MOST_TEXT]
    if number == "0" and status != "FAIL":
        return
    if not number:
        raise ParentBroke("không phải câu trả lời của trục / no answer of an axis")
    if number == NOT_LET_IN:
        raise ParentAway(f"{number}: {text}")
    if number in FINAL:
        raise ParentRefused(number, text)
    raise ParentUnsure(f"{number}: {text}")


async def _chunks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        yield chunk
