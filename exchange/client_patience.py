"""How often and how long a call is tried again. Every call of the API may be repeated: nothing is ever done twice."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from exchange.client_errors import ApiBusy, ApiFailed, ApiTryLater, ApiUnknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """At most `attempts`, with pauses that double from `first` to `longest` seconds and spread by chance.

    A longer pause that the exchange asks for (`Retry-After`) is kept; beyond `longest` the call is given up.
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 30.0
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    def pause(self, attempt: int, error: ApiTryLater) -> float | None:
        """Seconds before the attempt after this one (counted from 1); None: give up."""
        asked = error.retry_after or 0.0 if isinstance(error, ApiBusy | ApiUnknown) else 0.0
        if attempt >= self.attempts or asked > self.longest or isinstance(error, ApiFailed):
            return None
        doubled = min(self.longest, self.first * 2.0 ** (attempt - 1))
        return max(asked, doubled * random.uniform(0.5, 1.0))  # noqa: S311 - spreads the load, guards nothing


ONCE = Patience(attempts=1)
"""No second attempt: for callers who keep their own list of what to send again."""


async def persist(patience: Patience, attempt: Callable[[], Awaitable[T]]) -> T:
    """The outcome of `attempt`, tried again while that can help.

    An unknown commit stays the outcome until an answer settles it: what comes after it on the way says less.
    """
    unknown: ApiUnknown | None = None
    made = 0
    while True:
        made += 1
        try:
            return await attempt()
        except ApiTryLater as error:
            if isinstance(error, ApiUnknown):
                unknown = error
            pause = patience.pause(made, error)
            if pause is None:
                raise (unknown or error) from error.__cause__
        await patience.sleep(pause)


def retry_after(text: str | None) -> float | None:
    """The seconds a `Retry-After` header asks for, which names seconds or a date (RFC 9110 section 10.2.3)."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())
