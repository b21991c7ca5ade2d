"""The query of a request: every parameter known, given once and valid, or the request is refused with 400."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypeVar

from envelopes.faults import Refused
from envelopes.limits import AGENCY_CODE
from exchange.api.rules import QUERY_INVALID, QUERY_REPEATED, QUERY_UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from multidict import MultiMapping

Place = TypeVar("Place")

MAX_LIMIT = 500
"""Items of one page at most (API v1, details)."""

DEFAULT_LIMIT = 100
"""Items of one page when the caller does not say."""

MAX_WAIT_SECONDS = 30
"""An inbox sleeps no longer: proxies cut silent connections after a minute."""

_INTEGER = re.compile(r"[0-9]{1,9}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,30})?([eE]-[0-9]{1,3})?", re.ASCII)


class Query:
    """The parameters of one request, of which `known` may occur. Every method raises `Refused`."""

    def __init__(self, given: MultiMapping[str], known: Collection[str]) -> None:
        shown = ", ".join(sorted(known)) or "-"
        unknown = [name for name in dict.fromkeys(given) if name not in known]
        faults = [QUERY_UNKNOWN.at(name[:50], given[name], name=name[:50], known=shown) for name in unknown[:20]]
        faults += [
            QUERY_REPEATED.at(name, len(given.getall(name)), name=name)
            for name in sorted(known)
            if name in given and len(given.getall(name)) > 1
        ]
        if faults:
            raise Refused(*faults)
        self._given = given

    def choice(self, name: str, choices: Collection[str]) -> str | None:
        """One of `choices`; None when left out or empty."""
        value = self._given.get(name) or None
        if value is not None and value not in choices:
            self._refuse(name, value, " | ".join(choices))
        return value

    def limit(self) -> int:
        """How many items the page may have."""
        value = self._given.get("limit")
        if value is None:
            return DEFAULT_LIMIT
        if not _INTEGER.fullmatch(value) or not 1 <= int(value) <= MAX_LIMIT:
            self._refuse("limit", value, f"1 … {MAX_LIMIT}")
        return int(value)

    def wait(self) -> float:
        """How many seconds to sleep at most while there is nothing."""
        value = self._given.get("wait")
        if value is None:
            return 0.0
        seconds = float(value) if _NUMBER.fullmatch(value) else math.inf
        if seconds > MAX_WAIT_SECONDS:
            self._refuse("wait", value, f"0 … {MAX_WAIT_SECONDS}")
        return seconds

    def agency(self) -> str | None:
        """An agency code; None when left out or empty."""
        value = self._given.get("agency") or None
        if value is not None and not AGENCY_CODE.fullmatch(value):
            self._refuse("agency", value, AGENCY_CODE.pattern)
        return value

    def cursor(self, place: Callable[[str], Place]) -> Place | None:
        """Where the page begins, as `place` reads it; None for the first page."""
        value = self._given.get("cursor")
        return None if value is None else place(value)

    def _refuse(self, name: str, value: str, expected: str) -> None:
        QUERY_INVALID.refuse(name, value, name=name, expected=expected)
