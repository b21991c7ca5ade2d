"""HTTP/1.1 on a bare socket, so that the double controls every byte of a head as the Java stacks do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit


class NoAnswer(Exception):  # noqa: N818 - says what happened
    """The server closed the connection without answering."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One connection to the server of `base`; never closed by itself, as the Java client leaves some of them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, base: str) -> Connection:
        url = urlsplit(base)
        assert url.hostname is not None
        return cls(*await asyncio.open_connection(url.hostname, url.port or 80))

    async def ask(self, head: bytes, body: bytes, *, expect: bool = False) -> Answer:
        """Send a request and read its answer; with `expect` the body waits for 100, as it must."""
        self._writer.write(head)
        try:
            if expect:
                await self._writer.drain()
                status, _ = await self._head()
                if status != 100:
                    raise AssertionError(f"{status} where 100 was waited for")
            self._writer.write(body)
            await self._writer.drain()
            return await self._answer()
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            raise NoAnswer(str(error)) from error

    def close(self) -> None:
        self._writer.close()

    async def _head(self) -> tuple[int, dict[str, str]]:
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(":", 1) for line in lines[1:] if line)
        return int(lines[0].split(" ")[1]), {name.strip().lower(): value.strip() for name, value in pairs}

    async def _answer(self) -> Answer:
        status, headers = await self._head()
        if "content-length" in headers:
            body = await self._reader.readexactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked":
            body = await self._chunks()
        else:
            body = await self._reader.read()
        return Answer(status=status, headers=headers, body=body)

    async def _chunks(self) -> bytes:
        parts = []
        while size := int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readuntil(b"\r\n")
        return b"".join(parts)
