"""HTTP by hand, for what no client library sends."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ANSWER_SECONDS = 10.0
"""Nothing here may take longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The problem it says."""
        assert self.headers["content-type"] == "application/problem+json"
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def code(self) -> str:
        """The code of the first fault."""
        found: str = self.problem["faults"][0]["code"]
        return found


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        """Send these bytes."""
        self.writer.write(data)

    def end(self) -> None:
        """Send no more, but listen on."""
        self.writer.write_eof()

    async def answer(self, *, bodiless: bool = False) -> Answer:
        """The next answer, complete."""
        async with asyncio.timeout(ANSWER_SECONDS):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            size = 0 if bodiless else int(headers.get("content-length", 0))
            return Answer(status=int(first.split()[1]), headers=headers, body=await self.reader.readexactly(size))

    async def closed(self) -> bytes:
        """What still comes until the other side closes."""
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self.reader.read()


@asynccontextmanager
async def line(url: str) -> AsyncIterator[Line]:
    """A connection to the service at `url`."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


def head(method: str, path: str, credential: str = "", **headers: object) -> bytes:
    """A request's head; names are written with `-` for `_`."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"Authorization: Bearer {credential}"] if credential else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
