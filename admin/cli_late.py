"""What is late now: `lienthong late`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_database import with_database
from admin.cli_session import AS_JSON
from exchange import lateness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.lateness import LateDelivery

PAGE = 100
"""Deliveries shown unless told otherwise."""


@click.command()
@click.argument("code", required=False)
@click.option("--limit", type=click.IntRange(min=1), default=PAGE, show_default=True, help="Nhiều nhất / most")
@AS_JSON
def late(code: str | None, limit: int, *, as_json: bool) -> None:
    """Văn bản chậm tiếp nhận, quá hạn xử lý / what is late now, at all agencies or at CODE; the longest first."""
    found = with_database(lambda database: lateness.list_late(database, code, limit=limit))
    if as_json:
        cli_show.as_json({"late": found})
        return
    columns = ("Mã / delivery", "Nơi nhận, văn bản / recipient, document", "Chậm từ / late since")
    rows = ((one.id, _what(one), _since(one)) for one in found)
    cli_show.table(f"Chậm / late: {len(found)}", columns, rows, lines=True)


def _what(one: LateDelivery) -> str:
    words = f"{cli_show.state_words(one.state)}  {cli_show.urgency(one.urgency)}".rstrip()
    sent = f"{one.sender} → {one.recipient} {one.recipient_name}  {cli_show.moment(one.accepted_at)}"
    return f"{sent}\n{one.reference}\n{one.subject}\n{words}"


def _since(one: LateDelivery) -> str:
    lines = []
    if one.late_to_receive_since and one.state in ("waiting", "collected"):
        lines.append(f"chậm tiếp nhận / to receive: {cli_show.moment(one.late_to_receive_since)}")
    if one.overdue_since:
        due = f" (hạn / due {cli_show.day(one.due_on)})" if one.due_on else ""
        lines.append(f"quá hạn xử lý / overdue: {cli_show.moment(one.overdue_since)}{due}")
    return "\n".join(lines)


COMMANDS: Sequence[click.Command] = (late,)
