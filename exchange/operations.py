"""What a document does to earlier ones: planned when it is taken, done in the transaction that takes it.

While it is held it does nothing; when it is released, its links say what to do.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from envelopes.limits import RECALL_ASKED
from envelopes.model import Operation
from envelopes.states import State
from exchange import operation_rules as rules
from exchange.addressing import note, owner_in, plan_letter
from exchange.conversation import answer_links
from exchange.own_statuses import ask_back
from exchange.recall import Outcome, outcome_of, plan_recall
from exchange.replacement import plan_replacement
from exchange.update import plan_update
from storage import copies, deliveries, lateness
from storage import links as link_rows
from storage.copies import Move
from storage.deliveries import Event
from storage.links import RECALLS, UPDATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from exchange.addressing import Asked, DocumentPlan
    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.copies import Copy
    from storage.deliveries import DeliveryRow, Waiting
    from storage.envelopes import EnvelopeRow, Note
    from storage.links import Link

    Targets = Sequence[tuple[Link, Waiting]]
    """Links with the copies they speak of, locked."""

_MARKS = {UPDATES: "updated", link_rows.REPLACES: "replaced"}
"""The line that an earlier version gets in its history; its state stays."""


@dataclass(slots=True)
class Effect:
    """What a document does: copies that move, lines of history, warnings for its sender, copies to ask back.

    `own`: where its own deliveries stand then; the others wait as usual.
    """

    moves: list[Move] = field(default_factory=list)
    own: list[Move] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    asked: list[Waiting] = field(default_factory=list)


async def plan(conn: Connection, asked: Asked) -> DocumentPlan:
    """Who gets the document and what it does to others. Raises `Refused`."""
    document = asked.document
    if document.operation is Operation.NEW:
        made = plan_letter(asked)
    else:
        made = _plan_operation(asked, await _copies(conn, asked))
    if document.operation is Operation.RECALL:  # programs copy the answer of the letter into its recall
        return made
    return replace(made, links=(*made.links, *await answer_links(conn, asked)))


async def plan_for_good(conn: Connection, planned: DocumentPlan) -> DocumentPlan:
    """The plan again, inside the transaction: nobody changes what there is of the sender's documents meanwhile."""
    if planned.document.operation is Operation.NEW:
        return planned
    await copies.lock_sender(conn, planned.document.sender.code)
    return await plan(conn, planned.asked)


async def _copies(conn: Connection, asked: Asked) -> dict[str, list[Copy]]:
    """The copies of each document that the operation names. Refused for those of somebody else (TM-14)."""
    document = asked.document
    business = document.business
    replaced = [one.reference for one in business.replacements] if business else []
    references = replaced if document.operation is Operation.REPLACE else [document.target]
    found: dict[str, list[Copy]] = {reference: [] for reference in references}
    for copy in await copies.copies(conn, document.sender.code, references):
        found[copy.asked].append(copy)
    for reference, some in found.items():
        owner = asked.known.get(owner_in(reference))
        if not some and owner is not None and owner.code != document.sender.code:
            rules.TARGET_FOREIGN.refuse(
                "edXMLHeader/TraceHeaderList/Bussiness/DocumentId",
                reference,
                reference=reference,
                owner=owner.code,
                sender=document.sender.code,
            )
    return found


def _plan_operation(asked: Asked, found: Mapping[str, Sequence[Copy]]) -> DocumentPlan:
    document = asked.document
    if document.operation is Operation.REPLACE:
        return plan_replacement(asked, found)
    planner = plan_recall if document.operation is Operation.RECALL else plan_update
    return planner(asked, found[document.target])


def effect_of(row: EnvelopeRow, rows: Sequence[DeliveryRow], targets: Targets) -> Effect:
    """What the document `row` with its deliveries `rows` does to its targets."""
    effect = Effect()
    taken_back: dict[str, list[tuple[Outcome, Waiting]]] = {}
    for link, copy in targets:
        if link.kind == RECALLS:
            outcome = outcome_of(copy.delivery)
            taken_back.setdefault(copy.delivery.recipient, []).append((outcome, copy))
            _take_back(effect, row, copy.delivery, outcome)
        else:
            effect.events.append(_line(row, copy.delivery.id, _MARKS[link.kind]))
    own = {one.recipient: one for one in rows}
    for recipient, found in taken_back.items():
        _settle_own(effect, row, own[recipient], found)
    return effect


