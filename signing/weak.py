"""The weak forms found in the field (edXML section 8), taken from listed systems until a date and never called signed.

What is exempted is the algorithm alone: place, coverage, closed world, key and certificate are judged as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.limits import LOCAL_TIME
from signing import gate_rules as rules
from signing.algorithms import DIGEST_SIZES, SIGNATURE_METHODS, WEAK_DIGEST_SIZES, WEAK_SIGNATURE_METHODS
from signing.elements import PATH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime


class Tolerance:
    """Whether one signature may use the weak forms, and which of them it used."""

    def __init__(self, *, weak: bool = False) -> None:
        self.weak = weak
        self._used: dict[str, None] = {}

    @property
    def used(self) -> tuple[str, ...]:
        """The URIs of the weak forms met so far, each once."""
        return tuple(self._used)

    def note(self, uri: str) -> None:
        """Remember that a weak form was used."""
        self._used[uri] = None

    def signature_method(self, uri: str) -> None:
        """Refuse a signature method that is on neither list, or on the weak one without being tolerated."""
        self._judge(uri, strong=uri in SIGNATURE_METHODS, weak=uri in WEAK_SIGNATURE_METHODS, what="SignatureMethod")

    def digest_method(self, uri: str) -> int:
        """The size in bytes of the method's values; refuses as `signature_method` does."""
        self._judge(uri, strong=uri in DIGEST_SIZES, weak=uri in WEAK_DIGEST_SIZES, what="DigestMethod")
        return DIGEST_SIZES.get(uri) or WEAK_DIGEST_SIZES[uri]

    def _judge(self, uri: str, *, strong: bool, weak: bool, what: str) -> None:
        if strong:
            return
        if not weak:
            kind = "signature" if what == "SignatureMethod" else "digest"
            rules.ALGORITHM.refuse(f"{PATH}/SignedInfo/{what}", uri, what=kind, uri=uri)
        if not self.weak:
            rules.WEAK.refuse(f"{PATH}/SignedInfo/{what}", uri, uri=uri)
        self.note(uri)


def check_until(used: Sequence[str], weak_until: date | None, at: datetime) -> None:
    """Refuse weak forms after the last day (Vietnam's) on which they are taken; None: they never are."""
    if not used:
        return
    if weak_until is None:
        rules.WEAK.refuse(PATH, used[0], uri=used[0])
    if at.astimezone(LOCAL_TIME).date() > weak_until:
        rules.WEAK_ENDED.refuse(PATH, used[0], uri=used[0], until=weak_until.strftime("%d/%m/%Y"))
