"""Where systems are told of what happens: `lienthong webhook add|approve|list|rotate|test|notices|dead|resend|end`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_administrator import by_administrator
from admin.cli_database import with_database
from admin.cli_session import AS_JSON, FILE, InFull
from exchange import webhooks as use_case
from exchange.client_json import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from admin.cli_administrator import Doer
    from exchange.webhooks import NewWebhook, WebhookNow
    from storage.database import Database
    from storage.notices import Attempt, Notice
    from storage.webhooks import WebhookRow

STATES = {
    "pending": "chờ quản trị thứ hai duyệt / waits for approval",
    "active": "hoạt động / active",
    "failing": "lần gần nhất không được / the last try failed",
    "paused": "tạm nghỉ sau nhiều lần không được / left alone after failures",
}
NOTICE_STATES = {"waiting": "chờ / waiting", "told": "đã báo / told", "dead": "đã bỏ / given up"}

NUMBER = click.argument("number", type=click.IntRange(min=1))
LIMIT = click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Nhiều nhất / most")


@click.group(cls=InFull)
def webhook() -> None:
    """Webhook: báo cho hệ thống khi có văn bản / addresses that are told when something waits or moves."""


@webhook.command()
@click.argument("system_id")
@click.argument("url")
@click.option("--network", "networks", multiple=True, metavar="CIDR", help="Mạng được phép / may lead to")
@click.option("--port", "ports", multiple=True, type=click.IntRange(1, 65535), help="Cổng được phép / else the URL's")
@click.option("--event", "events", multiple=True, type=click.Choice(use_case.EVENTS), help="Loại tin / else all")
@click.option("--ca", "authority", type=FILE, help="Chỉ tin các CA trong tệp PEM này / trust only these")
@click.option(
    "--allow-http", is_flag=True, help="Cho không mã hóa, trong mạng riêng / unencrypted, on a private network"
)
@by_administrator()
@AS_JSON
def add(
    system_id: str,
    url: str,
    *,
    networks: tuple[str, ...],
    ports: tuple[int, ...],
    events: tuple[str, ...],
    authority: Path | None,
    allow_http: bool,
    doer: Doer,
    as_json: bool,
) -> None:
    """Báo cho hệ thống ở địa chỉ này / tell a system at this address; only networks named here are connected to."""
    wanted = use_case.Wanted(
        system=system_id,
        url=url,
        networks=networks,
        ports=ports,
        events=events or use_case.EVENTS,
        authority=authority.read_text(encoding="ascii", errors="replace") if authority else None,
        allow_http=allow_http,
    )

    async def work(database: Database) -> NewWebhook:
        return await use_case.add_webhook(database, wanted, entering=await doer.entering(database))

    made = with_database(work)
    if as_json:
        cli_show.as_json(_told(made.row) | {"secret": made.secret})
        return
    cli_show.say(
        f"Webhook {made.row.id}: {made.row.system} → {made.row.url}",
        "Chỉ hiện một lần, hãy giao cho hệ thống / shown once, hand it to the system:",
        f"  secret: {made.secret}",
    )
    if made.row.approved_at is None:
        cli_show.say(
            "Chưa dùng: một quản trị khác phải duyệt / not in use until another administrator approves it:",
            f"  lienthong webhook approve {made.row.id} --as NAME",
        )


@webhook.command()
@NUMBER
@by_administrator(required=True)
@AS_JSON
def approve(number: int, *, doer: Doer, as_json: bool) -> None:
    """Duyệt địa chỉ do quản trị khác nhập / put into use what another administrator entered."""

    async def work(database: Database) -> WebhookRow:
        return await use_case.approve_webhook(database, number, by=await doer.proven(database) or "")

    row = with_database(work)
    _done(f"Đã duyệt webhook / approved webhook {row.id}", _told(row), as_json=as_json)


@webhook.command("list")
@click.argument("system_id", required=False)
@AS_JSON
def list_(system_id: str | None, *, as_json: bool) -> None:
    """Mọi webhook, hoặc của một hệ thống / every webhook, or a system's, and how each fares."""
    found = with_database(lambda database: use_case.list_webhooks(database, system_id))
    if as_json:
        cli_show.as_json({"webhooks": [_now(one) for one in found]})
        return
    columns = (
        "Số / id",
        "Hệ thống, địa chỉ, loại tin / system, address, events",
        "Mạng, cổng / networks, ports",
        "Trạng thái / state",
        "Chờ / waiting",
        "Bỏ / given up",
    )
    cli_show.table(f"Webhook: {len(found)}", columns, map(_row, found), lines=True)


@webhook.command()
@NUMBER
@click.option(
    "--overlap-hours",
    type=click.FloatRange(min=0),
    default=24,
    show_default=True,
    help="Còn ký thêm bằng khóa cũ / how long the old ones sign as well",
)
@AS_JSON
def rotate(number: int, overlap_hours: float, *, as_json: bool) -> None:
    """Đổi khóa ký tin báo / sign with a new secret, and with the old ones as well for the overlap."""
    made = with_database(lambda database: use_case.rotate_secret(database, number, overlap_hours=overlap_hours))
    if as_json:
        cli_show.as_json(made)
        return
    cli_show.say(
        f"Khóa mới của webhook {number}, chỉ hiện một lần / new secret, shown once:",
        f"  {made.secret}",
        f"{made.ending} khóa cũ còn ký thêm {overlap_hours:g} giờ / old ones sign as well for {overlap_hours:g} h",
    )


