"""Small files around attachment texts, and what becomes of them however they are cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.faults import Refused
from envelopes.limits import NS
from envelopes.splitting import Split, SplitLimits, Splitter
from tests.envelopes.splits import Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envelopes.faults import Fault

OPEN = f'<edXML xmlns="{NS}"><AttachmentEncoded>'.encode()
BEGIN, END = b"<Attachment><ContentTransferEncoded>", b"</ContentTransferEncoded></Attachment>"
CLOSE = b"</AttachmentEncoded></edXML>"


def file_of(*texts: bytes) -> bytes:
    """A small file with these texts as its attachments' content."""
    return OPEN + b"".join(BEGIN + text + END for text in texts) + CLOSE


def start_of(text: bytes, data: bytes) -> int:
    """The byte at which an attachment's text begins."""
    return data.index(BEGIN + text) + len(BEGIN)


def steps(data: bytes, step: int) -> Iterator[bytes]:
    """Pieces of so many bytes; 0: one piece."""
    size = step or max(len(data), 1)
    return (data[at : at + size] for at in range(0, len(data), size))


def split_steps(data: bytes, step: int = 0) -> tuple[Split, Kept]:
    """The file fed in steps of so many bytes."""
    kept = Kept()
    splitter = Splitter(kept)
    for chunk in steps(data, step):
        splitter.feed(chunk)
    return splitter.close(), kept


def outcome(data: bytes, step: int = 0, *, limits: SplitLimits | None = None) -> Split | tuple[Fault, ...]:
    """What a file is, or every fault it is refused for."""
    return ended(Splitter(Kept(), limits=limits), steps(data, step))


def ended(splitter: Splitter, chunks: Iterable[bytes]) -> Split | tuple[Fault, ...]:
    """What a splitter says of a file in pieces."""
    try:
        for chunk in chunks:
            splitter.feed(chunk)
        return splitter.close()
    except Refused as refused:
        return refused.faults


def only_fault(data: bytes, *, limits: SplitLimits | None = None) -> Fault:
    """The one fault for which a file is refused, the same however it is cut."""
    faults = [outcome(data, step, limits=limits) for step in (0, 1, 7)]
    assert faults[0] == faults[1] == faults[2]
    assert isinstance(faults[0], tuple), "not refused"
    (fault,) = faults[0]
    return fault
