"""An agency's requests by hand: each is tried exactly once, and timed."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer, and how many seconds it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        """What it says."""
        return json.loads(self.body)

    @property
    def away(self) -> bool:
        """Whether it says "not now" as API.md wants it, within the second of RELIABILITY P7."""
        return (
            self.status == 503
            and self.headers["Content-Type"] == "application/problem+json"
            and int(self.headers["Retry-After"]) >= 1
            and self.json["status"] == 503
            and self.seconds < 1
        )


class Asking:
    """One agency's system."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, path: str, method: str = "GET", **options: Any) -> Answered:
        """Any request."""
        began = time.monotonic()
        async with self._session.request(method, path, **options) as answer:
            body = await answer.read()
            return Answered(status=answer.status, headers=answer.headers, body=body, seconds=time.monotonic() - began)

    async def submit(self, data: object) -> Answered:
        """Send an envelope."""
        return await self.ask("/v1/envelopes", "POST", data=data, headers={"Content-Type": "application/xml"})

    async def inbox(self, wait: float = 0) -> Answered:
        """What waits."""
        return await self.ask(f"/v1/inbox?wait={wait:g}")

    async def file(self, delivery: str) -> Answered:
        """The envelope of a delivery."""
        return await self.ask(f"/v1/deliveries/{delivery}/envelope")

    async def confirm(self, delivery: str, sha256: str) -> Answered:
        """The file was stored."""
        return await self.ask(f"/v1/deliveries/{delivery}/confirmation", "POST", json={"sha256": sha256})


@asynccontextmanager
async def asking(url: str, credential: str, **options: Any) -> AsyncIterator[Asking]:
    """The agency with this credential, at the service."""
    headers = {"Authorization": f"Bearer {credential}"}
    async with aiohttp.ClientSession(url, headers=headers, **options) as session:
        yield Asking(session)
