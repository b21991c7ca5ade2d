"""Looking into the attachments of one submission: the file inside a one-entry zip, and whether each is what it says."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes.contents import look_at
from envelopes.faults import Refused
from envelopes.packing import unwrap

if TYPE_CHECKING:
    from envelopes.leniency import Notes
    from envelopes.model import AttachmentHead, Document
    from envelopes.splitting import Split
    from exchange.spool import Opened, Spool


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedInto:
    """By attachment: the file inside its one-entry zip, if it is one, and the media type as a person opens it."""

    opened: dict[int, Opened]
    media_types: dict[int, str]


def look_into(spool: Spool, document: Document, split: Split, notes: Notes, *, limit: int) -> LookedInto:
    """Unwrap what is wrapped, beside the payloads, and note what is wrong with any attachment. For a thread.

    `limit` bounds the bytes of all unwrapped files together: many small bombs are one large one (TM-31).
    """
    found = LookedInto(opened={}, media_types={})
    left = limit
    for head, content in zip(document.attachments, split.contents, strict=True):
        try:
            opened = _unwrapped(spool, head, content.n, left)
        except Refused as refused:
            notes.take(*refused.faults)
            continue
        if opened is not None:
            found.opened[content.n] = opened
            left -= opened.size
        found.media_types[content.n] = _look(spool, head, content.n, notes, is_opened=opened is not None)
    return found


def _unwrapped(spool: Spool, head: AttachmentHead, n: int, limit: int) -> Opened | None:
    with spool.path(n).open("rb") as payload:
        inside = unwrap(payload, head.name, limit=limit)
        return spool.opened(n, inside) if inside is not None else None


def _look(spool: Spool, head: AttachmentHead, n: int, notes: Notes, *, is_opened: bool) -> str:
    with ExitStack() as files:
        transferred = files.enter_context(spool.path(n).open("rb"))
        opened = files.enter_context(spool.opened_path(n).open("rb")) if is_opened else None
        return look_at(notes, head, transferred, opened)
