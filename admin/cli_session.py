"""What every command of the agency's side shares: where the exchange is, who calls, and the exit code of a call's end.

0 done, 1 refused (something must be changed first), 2 wrong usage, 3 try the same again later.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from admin import cli_show
from exchange.client import ApiRefused, ApiTryLater, ApiUnknown, ApiUnreachable, Client

if TYPE_CHECKING:
    from collections.abc import Awaitable

T = TypeVar("T")
Command = Callable[..., Any]

REFUSED, USAGE, TRY_LATER = 1, 2, 3

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Kết quả dạng JSON / JSON for programs")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


class InFull(click.Group):
    """A group whose help shows each command's whole line, wrapped: of two languages neither is cut off."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every command of the group, in the order of the alphabet."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, one.get_short_help_str(limit=500)) for name, one in sorted(self.commands.items())]
            )


class CannotHere(click.ClickException):
    """Something on this machine stands in the way: a file, a folder, a key, or which delivery is meant."""

    exit_code = USAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the exchange is and with which credential it is called; `agency` when a system acts for several."""

    url: str
    credential: str
    agency: str | None

    def call(self, work: Callable[[Client], Awaitable[T]]) -> T:
        """What `work` finds, or the end of the program with the exit code that fits."""
        try:
            return asyncio.run(self._call(work))
        except ApiRefused as refused:
            _tell_refused(refused)
            raise SystemExit(REFUSED) from None
        except ApiTryLater as error:
            click.secho(f"{_later(error)}\n{cli_show.safe(error)}", fg="yellow", err=True)
            raise SystemExit(TRY_LATER) from None
        except OSError as error:
            raise CannotHere(f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")) from None

    async def _call(self, work: Callable[[Client], Awaitable[T]]) -> T:
        async with Client(self.url, self.credential) as client:
            return await work(client)


def _tell_refused(refused: ApiRefused) -> None:
    title = _REFUSALS.get(refused.status, "Bị từ chối / refused")
    detail = refused.problem.get("detail") if not refused.faults else None
    click.secho(f"{title} ({refused.status})", fg="red", bold=True, err=True)
    if detail:
        click.echo(cli_show.safe(detail), err=True)
    cli_show.faults(refused.faults)
    if any(fault.code == "signature.missing" for fault in refused.faults):
        click.echo("Ký rồi gửi / sign it and send: lienthong send --sign FILE", err=True)


_REFUSALS = {
    401: "Thông tin xác thực không đúng hoặc hết hạn / credential unknown or expired",
    403: "Hệ thống này không được phép / not allowed for this system",
    404: "Không có, hoặc không phải của đơn vị / not there or not yours",
    409: "Mâu thuẫn với bản đã nhận / conflicts with what was taken before",
}


def _later(error: ApiTryLater) -> str:
    if isinstance(error, ApiUnknown):
        return "Chưa rõ trục đã nhận hay chưa: hãy gửi lại đúng tệp này / not known if taken: send the same file again"
    if isinstance(error, ApiUnreachable):
        return "Không kết nối được với trục: hãy thử lại sau / the exchange is not reachable: try again later"
    return "Trục chưa xử lý được: hãy thử lại sau / the exchange cannot do it now: try again later"


def connected(command: Command) -> Command:
    """Give a command the options that say where the exchange is, and an `Access` as its argument `access`."""

    @functools.wraps(command)
    def with_access(*, access: Callable[[], Access], **rest: Any) -> Any:
        return command(access=access(), **rest)

    return reachable(with_access)


def reachable(command: Command) -> Command:
    """The same for a command that calls the exchange only sometimes: `access` is what makes the `Access` then."""

    @click.option(
        "--url", envvar="LIENTHONG_URL", default="http://127.0.0.1:8080", show_default=True, help="Địa chỉ trục / where"
    )
    @click.option("--credential", envvar="LIENTHONG_CREDENTIAL", help="Thông tin xác thực / the system's credential")
    @click.option(
        "--credential-file", envvar="LIENTHONG_CREDENTIAL_FILE", type=FILE, help="Tệp chứa nó / a file that holds it"
    )
    @click.option("--as", "agency", envvar="LIENTHONG_AS", help="Mã đơn vị / agency, when a system acts for several")
    @functools.wraps(command)
    def with_way(
        *, url: str, credential: str | None, credential_file: Path | None, agency: str | None, **rest: Any
    ) -> Any:
        def access() -> Access:
            return Access(url=url, credential=_credential(credential, credential_file), agency=agency or None)

        return command(access=access, **rest)

    return with_way


def _credential(text: str | None, file: Path | None) -> str:
    found = text or (file.read_text(encoding="utf-8") if file else "")
    if not found.strip():
        raise click.UsageError(
            "chưa có thông tin xác thực / no credential: LIENTHONG_CREDENTIAL, LIENTHONG_CREDENTIAL_FILE, --credential"
        )
    if len(found.split()) != 1 or not found.strip().isascii():
        raise click.UsageError("thông tin xác thực không đúng dạng / not a credential: one word is expected")
    return found.strip()
