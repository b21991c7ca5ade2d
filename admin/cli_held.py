"""What waits because nobody can tell whether its certificate is revoked: `lienthong held`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_database import with_database
from admin.cli_session import AS_JSON
from exchange import holding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.holding import HeldEnvelope


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=holding.PAGE, show_default=True, help="Nhiều nhất / most")
@AS_JSON
def held(limit: int, *, as_json: bool) -> None:
    """Văn bản tạm giữ, vì sao, phải làm gì / what is held, why, and what to do; the oldest first."""
    page = with_database(lambda database: holding.held_page(database, limit=limit))
    if as_json:
        cli_show.as_json({"held": page.count.number, "oldest_seconds": page.count.seconds, "envelopes": page.envelopes})
        return
    columns = ("Mã / envelope", "Từ lúc, của ai, đến đâu / since, whose, to whom", "Vì sao / why")
    rows = ((one.id, _what(one), _why(one)) for one in page.envelopes)
    cli_show.table(f"Tạm giữ / held: {page.count.number}", columns, rows, lines=True)
    for issuer in sorted({one.issuer for one in page.envelopes if one.issuer}):
        cli_show.say(f"Cần danh sách thu hồi còn hiệu lực của / a revocation list in force is awaited from {issuer}:")
    if page.envelopes:
        cli_show.say(
            "  lienthong ca fetch | lienthong ca crl FILE",
            "Có danh sách thì văn bản tự đi tiếp sau vài giây / once it is here they go on by themselves in seconds",
        )


def _what(one: HeldEnvelope) -> str:
    first = f"{cli_show.moment(one.accepted_at)}  {one.sender} → {', '.join(one.recipients)}"
    return f"{first}\n{cli_show.reference(one.kind, one.reference)}\n{one.subject}".rstrip()


def _why(one: HeldEnvelope) -> str:
    return f"{one.reason}\n{one.certificate_subject} {one.certificate[:16]}".rstrip()


COMMANDS: Sequence[click.Command] = (held,)
