"""One agency, several codes: whichever a message names, deliveries, duplicates, statuses and signatures agree (C07)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest

from envelopes.model import Organization, ResponseFor, StatusMessage
from envelopes.writing import write_status
from exchange import aliases, directory
from exchange.client import ApiRefused
from exchange.client_files import write_envelope
from tests.support.world import A, B, C, replaced

if TYPE_CHECKING:
    from pathlib import Path

    from envelopes.model import Document
    from exchange.client_types import Taken
    from tests.support.world import World

OLD_A, OLD_B, THIRD_B = "000.00.02.H08", "000.00.30.H08", "30.H08"


@pytest.fixture
async def aliased(world: World) -> World:
    """A world in which A and B have older codes too."""
    for code, alias in ((A, OLD_A), (B, OLD_B), (B, THIRD_B)):
        await aliases.add_alias(world.exchange.database, code, alias)
    return world


def under(document: Document, *, sender: str = "", recipients: tuple[str, ...] = ()) -> Document:
    """The document with other codes in From and To."""
    changed = replaced(document, sender=replace(document.sender, code=sender)) if sender else document
    named = tuple(replace(document.recipients[0], code=code) for code in recipients)
    return replaced(changed, recipients=named) if named else changed


def signed(world: World, document: Document, *, by: str = A) -> Path:
    """The envelope of a document under `by`'s key, whatever code it names."""
    path = world.folder / "aliased.edxml"
    write_envelope(document, [world.attachment()], path, signer=world.actors[by].signer)
    return path


async def refused_codes(world: World, document: Document, *, by: str = A) -> list[tuple[str, str, str]]:
    """Code, path and English text of each fault."""
    async with world.client(by) as sender:
        with pytest.raises(ApiRefused) as refused:
            await sender.submit(signed(world, document, by=by))
    assert refused.value.status == 422
    return [(fault.code, fault.path, fault.en) for fault in refused.value.faults]


async def submitted(world: World, document: Document) -> Taken:
    async with world.client(A) as sender:
        return await sender.submit(signed(world, document))


@pytest.mark.parametrize("code", [B, OLD_B, THIRD_B])
async def test_document_reaches_the_agency_under_each_of_its_codes(aliased: World, code: str) -> None:
    taken = await submitted(aliased, under(aliased.document(), recipients=(code,)))
    assert [one.recipient for one in taken.deliveries] == [B]
    async with aliased.client(B) as recipient:
        [waiting] = (await recipient.inbox()).deliveries
        assert waiting.id == taken.deliveries[0].id


async def test_agency_named_under_two_codes_is_named_twice(aliased: World) -> None:
    document = under(aliased.document(), recipients=(B, C, OLD_B))
    [(code, path, text)] = await refused_codes(aliased, document)
    assert (code, path) == ("recipient.repeated", "edXMLHeader/MessageHeader/To[3]/OrganId")
    assert B in text
    assert OLD_B in text
    async with aliased.client(C) as other:
        assert (await other.inbox()).deliveries == ()


async def test_two_aliases_of_one_agency_are_named_twice_also_beside_unknown_ones(aliased: World) -> None:
    document = under(aliased.document(), recipients=(OLD_B, "H99", THIRD_B))
    assert [code for code, _, _ in await refused_codes(aliased, document)] == [
        "recipient.repeated",
        "recipient.unknown",
    ]


async def test_sender_signs_and_sends_under_its_old_code(aliased: World) -> None:
    taken = await submitted(aliased, under(aliased.document(), sender=OLD_A))
    assert (taken.sender, taken.signature.outcome) == (A, "verified")
    async with aliased.client(A) as sender:
        assert [one.id for one in (await sender.outbox()).envelopes] == [taken.id]


async def test_same_reference_under_another_code_of_the_sender_is_the_same_document(aliased: World) -> None:
    document = aliased.document()
    await submitted(aliased, document)
    async with aliased.client(A) as sender:
        with pytest.raises(ApiRefused) as refused:
            await sender.submit(signed(aliased, under(document, sender=OLD_A)))
    assert (refused.value.status, refused.value.faults[0].code) == (409, "reference.conflict")


async def test_second_copy_under_the_old_code_gets_the_first_receipt(aliased: World) -> None:
    path = signed(aliased, under(aliased.document(), sender=OLD_A))
    async with aliased.client(A) as sender:
        first, second = await sender.submit(path), await sender.submit(path)
        assert first.id == second.id
        assert await sender.receipt(first.id) == await sender.receipt(second.id)


