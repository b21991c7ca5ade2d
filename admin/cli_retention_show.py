"""How rules of retention, and what they remove, look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from admin import cli_show
from envelopes.document_types import type_words
from exchange.client_json import plain
from exchange.retention import FROM_THE_FIRST, rule_words, span_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from exchange.removing import DryRun, RuleDue
    from exchange.retention import Retention
    from storage.removals import RemovedLine
    from storage.retention import RuleRow


CODES = ("Mã / code", "Tên / name", "Thời hạn / how long", "Căn cứ / source")
RULES = ("Số / rule", "Loại, thời hạn / type, how long", "Từ ngày / from", "Đặt / entered", "Bỏ / ended")


def told_rules(found: Retention) -> dict[str, Any]:
    """Everything, for a program to read; `months` null: for ever."""
    return {
        "levels": plain(found.levels),
        "rules": [told_row(row) for row in found.rules],
        "acts_from": found.acts_from,
    }


def told_row(row: RuleRow) -> dict[str, Any]:
    """One rule; `type` null: any."""
    rule = row.rule
    return {
        "rule": rule.id,
        "type": type_words(rule.document_type) or None,
        "valid_from": rule.valid_from,
        "months": rule.months,
        "level": rule.level,
        "source": rule.source,
        "entered_at": row.entered_at,
        "entered_by": row.entered_by,
        "ended_at": row.ended_at,
        "ended_by": row.ended_by,
    }


def shown_rules(found: Retention) -> None:
    """Codes, then rules."""
    codes = ((one.code, one.name, " / ".join(span_words(one.months)), one.source) for one in found.levels)
    cli_show.table(f"Mã thời hạn bảo quản / retention codes: {len(found.levels)}", CODES, codes)
    cli_show.table(f"Quy tắc / rules: {len(found.rules)}", RULES, map(_rule, found.rules))
    if not found.holding:
        cli_show.say("Không có quy tắc nào: mọi tệp được giữ vĩnh viễn / no rule holds: everything is kept for ever")


def _rule(row: RuleRow) -> Sequence[object]:
    level = f" [{row.rule.level}]" if row.rule.level else ""
    entered = f"{cli_show.moment(row.entered_at)} {row.entered_by}"
    ended = f"{cli_show.moment(row.ended_at)} {row.ended_by}" if row.ended_at else ""
    begins = cli_show.day(row.rule.valid_from) if row.rule.valid_from > FROM_THE_FIRST else ""
    return row.rule.id, f"{rule_words(row.rule)}{level}", begins, entered, ended


def told_due(found: DryRun) -> dict[str, Any]:
    """What would be removed, for a program to read."""
    return {
        "on": found.on,
        "acts_from": found.acts_from,
        "rules": [
            {"rule": one.rule.id, **plain(one.total), "list": [plain(document) for document in one.documents]}
            for one in found.rules
        ],
    }


def shown_due(found: DryRun, now: datetime) -> None:
    """What would be removed, rule by rule."""
    columns = (
        "Số / rule",
        "Loại, thời hạn / type, how long",
        "Văn bản / documents",
        "Tệp / files",
        "Byte",
        "Còn có nơi chưa lấy / still to be got",
    )
    cli_show.table(f"Hết thời hạn ngày / due on {cli_show.day(found.on)}", columns, map(_due, found.rules))
    if found.acts_from is not None and found.acts_from > now:
        cli_show.say(f"Chưa gỡ gì trước / nothing is removed before: {cli_show.moment(found.acts_from)}")
    for one in found.rules:
        for document in one.documents:
            waits = "  [còn có nơi chưa lấy / still to be got]" if document.waits else ""
            what = f"{type_words(document.document_type)}  {document.sender}  {document.reference}"
            cli_show.say(f"  {one.rule.id}: {document.id}  {cli_show.moment(document.accepted_at)}  {what}{waits}")


def _due(one: RuleDue) -> Sequence[object]:
    total = one.total
    return one.rule.id, rule_words(one.rule), total.documents, total.files, total.bytes, total.waiting


def told_removed(found: Sequence[RemovedLine]) -> Any:
    """What was removed, for a program to read."""
    return plain(list(found))


def shown_removed(found: Sequence[RemovedLine]) -> None:
    """What was removed, the newest first."""
    columns = ("Mã / envelope", "Văn bản / document", "Gỡ lúc, quy tắc / removed, rule", "Tệp, byte / files, bytes")
    rows = (
        (
            one.envelope,
            f"{type_words(one.document_type)} {one.sender} {one.reference}",
            f"{cli_show.moment(one.at)} quy tắc / rule {one.rule} ({one.by})",
            f"{one.files}, {one.bytes}",
        )
        for one in found
    )
    cli_show.table(f"Đã gỡ bỏ / removed: {len(found)}", columns, rows)
