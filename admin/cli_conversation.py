"""A thread of documents: what answers, updates, replaces and recalls what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_session import AS_JSON, Access, connected
from exchange.client import ApiRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.client import Client
    from exchange.client_types import ConversationPage, Message


@click.command()
@click.argument("envelope")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="Số dòng / rows")
@AS_JSON
@connected
def conversation(*, access: Access, envelope: str, limit: int, as_json: bool) -> None:
    """Chuỗi văn bản liên quan / the documents that answer, update, replace and recall each other, oldest first.

    ENVELOPE: mã gói tin hoặc mã lượt gửi / an envelope's id, or that of a delivery.
    """
    page = access.call(lambda client: _either(client, envelope, limit))
    if as_json:
        cli_show.as_json(page)
        return
    columns = ("Mã / envelope", "Văn bản, liên quan / document, links")
    title = f"Văn bản liên quan / conversation: {len(page.messages)}"
    cli_show.table(title, columns, ((one.envelope, _entry(one)) for one in page.messages), lines=True)
    if page.next is not None:
        cli_show.say(f"Còn nữa: --limit lớn hơn / there is more: a larger --limit ({limit})")


async def _either(client: Client, text: str, limit: int) -> ConversationPage:
    try:
        return await client.conversation(text, limit=limit)
    except ApiRefused as refused:
        if refused.status != 404:
            raise
        return await client.conversation((await client.delivery(text)).envelope, limit=limit)


def _entry(one: Message) -> str:
    operation = "" if one.operation == "new" else f"[{cli_show.OPERATIONS.get(one.operation, one.operation)}] "
    lines = [
        f"{one.sender}  {cli_show.moment(one.accepted_at)}",
        f"{operation}{one.number or ''}/{one.notation or ''} {cli_show.day(one.issued_on)}".rstrip(),
        *([one.subject] if one.subject else []),
        *(cli_show.link_words(link) for link in one.links),
    ]
    return "\n".join(lines)


COMMANDS: Sequence[click.Command] = (conversation,)
