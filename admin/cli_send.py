"""What an agency sends: submit an envelope, see what became of it, keep its receipt."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_progress import bytes_bar
from admin.cli_session import AS_JSON, FILE, Access, CannotHere, connected
from admin.cli_signing import XADES, demanded, signing
from envelopes.faults import Refused
from exchange.client import ApiRefused
from exchange.client_signing import sign_file
from exchange.client_types import Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exchange.client import Client
    from exchange.client_types import Delivery
    from signing.sign import Signer


@click.command()
@click.argument("file", type=FILE)
@click.option("--sign", is_flag=True, help="Ký số trước khi gửi / sign it first")
@XADES
@signing
@AS_JSON
@connected
def send(
    *, access: Access, file: Path, sign: bool, xades: bool, signer: Callable[[], Signer | None], as_json: bool
) -> None:
    """Gửi một tệp edXML / submit an edXML file.

    Gửi lại cùng một tệp là vô hại: trục trả lời như lần đầu / sending the same file again is harmless.
    """
    if xades and not sign:
        raise click.UsageError("--xades đi cùng --sign / --xades goes with --sign")
    if not sign:
        taken = _submitted(access, file)
    else:
        with tempfile.TemporaryDirectory(prefix="lienthong-") as folder:
            signed = Path(folder) / file.name
            _sign(file, signed, demanded(signer()), xades=xades)
            taken = _submitted(access, signed)
    if as_json:
        cli_show.as_json(taken)
        return
    first = "đã nhận / taken" if taken.created else "đã nhận từ trước, cùng nội dung / taken before, same content"
    cli_show.say(f"Trục {first}:")
    cli_show.submission(taken)


def _submitted(access: Access, file: Path) -> Submission:
    async def work(client: Client) -> Submission:
        with bytes_bar("Đang gửi / sending") as moved:
            return await client.submit(file, moved=moved)

    return access.call(work)


def _sign(file: Path, signed: Path, signer: Signer, *, xades: bool) -> None:
    try:
        sign_file(file, signed, signer, xades=xades)
    except Refused as refused:
        click.secho("Không ký được tệp này / this file cannot be signed", fg="red", bold=True, err=True)
        cli_show.faults(refused.faults)
        raise SystemExit(1) from None


@click.command()
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="Số dòng / rows")
@AS_JSON
@connected
def outbox(*, access: Access, limit: int, as_json: bool) -> None:
    """Văn bản đã gửi và trạng thái / what was sent, newest first, with its states."""
    page = access.call(lambda client: client.outbox(limit=limit))
    cli_show.as_json(page) if as_json else cli_show.submissions(page.envelopes)


@click.command()
@click.argument("envelope")
@AS_JSON
@connected
def show(*, access: Access, envelope: str, as_json: bool) -> None:
    """Một văn bản đã gửi hoặc đã nhận, và lịch sử / one envelope or delivery, with its history."""
    found = access.call(lambda client: _either(client, envelope))
    if as_json:
        cli_show.as_json(found)
    elif isinstance(found, Submission):
        cli_show.submission(found)
    else:
        cli_show.delivery(found)


async def _either(client: Client, text: str) -> Submission | Delivery:
    try:
        return await client.envelope(text)
    except ApiRefused as refused:
        if refused.status != 404:
            raise
        return await client.delivery(text)


@click.command()
@click.argument("envelope")
@click.option("--output", type=click.Path(path_type=Path), help="Tệp để lưu / file to write; otherwise to the terminal")
@connected
def receipt(*, access: Access, envelope: str, output: Path | None) -> None:
    """Biên nhận có dấu của trục / the exchange's sealed receipt, as XML."""
    data = access.call(lambda client: client.receipt(envelope))
    if output is None:
        click.echo(data, nl=False)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise CannotHere(f"{output}: {error.strerror}") from None
    cli_show.say(f"{output}: {len(data)} byte")


COMMANDS: Sequence[click.Command] = (send, outbox, show, receipt)
