"""Files with attachments for tests of the splitter, a sink that keeps everything, and the way back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from envelopes.faults import Fault, Refused
from envelopes.layout import Layout, TextWriter
from envelopes.limits import NS
from envelopes.rebuilding import pieces
from envelopes.splitting import Content, Split, SplitLimits, Splitter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from hashlib import _Hash

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\r\n'
START = b'<edXML xmlns="' + NS.encode() + b'">'
ENVELOPE = "<edXMLEnvelope><Subject>Kính gửi: Sở Nội vụ</Subject></edXMLEnvelope>".encode()
END = b"</edXML>\r\n"


def attachment(text: bytes, *, before: bytes = b"<ContentId>cid:a1</ContentId>") -> bytes:
    """An attachment whose content is `text`, prefixed as real files have it."""
    opening = b'<edXML:ContentTransferEncoded xmlns:edXML="' + NS.encode() + b'">'
    return b"<Attachment>" + before + opening + text + b"</edXML:ContentTransferEncoded></Attachment>"


def file_with(*attachments: bytes) -> bytes:
    """A file with attachments as `attachment` makes them."""
    encoded = b"<AttachmentEncoded>\n" + b"\n".join(attachments) + b"</AttachmentEncoded>\n"
    return DECLARATION + START + ENVELOPE + (encoded if attachments else b"") + END


def with_texts(*texts: bytes) -> bytes:
    """A file with one attachment for each text."""
    return file_with(*(attachment(text) for text in texts))


class Kept:
    """A sink that keeps payloads and verbatim texts, as the spool does in files."""

    def __init__(self) -> None:
        self.payloads: dict[int, bytearray] = {}
        self.texts: dict[int, bytearray] = {}
        self.largest = 0

    def payload(self, n: int, data: bytes) -> None:
        """See `PayloadSink`."""
        assert data
        self.largest = max(self.largest, len(data))
        self.payloads.setdefault(n, bytearray()).extend(data)

    def irregular(self, n: int, layout: Layout, text_size: int) -> _Hash:
        """See `PayloadSink`."""
        assert n not in self.texts
        text = self._made(n, layout)[:text_size]
        assert len(text) == text_size
        self.texts[n] = bytearray(text)
        return hashlib.sha256(text)

    def text(self, n: int, data: bytes) -> None:
        """See `PayloadSink`."""
        self.largest = max(self.largest, len(data))
        self.texts[n] += data

    def text_of(self, content: Content) -> bytes:
        """The text of an attachment, from what was kept of it."""
        if content.layout is None:
            return bytes(self.texts[content.n])
        assert content.n not in self.texts
        return self._made(content.n, content.layout)

    def payload_of(self, content: Content) -> bytes:
        """The decoded bytes of an attachment."""
        return bytes(self.payloads.get(content.n, b""))

    def _made(self, n: int, layout: Layout) -> bytes:
        writer = TextWriter(layout)
        return writer.feed(bytes(self.payloads.get(n, b""))) + writer.close()


def cut(data: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """The file in pieces of these sizes, the rest in one."""
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
    yield data[at:]


def split(data: bytes, sizes: Iterable[int] = (), *, limits: SplitLimits | None = None) -> tuple[Split, Kept]:
    """The file taken apart, and what its sink kept."""
    kept = Kept()
    splitter = Splitter(kept, limits=limits)
    for piece in cut(data, sizes):
        splitter.feed(piece)
    return splitter.close(), kept


def rebuilt(found: Split, kept: Kept) -> bytes:
    """The file made again from what was kept."""
    made = pieces(found.skeleton, found.contents)
    return b"".join(piece if isinstance(piece, bytes) else kept.text_of(piece) for piece in made)


def fault_of(data: bytes, sizes: Iterable[int] = (), *, limits: SplitLimits | None = None) -> Fault:
    """The one fault for which the file is refused."""
    (fault,) = faults_of(data, sizes, limits=limits)
    return fault


def faults_of(data: bytes, sizes: Iterable[int] = (), *, limits: SplitLimits | None = None) -> tuple[Fault, ...]:
    """The faults for which the file is refused; none if it is taken."""
    try:
        split(data, sizes, limits=limits)
    except Refused as refused:
        return refused.faults
    return ()
