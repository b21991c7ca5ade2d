"""How long attachments are kept: rules as data, and the days from which on they are no longer held to.

A document is kept from the day the exchange accepted it, in Vietnam, to the end of the same day so many months later.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ANY = ""
"""The type of a rule for documents of every type that has no rule of its own on that day."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingRule:
    """One rule: documents of a type (its key, or `ANY`) accepted on or after `valid_from`, until the type's next rule,
    are kept for `months`; None: for ever. `level` is the retention code it was entered by, if any."""

    id: int
    document_type: str
    valid_from: date
    months: int | None
    level: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The documents a rule no longer keeps: those of its type accepted from `first` to `last`, both among them.

    A rule for any type leaves out those of `others` from the day given there on: they have rules of their own.
    """

    rule: KeepingRule
    first: date
    last: date
    others: tuple[tuple[str, date], ...] = ()


def last_day(accepted: date, months: int) -> date:
    """The last day on which a document accepted that day is kept; a month too short for the day ends it."""
    years, month = divmod(accepted.month - 1 + months, 12)
    year, month = accepted.year + years, month + 1
    return date(year, month, min(accepted.day, monthrange(year, month)[1]))


def last_accepted(today: date, months: int) -> date:
    """The last day of acceptance of what is no longer kept today."""
    years, month = divmod(today.month - 1 - months, 12)
    year, month = today.year + years, month + 1
    day = date(year, month, min(today.day, monthrange(year, month)[1]))
    while last_day(day, months) >= today:
        day -= DAY
    while last_day(day + DAY, months) < today:
        day += DAY
    return day


def rule_for(rules: Sequence[KeepingRule], document_type: str, accepted: date) -> KeepingRule | None:
    """The rule a document falls under: its type's own, else the one for any type; None: it is kept for ever."""
    for kind in (document_type, ANY):
        some = [rule for rule in rules if rule.document_type == kind and rule.valid_from <= accepted]
        if some:
            return max(some, key=lambda rule: rule.valid_from)
    return None


def no_longer_kept(rules: Sequence[KeepingRule], today: date) -> list[Stretch]:
    """What every rule no longer keeps today. No document falls into two of them."""
    own: dict[str, date] = {}
    for rule in rules:
        if rule.document_type != ANY:
            own[rule.document_type] = min(rule.valid_from, own.get(rule.document_type, date.max))
    found = []
    for rule in sorted(rules, key=lambda one: (one.document_type, one.valid_from)):
        if rule.months is None:
            continue
        last = min(last_accepted(today, rule.months), _end(rules, rule))
        if rule.valid_from <= last:
            others = tuple(sorted(own.items())) if rule.document_type == ANY else ()
            found.append(Stretch(rule=rule, first=rule.valid_from, last=last, others=others))
    return found


def _end(rules: Sequence[KeepingRule], rule: KeepingRule) -> date:
    """The day before the type's next rule."""
    later = [
        one.valid_from for one in rules if one.document_type == rule.document_type and one.valid_from > rule.valid_from
    ]
    return min(later) - DAY if later else date.max
