"""How long attachments are kept, and what was removed: `lienthong retention show|level|rule|end|due|removed`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from admin import cli_show
from admin.cli_administrator import DAY, by_administrator
from admin.cli_database import settings_or_exit, told, with_database
from admin.cli_retention_show import shown_due, shown_removed, shown_rules, told_due, told_removed, told_row, told_rules
from admin.cli_session import AS_JSON, InFull
from admin.logs import set_up_logs
from envelopes.document_types import is_listed
from envelopes.keeping import ANY
from exchange import removing
from exchange import retention as use_case
from exchange.exchange import Exchange, open_exchange
from exchange.retention import FROM_THE_FIRST, MOST_MONTHS, NewRule

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from admin.cli_administrator import Doer
    from storage.database import Database
    from storage.retention import Level, RuleRow

    Command = Callable[..., Any]

T = TypeVar("T")

LIMIT = click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Nhiều nhất / most")
SOURCE = click.option("--source", default="", help="Căn cứ / where it comes from")


def _with_time(command: Command) -> Command:
    """Give a command the options that say how long."""
    years = click.IntRange(1, MOST_MONTHS // 12)
    for option in (
        click.option("--forever", is_flag=True, help="Vĩnh viễn / for ever"),
        click.option("--months", type=click.IntRange(1, MOST_MONTHS), help="Số tháng / months"),
        click.option("--years", type=years, help="Số năm / years"),
    ):
        command = option(command)
    return command


@click.group(cls=InFull)
def retention() -> None:
    """Thời hạn lưu tệp đính kèm / how long attachments are kept; without a rule for ever."""


@retention.command()
@AS_JSON
def show(*, as_json: bool) -> None:
    """Mã thời hạn bảo quản và các quy tắc / retention codes, and the rules that hold or held."""
    grace = settings_or_exit().retention_grace_seconds
    found = with_database(lambda database: use_case.show(database, grace_seconds=grace))
    if as_json:
        cli_show.as_json(told_rules(found))
    else:
        shown_rules(found)


@retention.command()
@click.argument("code")
@click.option("--name", "called", required=True, help="Tên thời hạn / what it is called")
@_with_time
@SOURCE
@by_administrator()
@AS_JSON
def level(
    code: str,
    *,
    called: str,
    years: int | None,
    months: int | None,
    forever: bool,
    source: str,
    doer: Doer,
    as_json: bool,
) -> None:
    """Đặt mã thời hạn bảo quản / enter a retention code, for rules entered from now on."""
    kept = _months(years, months, forever=forever)

    async def work(database: Database) -> Level:
        by = await doer.proven(database)
        return await use_case.set_level(database, code, name=called, months=kept, source=source, by=by)

    made = with_database(work)
    if as_json:
        cli_show.as_json(made)
    else:
        cli_show.say(f"Mã / code {made.code}: {made.name}, {' / '.join(use_case.span_words(made.months))}")


@retention.command()
@click.argument("document_type", required=False, metavar="[TYPE]")
@click.option(
    "--any", "any_type", is_flag=True, help="Mọi loại chưa có quy tắc riêng / types without a rule of their own"
)
@click.option("--level", "level_code", metavar="CODE", help="Mã thời hạn bảo quản / retention code")
@_with_time
@click.option("--from", "begins", type=DAY, metavar="DATE", help="Trục nhận từ ngày / accepted from, else all")
@SOURCE
@by_administrator(required=True)
@AS_JSON
def rule(
    document_type: str | None,
    *,
    any_type: bool,
    level_code: str | None,
    years: int | None,
    months: int | None,
    forever: bool,
    begins: datetime | None,
    source: str,
    doer: Doer,
    as_json: bool,
) -> None:
    """Lưu tệp đính kèm của một loại văn bản bao lâu / how long attachments of a type of document are kept.

    TYPE là tên loại hoặc chữ viết tắt, ví dụ «Công văn», QĐ / the type's name or abbreviation. Thời hạn tính từ ngày
    trục nhận / counted from the day the exchange accepted the document.
    """
    if (document_type is None) is not any_type:
        raise click.UsageError("TYPE | --any")
    if level_code is not None and (years, months, forever) != (None, None, False):
        raise click.UsageError("--level | --years | --months | --forever")
    wanted = NewRule(
        document_type=document_type,
        valid_from=begins.date() if begins else FROM_THE_FIRST,
        level=level_code,
        months=None if level_code else _months(years, months, forever=forever),
        source=source,
    )

    async def work(database: Database) -> RuleRow:
        return await use_case.set_rule(database, wanted, by=await doer.proven(database) or "")

    _told_rule(with_database(work), as_json=as_json)


def _told_rule(row: RuleRow, *, as_json: bool) -> None:
    if as_json:
        cli_show.as_json(told_row(row))
        return
    cli_show.say(f"Quy tắc / rule {row.rule.id}: {use_case.rule_words(row.rule)}")
    if row.rule.document_type != ANY and not is_listed(row.rule.document_type):
        cli_show.say(
            "  Loại này không có trong danh mục, so đúng theo tên / not in the list of types: matched by this name"
        )
    cli_show.say("  Xem trước khi gỡ bỏ / see first what it removes: lienthong retention due")


@retention.command()
@click.argument("number", type=click.IntRange(min=1))
@by_administrator(required=True)
@AS_JSON
def end(number: int, *, doer: Doer, as_json: bool) -> None:
    """Bỏ một quy tắc / let a rule hold no longer; what it removed stays removed."""

    async def work(database: Database) -> RuleRow:
        return await use_case.end_rule(database, number, by=await doer.proven(database) or "")

    row = with_database(work)
    if as_json:
        cli_show.as_json(told_row(row))
    else:
        cli_show.say(f"Đã bỏ quy tắc / ended rule {number}: {use_case.rule_words(row.rule)}")


@retention.command()
@click.option("--on", "day", type=DAY, metavar="DATE", help="Vào ngày, mặc định hôm nay / on a day, else today")
@click.option("--list", "limit", type=click.IntRange(1, 10_000), metavar="N", help="Nêu N văn bản mỗi quy tắc / name N")
@AS_JSON
def due(*, day: datetime | None, limit: int | None, as_json: bool) -> None:
    """Xem trước những gì sẽ gỡ bỏ, không gỡ gì / what would be removed; removes nothing."""
    found = _with_exchange(
        lambda exchange: removing.dry_run(exchange, on=day.date() if day else None, limit=limit or 0)
    )
    if as_json:
        cli_show.as_json(told_due(found))
    else:
        shown_due(found, datetime.now(UTC))


@retention.command()
@LIMIT
@AS_JSON
def removed(limit: int, *, as_json: bool) -> None:
    """Những gì đã gỡ bỏ, theo quy tắc nào, lúc nào / what was removed, when, by which rule; the newest first."""
    found = _with_exchange(lambda exchange: removing.list_removed(exchange, limit=limit))
    if as_json:
        cli_show.as_json({"removed": told_removed(found)})
    else:
        shown_removed(found)


def _with_exchange(work: Callable[[Exchange], Awaitable[T]]) -> T:
    settings = settings_or_exit(log_level="error")
    set_up_logs(settings)

    async def opened() -> T:
        async with open_exchange(settings) as exchange:
            return await work(exchange)

    with told():
        return asyncio.run(opened())


def _months(years: int | None, months: int | None, *, forever: bool) -> int | None:
    """The one time that was given, in months; None: for ever."""
    if (years is not None) + (months is not None) + forever != 1:
        raise click.UsageError("--years | --months | --forever")
    return years * 12 if years is not None else months


COMMANDS: Sequence[click.Command] = (retention,)
