"""Moments that strangers name: not every one can be shown on every clock."""

from __future__ import annotations

from datetime import UTC, datetime

from envelopes.limits import LOCAL_TIME


def can_be_shown(moment: datetime) -> bool:
    """Whether the moment is a date on both clocks it is shown by, UTC and Vietnam's.

    At the ends of the calendar one clock is in a year that does not exist; without a zone it is no moment at all.
    """
    if moment.tzinfo is None:
        return False
    try:
        moment.astimezone(UTC)
        moment.astimezone(LOCAL_TIME)
    except OverflowError:
        return False
    return True
