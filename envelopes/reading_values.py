"""Single values as edXML writes them: dates, times, numbers, codes of agencies. None for what is not one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from envelopes.limits import AGENCY_CODE, LOCAL_TIME

_DATE = re.compile(r"(\d{4})/(\d{2})/(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{4})/(\d{2})/(\d{2}) (\d{2}):(\d{2}):(\d{2})", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def to_date(text: str) -> date | None:
    """A real date written yyyy/MM/dd."""
    match = _DATE.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def to_time(text: str) -> datetime | None:
    """A moment written yyyy/MM/dd HH:mm:ss in Vietnam's time, as UTC (conformance C08)."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=LOCAL_TIME).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def to_number(text: str) -> int | None:
    """A plain decimal number of at most nine digits, which every reader's int holds."""
    return int(text) if _NUMBER.fullmatch(text) else None


def to_boolean(text: str) -> bool | None:
    """true or false, 1 or 0."""
    return _BOOLEANS.get(text.lower())


def is_agency_code(text: str) -> bool:
    """Whether `text` has the form of an OrganId; whether it exists is the directory's word."""
    return AGENCY_CODE.fullmatch(text) is not None
