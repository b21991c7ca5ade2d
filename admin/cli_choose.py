"""Which delivery is meant when the reader names none: the only one that fits, never a guess between two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from admin import cli_show
from admin.cli_session import CannotHere
from exchange.client import ApiRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from admin.cli_memory import Memory
    from exchange.client import Client
    from exchange.client_types import Delivery

FINISHED = frozenset({"completed", "refused", "recalled"})
"""States after which a recipient has nothing more to report."""


async def waiting(client: Client, agency: str | None, *, kind: str | None = None) -> list[Delivery]:
    """The first page of what waits."""
    return list((await client.inbox(agency=agency, kind=kind, limit=500)).deliveries)


def only(found: Sequence[Delivery], nothing: str, several: str) -> Delivery:
    """The one delivery; with none or several the reader is told which to name."""
    if not found:
        raise CannotHere(nothing)
    if len(found) > 1:
        lines = [f"  {one.id}  {one.sender}  {cli_show.subject(one).splitlines()[0]}" for one in found[:20]]
        raise CannotHere(cli_show.safe(several) + "\n" + "\n".join(map(cli_show.safe, lines)))
    return found[0]


async def one_waiting(client: Client, agency: str | None, kind: str | None) -> Delivery:
    """The only delivery that waits."""
    return only(
        await waiting(client, agency, kind=kind),
        "không có văn bản nào chờ nhận / nothing waits",
        "có nhiều văn bản chờ nhận, hãy chỉ rõ mã / several wait, name one:",
    )


async def one_fetched(client: Client, agency: str | None, memory: Memory) -> Delivery:
    """The only delivery that waits and was fetched by this machine."""
    found = [one for one in await waiting(client, agency) if memory.find(one.id)]
    return only(
        found,
        "chưa tải về văn bản nào đang chờ nhận / nothing that waits was fetched here: `fetch`",
        "đã tải về nhiều văn bản, hãy chỉ rõ mã / several were fetched, name one:",
    )


async def one_at_hand(client: Client, agency: str | None, memory: Memory) -> Delivery:
    """The only document that waits, or was fetched by this machine and is not finished."""
    found = {one.id: one for one in await waiting(client, agency, kind="document")}
    for stored in memory.all():
        if stored.delivery in found:
            continue
        one = await _still_there(client, stored.delivery)
        if one is None or (agency and one.recipient != agency):
            continue
        if one.state in FINISHED or one.kind == "status":
            memory.forget(one.id)
        else:
            found[one.id] = one
    return only(
        list(found.values()),
        "không có văn bản nào đang xử lý / no document is at hand",
        "có nhiều văn bản đang xử lý, hãy chỉ rõ mã / several documents are at hand, name one:",
    )


async def _still_there(client: Client, delivery: str) -> Delivery | None:
    """None for a delivery of another exchange, or of another system on this machine."""
    try:
        return await client.delivery(delivery)
    except ApiRefused as refused:
        if refused.status != 404:
            raise
        return None
