"""Answers as JSON for programs: dataclasses wherever they stand, and nothing turned into text that is not text."""

from __future__ import annotations

from datetime import UTC, date, datetime

from envelopes.faults import Fault, FaultClass
from exchange.client_json import plain
from exchange.client_types import Confirmation

AT = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
FAULT = Fault(code="a.b", cls=FaultClass.MISSING, vi="Thiếu", en="Missing", path="x", value="", source="")


def test_what_stands_in_dicts_and_lists_becomes_plain_as_well() -> None:
    confirmed = Confirmation(id="1", state="collected", confirmed_at=AT)
    told = {"id": "1", "state": "collected", "confirmed_at": "2026-11-23T02:15:00.000Z"}
    assert plain({"one": confirmed, "many": (confirmed, {"at": AT})}) == {
        "one": told,
        "many": [told, {"at": "2026-11-23T02:15:00.000Z"}],
    }


def test_simple_values_stay_what_they_are() -> None:
    value = {"text": "ế", "number": 1, "part": 0.5, "yes": True, "nothing": None, "empty": {}}
    assert plain(value) == value
    assert plain({"day": date(2026, 1, 31)}) == {"day": "2026-01-31"}


def test_faults_speak_both_languages() -> None:
    assert plain([FAULT])[0] == {
        "code": "a.b",
        "class": "N",
        "message": {"vi": "Thiếu", "en": "Missing"},
        "path": "x",
        "value": "",
        "rule": "",
    }
