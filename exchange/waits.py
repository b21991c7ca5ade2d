"""When revocation data is asked for again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

SHORTEST_SECONDS = 60.0
"""Between two tries of one address, whatever it answers: nobody's server is flooded by a list that is about to end."""

LONGEST_RETRY_SECONDS = 3600.0
"""Between two tries of an address that keeps failing."""


def again_seconds(now: datetime, next_update: datetime | None, every: float) -> float:
    """After a success: the named interval, or half of what is left until nextUpdate if that is sooner.

    So there are several tries before what is held becomes stale.
    """
    if next_update is None:  # it counts for half an hour
        return SHORTEST_SECONDS * 15
    return max(min(every, (next_update - now).total_seconds() / 2), SHORTEST_SECONDS)


def retry_seconds(failures: int) -> float:
    """After so many failures in a row (1 is the first): a minute, then twice as long each time, an hour at most."""
    wait = min(SHORTEST_SECONDS * 2.0 ** min(failures - 1, 20), LONGEST_RETRY_SECONDS)
    return wait * random.uniform(0.8, 1)  # noqa: S311 - keeps processes apart, guards nothing
