"""Recalls, updates and replacements of a document, as its sender's system writes them, and what everybody sees then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envelopes.model import Business, Operation, Organization, ReceiverChange, Replacement
from exchange.findings import Seen
from tests.support.world import NAMES, A

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envelopes.model import Document
    from exchange.client_types import Delivery, Link, SentDelivery, Submission
    from tests.support.world import World

REASON = "Gửi nhầm nơi nhận"


def to(*codes: str) -> tuple[Organization, ...]:
    """Recipients."""
    return tuple(Organization(code=code, name=NAMES.get(code, code)) for code in codes)


def recall(document: Document, *recipients: str, target: str = "", reason: str = REASON, **changes: object) -> Document:
    """The document again, as a recall of it; from all its recipients unless some are named."""
    business = Business(operation=Operation.RECALL, reason=reason, target=target, paper="0")
    kept = to(*recipients) if recipients else document.recipients
    return replace(document, business=business, recipients=kept, **changes)  # type: ignore[arg-type]


def update(
    document: Document,
    *recipients: str,
    target: str = "",
    added: Sequence[str] = (),
    removed: Sequence[str] = (),
    **changes: object,
) -> Document:
    """A new version of the document, to all its recipients unless some are named, with a list of changed ones."""
    business = Business(
        operation=Operation.UPDATE,
        reason="Sửa phụ lục",
        target=target,
        paper="0",
        document_changed=True,
        receivers_changed=bool(added or removed),
        receivers=tuple(ReceiverChange(agency=code, added=code in added) for code in (*added, *removed)),
    )
    kept = to(*recipients) if recipients else document.recipients
    return replace(document, business=business, recipients=kept, **changes)  # type: ignore[arg-type]


def replacement(document: Document, replaced: Mapping[str, Sequence[str]]) -> Document:
    """The document, as one that takes the place of others: their references with agencies."""
    infos = tuple(Replacement(reference=reference, agencies=tuple(codes)) for reference, codes in replaced.items())
    business = Business(operation=Operation.REPLACE, reason="Văn bản thay thế", paper="0", replacements=infos)
    return replace(document, business=business)


async def send(world: World, document: Document) -> Submission:
    """Submit it, signed by its sender."""
    async with world.client(document.sender.code) as sender:
        return await sender.submit(world.envelope(document))


async def take(world: World, code: str, *, confirm: bool = True) -> list[Delivery]:
    """Fetch, and confirm, everything that waits for the agency."""
    async with world.client(code) as client:
        found = list((await client.inbox()).deliveries)
        for one in found:
            await client.fetch_envelope(one.id, world.folder / f"{one.id}.edxml")
            if confirm:
                await client.confirm(one.id, one.sha256)
    return found


async def waiting(world: World, code: str, kind: str = "document") -> list[Delivery]:
    """What the agency's inbox holds."""
    async with world.client(code) as client:
        return list((await client.inbox(kind=kind)).deliveries)


async def at(world: World, envelope: str, recipient: str, sender: str = A) -> SentDelivery:
    """What the sender sees of one recipient."""
    async with world.client(sender) as client:
        seen = await client.envelope(envelope)
    return next(one for one in seen.deliveries if one.recipient == recipient)


async def states(world: World, envelope: str, sender: str = A) -> dict[str, str]:
    """What the sender sees of each recipient."""
    async with world.client(sender) as client:
        return {one.recipient: one.state for one in (await client.envelope(envelope)).deliveries}


async def links(world: World, envelope: str, sender: str = A) -> list[tuple[str, str, tuple[str, ...]]]:
    """Kind, other envelope and recipients of each link that the sender sees."""
    async with world.client(sender) as client:
        return spelled((await client.envelope(envelope)).links)


def spelled(found: Sequence[Link]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Kind, other envelope and recipients of each link."""
    return [(one.kind, one.envelope, one.recipients) for one in found]


def words(one: SentDelivery) -> list[str]:
    """A delivery's history in the words of its events."""
    return [event.event for event in one.events]


async def sound(world: World) -> None:
    """The audit finds nothing: every delivery is where its history leads, every receipt says what is kept."""
    from exchange.audit_envelopes import look_at_envelopes

    found = [
        finding
        async for one in look_at_envelopes(world.exchange, deep=True)
        if isinstance(one, Seen)
        for finding in one.findings
    ]
    assert found == []
