"""How an answer looks on a terminal: a line for each thing it says, and the state an envelope really is in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from admin import cli_show
from exchange.client_json import parse
from exchange.client_types import Submission
from tests.support.peer import SUBMISSION

SIGNED = {"profile": "P", "claimed_at": "2026-11-23T02:15:00Z"}


def told(state: str = "waiting", **signature: Any) -> Submission:
    made = [one | {"state": state} for one in SUBMISSION["deliveries"]]
    whole = SUBMISSION | {"signature": SUBMISSION["signature"] | signature, "deliveries": made}
    return parse(Submission, json.dumps(whole).encode())


@pytest.mark.parametrize("outcome", ["verified", "held", "rejected"])
def test_signature_is_told_on_lines_of_its_own(outcome: str, capsys: pytest.CaptureFixture[str]) -> None:
    cli_show.submission(told(outcome=outcome, reason="vì sao / why", **SIGNED))
    lines = capsys.readouterr().out.splitlines()
    assert "Ký lúc / signed at:     23/11/2026 09:15 (theo nơi ký / as claimed)" in lines
    assert "                        vì sao / why" in lines
    assert not any("\N{REPLACEMENT CHARACTER}" in line for line in lines)


@pytest.mark.parametrize(
    ("state", "outcome", "words"),
    [
        ("waiting", "held", "trục tạm giữ / held by the exchange"),
        ("refused", "rejected", "trục trả lại / returned by the exchange"),
        ("waiting", "verified", "chờ nhận / waiting"),
        ("refused", "verified", "từ chối tiếp nhận / refused"),
        ("recalled", "held", "đã thu hồi / recalled"),
    ],
)
def test_state_of_a_recipient_says_what_stays_at_the_exchange(
    state: str, outcome: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    one = told(state, outcome=outcome)
    for show in (lambda: cli_show.submission(one), lambda: cli_show.submissions([one])):
        show()
        assert f"H08.30: {words}" in capsys.readouterr().out
