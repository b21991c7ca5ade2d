"""Document systems and what they show at the door: `lienthong system add|grant|list|rotate|weak`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_database import with_database
from admin.cli_session import AS_JSON, InFull
from exchange import acting, directory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from exchange.directory import ListedSystem

DAY = click.DateTime(formats=("%d/%m/%Y", "%Y-%m-%d"))


AGENCY = click.option("--agency", "agencies", multiple=True, metavar="CODE", help="Đơn vị / acts for")
BELOW = click.option("--below", multiple=True, metavar="CODE", help="Mọi đơn vị cấp dưới / acts for all below")

MOST_NAMED = 10
"""Agencies named in a line of the list; the others are counted."""


@click.group(cls=InFull)
def system() -> None:
    """Hệ thống quản lý văn bản kết nối vào trục / document systems that call the exchange."""


@system.command()
@click.argument("system_id")
@AGENCY
@BELOW
@click.option("--allow-unsigned", is_flag=True, help="Cho gửi văn bản không ký số / may send unsigned envelopes")
@click.option("--strict", is_flag=True, help="Từ chối mọi sai sót / refused for what others are only warned of")
@AS_JSON
def add(
    system_id: str,
    agencies: tuple[str, ...],
    below: tuple[str, ...],
    *,
    allow_unsigned: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Thêm hệ thống, cấp thông tin xác thực / add a system and give it a credential."""
    made = with_database(
        lambda database: directory.add_system(
            database,
            system=system_id,
            agencies=agencies,
            below=below,
            allow_unsigned=allow_unsigned,
            strict=strict,
        )
    )
    if as_json:
        cli_show.as_json(made)
        return
    cli_show.say(
        f"Đã thêm hệ thống / added system: {made.system} ({_named(agencies, below)})",
        "Chỉ hiện một lần, hãy cất giữ / shown once, keep it safe:",
        f"  credential (API v1): {made.credential}",
        f"  secret (axis):       {made.secret}",
    )


@system.command("list")
@AS_JSON
def list_(*, as_json: bool) -> None:
    """Mọi hệ thống đang hoạt động / every active system."""
    found = with_database(directory.list_systems)
    if as_json:
        cli_show.as_json({"systems": [_told(one) for one in found]})
        return
    columns = (
        "Mã / system",
        "Đơn vị / agencies",
        "Không ký số / unsigned",
        "Sai sót / errors",
        "SHA-1 đến / weak until",
        "Xác thực đến / credential until",
    )
    cli_show.table(f"Hệ thống / systems: {len(found)}", columns, map(_row, found))


def _told(one: ListedSystem) -> dict[str, object]:
    system = one.system
    return {
        "system": system.id,
        "agencies": sorted(system.agencies),
        "below": list(one.below),
        "allow_unsigned": system.allow_unsigned,
        "strict": system.strict,
        "weak_until": system.weak_until,
        "credentials": [{"expires_at": end} for end in one.credentials_end],
    }


def _row(one: ListedSystem) -> tuple[str, ...]:
    unsigned = "được phép" if one.system.allow_unsigned else "không"
    policy = "từ chối / strict" if one.system.strict else "cảnh báo / lenient"
    weak = cli_show.day(one.system.weak_until) or "không / never"
    ends = [cli_show.moment(end) if end else "không hạn" for end in one.credentials_end] or ["không còn / none"]
    return one.system.id, _named(sorted(one.system.agencies), one.below), unsigned, policy, weak, "\n".join(ends)


def _named(agencies: Sequence[str], below: Sequence[str]) -> str:
    """Whom it acts for, in a line."""
    more = [f"+{len(agencies) - MOST_NAMED}"] if len(agencies) > MOST_NAMED else []
    under = [f"dưới / below {code}" for code in below]
    return ", ".join([*agencies[:MOST_NAMED], *more, *under])


@system.command()
@click.argument("system_id")
@AGENCY
@BELOW
@click.option("--remove", is_flag=True, help="Thu hồi / take it back")
@AS_JSON
def grant(system_id: str, agencies: tuple[str, ...], below: tuple[str, ...], *, remove: bool, as_json: bool) -> None:
    """Cho hệ thống thay mặt thêm đơn vị / let a system act for more agencies, or for all below some."""
    if not agencies and not below:
        raise click.UsageError("--agency CODE | --below CODE")
    change = acting.withdraw if remove else acting.grant
    with_database(lambda database: change(database, system_id, agencies=agencies, below=below))
    if as_json:
        cli_show.as_json({"system": system_id, "agencies": agencies, "below": below, "removed": remove})
        return
    done = "Đã thu hồi / taken back" if remove else "Đã giao / granted"
    cli_show.say(f"{done}: {system_id} ({_named(agencies, below)})")


@system.command()
@click.argument("system_id")
@click.option(
    "--overlap-hours",
    type=click.FloatRange(min=0),
    default=24,
    show_default=True,
    help="Thông tin cũ còn dùng được / how long the old ones still work",
)
@AS_JSON
def rotate(system_id: str, overlap_hours: float, *, as_json: bool) -> None:
    """Cấp lại thông tin xác thực / give a new credential; the old ones end after the overlap."""
    made = with_database(lambda database: directory.rotate(database, system_id, overlap_hours=overlap_hours))
    if as_json:
        cli_show.as_json(made)
        return
    cli_show.say(
        f"Thông tin xác thực mới của {made.system}, chỉ hiện một lần / new credential, shown once:",
        f"  {made.credential}",
        f"{made.ending} thông tin cũ hết hiệu lực sau {overlap_hours:g} giờ / old ones end after {overlap_hours:g} h",
    )


@system.command()
@click.argument("system_id")
@click.option("--until", type=DAY, metavar="DATE", help="Đến hết ngày dd/MM/yyyy / to the end of this day")
@click.option("--never", is_flag=True, help="Không nhận nữa / no more")
@AS_JSON
def weak(system_id: str, until: datetime | None, *, never: bool, as_json: bool) -> None:
    """Nhận chữ ký yếu (SHA-1) có thời hạn / take weak signatures (SHA-1) until a day; they never count as signed."""
    if (until is None) != never:
        raise click.UsageError("--until DATE | --never")
    day = until.date() if until else None
    with_database(lambda database: directory.allow_weak(database, system_id, day))
    if as_json:
        cli_show.as_json({"system": system_id, "weak_until": day})
    elif day is None:
        cli_show.say(f"Không nhận chữ ký yếu (SHA-1) của {system_id} nữa / no weak signatures taken from it any more")
    else:
        shown = cli_show.day(day)
        cli_show.say(
            f"Chữ ký yếu (SHA-1) của {system_id} được nhận đến hết ngày {shown}, ghi là yếu, không tính là đã ký / "
            f"weak signatures are taken to the end of that day, marked as weak, never counted as signed"
        )


COMMANDS: Sequence[click.Command] = (system,)
