"""What an operator looks at first: the effective settings, and the schema: `lienthong settings|migrate`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_database import settings_or_exit, telling
from admin.cli_session import AS_JSON
from exchange.opening import open_dsn
from exchange.settings import PREFIX, Settings
from storage import migrate as schema

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "settings_or_exit", "telling"]


@click.command()
@AS_JSON
def settings(*, as_json: bool) -> None:
    """Cấu hình đang có hiệu lực / the effective settings; secrets are masked."""
    found, described = settings_or_exit(), Settings.model_fields
    rows = [
        {"name": f"{PREFIX}{name.upper()}", "value": value, "description": described[name].description or ""}
        for name, value in found.shown().items()
    ]
    if as_json:
        cli_show.as_json({"settings": rows})
        return
    columns = ("Biến môi trường / variable", "Giá trị / value", "Ý nghĩa / meaning")
    cli_show.table("Cấu hình / settings", columns, (tuple(row.values()) for row in rows))


@click.command()
@click.option("--sql", is_flag=True, help="Chỉ in SQL để duyệt / only print the SQL for a DBA to review")
@telling
def migrate(*, sql: bool) -> None:
    """Nâng cấp cơ sở dữ liệu / bring the database to the schema of this version."""
    if sql:
        click.echo(schema.offline_sql())
        return
    done = asyncio.run(_migrated(settings_or_exit()))
    if done:
        cli_show.say(f"Đã nâng cấp / applied: {', '.join(done)}")
    else:
        cli_show.say(f"Không có gì phải nâng cấp / nothing to do: {schema.head()}")


async def _migrated(settings: Settings) -> tuple[str, ...]:
    async with open_dsn(settings) as dsn:
        lacking = await schema.pending(dsn)
        await schema.upgrade(dsn)
        return lacking


COMMANDS: Sequence[click.Command] = (settings, migrate)
