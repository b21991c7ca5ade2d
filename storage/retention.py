"""The rules by which attachments are kept, and the retention codes they are entered by, as administrators keep them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from envelopes.keeping import KeepingRule

if TYPE_CHECKING:
    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A retention code: how many months it means; None: for ever."""

    code: str
    name: str
    months: int | None
    source: str = ""
    entered_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule with who entered it when, and who ended it; `ended_at` None: it holds."""

    rule: KeepingRule
    entered_at: datetime
    entered_by: str
    ended_at: datetime | None = None
    ended_by: str | None = None


async def levels(conn: Connection) -> list[Level]:
    """Every retention code, in order."""
    rows = await conn.fetch(
        'SELECT code, name, months, source, entered_by FROM retention_levels ORDER BY code COLLATE "C"'
    )
    return [Level(**row) for row in rows]


async def level(conn: Connection, code: str) -> Level | None:
    """The retention code, if there is one of this name."""
    row = await conn.fetchrow(
        "SELECT code, name, months, source, entered_by FROM retention_levels WHERE code = $1", code
    )
    return Level(**row) if row else None


async def write_level(conn: Connection, made: Level) -> None:
    """Enter the code, or change what it means for rules entered from now on."""
    await conn.execute(
        """INSERT INTO retention_levels (code, name, months, source, entered_by) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (code) DO UPDATE SET name = $2, months = $3, source = $4, entered_by = $5,
                                            entered_at = clock_timestamp()""",
        made.code,
        made.name,
        made.months,
        made.source,
        made.entered_by,
    )


_COLUMNS = "id, document_type, valid_from, months, level, source, entered_at, entered_by, ended_at, ended_by"


def _row(record: Any) -> RuleRow:
    rule = KeepingRule(
        id=record["id"],
        document_type=record["document_type"],
        valid_from=record["valid_from"],
        months=record["months"],
        level=record["level"],
        source=record["source"],
    )
    return RuleRow(
        rule=rule,
        entered_at=record["entered_at"],
        entered_by=record["entered_by"],
        ended_at=record["ended_at"],
        ended_by=record["ended_by"],
    )


async def lock_rules(conn: Connection) -> None:
    """Keep others from changing rules until the transaction ends; reading them waits for nobody."""
    await conn.execute("LOCK TABLE retention_rules IN SHARE ROW EXCLUSIVE MODE")


async def rules(conn: Connection) -> list[RuleRow]:
    """Every rule there was, by type and day; ended ones among them."""
    records = await conn.fetch(
        f'SELECT {_COLUMNS} FROM retention_rules ORDER BY document_type COLLATE "C", valid_from, id'
    )
    return [_row(record) for record in records]


async def rule(conn: Connection, number: int) -> RuleRow | None:
    """The rule of this number, also when it was ended."""
    record = await conn.fetchrow(f"SELECT {_COLUMNS} FROM retention_rules WHERE id = $1", number)
    return _row(record) if record else None


async def add_rule(
    conn: Connection,
    *,
    document_type: str,
    valid_from: date,
    months: int | None,
    level: str | None,
    source: str,
    by: str,
) -> RuleRow:
    """Enter a rule; one for the same type and day ends."""
    await conn.execute(
        """UPDATE retention_rules SET ended_at = clock_timestamp(), ended_by = $3
           WHERE document_type = $1 AND valid_from = $2 AND ended_at IS NULL""",
        document_type,
        valid_from,
        by,
    )
    record = await conn.fetchrow(
        f"""INSERT INTO retention_rules (document_type, valid_from, months, level, source, entered_by)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING {_COLUMNS}""",
        document_type,
        valid_from,
        months,
        level,
        source,
        by,
    )
    return _row(record)


async def end_rule(conn: Connection, number: int, *, by: str) -> RuleRow | None:
    """Let the rule hold no longer; None when no rule of this number holds."""
    record = await conn.fetchrow(
        f"""UPDATE retention_rules SET ended_at = clock_timestamp(), ended_by = $2
            WHERE id = $1 AND ended_at IS NULL RETURNING {_COLUMNS}""",
        number,
        by,
    )
    return _row(record) if record else None
