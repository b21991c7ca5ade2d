"""What becomes of a file, by the steps of taking one in: split, inspected, verified, read, attachments compared.

Without a database: A's certificate is the one registered for whatever sender the file claims, which is the best an
attacker could wish for. The service itself is asked in the tests that are about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from envelopes.matching import attachment_faults
from envelopes.model import Document, Message
from envelopes.reading import attempt
from envelopes.splitting import Splitter
from signing import gate
from tests.envelopes.splits import Kept
from tests.signing.people import NOW

if TYPE_CHECKING:
    from tests.signing.people import World

TODAY = date(2026, 11, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a recipient would be given: the message, the attachments' contents, and what the gate vouches for."""

    message: Message
    contents: tuple[bytes, ...]
    verified: gate.Verified


def take(world: World, file: bytes, *candidates: bytes) -> Taken:
    """The signed message that this file is. Raises `Refused` with everything wrong that is known at its step."""
    kept = Kept()
    splitter = Splitter(kept)
    splitter.feed(file)
    split = splitter.close()
    inspected = gate.inspect(split.skeleton)
    if inspected.profile is None:
        raise AssertionError("the file is unsigned: nothing vouches for it")
    verdict = gate.verify(inspected, candidates=candidates or (world.a.der,), trust=world.trust, at=NOW, whole=file)
    assert isinstance(verdict, gate.Verified)
    reading = attempt(verdict.parts, today=TODAY, lenient=True)
    faults = list(reading.faults)
    if isinstance(reading.message, Document):
        faults += attachment_faults(reading.message, split.contents)
    if faults:
        raise Refused(*faults)
    assert reading.message is not None
    return Taken(
        message=reading.message, contents=tuple(kept.payload_of(one) for one in split.contents), verified=verdict
    )


def code_of(world: World, file: bytes, *candidates: bytes) -> str:
    """The code of the first fault for which the file is refused; `accepted` when it is taken as signed."""
    try:
        take(world, file, *candidates)
    except Refused as refused:
        return refused.faults[0].code
    return "accepted"
