"""What our faults are called in the axis's own numbers: one table for every code of ours (axis client section 4.13).

Callers take 10 to 23 for final. The texts are unaccented, as that client's users know them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envelopes.faults import Fault

OK = "0"
FILE_INVALID = "10"
NOT_LET_IN = "15"
RECIPIENT_UNKNOWN = "18"
SENDER_UNREGISTERED = "19"
SYSTEM_FAILED = "20"
FILE_FAILED = "21"
NOT_EDXML = "22"
RECIPIENT_LOCKED = "23"

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        OK: "Thanh cong",
        FILE_INVALID: "File khong hop le",
        NOT_LET_IN: "Sai SystemId hoac SecretKey",
        RECIPIENT_UNKNOWN: "Don vi nhan khong ton tai",
        SENDER_UNREGISTERED: "Don vi gui khong dang ky",
        SYSTEM_FAILED: "Loi he thong",
        FILE_FAILED: "Loi xu ly file",
        NOT_EDXML: "edXML khong dung chuan",
        RECIPIENT_LOCKED: "Don vi nhan da khoa",
    }
)

BY_CODE: Mapping[str, str] = MappingProxyType(
    {
        "recipient.unknown": RECIPIENT_UNKNOWN,
        "recipient.confusable": RECIPIENT_UNKNOWN,
        "recipient.dissolved": RECIPIENT_UNKNOWN,
        "recipient.expired": RECIPIENT_UNKNOWN,
        "recipient.early": RECIPIENT_UNKNOWN,
        "recipient.locked": RECIPIENT_LOCKED,
        "sender.foreign": SENDER_UNREGISTERED,
        "sender.confusable": SENDER_UNREGISTERED,
        "sender.locked": SENDER_UNREGISTERED,
        "sender.dissolved": SENDER_UNREGISTERED,
        "sender.expired": SENDER_UNREGISTERED,
        "reference.conflict": FILE_INVALID,
        "document.secret": FILE_INVALID,
        "axis.hash_missing": FILE_INVALID,
        "axis.hash_differs": FILE_INVALID,
        "axis.status_unknown": FILE_INVALID,
        "axis.body_malformed": FILE_INVALID,
        "axis.field_malformed": FILE_INVALID,
        "axis.field_missing": FILE_INVALID,
        "axis.agency_missing": FILE_INVALID,
    }
)
"""Codes with a number of their own."""

BY_FAMILY: Mapping[str, str] = MappingProxyType(
    {
        "attachment": FILE_FAILED,
        "body": FILE_FAILED,
        "signature": FILE_INVALID,
        "certificate": FILE_INVALID,
        "key": FILE_INVALID,
        "delivery": FILE_INVALID,
        "target": FILE_INVALID,
        "recall": FILE_INVALID,
        "request": FILE_INVALID,
        "agency": RECIPIENT_UNKNOWN,
    }
)
"""Numbers for all other codes that begin with this word; what remains is about the form of the edXML."""

MOST_TEXT = 1000
"""Characters of an error's text: it ends in a log line or a clerk's message box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What the client is told: an axis number other than 0, and an unaccented text."""

    number: str
    text: str


def number_of(code: str) -> str:
    """The axis number of one of our fault codes."""
    return BY_CODE.get(code) or BY_FAMILY.get(code.partition(".")[0], NOT_EDXML)


def failure_of(faults: Sequence[Fault]) -> Failure:
    """The refusal in the axis's words: the first fault's number, and the texts of all."""
    number = number_of(faults[0].code)
    told = "; ".join(f"[{fault.code}] {fault.path}: {fault.vi}" if fault.path else fault.vi for fault in faults)
    return failure(number, told)


def failure(number: str, more: str = "") -> Failure:
    """A failure of this number, with the reason behind its usual text."""
    text = f"{TEXTS[number]}: {unaccented(more)}" if more else TEXTS[number]
    return Failure(number=number, text=text[:MOST_TEXT])


def unaccented(text: str) -> str:
    """Vietnamese without its marks, as that client's screens show it."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c if c.isascii() else " " for c in plain if not unicodedata.combining(c))
