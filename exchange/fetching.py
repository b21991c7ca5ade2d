"""Fetching small public files (revocation lists, OCSP answers) from addresses that an operator named.

No redirects, no proxies from the environment, no cookies, no compression: what is fetched is what was named, and no
more of it than the limit. What comes is not to be believed before it is checked.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from exchange import directory_rules as rules

if TYPE_CHECKING:
    from collections.abc import Mapping

FETCH_SECONDS = 10.0
"""For everything from the connection to the last byte; the chore has other addresses to ask."""

FETCH_BYTES = 20 * 2**20
"""The longest revocation list taken: half a million entries."""

MOST_URL = 2000
"""Characters of an address."""


class FetchFailed(Exception):  # noqa: N818 - says what happened
    """Nothing came; the text says why."""


def check_url(url: str) -> str:
    """The address if it may be fetched from: http or https, a host, no credentials. Raises `Refused`."""
    try:
        parsed = URL(url)
        is_good = parsed.scheme in ("http", "https") and bool(parsed.host) and parsed.user is None
        is_good = is_good and len(url) <= MOST_URL and url.isprintable() and not parsed.fragment
    except ValueError:
        is_good = False
    if not is_good:
        rules.SOURCE_MALFORMED.refuse("url", url, url=url)
    return url


async def fetch(
    url: str,
    *,
    ask: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = FETCH_SECONDS,
    limit: int = FETCH_BYTES,
) -> bytes:
    """The file at the address, or the answer to `ask` (POST). Raises `FetchFailed`."""
    try:
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                headers={"Accept-Encoding": "identity", **(headers or {})},
            ) as session,
            session.request("GET" if ask is None else "POST", url, data=ask, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise FetchFailed(f"HTTP {answer.status}")
            return await _read(answer, limit)
    except TimeoutError as error:
        raise FetchFailed(f"không trả lời trong {seconds:g} giây / no answer within {seconds:g} s") from error
    except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
        raise FetchFailed(str(error) or type(error).__name__) from error


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, given up as soon as it is too long, whatever its head promised."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_any():
        size += len(chunk)
        if size > limit:
            raise FetchFailed(f"dài hơn {limit} byte / longer than {limit} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
