"""The splitter alone on one large attachment; `python -m bench.splitting MEGABYTES` prints its peak memory in bytes."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from typing import TYPE_CHECKING

from envelopes.limits import NS
from envelopes.splitting import Splitter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envelopes.layout import Layout

LINE = 76
"""Characters of a line of base64, as MIME and Java's libraries write it."""

BLOCK_BYTES = 57 * 16 * 1024
"""Payload made once and repeated: a whole number of lines."""

STEP_BYTES = 256 * 1024
"""Given to the splitter at once, as the service does."""

HEAD = f'<edXML xmlns="{NS}"><AttachmentEncoded><Attachment><ContentTransferEncoded>'.encode()
TAIL = b"</ContentTransferEncoded></Attachment></AttachmentEncoded></edXML>"


class Nowhere:
    """A sink that forgets: what is measured is the splitter."""

    def payload(self, n: int, data: bytes) -> None:
        """See `PayloadSink`."""

    def irregular(self, n: int, layout: Layout, text_size: int) -> hashlib._Hash:
        """See `PayloadSink`; the text here is regular."""
        raise AssertionError("the text has a layout")

    def text(self, n: int, data: bytes) -> None:
        """See `PayloadSink`."""


def lines() -> bytes:
    """Base64 of random bytes in MIME's lines."""
    text = base64.b64encode(os.urandom(BLOCK_BYTES))
    return b"".join(text[at : at + LINE] + b"\r\n" for at in range(0, len(text), LINE))


def repeats(text: bytes, megabytes: int) -> int:
    """How often the text makes a file of this size."""
    return max(megabytes * 10**6 // len(text), 1)


def split(text: bytes, count: int) -> None:
    """A file with one attachment of `count` times this text; it is never whole in memory."""
    splitter = Splitter(Nowhere())
    for piece in _pieces(text, count):
        splitter.feed(piece)
    splitter.close()


def decode(text: bytes, count: int) -> None:
    """The bare work: base64 decoding and SHA-256 of the same text."""
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(base64.b64decode(text))


def _pieces(text: bytes, count: int) -> Iterator[bytes]:
    yield HEAD
    for _ in range(count):
        for at in range(0, len(text), STEP_BYTES):
            yield text[at : at + STEP_BYTES]
    yield TAIL


def _print_peak(megabytes: int) -> None:
    text = lines()
    split(text, repeats(text, megabytes))
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - a kernel file
        print(*(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")))


if __name__ == "__main__":
    _print_peak(int(sys.argv[1]))
