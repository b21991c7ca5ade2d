"""How far a delivery has come: the state machine as one table (edXML section 7, conformance C28).

A status out of order changes nothing here; the caller keeps it in the history and flags it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from envelopes import limits


class State(StrEnum):
    """The state of one delivery."""

    WAITING = "waiting"
    COLLECTED = "collected"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    IN_HAND = "in_hand"
    COMPLETED = "completed"
    RECALL_ASKED = "recall_asked"
    RECALLED = "recalled"


class Verdict(StrEnum):
    """What a status meant: a step, the same word again, or a word that does not fit."""

    MOVED = "moved"
    REPEATED = "repeated"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The state after a status. `before`: while a recall is asked for, where the delivery stands beneath it."""

    state: State
    before: State | None
    verdict: Verdict


_S = State
_STEPS: Mapping[State, Mapping[str, State]] = MappingProxyType(
    {
        # a status implies that the document arrived, whether or not the transport was confirmed
        _S.WAITING: {
            limits.ARRIVED: _S.COLLECTED,
            limits.REFUSED: _S.REFUSED,
            limits.ACCEPTED: _S.ACCEPTED,
        },
        _S.COLLECTED: {limits.REFUSED: _S.REFUSED, limits.ACCEPTED: _S.ACCEPTED},
        # assignment is a leader's act: a clerk who handles the document at once reports 05 or 06 without it
        _S.ACCEPTED: {
            limits.ASSIGNED: _S.ASSIGNED,
            limits.IN_HAND: _S.IN_HAND,
            limits.COMPLETED: _S.COMPLETED,
        },
        _S.ASSIGNED: {limits.IN_HAND: _S.IN_HAND, limits.COMPLETED: _S.COMPLETED},
        _S.IN_HAND: {limits.IN_HAND: _S.IN_HAND, limits.COMPLETED: _S.COMPLETED},
        _S.REFUSED: {},
        _S.COMPLETED: {},
        _S.RECALLED: {},
    }
)

_REPEATS: Mapping[State, str] = MappingProxyType(
    {
        _S.REFUSED: limits.REFUSED,
        _S.ACCEPTED: limits.ACCEPTED,
        _S.ASSIGNED: limits.ASSIGNED,
        _S.COMPLETED: limits.COMPLETED,
        _S.RECALL_ASKED: limits.RECALL_ASKED,
        _S.RECALLED: limits.RECALL_AGREED,
    }
)
"""The code that says again what the state already says. 05 is not here: it may repeat, and each one is news."""

SETTLED: Mapping[str, State] = MappingProxyType(
    {
        "withdrawn": _S.RECALLED,  # taken back before anybody fetched it
        "taken_back": _S.COMPLETED,  # a recall that found nobody to ask: the copy was withdrawn
        "recall_agreed": _S.COMPLETED,  # a recall that was answered with 15
        "recall_declined": _S.REFUSED,  # with 16
        "update_agreed": _S.ACCEPTED,  # an update that was answered with 15
        "update_declined": _S.REFUSED,  # with 16
    }
)
"""Events after which a delivery stands in a state that no status code of its own leads to."""

TERMINAL = frozenset({_S.REFUSED, _S.COMPLETED, _S.RECALLED})
"""Nothing can be taken back from here."""


def after(state: State, code: str, *, before: State | None = None) -> Step:
    """The step that status `code` makes from `state`; `before` belongs to `RECALL_ASKED` only.

    Raises ValueError for a code outside the nine, and for a recall that does not say what it interrupted.
    """
    if code not in limits.STATUS_CODES:
        raise ValueError(f"not a status code: {code}")
    if state is State.RECALL_ASKED:
        return _during_recall(code, before)
    if code == limits.RECALL_ASKED and state not in TERMINAL:
        return Step(state=State.RECALL_ASKED, before=state, verdict=Verdict.MOVED)
    if (new := _STEPS[state].get(code)) is not None:
        return Step(state=new, before=None, verdict=Verdict.MOVED)
    # every state but `waiting` implies that the document arrived, so 01 never contradicts it
    repeated = code in (_REPEATS.get(state), limits.ARRIVED)
    return Step(state=state, before=None, verdict=Verdict.REPEATED if repeated else Verdict.OUT_OF_ORDER)


def confirmed(state: State, before: State | None) -> Step:
    """The step that the recipient's transport confirmation makes: only a waiting delivery moves (conformance C33)."""
    return after(state, limits.ARRIVED, before=before)


def _during_recall(code: str, before: State | None) -> Step:
    """13 is pending: 15 and 16 answer it; what else the recipient says moves the delivery beneath it."""
    if before is None:
        raise ValueError("a recall that is asked for interrupts a state")
    if code == limits.RECALL_AGREED:
        return Step(state=State.RECALLED, before=None, verdict=Verdict.MOVED)
    if code == limits.RECALL_REFUSED:
        return Step(state=before, before=None, verdict=Verdict.MOVED)
    if code == limits.RECALL_ASKED:
        return Step(state=State.RECALL_ASKED, before=before, verdict=Verdict.REPEATED)
    beneath = after(before, code)
    return Step(state=State.RECALL_ASKED, before=beneath.state, verdict=beneath.verdict)
