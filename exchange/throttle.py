"""Growing delays for guessing: each wrong password makes the next try wait longer, and nobody is locked out for good.

Kept in the process: it forgets with a restart, and several processes each keep their own.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FORGET_SECONDS = 900
"""After a quarter of an hour without a try, past failures no longer count."""

KEPT = 20_000
"""Accounts and addresses remembered; the longest unused are forgotten first, so that names cannot fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much is forgiven: `free` failures cost nothing, then 1, 2, 4 … seconds up to `longest`."""

    free: int
    longest: float

    def delay(self, failures: int) -> float:
        """Seconds to wait after so many failures."""
        beyond = failures - self.free
        return 0.0 if beyond < 0 else min(self.longest, 2.0 ** min(beyond, 30))


ACCOUNT = Patience(free=3, longest=60)
"""A minute at most: whoever guesses at somebody's name must not keep that person out (TM-45)."""

ADDRESS = Patience(free=20, longest=300)
"""A whole agency may come from one address, and its clerks mistype."""


@dataclass(slots=True, kw_only=True)
class _Record:
    failures: int = 0
    open_at: float = 0.0
    seen: float = 0.0


class Throttle:
    """Remembers failures under one kind of key."""

    def __init__(self, patience: Patience, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def wait(self, key: str) -> float:
        """Seconds until the next try under this key is heard; 0 means now."""
        record = self._records.get(key)
        return 0.0 if record is None else max(0.0, record.open_at - self._clock())

    def begin(self, key: str) -> None:
        """A try begins and counts as failed until it succeeds, so that a thousand at once are not all free."""
        now = self._clock()
        record = self._records.pop(key, None)
        if record is None or now - record.seen > FORGET_SECONDS:
            record = _Record()
        record.failures += 1
        record.seen = now
        record.open_at = now + self._patience.delay(record.failures)
        self._records[key] = record
        if len(self._records) > KEPT:
            self._records.popitem(last=False)

    def take_back(self, key: str) -> None:
        """That try succeeded: it no longer counts, earlier failures do."""
        record = self._records.get(key)
        if record is not None:
            record.failures -= 1
            record.open_at = self._clock()

    def forget(self, key: str) -> None:
        """Whoever knows the password has all failures under this key forgiven."""
        self._records.pop(key, None)
