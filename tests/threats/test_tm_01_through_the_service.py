"""TM-01 and TM-02 through HTTP: no wrapped or rearranged file leaves anything behind, and its sender is told why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.world import A
from tests.threats.attachment_tricks import TRICKS
from tests.threats.forms import ANNEX, FORMS, MAIN
from tests.threats.test_tm_01_wrapping import reason
from tests.threats.test_tm_02_attachments import WHY as WHY_ATTACHMENT
from tests.threats.test_tm_02_attachments import whole_reason
from tests.threats.through_service import agency_of, codes, stored, system_of, yesterdays_letter
from tests.threats.wrapping import LIES, wrapped

if TYPE_CHECKING:
    from tests.support.world import World as Exchange


@pytest.mark.parametrize("form", FORMS)
async def test_wrapped_files_are_refused_and_the_genuine_one_is_taken(exchange: Exchange, form: str) -> None:
    file = FORMS[form](agency_of(exchange, A), yesterdays_letter())
    lies = {name: LIES[name] for name in ("sender", "recipient", "first attachment")}
    async with system_of(exchange, A) as sender:
        for lie, changes in lies.items():
            for attack in wrapped(file, changes):
                answer = await sender.submit(attack.file)
                assert answer.status == 422, (lie, attack.number)
                why = {reason(form, attack.number)} | ({"sender.foreign"} if lie == "sender" else set())
                assert why & set(codes(answer)), (lie, attack.number)
        assert await stored(exchange) == {"envelopes": 0, "deliveries": 0}
        assert (await sender.submit(file)).status == 201


@pytest.mark.parametrize("form", FORMS)
async def test_tm_02_rearranged_attachments_are_refused_and_leave_nothing(exchange: Exchange, form: str) -> None:
    file = FORMS[form](agency_of(exchange, A), yesterdays_letter())
    async with system_of(exchange, A) as sender:
        for name, trick in TRICKS.items():
            for one in (MAIN, ANNEX):
                answer = await sender.submit(trick(file, one))
                why = WHY_ATTACHMENT[name] if form.startswith("P") else whole_reason(WHY_ATTACHMENT[name])
                assert answer.status == 422, name
                assert why in codes(answer), name
    assert await stored(exchange) == {"envelopes": 0, "deliveries": 0}
