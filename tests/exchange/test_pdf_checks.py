"""Attached PDFs are looked at behind the exchange's back, and nothing they do holds anything up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange import pdf_checks
from tests.support.exchanges import do
from tests.support.pdfs import ORGANIZATION, PERSON, pen, plain, signed
from tests.support.world import A, B

if TYPE_CHECKING:
    from exchange.client_types import Attachment
    from tests.support.world import World


async def sent(world: World, *files: tuple[str, bytes]) -> str:
    """The envelope of a letter from A to B with these attachments."""
    paths = [world.attachment(name, content) for name, content in files]
    async with world.client(A) as client:
        return (await client.submit(world.envelope(world.document(), *paths))).id


async def received(world: World) -> list[Attachment]:
    """The attachments of what waits for B."""
    async with world.client(B) as client:
        return [one for delivery in (await client.inbox()).deliveries for one in delivery.attachments]


async def test_two_signatures_are_told_to_recipient_and_sender(world: World) -> None:
    content = signed(
        signed(plain(), pen(world.authority, PERSON)), pen(world.authority, ORGANIZATION), field="Signature2"
    )
    envelope = await sent(world, ("125.signed.pdf", content))
    [pending] = await received(world)
    assert pending.pdf_signatures is not None
    assert (pending.pdf_signatures.state, pending.pdf_signatures.signatures) == ("pending", ())
    await do(world.exchange, pdf_checks.CHORE)
    [told] = await received(world)
    async with world.client(A) as client:
        [shown] = (await client.envelope(envelope)).attachments
    assert told.pdf_signatures is not None
    assert told.pdf_signatures == shown.pdf_signatures
    assert told.pdf_signatures.state == "checked"
    assert [(one.signer, one.verdict, one.changes) for one in told.pdf_signatures.signatures] == [
        ("Nguyễn Thị Đào", "valid", "permitted"),
        ("Sở Nội vụ", "valid", "none"),
    ]
