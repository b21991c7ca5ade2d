"""Whatever sender and recipients do to a document in whatever order, nothing breaks and the histories stay true."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from exchange.client import ApiRefused
from tests.exchange.test_statuses import word
from tests.support.changes import recall, replacement, send, sound, take, update
from tests.support.world import A, B, C, D

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envelopes.model import Document
    from tests.support.world import World

KNOWN = {
    "delivery.withdrawn",
    "recall.not_sent",
    "receiver.contradicted",
    "reference.conflict",
    "status.unmatched",
}
"""What may be refused on such a walk."""


@dataclass(slots=True)
class Walk:
    """Documents of A, their recipients, and dice."""

    world: World
    dice: random.Random
    documents: list[Document] = field(default_factory=list)
    texts: int = 0

    def some(self) -> Document:
        return self.dice.choice(self.documents)

    def text(self) -> str:
        """A reason that was not given before, so that nothing is taken for a copy."""
        self.texts += 1
        return f"lý do {self.texts}"

    def agencies(self, least: int = 1) -> Sequence[str]:
        return self.dice.sample((B, C, D), self.dice.randint(least, 3))

    async def step(self) -> None:
        acts = (self.letter, self.fetched, self.fetched, self.changed, self.replaced, self.recalled, self.asked_back)
        act = self.dice.choice((*acts, self.reported, self.reported, self.reported, self.reported))
        with suppress(Known):
            try:
                await act()
            except ApiRefused as refused:
                assert {fault.code for fault in refused.faults} <= KNOWN, refused
                raise Known from None

    async def letter(self) -> None:
        self.documents.append(self.world.document(A, *self.agencies()))
        await send(self.world, self.documents[-1])

    async def fetched(self) -> None:
        await take(self.world, self.dice.choice((B, C, D)), confirm=self.dice.random() < 0.7)

    async def changed(self) -> None:
        document, to = self.some(), self.agencies()
        added, removed = self.dice.choice(((), (B,), (C, D))), self.dice.choice(((), (C,), (B, D)))
        await send(self.world, update(document, *to, added=added, removed=removed, subject=self.text()))

    async def replaced(self) -> None:
        new, old = self.world.document(A, *self.agencies()), self.some()
        self.documents.append(new)
        await send(self.world, replacement(new, {old.reference: self.agencies(0)}))

    async def recalled(self) -> None:
        await send(self.world, recall(self.some(), *self.agencies(), reason=self.text()))

    async def asked_back(self) -> None:
        async with self.world.client(A) as sender:
            await sender.submit(word(self.world, self.some(), A, self.dice.choice((B, C, D)), "13", self.text()))

    async def reported(self) -> None:
        speaker = self.dice.choice((B, C))  # D's system does not sign, and the walk does not need it to
        code = self.dice.choice(("01", "02", "03", "03", "04", "05", "06", "15", "16"))
        async with self.world.client(speaker) as client:
            await client.submit(word(self.world, self.some(), speaker, A, code, self.text()))


class Known(Exception):  # noqa: N818 - says what it is
    """A refusal that may happen."""


@pytest.mark.parametrize("seed", [2016, 102, 28])
async def test_any_order_of_acts_leaves_true_histories(world: World, seed: int) -> None:
    walk = Walk(world, random.Random(seed))
    await walk.letter()
    for _ in range(90):
        await walk.step()
    await sound(world)
    async with world.exchange.database.acquire() as conn:
        states = {row["state"] for row in await conn.fetch("SELECT DISTINCT state FROM deliveries")}
        wrong = await conn.fetchval(
            """SELECT count(*) FROM deliveries d WHERE (d.state = 'recall_asked') <> (d.state_before IS NOT NULL)
               OR (d.kind = 'document' AND d.withdrawn_at IS NOT NULL AND d.fetched_at IS NOT NULL)"""
        )
    assert wrong == 0
    assert {"recalled", "recall_asked", "waiting"} <= states
    assert len(states) > 4