@pytest.mark.parametrize(("reporter", "owner"), [(B, OLD_A), (OLD_B, A), (THIRD_B, OLD_A)])
async def test_status_counts_whichever_codes_it_names(aliased: World, reporter: str, owner: str) -> None:
    taken = await submitted(aliased, under(aliased.document(), recipients=(OLD_B,)))
    async with aliased.client(B) as recipient, aliased.client(A) as sender:
        [waiting] = (await recipient.inbox()).deliveries
        said = replace(waiting, sender=owner)
        await recipient.report(said, "03", reporter=reporter, signer=aliased.actors[B].signer)
        [followed] = (await sender.envelope(taken.id)).deliveries
        assert followed.state == "accepted"
        assert [event.by for event in followed.events] == [A, B]
        [heard] = (await sender.inbox()).deliveries
        assert (heard.sender, heard.recipient, heard.status.code if heard.status else "") == (B, A, "03")


async def test_sender_asks_back_under_any_codes(aliased: World) -> None:
    taken = await submitted(aliased, aliased.document())
    async with aliased.client(B) as recipient, aliased.client(A) as sender:
        [waiting] = (await recipient.inbox()).deliveries
        await recipient.fetch_envelope(waiting.id, aliased.folder / "fetched.edxml")
        asked = StatusMessage(
            sender=Organization(code=OLD_A),
            answers=ResponseFor(agency=OLD_B, code=waiting.number, reference=waiting.reference),
            code="13",
            description="Sai thẩm quyền",
        )
        path = aliased.folder / "asked.edxml"
        path.write_bytes(aliased.actors[A].signer.sign_parts(write_status(asked)))
        await sender.submit(path)
        assert (await sender.envelope(taken.id)).deliveries[0].state == "recall_asked"


async def test_stranger_gains_nothing_by_an_alias(aliased: World) -> None:
    document = under(aliased.document(), sender=OLD_A)
    assert [code for code, _, _ in await refused_codes(aliased, document, by=C)] == ["sender.foreign"]


async def test_signature_of_another_agency_does_not_pass_under_an_alias(aliased: World) -> None:
    path = signed(aliased, under(aliased.document(), sender=OLD_A), by=C)
    async with aliased.client(A) as sender:
        with pytest.raises(ApiRefused) as refused:
            await sender.submit(path)
    assert refused.value.faults[0].code.startswith(("signature.", "certificate."))


async def test_alias_that_was_taken_away_reaches_nobody(aliased: World) -> None:
    await aliases.remove_alias(aliased.exchange.database, OLD_B)
    document = under(aliased.document(), recipients=(OLD_B,))
    assert [code for code, _, _ in await refused_codes(aliased, document)] == ["recipient.unknown"]


async def test_locked_agency_is_locked_under_each_code(aliased: World) -> None:
    await directory.lock_agency(aliased.exchange.database, OLD_B)
    for code in (B, THIRD_B):
        document = under(aliased.document(), recipients=(code,))
        assert [fault for fault, _, _ in await refused_codes(aliased, document)] == ["recipient.locked"]


async def test_directory_answers_for_an_old_code_with_the_agency(aliased: World) -> None:
    headers = {"Authorization": f"Bearer {aliased.actors[A].credential}"}
    async with (
        aiohttp.ClientSession(aliased.url, headers=headers) as session,
        session.get(f"/v1/agencies/{OLD_B}") as answer,
    ):
        assert (answer.status, (await answer.json())["code"]) == (200, B)


@pytest.mark.parametrize(
    ("spelling", "point"),
    [("h08.30", "U+0068"), ("H08.3O", "U+004F"), ("HO8.30", "U+004F"), ("000.00.30.h08", "U+0068")],
)
async def test_look_alike_of_a_known_code_is_refused_with_its_character(
    aliased: World, spelling: str, point: str
) -> None:
    [(code, path, text)] = await refused_codes(aliased, under(aliased.document(), recipients=(spelling,)))
    assert (code, path) == ("recipient.confusable", "edXMLHeader/MessageHeader/To[1]/OrganId")
    assert point in text
    taken = await submitted(aliased, under(aliased.document(), recipients=(C, spelling)))
    assert [one.recipient for one in taken.deliveries] == [C]
    assert [(one.recipient, one.fault.code) for one in taken.undeliverable] == [(spelling, "recipient.confusable")]


@pytest.mark.parametrize(
    ("spelling", "point"),
    [
        ("\u041d08.30", "U+041D"),
        ("H08.\uff13\uff10", "U+FF13"),
        ("H08\u200b.30", "U+200B"),
        ("H08.30\u00a0", "U+00A0"),
        ("\u039708.30", "U+0397"),
    ],
)
async def test_spelling_that_is_no_code_is_refused_with_its_character(
    aliased: World, spelling: str, point: str
) -> None:
    [(code, _, text)] = await refused_codes(aliased, under(aliased.document(), recipients=(spelling,)))
    assert code == "agency.malformed"
    assert point in text


async def test_sender_that_looks_like_the_caller_is_told_what_differs(aliased: World) -> None:
    [(code, _, text)] = await refused_codes(aliased, under(aliased.document(), sender="h08.02"))
    assert code == "sender.confusable"
    assert "U+0068" in text
