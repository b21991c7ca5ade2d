"""The steps of a delivery."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelopes.limits import STATUS_CODES
from envelopes.states import TERMINAL, State, Step, Verdict, after, confirmed

S, V = State, Verdict
CODES = sorted(STATUS_CODES)
SETTLED = sorted(set(State) - {State.RECALL_ASKED})


def walk(*codes: str) -> tuple[State, State | None, list[Verdict]]:
    """Where a waiting delivery stands after these codes, and what each of them was."""
    state, before, verdicts = State.WAITING, None, []
    for code in codes:
        step = after(state, code, before=before)
        state, before = step.state, step.before
        verdicts.append(step.verdict)
    return state, before, verdicts


@pytest.mark.parametrize(
    ("codes", "state"),
    [
        (("01",), S.COLLECTED),
        (("01", "02"), S.REFUSED),
        (("01", "03"), S.ACCEPTED),
        (("01", "03", "04"), S.ASSIGNED),
        (("01", "03", "04", "05"), S.IN_HAND),
        (("01", "03", "04", "05", "05", "05", "06"), S.COMPLETED),
        (("01", "03", "05", "06"), S.COMPLETED),
        (("01", "03", "06"), S.COMPLETED),
        (("03",), S.ACCEPTED),
        (("02",), S.REFUSED),
        (("01", "13"), S.RECALL_ASKED),
        (("13", "15"), S.RECALLED),
        (("01", "03", "13", "16"), S.ACCEPTED),
        (("01", "03", "13", "16", "05", "06"), S.COMPLETED),
    ],
)
def test_road_leads_to_state(codes: tuple[str, ...], state: State) -> None:
    reached, _, verdicts = walk(*codes)
    assert reached is state
    assert set(verdicts) == {V.MOVED}


@pytest.mark.parametrize(
    ("road", "code"),
    [
        (("01",), "04"),
        (("01",), "05"),
        (("01",), "06"),
        ((), "04"),
        (("02",), "03"),
        (("02",), "13"),
        (("03",), "02"),
        (("03", "06"), "05"),
        (("03", "06"), "13"),
        (("03", "05"), "04"),
        (("03", "05"), "03"),
        (("03",), "15"),
        (("03",), "16"),
        (("13", "15"), "03"),
        (("13", "15"), "13"),
    ],
)
def test_word_out_of_order_changes_nothing(road: tuple[str, ...], code: str) -> None:
    state, before, _ = walk(*road)
    step = after(state, code, before=before)
    assert step == Step(state=state, before=None, verdict=V.OUT_OF_ORDER)


@pytest.mark.parametrize("road", [("02",), ("03",), ("03", "04"), ("03", "06"), ("13", "15")])
def test_same_word_again_is_repeated(road: tuple[str, ...]) -> None:
    state, _, _ = walk(*road)
    assert after(state, road[-1]) == Step(state=state, before=None, verdict=V.REPEATED)


def test_second_request_for_recall_keeps_first() -> None:
    step = after(S.RECALL_ASKED, "13", before=S.ACCEPTED)
    assert step == Step(state=S.RECALL_ASKED, before=S.ACCEPTED, verdict=V.REPEATED)


def test_each_report_of_work_in_hand_is_news() -> None:
    assert after(S.IN_HAND, "05").verdict is V.MOVED


@pytest.mark.parametrize("state", [state for state in SETTLED if state is not S.WAITING])
def test_arrival_never_contradicts_a_later_state(state: State) -> None:
    assert after(state, "01") == Step(state=state, before=None, verdict=V.REPEATED)


@pytest.mark.parametrize("state", SETTLED)
def test_recall_can_be_asked_unless_it_is_over(state: State) -> None:
    step = after(state, "13")
    if state in TERMINAL:
        assert step.verdict is V.OUT_OF_ORDER
    else:
        assert step == Step(state=S.RECALL_ASKED, before=state, verdict=V.MOVED)


def test_recipient_goes_on_beneath_a_pending_recall() -> None:
    step = after(S.RECALL_ASKED, "03", before=S.COLLECTED)
    assert step == Step(state=S.RECALL_ASKED, before=S.ACCEPTED, verdict=V.MOVED)
    assert after(step.state, "16", before=step.before).state is S.ACCEPTED
    assert after(step.state, "15", before=step.before).state is S.RECALLED


def test_nonsense_beneath_a_pending_recall_is_flagged() -> None:
    step = after(S.RECALL_ASKED, "06", before=S.COLLECTED)
    assert step == Step(state=S.RECALL_ASKED, before=S.COLLECTED, verdict=V.OUT_OF_ORDER)


def test_confirmation_moves_only_what_waits() -> None:
    assert confirmed(S.WAITING, None) == Step(state=S.COLLECTED, before=None, verdict=V.MOVED)
    assert confirmed(S.ACCEPTED, None).state is S.ACCEPTED
    assert confirmed(S.COMPLETED, None).state is S.COMPLETED


def test_confirmation_reaches_beneath_a_pending_recall() -> None:
    assert confirmed(S.RECALL_ASKED, S.WAITING) == Step(state=S.RECALL_ASKED, before=S.COLLECTED, verdict=V.MOVED)
    assert confirmed(S.RECALL_ASKED, S.ACCEPTED).before is S.ACCEPTED


@pytest.mark.parametrize("code", ["", "3", "07", "14", "99"])
def test_unknown_code_is_a_bug_of_the_caller(code: str) -> None:
    with pytest.raises(ValueError, match="not a status code"):
        after(S.WAITING, code)


def test_recall_that_interrupts_nothing_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="interrupts"):
        after(S.RECALL_ASKED, "15")


@given(st.lists(st.sampled_from(CODES), max_size=12))
def test_every_word_in_any_order_has_its_step(codes: list[str]) -> None:
    state, before, verdicts = walk(*codes)
    assert len(verdicts) == len(codes)
    assert (before is not None) == (state is S.RECALL_ASKED)


@given(st.sampled_from(sorted(TERMINAL)), st.sampled_from(CODES))
def test_nothing_leaves_a_terminal_state(state: State, code: str) -> None:
    assert after(state, code).state is state
