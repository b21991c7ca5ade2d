"""Faults: everything that can be wrong with what the other side sent, said so that a person can act on it.

A `Rule` is declared once, as a constant beside the code that checks it; `Rule.at` makes the `Fault` for one place
in one message. `Refused` carries every fault found (conformance C04: all of them in one answer).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

SHOWN_VALUE_LENGTH = 200
"""Characters of an offending value that are shown back: enough to recognise it, too few to flood an answer."""


class FaultClass(StrEnum):
    """The four classes of the field's own validators (edXML validation error classes N, R, T, M)."""

    MISSING = "N"
    TOO_LONG = "R"
    WRONG_TYPE = "T"
    BAD_VALUE = "M"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, where it is, and what to do, in Vietnamese and English."""

    code: str
    cls: FaultClass
    vi: str
    en: str
    path: str = ""
    value: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule a message can break: stable `code` (`noun.adjective`), class, both texts and where the rule comes from.

    The texts may hold `{named}` places which `at` fills from its keyword arguments.
    """

    code: str
    cls: FaultClass
    vi: str
    en: str
    source: str = ""

    def at(self, path: str = "", value: object = "", **named: object) -> Fault:
        """The fault of breaking this rule at `path` (local names, 1-based indexes) with `value`."""
        shown = str(value)
        if len(shown) > SHOWN_VALUE_LENGTH:
            shown = shown[: SHOWN_VALUE_LENGTH - 1] + "…"
        return Fault(
            code=self.code,
            cls=self.cls,
            vi=self.vi.format(**named),
            en=self.en.format(**named),
            path=path,
            value=shown,
            source=self.source,
        )

    def refuse(self, path: str = "", value: object = "", **named: object) -> NoReturn:
        """Raise `Refused` with this one fault."""
        raise Refused(self.at(path, value, **named))


class Refused(Exception):  # noqa: N818 - the field's word; see the glossary
    """The other side must change something. Carries at least one fault; never used for outages or bugs."""

    def __init__(self, *faults: Fault) -> None:
        if not faults:
            raise ValueError("a refusal names at least one fault")
        self.faults = faults
        super().__init__("; ".join(f"{fault.code} {fault.path} {fault.value}".strip() for fault in faults))
