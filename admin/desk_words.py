"""The desk's words: how codes, times and sizes are said to a clerk, in Vietnamese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from admin.cli_show import AT_EXCHANGE, OPERATIONS, OUTCOMES, STATES, day, moment
from admin.cli_show import EVENTS as SPOKEN
from admin.pdf_words import MARKS as PDF_MARKS
from admin.pdf_words import STATES as STATES_OF_PDF
from admin.pdf_words import signature_words, verdict_words
from envelopes.limits import PRIORITIES, STATUS_CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from exchange.browse import Tab
    from storage.browsing import Line
    from storage.deliveries import Event

TABS = {"incoming": "Văn bản đến", "outgoing": "Văn bản đi", "all": "Tất cả văn bản"}

EVENTS = {
    "held": "Trục tạm giữ: chưa kiểm tra được chứng thư số",
    "taken": "Trục đã nhận và chuyển tới nơi nhận",
    "rejected": "Trục trả lại: chứng thư số không hợp lệ khi trục nhận",
    "released": "Đã kiểm tra được chữ ký, chuyển tới nơi nhận",
    "collected": "Đã đến hệ thống của nơi nhận",
    **{event: words[:1].upper() + words[1:] for event, words in SPOKEN.items()},
}
"""Lines of a history that no status message wrote."""

MARKS = {"refused": "bad", "completed": "good", "waiting": "new", "recall_asked": "warn", "recalled": "bad"}
SEALS = {"verified": "good", "verified_weak": "warn", "absent": "plain", "held": "warn", "rejected": "bad"}
"""Which colour goes with a state or an outcome; the words always say it too."""

UNITS = ("byte", "KB", "MB", "GB")


def raised(text: str) -> str:
    """The text with its first letter as a capital, and nothing else changed."""
    return text[:1].upper() + text[1:]


def tab_words(tab: Tab) -> str:
    """The name of a list."""
    return TABS[tab.value]


def state_words(line: Line) -> str:
    """How far a delivery has come, or that it stays at the exchange."""
    here = AT_EXCHANGE.get((line.outcome, line.state))
    return raised(here[0] if here else STATES.get(line.state, line.state))


def state_mark(line: Line) -> str:
    """The colour that goes with the state."""
    return SEALS[line.outcome] if (line.outcome, line.state) in AT_EXCHANGE else MARKS.get(line.state, "plain")


def late_words(line: Line) -> str:
    """What is late about a delivery now; nothing once that is answered."""
    if line.overdue_since and line.state not in ("completed", "refused", "recalled", "recall_asked"):
        return "Quá hạn xử lý"
    return "Chậm tiếp nhận" if line.late_to_receive_since and line.state in ("waiting", "collected") else ""


def outcome_words(outcome: str) -> str:
    """What the gate said of the signature."""
    return raised(OUTCOMES.get(outcome, outcome))


def operation_words(operation: str) -> str:
    """What kind of envelope it is, when it is not simply a new document."""
    return "" if operation == "new" else raised(OPERATIONS.get(operation, operation))


def urgency_words(level: int) -> str:
    """The urgency, when it is not normal."""
    return raised(PRIORITIES[level].vi) if level in PRIORITIES and level else ""


def event_words(event: Event) -> str:
    """One line of a history: the status somebody reported, or what the exchange did."""
    reported = STATUS_CODES.get(event.code or "")
    if reported is not None and event.event not in EVENTS:
        return raised(reported.vi)
    return EVENTS.get(event.event, event.event)


def size_words(size: int) -> str:
    """A size as a person says it, with a decimal comma."""
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    shown = f"{amount:.0f}" if unit == 0 or amount >= 10 else f"{amount:.1f}".replace(".", ",")
    return f"{shown} {UNITS[unit]}"


def sign_words(number: str, notation: str) -> str:
    """Number and notation as they stand on the document."""
    return f"{number}/{notation}" if number and notation else number or notation or "không số"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "tab": tab_words,
    "state": state_words,
    "late": late_words,
    "outcome": outcome_words,
    "operation": operation_words,
    "urgency": urgency_words,
    "event": event_words,
    "size": size_words,
    "moment": moment,
    "day": day,
    "pdf_state": STATES_OF_PDF.get,
    "pdf_verdict": verdict_words,
    "pdf_signature": signature_words,
    "pdf_mark": lambda one: PDF_MARKS.get(one.verdict.value, "plain"),
    "state_mark": state_mark,
    "outcome_mark": lambda outcome: SEALS.get(outcome, "plain"),
}
