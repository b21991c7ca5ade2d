"""The audit's look at envelopes: receipts, recorded objects, deliveries against their history, files rebuilt."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from envelopes.states import SETTLED, State, after, confirmed
from exchange.download import whole_file
from exchange.findings import PAGE, Finding, Seen
from exchange.seals import list_seals
from signing.seal import check_sealed
from storage import audits, deliveries, envelopes
from storage.objects import ObjectMissing, ObjectsAway

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from exchange.exchange import Exchange
    from exchange.findings import Findings
    from signing.seal import ReceiptFacts
    from storage.deliveries import DeliveryRow, Event
    from storage.envelopes import AttachmentRow, EnvelopeRow

RECEIPT_EVERY = 20
"""Without `deep`, the receipt of one envelope in so many is verified: a changed seal or table shows soon enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some envelopes with everything that hangs on them, in one state of the database."""

    envelopes: list[EnvelopeRow]
    attachments: dict[UUID, list[AttachmentRow]]
    sizes: dict[bytes, int]
    receipts: dict[UUID, bytes]
    deliveries: dict[UUID, list[DeliveryRow]]
    events: dict[UUID, list[Event]]


async def look_at_envelopes(exchange: Exchange, *, deep: bool) -> Findings:
    """Every envelope, a page at a time."""
    seals = tuple(row.der for row in await list_seals(exchange.database))
    place, number = audits.BEFORE_ALL, 0
    while True:
        page = await _page(exchange, place)
        for row in page.envelopes:
            receipt = deep or number % RECEIPT_EVERY == 0
            findings = [*_recorded(page, row), *_histories(page, row)]
            if receipt:
                findings += await exchange.threads.run(_sealed, page, row, seals)
            if deep:
                findings += await _rebuilt(exchange, page, row)
            number += 1
            yield Seen(number=1, findings=tuple(findings))
        if len(page.envelopes) < PAGE:
            return
        place = page.envelopes[-1].id


async def _page(exchange: Exchange, place: UUID) -> Page:
    async with exchange.database.transaction(read_only=True) as conn:
        await audits.freeze(conn)
        rows = await audits.envelope_page(conn, after=place, limit=PAGE)
        ids = [row.id for row in rows]
        attached = await envelopes.attachments(conn, ids)
        digests = {sha256 for some in attached.values() for one in some for sha256, _ in one.objects()}
        delivered = await deliveries.deliveries_of(conn, ids)
        return Page(
            envelopes=rows,
            attachments=attached,
            sizes=await audits.object_sizes(conn, sorted(digests)),
            receipts=await audits.receipts(conn, ids),
            deliveries=delivered,
            events=await deliveries.events_of(conn, [one.id for some in delivered.values() for one in some]),
        )


def _recorded(page: Page, row: EnvelopeRow) -> Iterator[Finding]:
    """Every object an attachment rests on is one we answer for, in that size."""
    for attachment in page.attachments.get(row.id, ()):
        for sha256, size in attachment.objects():
            if page.sizes.get(sha256) != size:
                yield Finding(
                    code="attachment.unrecorded",
                    what=str(row.id),
                    detail=f"đính kèm / attachment {attachment.n}: {sha256.hex()}, {size} byte",
                )


def _histories(page: Page, row: EnvelopeRow) -> Iterator[Finding]:
    """There is a delivery, and each is where its history leads."""
    found = page.deliveries.get(row.id, [])
    if not found:
        yield Finding(code="envelope.undelivered", what=str(row.id), detail="không có nơi nhận / no delivery")
    for one in found:
        state, before = _derived(one, page.events.get(one.id, []))
        if (one.state, one.state_before) != (state, before):
            yield Finding(
                code="delivery.state",
                what=str(one.id),
                detail=f"{one.state}/{one.state_before}, theo lịch sử / by its history {state}/{before}",
            )


def _derived(delivery: DeliveryRow, events: Sequence[Event]) -> tuple[str, str | None]:
    """State, and state beneath an asked recall, that the history leads to."""
    if any(event.event == "rejected" for event in events):  # held, and its certificate proved bad: the end
        return State.REFUSED.value, None
    if delivery.kind == "status":  # a status message is only ever confirmed
        silent = State.COMPLETED if delivery.withdrawn_at else State.WAITING
        return (State.COLLECTED if delivery.confirmed_at else silent).value, None
    state: State = State.WAITING
    before: State | None = None
    for event in events:
        if event.event in SETTLED:
            state, before = SETTLED[event.event], None
            continue
        if event.event == "collected":
            step = confirmed(state, before)
        elif event.code is not None and not event.flagged:
            step = after(state, event.code, before=before)
        else:
            continue
        state, before = step.state, step.before
    return state.value, before.value if before else None


def _sealed(page: Page, row: EnvelopeRow, seals: Sequence[bytes]) -> list[Finding]:
    """The receipt carries one of our seals, of whatever time, and says what the tables say. Blocking."""
    try:
        facts = check_sealed(page.receipts[row.id], seals).facts
    except Refused as refused:  # a seal that never ran on this database is made known with `lienthong seal add`
        return [Finding(code="receipt.invalid", what=str(row.id), detail=str(refused))]
    return [
        Finding(code="receipt.differs", what=str(row.id), detail=f"{name}: biên nhận / receipt {sealed!r}, {kept!r}")
        for name, sealed, kept in _differences(page, row, facts)
    ]


def _differences(page: Page, row: EnvelopeRow, facts: ReceiptFacts) -> Iterator[tuple[str, object, object]]:
    attached = tuple((one.n, one.name, one.size, one.object.hex()) for one in page.attachments.get(row.id, ()))
    delivered = {(one.id, one.recipient) for one in page.deliveries.get(row.id, ())}
    pairs: tuple[tuple[str, object, object], ...] = (
        ("envelope", facts.envelope, row.id),
        ("kind", facts.kind, row.kind),
        ("operation", facts.operation, row.operation),
        ("reference", facts.reference, row.reference),
        ("sender", facts.sender, row.sender),
        ("sha256", facts.sha256, row.sha256.hex()),
        ("size", facts.size, row.size),
        ("accepted_at", facts.accepted_at, row.accepted_at),
        ("certificate", facts.certificate, row.certificate.hex() if row.certificate else None),
        ("profile", facts.profile, row.profile),
        ("recipients", set(facts.recipients), delivered),
        ("attachments", facts.attachments, attached),
    )
    return (pair for pair in pairs if pair[1] != pair[2])


async def _removed(exchange: Exchange, row: EnvelopeRow) -> bool:
    async with exchange.database.acquire() as conn:
        return any(one.removed for one in (await envelopes.attachments(conn, [row.id])).get(row.id, []))


async def _rebuilt(exchange: Exchange, page: Page, row: EnvelopeRow) -> list[Finding]:
    """What is kept still gives the file back byte for byte; what a rule removed gives nothing to compare."""
    async with exchange.database.acquire() as conn:
        skeleton = await envelopes.skeleton(conn, row.id)
    attached = page.attachments.get(row.id, [])
    if any(one.removed for one in attached):
        return []
    digest, size = hashlib.sha256(), 0
    try:
        async for piece in whole_file(exchange, skeleton, attached):
            digest.update(piece)
            size += len(piece)
    except (ObjectMissing, ObjectsAway) as error:
        await exchange.objects.check()  # when the store as such is away, nothing can be said of this envelope
        if await _removed(exchange, row):  # by a rule, while it was read
            return []
        detail = f"không đọc được tệp lưu trữ / an object cannot be read: {error}"
        return [Finding(code="envelope.unreadable", what=str(row.id), detail=detail)]
    if digest.digest() == row.sha256 and size == row.size:
        return []
    detail = f"{digest.hexdigest()}, {size} byte; {row.sha256.hex()}, {row.size} byte"
    return [Finding(code="envelope.differs", what=str(row.id), detail=detail)]
