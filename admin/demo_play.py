"""The main job in front of the reader: a signed document travels from A to B and C, and its statuses come back.

Everything goes through the listening HTTP service with the client library, as agencies' systems would do it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table

from admin.demo_letter import letter, pdf
from envelopes.limits import STATUS_CODES
from envelopes.model import Organization
from exchange.client import Client
from exchange.client_files import write_envelope
from exchange.client_types import Delivery, Submission

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from signing.sign import Signer

LOCAL = timezone(timedelta(hours=7))

STATES = {
    "waiting": "chờ nhận / waiting",
    "collected": "đã đến / collected",
    "refused": "từ chối / refused",
    "accepted": "đã tiếp nhận / accepted",
    "assigned": "đã phân công / assigned",
    "in_hand": "đang xử lý / in hand",
    "completed": "hoàn thành / completed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """One agency of the demonstration: its name, credential and signing key, and a folder of its own."""

    code: str
    name: str
    credential: str
    signer: Signer
    folder: Path

    @property
    def organization(self) -> Organization:
        """As it stands in a message."""
        return Organization(code=self.code, name=self.name)


async def play(url: str, players: tuple[Player, Player, Player], console: Console, number: str) -> Path:
    """Play the whole story once and print it; the file that was sent."""
    first, second, third = players
    say = _Account(console)
    path = _compose(players, number, say)
    async with (
        Client(url, first.credential) as sender,
        Client(url, second.credential) as recipient,
        Client(url, third.credential) as refuser,
    ):
        taken = await sender.submit(path)
        _tell_taken(say, first, taken)
        await _handle(say, recipient, second, taken.id)
        await _refuse(say, refuser, third, taken.id)
        await _look_back(say, sender, first, taken.id)
    return path


def _compose(players: tuple[Player, Player, Player], number: str, say: _Account) -> Path:
    first, second, third = players
    attachment, path = first.folder / f"{number}.signed.pdf", first.folder / f"{number}-SNV-VP.edxml"
    attachment.write_bytes(pdf(number))
    recipients = (second.organization, third.organization)
    document = letter(number, first.organization, recipients, datetime.now(LOCAL))
    write_envelope(document, [attachment], path, signer=first.signer)
    say.step(
        first,
        f"soạn công văn [b]{number}/SNV-VP[/b], đính kèm {attachment.name} ({attachment.stat().st_size} byte), ký số "
        f"(profile P) và gửi tới {second.code} và {third.code}",
        f"writes {path.name}, attaches a PDF, signs it and sends it to {second.code} and {third.code}",
    )
    return path


def _tell_taken(say: _Account, sender: Player, taken: Submission) -> None:
    say.exchange(
        f"kiểm tra chữ ký: [green]{taken.signature.outcome}[/green] ({taken.signature.profile}), lưu văn bản và cấp "
        f"biên nhận; mã {taken.id}",
        f"checks the signature ({taken.signature.outcome}), keeps the document, seals a receipt for {sender.code}",
    )


async def _arrival(client: Client, envelope: str) -> Delivery:
    page = await client.inbox(wait=25, kind="document", limit=500)
    return next(one for one in page.deliveries if one.envelope == envelope)


async def _collect(say: _Account, client: Client, player: Player, envelope: str) -> Delivery:
    waiting = await _arrival(client, envelope)
    path = player.folder / f"{waiting.number}.edxml"
    await client.fetch_envelope(waiting.id, path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    await client.confirm(waiting.id, sha256)
    say.step(
        player,
        f"thấy văn bản trong hộp đến, tải về đúng từng byte (SHA-256 {sha256[:16]}…) và xác nhận; "
        f"trạng thái [b]01[/b] tự động về {waiting.sender}",
        "lists its inbox, fetches the file byte for byte and confirms; status 01 goes back by itself",
    )
    return waiting


async def _handle(say: _Account, client: Client, player: Player, envelope: str) -> None:
    waiting = await _collect(say, client, player, envelope)
    attachment = player.folder / waiting.attachments[0].name
    await client.fetch_attachment(waiting.id, 1, attachment)
    for code, description in (
        ("03", "Văn thư tiếp nhận, vào sổ văn bản đến"),
        ("05", "Phòng Văn hóa - Thông tin đang xử lý"),
        ("06", "Đã hoàn thành kết nối"),
    ):
        await client.report(waiting, code, description=description, signer=player.signer)
        say.step(player, f"báo [b]{code}[/b] {STATUS_CODES[code].vi}: {description}", f"reports {code}")


async def _refuse(say: _Account, client: Client, player: Player, envelope: str) -> None:
    waiting = await _collect(say, client, player, envelope)
    reason = "Không thuộc thẩm quyền giải quyết của xã"
    await client.report(waiting, "02", description=reason, signer=player.signer)
    say.step(player, f"báo [b]02[/b] {STATUS_CODES['02'].vi}: {reason}", "refuses with 02 and a reason")


async def _look_back(say: _Account, client: Client, player: Player, envelope: str) -> None:
    statuses = (await client.inbox(wait=25, kind="status", limit=500)).deliveries
    for one in statuses:
        await client.confirm(one.id, one.sha256)
    seen = await client.envelope(envelope)
    receipt = await client.receipt(envelope)
    path = player.folder / f"{seen.reference.rpartition(',')[2].partition('/')[0]}-receipt.xml"
    path.write_bytes(receipt)
    say.step(
        player,
        f"nhận {len(statuses)} thông báo trạng thái và giữ biên nhận có dấu của trục ({path.name})",
        f"receives {len(statuses)} status messages and holds the sealed receipt",
    )
    say.table(seen)


class _Account:
    """Tells the story, numbered, Vietnamese first."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._steps = 0

    def step(self, player: Player, vi: str, en: str) -> None:
        """What an agency did."""
        self._tell(f"[cyan]{player.code}[/cyan] {player.name}", vi, en)

    def exchange(self, vi: str, en: str) -> None:
        """What the exchange did."""
        self._tell("[magenta]trục liên thông / the exchange[/magenta]", vi, en)

    def _tell(self, who: str, vi: str, en: str) -> None:
        self._steps += 1
        self._console.print(f"[b]{self._steps:2}.[/b] {who}", highlight=False)
        for text in (vi, f"[dim]{en}[/dim]"):
            self._console.print(Padding(text, (0, 0, 0, 4)), highlight=False)

    def table(self, seen: Submission) -> None:
        """Where the document is, as the sender sees it."""
        table = Table(show_edge=False, pad_edge=False)
        for name in ("Nơi nhận / recipient", "Trạng thái / state", "Lịch sử / history"):
            table.add_column(name)
        for one in seen.deliveries:
            history = "  ".join(
                f"{event.at.astimezone(LOCAL):%H:%M:%S} {event.code or event.event}" for event in one.events
            )
            table.add_row(one.recipient, STATES.get(one.state, one.state), history)
        self._console.print(Panel(table, title=f"{seen.reference}", expand=False))
