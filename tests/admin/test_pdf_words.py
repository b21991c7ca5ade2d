"""What a clerk reads of the signatures inside PDFs: on the terminal and on the desk, and never more than is known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from admin import cli_show
from admin.pdf_words import MARKS, STATES, VERDICTS
from envelopes.pdf_outcomes import PdfOutcome, PdfReason, PdfSignature, PdfState, Trust, Verdict, outcome_json
from exchange.api.document_examples import EXAMPLES
from exchange.api.shapes import pdf_json
from exchange.client_json import parse
from exchange.client_types import Attachment
from tests.admin.conftest import CLERKS, text_of
from tests.admin.letters import A, B, Letter, put

if TYPE_CHECKING:
    from tests.admin.conftest import Desk

WHY = PdfReason(code="pdf.changed", vi="Tệp bị thay đổi sau khi ký.", en="The file was changed after signing.")


def told(verdict: Verdict, *reasons: PdfReason) -> PdfOutcome:
    one = PdfSignature(
        field="S1",
        verdict=verdict,
        signer="Nguyễn Thị Đào",
        organization="Sở Nội vụ",
        trust=Trust.TRUSTED,
        signed_at=datetime(2026, 11, 20, 2, 15, tzinfo=UTC),
        time="claimed",
        reasons=reasons,
    )
    return PdfOutcome(state=PdfState.CHECKED, signatures=(one,))


def printed(outcome: PdfOutcome, capsys: pytest.CaptureFixture[str]) -> str:
    """What `lienthong show` prints, from the exchange's own JSON."""
    shown = EXAMPLES["Delivery"]["attachments"][0] | {"pdf_signatures": pdf_json(outcome)}
    cli_show.attachments([parse(Attachment, json.dumps(shown).encode())])
    return capsys.readouterr().out


def test_every_state_and_verdict_has_its_words() -> None:
    assert STATES.keys() == {state.value for state in PdfState}
    assert VERDICTS.keys() == MARKS.keys() == {verdict.value for verdict in Verdict}
    assert [verdict for verdict, mark in MARKS.items() if mark == "good"] == ["valid"]


def test_terminal_says_whose_signature_it_is_and_what_it_is_worth(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(told(Verdict.CHANGED, WHY), capsys)
    for words in (
        "Nguyễn Thị Đào (Sở Nội vụ): tệp bị thay đổi sau khi ký / changed",
        "ký lúc 20/11/2026 09:15 theo lời người ký / claimed",
        WHY.vi,
        WHY.en,
    ):
        assert words in shown


@pytest.mark.parametrize(
    ("state", "words"),
    [(PdfState.PENDING, "đang chờ"), (PdfState.NONE, "không có chữ ký"), (PdfState.UNCHECKED, WHY.vi)],
)
def test_terminal_says_when_nothing_was_checked(
    state: PdfState, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = WHY if state is PdfState.UNCHECKED else None
    assert words in printed(PdfOutcome(state=state, reason=reason), capsys)


def test_names_in_a_certificate_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    one = PdfSignature(field="S1", verdict=Verdict.UNPROVEN, signer="\x1b[32mhợp lệ\u202e")
    shown = printed(PdfOutcome(state=PdfState.CHECKED, signatures=(one,)), capsys)
    assert "\x1b" not in shown
    assert "\u202e" not in shown


async def write(desk: Desk, outcome: PdfOutcome) -> None:
    written = outcome_json(outcome)
    async with desk.exchange.database.transaction() as conn:
        await conn.execute(
            "UPDATE pdf_checks SET state = $1, signatures = $2, reason = $3, checked_at = clock_timestamp()",
            written["state"],
            json.dumps(written["signatures"]),
            json.dumps(written["reason"]) if written["reason"] else None,
        )


async def test_desk_shows_signatures_inside_the_files(desk: Desk) -> None:
    made = await put(desk.exchange.database, Letter(files=("125.pdf",)))
    for clerk in (CLERKS[A], CLERKS[B]):
        assert "đang chờ kiểm tra" in await text_of(await desk.sign_in(clerk), f"/desk/deliveries/{made[B]}")
    await write(desk, told(Verdict.CHANGED, WHY))
    page = await text_of(await desk.sign_in(CLERKS[B]), f"/desk/deliveries/{made[B]}")
    for words in ("Tệp bị thay đổi sau khi ký", "Nguyễn Thị Đào (Sở Nội vụ)", "ký lúc 20/11/2026 09:15", WHY.vi):
        assert words in page
    assert 'class="mark bad"' in page


async def test_names_in_a_certificate_are_no_markup_of_the_desk(desk: Desk) -> None:
    made = await put(desk.exchange.database, Letter(files=("125.pdf",)))
    one = PdfSignature(field="S1", verdict=Verdict.VALID, signer="<script>alert(1)</script>")
    await write(desk, PdfOutcome(state=PdfState.CHECKED, signatures=(one,)))
    page = await text_of(await desk.sign_in(CLERKS[B]), f"/desk/deliveries/{made[B]}")
    assert "<script>alert" not in page