@webhook.command()
@NUMBER
@AS_JSON
def test(number: int, *, as_json: bool) -> None:
    """Gửi một tin thử / have the address told that this is a test."""
    made = with_database(lambda database: use_case.test_webhook(database, number))
    _done(
        f"Tin thử {made} đi trong vài giây, xem: / a test goes out in seconds, see: lienthong webhook notices {number}",
        {"webhook": number, "notice": made},
        as_json=as_json,
    )


@webhook.command()
@NUMBER
@LIMIT
@AS_JSON
def notices(number: int, limit: int, *, as_json: bool) -> None:
    """Các tin của một webhook và mọi lần thử / what a webhook is told, with every try, newest first."""
    found = with_database(lambda database: use_case.list_notices(database, webhook=number, limit=limit))
    _show_notices("Tin / notices", found, as_json=as_json)


@webhook.command()
@click.argument("number", type=click.IntRange(min=1), required=False)
@LIMIT
@AS_JSON
def dead(number: int | None, limit: int, *, as_json: bool) -> None:
    """Các tin đã bỏ sau 5 ngày / what was given up after five days, of one webhook or of all."""
    found = with_database(lambda database: use_case.list_notices(database, webhook=number, dead=True, limit=limit))
    _show_notices("Tin đã bỏ / given up", found, as_json=as_json)


@webhook.command()
@click.argument("number", type=click.IntRange(min=1), required=False)
@click.option("--notice", type=click.UUID, metavar="ID", help="Chỉ một tin / only this one")
@click.option("--all", "everything", is_flag=True, help="Của mọi webhook / of every webhook")
@AS_JSON
def resend(number: int | None, notice: UUID | None, *, everything: bool, as_json: bool) -> None:
    """Gửi lại tin đã bỏ / tell again what was given up: a webhook's, one notice, or everything."""
    if sum((number is not None, notice is not None, everything)) != 1:
        raise click.UsageError("NUMBER | --notice ID | --all")
    count = with_database(lambda database: use_case.resend(database, webhook=number, notice=notice))
    _done(f"Gửi lại / told again: {count}", {"resent": count}, as_json=as_json)


@webhook.command()
@NUMBER
@by_administrator()
@AS_JSON
def end(number: int, *, doer: Doer, as_json: bool) -> None:
    """Không báo cho địa chỉ này nữa / tell this address nothing more."""

    async def work(database: Database) -> None:
        await use_case.end_webhook(database, number, by=await doer.proven(database))

    with_database(work)
    _done(f"Đã dừng webhook / ended webhook {number}", {"webhook": number, "ended": True}, as_json=as_json)


def _done(words: str, answer: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        cli_show.as_json(answer)
    else:
        cli_show.say(words)


def _told(row: WebhookRow) -> dict[str, object]:
    return {
        "webhook": row.id,
        "system": row.system,
        "url": row.url,
        "events": row.events,
        "networks": [str(network) for network in row.networks],
        "ports": row.ports,
        "authority": row.authority,
        "added_at": row.added_at,
        "added_by": row.added_by,
        "approved_at": row.approved_at,
        "approved_by": row.approved_by,
    }


def _now(one: WebhookNow) -> dict[str, object]:
    row = one.row
    return _told(row) | {
        "state": one.state.value,
        "waiting": one.count.waiting,
        "dead": one.count.dead,
        "failures": row.failures,
        "failing_since": row.failing_since,
        "failure": row.failure,
        "paused_until": row.paused_until,
        "answered_at": row.answered_at,
    }


def _row(one: WebhookNow) -> Sequence[object]:
    row = one.row
    where = "\n".join([*map(str, row.networks), ", ".join(map(str, row.ports))])
    state = [STATES[one.state.value]]
    if row.failing_since is not None:
        state.append(f"từ / since {cli_show.moment(row.failing_since)}: {row.failure}")
    what = f"{row.system}\n{row.url}\n{', '.join(row.events)}"
    return row.id, what, where, "\n".join(state), one.count.waiting, one.count.dead


def _show_notices(title: str, found: Sequence[tuple[Notice, tuple[Attempt, ...]]], *, as_json: bool) -> None:
    if as_json:
        cli_show.as_json({"notices": [plain(one) | {"tries": plain(tries)} for one, tries in found]})
        return
    columns = ("Mã / notice", "Tin / what", "Các lần thử / tries")
    rows = ((one.id, _what(one), "\n".join(map(_try, tries))) for one, tries in found)
    cli_show.table(f"{title}: {len(found)}", columns, rows, lines=True)


def _what(one: Notice) -> str:
    moved = f" {cli_show.state_words(one.delivery_state)}" if one.delivery_state else ""
    lines = [f"{cli_show.moment(one.made_at)} {one.event}{moved}", f"webhook {one.webhook}, {NOTICE_STATES[one.state]}"]
    if one.state == "waiting":
        lines.append(f"lần tới / next: {cli_show.moment(one.due_at)}")
    return "\n".join([*lines, *([f"envelope {one.envelope}"] if one.envelope else [])])


def _try(one: Attempt) -> str:
    if one.ended_at is None:
        return f"{one.n}. {cli_show.moment(one.at)} …"
    return f"{one.n}. {cli_show.moment(one.at)} {one.failure or f'HTTP {one.status}'}"


COMMANDS: Sequence[click.Command] = (webhook,)
