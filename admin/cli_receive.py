"""What an agency receives: see what waits, fetch it, confirm it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_choose import one_fetched, one_waiting
from admin.cli_memory import Memory, Stored
from admin.cli_progress import bytes_bar
from admin.cli_session import AS_JSON, FILE, FOLDER, Access, CannotHere, connected
from envelopes.file_names import safe_file_name
from exchange.client import LONGEST_WAIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.client import Client
    from exchange.client_types import Confirmation, Delivery, Fetched, InboxPage

KIND = click.option("--kind", type=click.Choice(("document", "status")), help="Loại / only documents or only statuses")
FOR_EVER = -1.0


@click.command()
@click.option(
    "--wait",
    type=float,
    is_flag=False,
    flag_value=FOR_EVER,
    default=0.0,
    help="Chờ đến khi có / wait until there is something; with a number at most so many seconds",
)
@KIND
@click.option("--agency", "only_agency", help="Chỉ của đơn vị này / only this agency's")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="Số dòng / rows")
@AS_JSON
@connected
def inbox(*, access: Access, wait: float, kind: str | None, only_agency: str | None, limit: int, as_json: bool) -> None:
    """Văn bản và trạng thái đang chờ nhận / what waits, most urgent first."""
    agency = only_agency or access.agency

    async def look(client: Client) -> InboxPage:
        left = wait
        while True:
            nap = LONGEST_WAIT if left < 0 else min(left, LONGEST_WAIT)
            page = await client.inbox(wait=nap, kind=kind, agency=agency, limit=limit)
            if page.deliveries or 0 <= left <= nap:
                return page
            left = left - nap if left > 0 else left

    page = access.call(look)
    cli_show.as_json(page) if as_json else cli_show.deliveries(page.deliveries)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """A delivery and the file that was fetched of it."""

    delivery: Delivery
    file: Fetched


@click.command()
@click.argument("delivery", required=False)
@click.option("--output", type=FOLDER, default=Path(), help="Thư mục để lưu / folder to store it in")
@click.option("--attachment", type=click.IntRange(1), help="Chỉ tệp đính kèm thứ N / only attachment N")
@click.option("--transferred", is_flag=True, help="Đúng như đã truyền / its octets as transferred")
@KIND
@AS_JSON
@connected
def fetch(
    *,
    access: Access,
    delivery: str | None,
    output: Path,
    attachment: int | None,
    transferred: bool,
    kind: str | None,
    as_json: bool,
) -> None:
    """Tải văn bản về đúng như đã gửi / fetch a file exactly as submitted, or one attachment.

    Không ghi mã thì lấy văn bản duy nhất đang chờ nhận / without an id: the only one that waits.
    """

    async def work(client: Client) -> _Fetched:
        one = await client.delivery(delivery) if delivery else await one_waiting(client, access.agency, kind)
        await asyncio.to_thread(output.mkdir, parents=True, exist_ok=True)
        with bytes_bar("Đang tải / fetching") as moved:
            if attachment is None:
                file = await client.fetch_envelope(one.id, output / f"{safe_file_name(one.id)}.edxml", moved=moved)
            else:
                path = _free(output / _attachment_name(one, attachment))
                file = await client.fetch_attachment(one.id, attachment, path, transferred=transferred, moved=moved)
        return _Fetched(delivery=one, file=file)

    found = access.call(work)
    if attachment is None:
        Memory().remember(Stored(delivery=found.delivery.id, path=str(found.file.path.resolve())))
    if as_json:
        cli_show.as_json(found)
        return
    cli_show.delivery(found.delivery)
    cli_show.say(f"Đã lưu / stored:        {found.file.path} ({found.file.size} byte)")


def _attachment_name(one: Delivery, n: int) -> str:
    attached = next((attached for attached in one.attachments if attached.n == n), None)
    if attached is None:
        raise CannotHere(f"không có tệp đính kèm thứ {n} / there is no attachment {n}")
    return safe_file_name(attached.name, otherwise=f"attachment-{n}")


def _free(path: Path) -> Path:
    """Names come from the sender: nothing of ours is overwritten because an attachment is called the same."""
    if path.exists():
        raise CannotHere(f"{path}: đã có tệp này / exists already; --output")
    return path


@click.command()
@click.argument("delivery", required=False)
@click.option("--file", type=FILE, help="Tệp đã lưu / the stored file, where `fetch` was not used on this machine")
@AS_JSON
@connected
def confirm(*, access: Access, delivery: str | None, file: Path | None, as_json: bool) -> None:
    """Xác nhận đã nhận và lưu văn bản / say that a fetched file is stored; 01 goes back to the sender.

    Mã SHA-256 được tính từ tệp trên đĩa / the digest is computed from the file on disk.
    """
    memory = Memory()

    async def work(client: Client) -> Confirmation:
        name = delivery or (await one_fetched(client, access.agency, memory)).id
        sha256 = await asyncio.to_thread(_digest, file or _stored(memory, name))
        return await client.confirm(name, sha256)

    confirmed = access.call(work)
    if as_json:
        cli_show.as_json(confirmed)
        return
    cli_show.say(
        f"Mã / delivery:          {confirmed.id}",
        f"Trạng thái / state:     {cli_show.state_words(confirmed.state)}",
        f"Xác nhận / confirmed:   {cli_show.moment(confirmed.confirmed_at)}",
    )


def _stored(memory: Memory, delivery: str) -> Path:
    stored = memory.find(delivery)
    if stored is None:
        raise CannotHere("máy này chưa tải văn bản đó / it was not fetched on this machine: `fetch`, --file")
    return Path(stored.path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


COMMANDS: Sequence[click.Command] = (inbox, fetch, confirm)
