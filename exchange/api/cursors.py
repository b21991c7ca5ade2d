"""Cursors: where a page ended, as text of a fixed form. Opaque to callers; a text of that form is always a place.

They carry no rights: every page is looked up for the caller's own agencies, so there is nothing to sign.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from exchange.api.rules import CURSOR_INVALID

_PLACE = r"[0-9a-f]{14}[0-9a-f]{32}"

INBOX_CURSOR = re.compile(rf"^[0-4]{_PLACE}$", re.ASCII)
"""Urgency, microseconds since 1970, delivery id."""

OUTBOX_CURSOR = re.compile(rf"^{_PLACE}$", re.ASCII)
"""Microseconds since 1970, envelope id."""

AGENCY_CURSOR = re.compile(r"^[0-9A-Za-z._-]{1,35}$", re.ASCII)
"""An agency code."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def inbox_cursor(urgency: int, at: datetime, delivery: UUID) -> str:
    """The place behind this delivery."""
    return f"{urgency}{outbox_cursor(at, delivery)}"


def outbox_cursor(at: datetime, envelope: UUID) -> str:
    """The place behind this envelope."""
    return f"{(at - _EPOCH) // _MICROSECOND:014x}{envelope.hex}"


def inbox_place(cursor: str) -> tuple[int, datetime, UUID]:
    """The place a cursor of the inbox stands for; refused if it is none."""
    _check(INBOX_CURSOR, cursor)
    at, envelope = _place(cursor[1:])
    return int(cursor[0]), at, envelope


def outbox_place(cursor: str) -> tuple[datetime, UUID]:
    """The place a cursor of the outbox stands for; refused if it is none."""
    _check(OUTBOX_CURSOR, cursor)
    return _place(cursor)


def agency_place(cursor: str) -> str:
    """The code a cursor of the directory stands for; refused if it is none."""
    _check(AGENCY_CURSOR, cursor)
    return cursor


def _place(text: str) -> tuple[datetime, UUID]:
    return _EPOCH + int(text[:14], 16) * _MICROSECOND, UUID(text[14:])


def _check(form: re.Pattern[str], cursor: str) -> None:
    if not form.fullmatch(cursor):
        CURSOR_INVALID.refuse("cursor", cursor)
