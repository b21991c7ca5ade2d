"""What every command of the operator's side shares: settings, the database, and one clear line for what went wrong.

These commands open the database themselves, also beside a running service: the embedded server is joined, not started
twice. Exit codes as for the agency's side: 1 refused or wrongly set up, 3 the same again later.
"""

from __future__ import annotations

import asyncio
import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import asyncpg
import click
import structlog
from sqlalchemy.exc import DBAPIError

from admin import cli_show
from admin.cli_session import REFUSED, TRY_LATER
from admin.listening import CannotListen
from admin.logs import set_up_logs
from envelopes.faults import Refused
from exchange.opening import SchemaBehind, open_database
from exchange.sealing import SealWrong
from exchange.settings import Settings, SettingsWrong, load_settings
from storage.embedded import EmbeddedFailed
from storage.migrate import SchemaUnknown
from storage.object_store import ObjectsAway
from storage.objects import ObjectsUrlWrong
from storage.outages import DatabaseAway, DatabaseUnsafe
from storage.postmaster import ProcessesStuck
from storage.unprivileged import PrivilegeMissing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from storage.database import Database

P = ParamSpec("P")
T = TypeVar("T")

EXPECTED: tuple[tuple[type[Exception], str, int], ...] = (
    (SettingsWrong, "cấu hình không đúng", REFUSED),
    (SchemaBehind, "cơ sở dữ liệu chưa nâng cấp", REFUSED),
    (SchemaUnknown, "cơ sở dữ liệu thuộc phiên bản mới hơn", REFUSED),
    (EmbeddedFailed, "không khởi động được PostgreSQL đi kèm", REFUSED),
    (PrivilegeMissing, "không đủ quyền để chạy PostgreSQL đi kèm", REFUSED),
    (ProcessesStuck, "còn tiến trình PostgreSQL cũ chưa dừng", REFUSED),
    (DatabaseAway, "không kết nối được cơ sở dữ liệu, hãy thử lại sau", TRY_LATER),
    (asyncpg.UniqueViolationError, "dữ liệu này đã có", REFUSED),
    (asyncpg.PostgresError, "cơ sở dữ liệu từ chối", REFUSED),
    (DBAPIError, "cơ sở dữ liệu từ chối", REFUSED),
    (asyncpg.ClientConfigurationError, "địa chỉ cơ sở dữ liệu không đúng", REFUSED),
    (DatabaseUnsafe, "PostgreSQL được cấu hình không an toàn", REFUSED),
    (SealWrong, "không dùng được khóa của con dấu", REFUSED),
    (ObjectsUrlWrong, "địa chỉ kho tệp không đúng", REFUSED),
    (ObjectsAway, "không kết nối được kho tệp, hãy thử lại sau", TRY_LATER),
    (CannotListen, "không mở được địa chỉ của dịch vụ", REFUSED),
    (OSError, "không đọc hoặc ghi được tệp", REFUSED),
)
"""Errors a person can do something about, what each is called, and the exit code; anything else is a bug."""


@contextmanager
def told() -> Iterator[None]:
    """Turn expected errors into one line, Vietnamese then English, and end the program with the exit code."""
    try:
        yield
    except Refused as refused:
        for fault in refused.faults:
            tell(f"{fault.vi} / {fault.en}")
        raise SystemExit(REFUSED) from None
    except tuple(kind for kind, _, _ in EXPECTED) as error:
        words, code = next((words, code) for kind, words, code in EXPECTED if isinstance(error, kind))
        tell(f"{words} / {error.orig if isinstance(error, DBAPIError) else error}")
        raise SystemExit(code) from None


def tell(text: str) -> None:
    """One line on stderr about something that went wrong."""
    click.secho(f"Lỗi / error: {cli_show.safe(' '.join(text.split()))}", fg="red", err=True)


def telling(command: Callable[P, T]) -> Callable[P, T]:
    """A command that ends with one line where it would end with an expected error."""

    @functools.wraps(command)
    def told_of(*arguments: P.args, **named: P.kwargs) -> T:
        with told():
            return command(*arguments, **named)

    return told_of


def settings_or_exit(**given: Any) -> Settings:
    """The settings of the environment, `given` winning over it, or the end of the program."""
    with told():
        return load_settings(**given)


def with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """What `work` finds in the database of the settings, or the end of the program."""
    with told():
        settings = load_settings()
        if not structlog.is_configured():
            set_up_logs(settings)  # else lines of the log would stand in the answer, and it would be no JSON
        return asyncio.run(_opened(settings, work))


async def _opened(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async with open_database(settings) as database:
        return await work(database)
