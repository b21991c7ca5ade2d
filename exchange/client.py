"""The client library: what an agency's document system needs to send, receive and report, over the native API v1.

    async with Client("https://exchange.example", credential) as client:
        taken = await client.submit(Path("letter.edxml"))
        for delivery in (await client.inbox(wait=25, kind="document")).deliveries:
            stored = await client.fetch_envelope(delivery.id, Path(f"{delivery.id}.edxml"))
            await client.confirm(delivery.id, stored.sha256)
            await client.report(delivery, "03", signer=signer)

Every call may be repeated without harm and is, a bounded number of times, while the exchange is busy or away; what is
left is one outcome: the answer, or one of the errors of `client_errors`. Nothing here imports the service.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote

from exchange import client_json
from exchange.client_body import body_of, watched
from exchange.client_download import download
from exchange.client_errors import (
    ApiBusy,
    ApiDamaged,
    ApiError,
    ApiFailed,
    ApiRefused,
    ApiTryLater,
    ApiUnknown,
    ApiUnreachable,
)
from exchange.client_groups import GroupNow, Groups
from exchange.client_patience import ONCE, Patience
from exchange.client_signing import signed_copy
from exchange.client_status import Answered, status_message
from exchange.client_transport import Transport
from exchange.client_types import (
    AgenciesPage,
    Confirmation,
    ConversationPage,
    Delivery,
    Fetched,
    InboxPage,
    OutboxPage,
    Submission,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime
    from types import TracebackType

    from envelopes.model import Staff
    from exchange.client_transport import Answer
    from exchange.client_types import Moved
    from signing.sign import Signer

__all__ = [
    "ONCE",
    "ApiBusy",
    "ApiDamaged",
    "ApiError",
    "ApiFailed",
    "ApiRefused",
    "ApiTryLater",
    "ApiUnknown",
    "ApiUnreachable",
    "Client",
    "Patience",
]

LONGEST_WAIT = 30.0
"""Seconds an inbox request may sleep (API v1)."""

T = TypeVar("T")

_CREDENTIAL = re.compile(r"[\x21-\x7e]+")


class Client:
    """A session with the exchange at `url` as the system whose `credential` it is; use it in `async with`.

    Raises `ApiRefused`, `ApiBusy`, `ApiUnknown`, `ApiUnreachable`, `ApiFailed` (all of them `ApiError`).
    """

    def __init__(self, url: str, credential: str, *, patience: Patience | None = None) -> None:
        if not _CREDENTIAL.fullmatch(credential):
            raise ValueError("a credential is one word of visible ASCII characters")
        self._transport = Transport(url, credential, patience or Patience())

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    async def submit(
        self,
        source: Path | str | bytes | AsyncIterator[bytes],
        *,
        moved: Moved | None = None,
        signer: Signer | None = None,
        xades: bool = False,
    ) -> Submission:
        """Send an edXML file of any size (a str is its path). A stream is sent once, the others tried again.

        With a `signer` a signed copy is sent (profile P; `xades`: as XAdES-B), which a stream cannot have: ValueError.
        """
        if signer is not None:
            async with signed_copy(source, signer, xades=xades) as signed:
                return await self.submit(signed, moved=moved)
        answer = await self._transport.submit("/v1/envelopes", watched(body_of(source), moved))
        return replace(_parsed(Submission, answer), created=answer.status == 201)

    async def envelope(self, envelope: str) -> Submission:
        """What became of an envelope, with the history at every recipient."""
        return await self._get(Submission, f"/v1/envelopes/{_part(envelope)}")

    async def receipt(self, envelope: str) -> bytes:
        """The exchange's sealed receipt (XML), byte-identical for ever."""
        return (await self._transport.call("GET", f"/v1/envelopes/{_part(envelope)}/receipt")).data

    async def conversation(
        self, envelope: str, *, limit: int | None = None, cursor: str | None = None
    ) -> ConversationPage:
        """The documents linked with one that we sent or received, itself among them, oldest first."""
        return await self._get(
            ConversationPage, f"/v1/envelopes/{_part(envelope)}/conversation", limit=limit, cursor=cursor
        )

    async def outbox(self, *, limit: int | None = None, cursor: str | None = None) -> OutboxPage:
        """What was sent, newest first."""
        return await self._get(OutboxPage, "/v1/outbox", limit=limit, cursor=cursor)

    async def inbox(
        self,
        *,
        wait: float = 0,
        kind: str | None = None,
        agency: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> InboxPage:
        """What waits, most urgent first; sleeps up to `wait` seconds (at most 30) while there is nothing."""
        wait = min(wait, LONGEST_WAIT)
        params = {"wait": wait or None, "kind": kind, "agency": agency, "limit": limit, "cursor": cursor}
        answer = await self._transport.call("GET", "/v1/inbox", params=_given(params), wait=wait)
        return _parsed(InboxPage, answer)

    async def delivery(self, delivery: str) -> Delivery:
        """One delivery with its history."""
        return await self._get(Delivery, f"/v1/deliveries/{_part(delivery)}")

    async def fetch_envelope(self, delivery: str, path: Path, *, moved: Moved | None = None) -> Fetched:
        """Put the file exactly as submitted at `path`: complete, compared with its digest and flushed, or nothing."""
        return await download(self._transport, f"/v1/deliveries/{_part(delivery)}/envelope", path, moved=moved)

    async def fetch_attachment(
        self, delivery: str, n: int, path: Path, *, transferred: bool = False, moved: Moved | None = None
    ) -> Fetched:
        """Put attachment `n` (from 1) at `path`, as a person opens it or the octets as they were transferred."""
        params = {"form": "transferred"} if transferred else None
        place = f"/v1/deliveries/{_part(delivery)}/attachments/{n}"
        return await download(self._transport, place, path, params, moved=moved)

    async def confirm(self, delivery: str, sha256: str) -> Confirmation:
        """Say that the file of this digest is stored here; take the digest from what lies on disk."""
        path = f"/v1/deliveries/{_part(delivery)}/confirmation"
        return _parsed(Confirmation, await self._transport.call("POST", path, content={"sha256": sha256}))

    async def report(
        self,
        delivery: Delivery,
        code: str,
        *,
        description: str = "",
        reporter: str | None = None,
        staff: Staff | None = None,
        at: datetime | None = None,
        signer: Signer | None = None,
        xades: bool = False,
    ) -> Submission:
        """Tell the sender of `delivery` its status (02 to 06, 15, 16), signed if a signer is given.

        `reporter` is the delivery's recipient and `at` is now unless given.
        """
        about = Answered.of(delivery, reporter)
        make = partial(status_message, about, code, description=description, staff=staff, at=at)
        return await self.submit(await asyncio.to_thread(make, signer=signer, xades=xades))  # a token takes its time

    async def agencies(self, *, limit: int | None = None, cursor: str | None = None) -> AgenciesPage:
        """The directory, in the order of codes."""
        return await self._get(AgenciesPage, "/v1/agencies", limit=limit, cursor=cursor)

    async def groups(self) -> Groups:
        """Groups of agencies that the exchange keeps."""
        return await self._get(Groups, "/v1/groups")

    async def group(self, name: str) -> GroupNow:
        """A group with its agencies now; `client_groups.addressed` makes recipients of them."""
        return await self._get(GroupNow, f"/v1/groups/{_part(name)}")

    async def _get(self, cls: type[T], path: str, **params: object) -> T:
        return _parsed(cls, await self._transport.call("GET", path, params=_given(params)))


def _given(params: Mapping[str, object]) -> dict[str, str]:
    given = {name: value for name, value in params.items() if value is not None}
    return {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in given.items()}


def _part(text: str) -> str:
    """An id as one part of a path, whatever it holds."""
    return quote(text, safe="")


def _parsed(cls: type[T], answer: Answer) -> T:
    try:
        return client_json.parse(cls, answer.data)
    except client_json.AnswerWrong as error:
        raise ApiFailed(answer.status, f"not an answer of API v1: {error}") from error
