"""How hard each rule is taken: the one table of what strict and lenient reading do with a file that breaks it.

A system is under one of two policies. A strict one is refused whatever is not as the standard says; from a lenient one
the exchange takes what real traffic gets wrong and nothing rests on, and keeps a warning with the document. What a
delivery, a signature or a person's trust rests on is refused from both. `as_markdown` prints the table for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from envelopes import content_rules, dom, matching, packing, part_rules, split_rules
from envelopes import reading_rules as fields
from envelopes.faults import Refused, Rule
from envelopes.limits import MAX_FAULTS

if TYPE_CHECKING:
    from envelopes.faults import Fault


class Treatment(Enum):
    """What becomes of a file that breaks a rule."""

    REFUSE = "refuse"
    WARN = "warn"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rule in the table; `why` gives the reason where lenient reading does not refuse."""

    rule: Rule
    strict: Treatment = Treatment.REFUSE
    lenient: Treatment = Treatment.REFUSE
    why: str = ""


def _always(*rules: Rule) -> Iterator[Row]:
    return (Row(rule=rule) for rule in rules)


def _warned(rule: Rule, why: str) -> Row:
    return Row(rule=rule, lenient=Treatment.WARN, why=why)


def _rules_of(names: Mapping[str, object]) -> tuple[Rule, ...]:
    """Every rule that a module declares."""
    return tuple(rule for rule in names.values() if isinstance(rule, Rule))


TOLERATED = (
    _warned(fields.FIELD_ABSENT, "the national library fills in a default; the meaning is not in doubt"),
    _warned(fields.FIELD_TOO_LONG, "lengths were never enforced; real websites, names and subjects exceed them"),
    _warned(fields.AGENCY_ODD, "traces and answers are claims, not routes; 'null' occurs"),
    _warned(fields.DATE_ODD, "optional dates hold 'N/A' and invented days"),
    _warned(fields.TIME_ODD, "the times of traces and statuses are claims; the exchange keeps its own"),
    _warned(fields.NUMBER_ODD, "copies, pages and flags are for people; the national library takes a default"),
    _warned(fields.CODE_ODD, "18 stands in DocumentType/Type; systems read SteeringType in three ways"),
    _warned(fields.ELEMENT_ODD, "inside the signed parts: the sender vouches for it, nobody acts on it"),
    _warned(fields.MANIFEST_MISSING, "a document without attachments loses nothing with its empty list"),
    Row(
        rule=fields.TRACE_MISSING,
        lenient=Treatment.IGNORE,
        why="a claim nobody relies on; most programs that write files by hand leave it out",
    ),
    Row(
        rule=fields.STATUS_SHAPE,
        strict=Treatment.WARN,
        lenient=Treatment.WARN,
        why="both shapes of a status are in use, and which is the regulation's is not known",
    ),
    _warned(part_rules.DECORATION, "it signs nothing and is counted as no signature; old systems always write it"),
    _warned(content_rules.MISTYPED, "real files are misnamed; recipients are told the type that is there"),
    _warned(content_rules.TYPE_DIFFERS, "real ContentTypes are wrong; the attachment's own bytes count"),
)
"""What only strict reading refuses, and why lenient reading does not."""

_TOLERATED = frozenset(row.rule.code for row in TOLERATED)
_MODULES = (split_rules, dom, part_rules, fields, matching, content_rules, packing)

TABLE: tuple[Row, ...] = (
    *_always(*(rule for one in _MODULES for rule in _rules_of(vars(one)) if rule.code not in _TOLERATED)),
    *TOLERATED,
)
"""Every rule about a file's form, in the order in which a file meets them; who may send is the gate's matter."""

TREATMENTS: Mapping[str, Row] = MappingProxyType({row.rule.code: row for row in TABLE})
"""The table by code."""


class Notes:
    """What is wrong with one file under one policy: faults that refuse it, warnings that do not."""

    def __init__(self, *, lenient: bool) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self._lenient = lenient

    def note(self, rule: Rule, path: str, value: object = "", **named: object) -> None:
        """Record a broken rule as the table says."""
        kept = self._kept(rule.code)
        if len(kept) < MAX_FAULTS:  # asked first: ten thousand faults that nobody is told are not even written
            kept.append(rule.at(path, value, **named))

    def take(self, *faults: Fault) -> None:
        """Record faults as the table says; what it does not name is refused."""
        for fault in faults:
            kept = self._kept(fault.code)
            if len(kept) < MAX_FAULTS:
                kept.append(fault)

    def _kept(self, code: str) -> list[Fault]:
        """Where faults of this code go."""
        row = TREATMENTS.get(code)
        treatment = Treatment.REFUSE if row is None else row.lenient if self._lenient else row.strict
        if treatment is Treatment.IGNORE:
            return []
        return self.faults if treatment is Treatment.REFUSE else self.warnings

    def refuse(self) -> None:
        """Raise `Refused` with every fault, if there is one."""
        if self.faults:
            raise Refused(*self.faults)


def as_markdown(rows: Iterable[Row] = TABLE) -> str:
    """The table for people who compare it with the regulation's; rules of one code share a line."""
    lines = ["| code | class | source | strict | lenient | why |", "|---|---|---|---|---|---|"]
    for row in {row.rule.code: row for row in rows}.values():
        rule = row.rule
        cells = (f"`{rule.code}`", rule.cls.value, rule.source, row.strict.value, row.lenient.value, row.why)
        lines.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    return "\n".join(lines) + "\n"
