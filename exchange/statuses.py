"""Status messages: which delivery one speaks of, and what it does to it.

A status is matched by reference first and never by number without the year (edXML section 7); out of order it is kept,
delivered and flagged, never lost; said before, it changes nothing and nobody is told again (conformance C28).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envelopes import limits
from envelopes.model import Operation
from envelopes.states import SETTLED, State, Verdict, after
from exchange import rules
from exchange.recall import Outcome, outcome_of
from storage import copies, deliveries, reported
from storage.copies import Move
from storage.deliveries import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from envelopes.faults import Fault
    from envelopes.model import StatusMessage
    from envelopes.states import Step
    from storage.connection import Connection
    from storage.copies import AtRecipient
    from storage.deliveries import DeliveryRow
    from storage.directory import Agency

EVENTS = {
    limits.ARRIVED: "arrived",
    limits.REFUSED: "refused",
    limits.ACCEPTED: "accepted",
    limits.ASSIGNED: "assigned",
    limits.IN_HAND: "in_hand",
    limits.COMPLETED: "completed",
    limits.RECALL_ASKED: "recall_asked",
    limits.RECALL_AGREED: "recalled",
    limits.RECALL_REFUSED: "recall_refused",
}
"""The word for each code in a delivery's history."""


SETTLING = (State.COMPLETED.value, State.REFUSED.value)
"""A recall's own delivery is not answered again from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPlan:
    """A status message, the delivery it speaks of, and the agency that hears of it."""

    status: StatusMessage
    about: UUID
    recipient: str

    @property
    def is_recall(self) -> bool:
        """Whether the original sender speaks, asking its document back: the one code that is not the recipient's."""
        return self.status.code == limits.RECALL_ASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a status does. `silent`: nobody is to be told of it; `warning`: why nothing moved, for who reported."""

    moves: tuple[Move, ...] = ()
    events: tuple[Event, ...] = ()
    silent: bool = False
    warning: Fault | None = None


async def plan_status(conn: Connection, status: StatusMessage, known: Mapping[str, Agency]) -> StatusPlan:
    """Find the delivery; refused unless the reporter is its recipient, or for 13 its sender (TM-14).

    Whichever code of the other agency the message names, the plan has that agency's own.
    """
    other = known.get(status.answers.agency)
    answers = replace(status.answers, agency=other.code) if other else status.answers
    taking_back = status.code == limits.RECALL_ASKED
    owner = status.sender.code if taking_back else answers.agency
    recipient = answers.agency if taking_back else status.sender.code
    about = await reported.find_answered(
        conn,
        owner=owner,
        recipient=recipient,
        reference=answers.reference or None,
        code=answers.code,
        issued_on=answers.issued_on,
        with_held=taking_back,
    )
    if about is None:
        reference = answers.reference or answers.code
        rules.STATUS_UNMATCHED.refuse(
            "edXMLHeader/MessageHeader/ResponseFor", reference, reference=reference, owner=owner, recipient=recipient
        )
    named = await reported.named_by(conn, about)  # a successor speaks of what its forebears sent or got
    answers = replace(answers, agency=named.recipient if taking_back else named.sender)
    return StatusPlan(status=replace(status, answers=answers), about=about, recipient=answers.agency)


async def effect_of(conn: Connection, plan: StatusPlan, envelope: UUID) -> Effect:
    """What the status does, decided while its document is kept from everybody else; `envelope` is the status's own."""
    named = await reported.named_by(conn, plan.about)
    if plan.is_recall:
        await copies.lock_sender(conn, named.sender)
    found = await copies.lock_copies_at(conn, named, plan.about)
    if not plan.is_recall:  # the recipient speaks of what it sees
        found = [one for one in found if not one.found.delivery.held]
    said = _Said(plan=plan, envelope=envelope, found=found)
    if plan.is_recall:
        return said.taking_back()
    if plan.status.code in (limits.RECALL_AGREED, limits.RECALL_REFUSED):
        return said.answering()
    return said.reporting()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A status and everything its speaker's counterpart has under the reference, oldest first."""

    plan: StatusPlan
    envelope: UUID
    found: Sequence[AtRecipient]

    @property
    def documents(self) -> list[DeliveryRow]:
        """The versions of the document; when there is none, the recalls of it."""
        copies_here = [one.found.delivery for one in self.found if not one.asks]
        return copies_here or [one.found.delivery for one in self.found]

    @property
    def about(self) -> DeliveryRow:
        """The delivery that the message is kept with."""
        return next(one.found.delivery for one in self.found if one.found.delivery.id == self.plan.about)

    def taking_back(self) -> Effect:
        """13: every version is withdrawn or asked for."""
        outcomes = [(outcome_of(row), row) for row in self.documents]
        moves, events = [], []
        for outcome, row in outcomes:
            if outcome is Outcome.WITHDRAWN:
                moves.append(Move(delivery=row.id, state=State.RECALLED.value, withdrawn=True))
                events.append(self._line(row, "withdrawn"))
            elif outcome is Outcome.ASKED:
                moves.append(Move(delivery=row.id, state=State.RECALL_ASKED.value, state_before=row.state))
                events.append(self._line(row))
        if moves:
            silent = all(move.withdrawn for move in moves) and all(one is not Outcome.AGAIN for one, _ in outcomes)
            return Effect(moves=tuple(moves), events=tuple(events), silent=silent)
        if any(outcome is Outcome.AGAIN for outcome, _ in outcomes):
            return self._repeated()
        return self._flagged(silent=all(row.withdrawn_at is not None for row in self.documents))

    def answering(self) -> Effect:
        """15 and 16: about what is asked back, else about the newest update."""
        agreed = self.plan.status.code == limits.RECALL_AGREED
        asked = [row for row in self.documents if row.state == State.RECALL_ASKED.value]
        asking = [one.found.delivery for one in self.found if one.asks and one.found.delivery.state not in SETTLING]
        moves = [self._step(row) for row in asked]
        events = [self._line(row) for row in asked]
        settled = [(row, "recall_agreed" if agreed else "recall_declined") for row in asking if row not in asked]
        if not asked and not settled:
            settled = [(row, "update_agreed" if agreed else "update_declined") for row in self._updates()]
        for row, event in settled:
            moves.append(Move(delivery=row.id, state=SETTLED[event].value, withdrawn=row.withdrawn_at is not None))
            events.append(self._line(row, event))
        if not moves:
            return self._by(after(State(self.about.state), self.plan.status.code), self.about)
        if not asked and asking and any(not one.asks for one in self.found):  # the recall came too late
            flagged = self._flagged()
            return replace(flagged, moves=tuple(moves), events=(*events, *flagged.events))
        return Effect(moves=tuple(moves), events=tuple(events))

    def _updates(self) -> list[DeliveryRow]:
        """The newest version, if it is an update that nobody has accepted or refused yet."""
        last = self.found[-1]
        fresh = last.found.delivery.state in (State.WAITING.value, State.COLLECTED.value)
        is_update = last.found.envelope.operation == Operation.UPDATE.value and not last.asks
        return [last.found.delivery] if is_update and fresh else []

    def reporting(self) -> Effect:
        """01 to 06: about the newest version for which it is a step, else one for which it is no news."""
        steps = [(self._after(row), row) for row in reversed(self.documents)]
        for verdict in (Verdict.MOVED, Verdict.REPEATED):
            for step, row in steps:
                if step.verdict is verdict:
                    return self._by(step, row)
        return self._flagged()

    def _after(self, row: DeliveryRow) -> Step:
        before = State(row.state_before) if row.state_before else None
        return after(State(row.state), self.plan.status.code, before=before)

    def _by(self, step: Step, row: DeliveryRow) -> Effect:
        if step.verdict is Verdict.MOVED:
            return Effect(moves=(self._step(row),), events=(self._line(row),))
        return self._repeated() if step.verdict is Verdict.REPEATED else self._flagged()

    def _step(self, row: DeliveryRow) -> Move:
        step = self._after(row)
        return Move(delivery=row.id, state=step.state.value, state_before=step.before.value if step.before else None)

    def _repeated(self) -> Effect:
        path, code = "edXMLHeader/MessageHeader/StatusCode", self.plan.status.code
        return Effect(silent=True, warning=rules.STATUS_REPEATED.at(path, code, code=code))

    def _flagged(self, *, silent: bool = False) -> Effect:
        path, code, state = "edXMLHeader/MessageHeader/StatusCode", self.plan.status.code, self.about.state
        return Effect(
            events=(self._line(self.about, flagged=True),),
            silent=silent,
            warning=rules.STATUS_OUT_OF_ORDER.at(path, code, code=code, state=state),
        )

    def _line(self, row: DeliveryRow, event: str | None = None, *, flagged: bool = False) -> Event:
        status = self.plan.status
        return Event(
            delivery=row.id,
            event=event or EVENTS[status.code],
            code=status.code,
            by=status.sender.code,
            description=status.description or None,
            flagged=flagged,
            envelope=self.envelope,
        )


async def apply(conn: Connection, effect: Effect) -> None:
    """Move the deliveries and write the lines of history, once the status message itself is written."""
    await copies.move_all(conn, effect.moves)
    await deliveries.insert_events(conn, effect.events)
