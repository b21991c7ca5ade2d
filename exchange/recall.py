"""Taking a document back: withdrawn at once where nobody fetched it, asked for where somebody did (conformance C30).

A recall takes back every version of the document it names (Bussiness/DocumentId, else MessageHeader/DocumentId) from
the recipients it names. Status 13 does the same at one recipient.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NoReturn

from envelopes.limits import LOCAL_TIME
from envelopes.states import TERMINAL, State
from exchange import operation_rules as rules
from exchange.addressing import DocumentPlan, Reach, check_number, named_in_to, plan_letter, unreachable
from storage import reported
from storage.links import RECALLS, Link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envelopes.faults import Fault
    from exchange.addressing import Asked
    from storage.connection import Connection
    from storage.copies import Copy
    from storage.deliveries import DeliveryRow, Waiting


class Outcome(Enum):
    """What becomes of one copy that is taken back."""

    WITHDRAWN = "nobody fetched it: it is gone from the inbox"
    ASKED = "its recipient is asked to give it back"
    AGAIN = "its recipient was asked already"
    LATE = "it is refused, completed or recalled already"


def outcome_of(row: DeliveryRow) -> Outcome:
    """What can be done about this copy, which the transaction has locked."""
    state = State(row.state)
    if state in TERMINAL:
        return Outcome.LATE
    if state is State.RECALL_ASKED:
        return Outcome.AGAIN
    if state is State.WAITING and row.confirmed_at is None and row.fetched_at is None:
        return Outcome.WITHDRAWN
    return Outcome.ASKED


def plan_recall(asked: Asked, found: Sequence[Copy]) -> DocumentPlan:
    """Who is asked: those in `To` who have a copy, also when they are locked. Without any copy it is only a letter."""
    reference = asked.document.target
    if not found:
        return plan_letter(asked, warnings=[unknown_target(asked, reference)])
    check_number(asked)
    copies = by_recipient(found)
    reached = Reach()
    for path, code in named_in_to(asked.document):
        own = holder(asked, code, copies)
        if own is not None:
            reached.add(path, code, own)
        elif code not in asked.known:
            reached.miss(code, unreachable(asked, path, code))
        else:
            reached.miss(code, rules.RECALL_NOT_SENT.at(path, code, reference=reference, code=code))
    reached.check()
    return DocumentPlan(
        asked=asked,
        recipients=tuple(reached.reached),
        undeliverable=reached.notes(),
        links=tuple(taken_back(asked, copies, reached.reached)),
    )


def taken_back(asked: Asked, copies: Mapping[str, Sequence[Copy]], recipients: Mapping[str, str]) -> list[Link]:
    """A link to every copy that these recipients have."""
    return [
        Link(source=asked.envelope, kind=RECALLS, target=copy.envelope, recipient=recipient)
        for recipient in recipients
        for copy in copies[recipient]
    ]


def by_recipient(found: Sequence[Copy]) -> dict[str, list[Copy]]:
    """The copies that each recipient has, later versions last."""
    copies: dict[str, list[Copy]] = {}
    for copy in found:
        copies.setdefault(copy.recipient, []).append(copy)
    return copies


def holder(asked: Asked, code: str, copies: Mapping[str, Sequence[Copy]]) -> str | None:
    """The agency of this code if it has a copy: under that very code, should it have become somebody else's since, as
    the agency that is no more, as its successor, or as one that its successor has the place of as well."""
    ended = asked.ended.get(code)
    heir = asked.own_code(code)
    places = (code, ended.code if ended else code, heir, *asked.forebears.get(heir, ()))
    return next((own for own in places if own in copies), None)


def unknown_target(asked: Asked, reference: str) -> Fault:
    """That the sender has no document of this reference here."""
    path = "edXMLHeader/TraceHeaderList/Bussiness/DocumentId"
    return rules.TARGET_UNKNOWN.at(path, reference, reference=reference, sender=asked.document.sender.code)


async def refuse_withdrawn(conn: Connection, found: Waiting) -> None:
    """Tell a recipient that had seen it in its inbox who took the delivery back. Raises `Refused` if somebody did."""
    if found.delivery.withdrawn_at is not None:
        await say_withdrawn(conn, found)


async def say_withdrawn(conn: Connection, found: Waiting) -> NoReturn:
    """The delivery is withdrawn. Raises `Refused`."""
    line = await reported.withdrawn_by(conn, found.delivery.id)
    at = f"{line.at.astimezone(LOCAL_TIME):%d/%m/%Y %H:%M:%S}" if line and line.at else ""
    rules.DELIVERY_WITHDRAWN.refuse(
        "delivery",
        found.delivery.id,
        sender=found.envelope.sender,
        at=at,
        reason=(line.description if line else None) or "-",
    )
