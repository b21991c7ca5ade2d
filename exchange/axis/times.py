"""Times as the client writes them: `dd/MM/yyyy HH:mm:ss`, Vietnam's, without a zone (axis client 4.6, 4.11)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from envelopes.limits import LOCAL_TIME

if TYPE_CHECKING:
    from exchange.axis.head import Head

_FORM = "%d/%m/%Y %H:%M:%S"
_DAY = "%d/%m/%Y"


def written(at: datetime) -> str:
    """The moment in the client's form."""
    return at.astimezone(LOCAL_TIME).strftime(_FORM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when a list is wanted; None: without bound. Both ends belong to it."""

    since: datetime | None
    until: datetime | None

    def has(self, at: datetime) -> bool:
        """Whether the moment lies in the span, to the second."""
        moment = at.replace(microsecond=0)
        return not (self.since and moment < self.since) and not (self.until and moment > self.until)


def span_of(head: Head) -> Span:
    """The span a call asks for; what is no time bounds nothing, as a list that is too long loses no document."""
    return Span(since=_read(head.get("fromDate"), last=False), until=_read(head.get("toDate"), last=True))


def _read(text: str, *, last: bool) -> datetime | None:
    with suppress(ValueError):
        return datetime.strptime(text, _FORM).replace(tzinfo=LOCAL_TIME)
    with suppress(ValueError):
        day = datetime.strptime(text, _DAY).replace(tzinfo=LOCAL_TIME)
        return day + timedelta(days=1, seconds=-1) if last else day
    return None