def _take_back(effect: Effect, row: EnvelopeRow, copy: DeliveryRow, outcome: Outcome) -> None:
    """What becomes of one copy."""
    if outcome is Outcome.WITHDRAWN:
        effect.moves.append(Move(delivery=copy.id, state=State.RECALLED.value, withdrawn=True))
        effect.events.append(_line(row, copy.id, "withdrawn", code=RECALL_ASKED))
    elif outcome is Outcome.ASKED:
        effect.moves.append(Move(delivery=copy.id, state=State.RECALL_ASKED.value, state_before=copy.state))
        effect.events.append(_line(row, copy.id, "recall_asked", code=RECALL_ASKED))
    elif outcome is Outcome.LATE:
        effect.events.append(_line(row, copy.id, "recall_asked", code=RECALL_ASKED, flagged=True))


def _settle_own(effect: Effect, row: EnvelopeRow, own: DeliveryRow, found: Sequence[tuple[Outcome, Waiting]]) -> None:
    """What becomes of the taking document's own delivery to a recipient whose copies are taken back."""
    late = [copy for outcome, copy in found if outcome is Outcome.LATE and copy.delivery.withdrawn_at is None]
    asked = [copy for outcome, copy in found if outcome in (Outcome.ASKED, Outcome.AGAIN)]
    for copy in late[:1]:
        fault = rules.RECALL_LATE.at(
            "", own.recipient, reference=copy.envelope.reference, code=own.recipient, state=copy.delivery.state
        )
        effect.warnings.append(note(fault, recipient=own.recipient))
    if not late and not asked:
        effect.own.append(Move(delivery=own.id, state=State.COMPLETED.value, withdrawn=True))
        effect.events.append(_line(row, own.id, "taken_back"))
    elif row.operation == Operation.UPDATE.value:
        _settle_removal(effect, row, own, found, is_late=not asked)


def _settle_removal(
    effect: Effect, row: EnvelopeRow, own: DeliveryRow, found: Sequence[tuple[Outcome, Waiting]], *, is_late: bool
) -> None:
    """An update gives a removed receiver nothing; what it is to give back, a status 13 tells it."""
    if is_late:
        effect.own.append(Move(delivery=own.id, state=State.REFUSED.value, withdrawn=True))
        effect.events.append(_line(row, own.id, "recall_declined", flagged=True))
    else:
        move = Move(delivery=own.id, state=State.RECALL_ASKED.value, state_before=State.WAITING.value, withdrawn=True)
        effect.own.append(move)
        effect.events.append(_line(row, own.id, "recall_asked", code=RECALL_ASKED))
    telling = (Outcome.ASKED, Outcome.LATE)
    tell = [copy for outcome, copy in found if outcome in telling and copy.delivery.withdrawn_at is None]
    effect.asked += tell[-1:]


def _line(row: EnvelopeRow, delivery: UUID, event: str, *, code: str | None = None, flagged: bool = False) -> Event:
    return Event(
        delivery=delivery,
        event=event,
        code=code,
        by=row.sender,
        description=row.reason or None,
        flagged=flagged,
        envelope=row.id,
    )


def settled(rows: Sequence[DeliveryRow], effect: Effect, now: datetime) -> list[DeliveryRow]:
    """The document's own deliveries, not yet written, with what becomes of them."""
    moved = {move.delivery: move for move in effect.own}
    return [_settled(one, moved[one.id], now) if one.id in moved else one for one in rows]


def _settled(one: DeliveryRow, move: Move, now: datetime) -> DeliveryRow:
    withdrawn_at = now if move.withdrawn else None
    return replace(one, state=move.state, state_before=move.state_before, withdrawn_at=withdrawn_at)


async def apply(exchange: Exchange, conn: Connection, row: EnvelopeRow, effect: Effect) -> None:
    """Do to the copies what the document says, and write down what became of its own deliveries."""
    await copies.move_all(conn, effect.moves)
    await deliveries.insert_events(conn, effect.events)
    if row.operation == Operation.UPDATE and row.due_on is None:
        await lateness.inherit_due(conn, row.id)
    for copy in effect.asked:
        await ask_back(exchange, conn, row, copy)


async def take_effect(
    exchange: Exchange, conn: Connection, row: EnvelopeRow, rows: Sequence[DeliveryRow]
) -> tuple[Note, ...]:
    """Do what a released document says; what its sender is to be warned of."""
    found = [link for link in await link_rows.links_of(conn, row.id) if link.recipient is not None]
    effect = effect_of(row, rows, await copies.lock_targets(conn, found))
    await apply(exchange, conn, row, effect)
    await copies.move_all(conn, effect.own)
    return tuple(effect.warnings)
