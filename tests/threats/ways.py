"""The two ways a file goes in, whole and through the parser alone, and what is told of it on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.dom import parse
from envelopes.faults import Refused
from envelopes.parts import find_parts
from envelopes.reading import read
from envelopes.splitting import Splitter
from envelopes.writing import write_document
from signing import gate
from tests.envelopes.messages import TODAY, letter
from tests.envelopes.splits import Kept
from tests.support.canary import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

LETTER = write_document(letter())
SUBJECT = "V/v báo cáo công tác cải cách hành chính"


def whole_way(data: bytes) -> object:
    """As an envelope is taken: split, inspected by the gate, read."""
    splitter = Splitter(Kept())
    splitter.feed(data)
    inspected = gate.inspect(splitter.close().skeleton)
    return read(inspected.parts, today=TODAY)


def parser_alone(data: bytes) -> object:
    """Without the splitter before it."""
    return read(find_parts(parse(data)), today=TODAY)


WAYS = {"whole way": whole_way, "parser alone": parser_alone}


def told(way: Callable[[bytes], object], data: bytes) -> set[str]:
    """The codes of a refusal, in which nothing of the canary is; empty when the file is taken, without it too."""
    try:
        taken = way(data)
    except Refused as refused:
        assert SECRET not in repr(refused.faults)
        return {fault.code for fault in refused.faults}
    assert SECRET not in repr(taken)
    return set()
