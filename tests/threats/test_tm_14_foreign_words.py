"""TM-14: who may say what of whose document: sender, recipient and stranger, every status and every operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envelopes.limits import ARRIVED, RECALL_ASKED, STATUS_CODES
from envelopes.model import Business, Operation, ReceiverChange, Replacement
from tests.exchange.test_statuses import word
from tests.support.world import A, B, C, replaced
from tests.threats.through_service import codes, system_of

if TYPE_CHECKING:
    from envelopes.model import Document
    from tests.support.world import World as Exchange

SAID = sorted(STATUS_CODES.keys() - {ARRIVED})
"""Every status that an agency's system reports; 01 comes from confirming and is asked for below."""


async def sent(exchange: Exchange) -> tuple[Document, str]:
    """A document from A to B, and its envelope."""
    document = exchange.document(A, B)
    async with exchange.client(A) as sender:
        return document, (await sender.submit(exchange.envelope(document))).id


async def state(exchange: Exchange, envelope: str) -> str:
    async with exchange.client(A) as sender:
        return (await sender.envelope(envelope)).deliveries[0].state


@pytest.mark.parametrize("code", SAID)
async def test_status_counts_from_its_one_speaker_alone(exchange: Exchange, code: str) -> None:
    """13 is the sender's, all others are the recipient's; nobody else is heard, whomever the message names."""
    for speaker in (A, B, C):
        for about in (A, B, C):
            document, envelope = await sent(exchange)
            allowed = (speaker, about) == ((A, B) if code == RECALL_ASKED else (B, A))
            async with system_of(exchange, speaker) as system:
                answer = await system.submit(word(exchange, document, speaker, about, code, "lý do"))
            if allowed:
                assert answer.status == 201
            else:
                assert (answer.status, codes(answer)) == (422, ["status.unmatched"]), (speaker, about)
                assert await state(exchange, envelope) == "waiting"


@pytest.mark.parametrize("code", [ARRIVED, "02", RECALL_ASKED])
async def test_status_under_anothers_name_is_refused(exchange: Exchange, code: str) -> None:
    owner, about = (A, B) if code == RECALL_ASKED else (B, A)
    document, envelope = await sent(exchange)
    genuine = word(exchange, document, owner, about, code, "lý do")
    forged = genuine[: genuine.index(b"<ds:Signature")] + genuine[genuine.index(b"</ds:Signature>") + 15 :]
    forged = exchange.actors[C].signer.sign_parts(forged)
    async with system_of(exchange, C) as stranger, system_of(exchange, owner) as own:
        assert codes(await stranger.submit(genuine)) == ["sender.foreign"]
        assert codes(await stranger.submit(forged)) == ["sender.foreign"]
        assert codes(await own.submit(forged)) == ["signature.invalid"]
    assert await state(exchange, envelope) == "waiting"


@pytest.mark.parametrize("operation", [Operation.RECALL, Operation.UPDATE, Operation.REPLACE])
@pytest.mark.parametrize("speaker", [A, B, C])
async def test_operation_counts_from_the_documents_sender_alone(
    exchange: Exchange, operation: Operation, speaker: str
) -> None:
    """Under the speaker's own name it is refused by the reference's; under the sender's, by its credential."""
    document, envelope = await sent(exchange)
    business = operating(operation, document.reference)
    own = replaced(exchange.document(speaker, B if speaker != B else C), business=business)
    claimed = replaced(document, business=business)
    async with exchange.client(A) as sender, system_of(exchange, speaker) as system:
        answer = await system.submit(exchange.envelope(own).read_bytes())
        if speaker == A:
            assert answer.status == 201
            assert {one.envelope for one in (await sender.envelope(envelope)).links} == {answer.json["id"]}
            return
        assert (answer.status, codes(answer)) == (422, ["target.foreign"])
        refused = await system.submit(exchange.envelope(claimed).read_bytes())
        assert codes(refused) == ["sender.foreign"]
        seen = await sender.envelope(envelope)
        assert (seen.sender, [one.state for one in seen.deliveries], seen.links) == (A, ["waiting"], ())
        assert [event.event for event in seen.deliveries[0].events] == ["taken"]


@pytest.mark.parametrize("operation", [Operation.RECALL, Operation.UPDATE, Operation.REPLACE])
@pytest.mark.parametrize("speaker", [B, C])
async def test_operation_on_a_reference_that_does_not_say_whose_touches_nothing(
    exchange: Exchange, operation: Operation, speaker: str
) -> None:
    """It is a letter of the speaker's own, with a warning that does not tell whether the document exists."""
    document = replaced(exchange.document(A, B), reference="0c0ffee0-1234")
    async with exchange.client(A) as sender, system_of(exchange, speaker) as system:
        envelope = (await sender.submit(exchange.envelope(document))).id
        told = []
        for reference in (document.reference, "nothing of this name"):
            own = exchange.document(speaker, B if speaker == C else C)
            letter = replaced(own, business=operating(operation, reference))
            answer = await system.submit(exchange.envelope(letter).read_bytes())
            told.append((answer.status, [warning["code"] for warning in answer.json["warnings"]]))
            assert (await system.ask(answer.headers["Location"])).json["links"] == []
        assert told == [(201, ["target.unknown"])] * 2
        seen = await sender.envelope(envelope)
        assert ([one.state for one in seen.deliveries], seen.links) == (["waiting"], ())


def operating(operation: Operation, reference: str) -> Business:
    """What an operation on the document of this reference says."""
    replacements = (Replacement(reference=reference, agencies=(B, C)),) if operation is Operation.REPLACE else ()
    target = "" if replacements else reference
    changes = (ReceiverChange(agency=B, added=False),) if operation is Operation.UPDATE else ()
    return Business(
        operation=operation,
        reason="Thu hồi",
        target=target,
        paper="0",
        receivers=changes,
        replacements=replacements,
    )


async def test_stranger_cannot_confirm_what_is_not_its_own(exchange: Exchange) -> None:
    _, envelope = await sent(exchange)
    async with exchange.client(A) as sender:
        taken = await sender.envelope(envelope)
    for speaker in (A, C):
        async with system_of(exchange, speaker) as system:
            assert (await system.confirm(taken.deliveries[0].id, taken.sha256)).status == 404
    assert await state(exchange, envelope) == "waiting"
