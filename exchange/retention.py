"""How long attachments are kept: the rules as administrators set them. Without a rule everything is kept for ever.

What the rules no longer keep is taken away by the chore in `removing`, a while after the last change of any rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from envelopes.document_types import meant_type, type_words
from envelopes.keeping import ANY, KeepingRule
from exchange import retention_rules as faults
from storage import retention
from storage.retention import Level

if TYPE_CHECKING:
    from storage.connection import Connection
    from storage.database import Database
    from storage.retention import RuleRow

FROM_THE_FIRST = date(1900, 1, 1)
"""The beginning of a rule for every document there is."""

MOST_MONTHS = 1200
"""A hundred years; longer is for ever."""

_CODE = re.compile(r"[0-9A-Za-z._-]{1,16}", re.ASCII)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Every code and rule there is; `acts_from`: until then nothing is removed, because a rule was changed."""

    levels: tuple[Level, ...]
    rules: tuple[RuleRow, ...]
    acts_from: datetime | None

    @property
    def holding(self) -> tuple[KeepingRule, ...]:
        """The rules that were not ended."""
        return tuple(row.rule for row in self.rules if row.ended_at is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule to be entered: of a type's name or abbreviation (None: any), from a day on, by a code or for `months`.

    Neither code nor months: for ever.
    """

    document_type: str | None
    valid_from: date
    level: str | None = None
    months: int | None = None
    source: str = ""


async def show(database: Database, *, grace_seconds: float) -> Retention:
    """Codes and rules, for a person to look at."""
    async with database.acquire() as conn:
        return await current(conn, grace_seconds=grace_seconds)


async def current(conn: Connection, *, grace_seconds: float) -> Retention:
    """Codes and rules as they stand."""
    rows = tuple(await retention.rules(conn))
    changed = max((max(row.entered_at, row.ended_at or row.entered_at) for row in rows), default=None)
    return Retention(
        levels=tuple(await retention.levels(conn)),
        rules=rows,
        acts_from=changed + timedelta(seconds=grace_seconds) if changed else None,
    )


async def set_level(
    database: Database, code: str, *, name: str, months: int | None, source: str = "", by: str | None = None
) -> Level:
    """Enter a retention code, or let it mean something else for rules to come. Raises `Refused`."""
    if not _CODE.fullmatch(code):
        faults.LEVEL_MALFORMED.refuse("level", code, code=code)
    if not name.strip():
        faults.LEVEL_NAMELESS.refuse("name", code=code)
    _check_months(months)
    level = Level(code=code, name=name.strip(), months=months, source=source, entered_by=by)
    async with database.transaction() as conn:
        await retention.write_level(conn, level)
    log.info("retention_level.changed", level=code, months=months, by=by)
    return level


async def set_rule(database: Database, wanted: NewRule, *, by: str) -> RuleRow:
    """Enter a rule; one for the same type and day ends with it. Raises `Refused`."""
    kind = ANY if wanted.document_type is None else meant_type(wanted.document_type)
    if wanted.document_type is not None and not kind:
        faults.TYPE_MISSING.refuse("type")
    _check_months(wanted.months)
    async with database.transaction() as conn:
        await retention.lock_rules(conn)
        months = wanted.months if wanted.level is None else await _months_of(conn, wanted.level)
        row = await retention.add_rule(
            conn,
            document_type=kind,
            valid_from=wanted.valid_from,
            months=months,
            level=wanted.level,
            source=wanted.source,
            by=by,
        )
    log.info("retention_rule.entered", rule=row.rule.id, type=kind, months=months, valid_from=wanted.valid_from, by=by)
    return row


async def end_rule(database: Database, number: int, *, by: str) -> RuleRow:
    """Let a rule hold no longer. Raises `Refused`."""
    async with database.transaction() as conn:
        await retention.lock_rules(conn)
        row = await retention.end_rule(conn, number, by=by)
        if row is None:
            faults.RULE_UNKNOWN.refuse("rule", number, number=number)
    log.info("retention_rule.ended", rule=number, by=by)
    return row


def span_words(months: int | None) -> tuple[str, str]:
    """How long, in Vietnamese and English."""
    if months is None:
        return "vĩnh viễn", "for ever"
    if months % 12:
        return f"{months} tháng", f"{months} month{'s' if months > 1 else ''}"
    return f"{months // 12} năm", f"{months // 12} year{'s' if months > 12 else ''}"


def rule_words(rule: KeepingRule) -> str:
    """The rule in a line of both languages."""
    vi, en = span_words(rule.months)
    kind = type_words(rule.document_type) if rule.document_type != ANY else "mọi loại / any type"
    return f"{kind}: {vi} / {en}"


def _check_months(months: int | None) -> None:
    if months is not None and not 1 <= months <= MOST_MONTHS:
        faults.MONTHS_WRONG.refuse("months", months, months=months, limit=MOST_MONTHS)


async def _months_of(conn: Connection, code: str) -> int | None:
    level = await retention.level(conn, code)
    if level is None:
        faults.LEVEL_UNKNOWN.refuse("level", code, code=code)
    return level.months
