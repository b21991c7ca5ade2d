"""Reading one attachment's base64 text as it streams: payload out, its layout recognised, nothing held but a few bytes.

A layout is believed only while it makes exactly the text that came; from the first byte that differs the text is kept
verbatim. Work is done on whole pieces, never byte by byte: a gigabyte passes here.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol

from envelopes import split_rules as rules
from envelopes.layout import RUN_LIMIT, WHITESPACE, Layout, LineBreaker

if TYPE_CHECKING:
    from hashlib import _Hash

FOREIGN = re.compile(rb"[^A-Za-z0-9+/=\t\n\r ]")
SPACE = re.compile(rb"[\t\n\r ]+")

HELD_BYTES = 4 * RUN_LIMIT
"""An unfinished group of four characters with regular white space between fits; more than this is not regular."""


class PayloadSink(Protocol):
    """Where attachments go while they stream; `n` counts attachments from 1 in the order of the file."""

    def payload(self, n: int, data: bytes) -> None:
        """The next decoded bytes of attachment `n`."""

    def irregular(self, n: int, layout: Layout, text_size: int) -> _Hash:
        """Keep the text verbatim: so far it is the first `text_size` bytes that `layout` makes of the payload so far.

        Returns the SHA-256, still running, of that beginning.
        """

    def text(self, n: int, data: bytes) -> None:
        """The next verbatim text of attachment `n`, after `irregular`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    """What one text was. Sizes in bytes, digests raw; `text_sha256` only where the text was kept verbatim."""

    text_size: int
    size: int
    sha256: bytes
    layout: Layout | None
    text_sha256: bytes | None


class TextReader:
    """Takes the text of attachment `n`, which begins at byte `start` of the file."""

    def __init__(self, n: int, start: int, sink: PayloadSink) -> None:
        self._n = n
        self._start = start
        self._sink = sink
        self._digest = hashlib.sha256()
        self._size = 0
        self._taken = 0  # bytes of text that are done with
        self._held = b""  # bytes of text since the last whole group of four characters
        self._characters = 0
        self._padding: int | None = None  # where the first `=` stood in the file
        self._layout = Layout()
        self._breaker: LineBreaker | None = None
        self._text_digest: _Hash | None = None

    def feed(self, text: bytes) -> None:
        """Take the next piece of text. Raises `Refused` for what is not base64."""
        data = self._held + text if self._held else text
        characters = data.translate(None, WHITESPACE)
        rest = len(characters) % 4
        cut = _before_last(data, rest)
        if rest:
            characters = characters[:-rest]
        if characters:
            self._take(data[:cut], characters)
            self._held = data[cut:]
        else:
            self._held = data
        if len(self._held) > HELD_BYTES:
            self._give_up()
        if self._text_digest is not None and self._held:
            self._flush_held()

    def close(self) -> ReadText:
        """The end of the text. Raises `Refused` for an unfinished group."""
        if self._held.strip(WHITESPACE):
            self._refuse(self._held)
        layout: Layout | None = None
        if self._text_digest is None and len(self._held) <= RUN_LIMIT:
            parts = self._layout
            layout = Layout(lead=parts.lead, line=parts.line, newline=parts.newline, tail=self._held)
            self._taken += len(self._held)
        elif self._text_digest is None:
            self._give_up()
            self._flush_held()
        return ReadText(
            text_size=self._taken,
            size=self._size,
            sha256=self._digest.digest(),
            layout=layout,
            text_sha256=self._text_digest.digest() if self._text_digest else None,
        )

    def _take(self, text: bytes, characters: bytes) -> None:
        """Whole groups of four characters and the text they came in."""
        payload = self._decoded(text, characters)
        if self._text_digest is None and not self._fits(text, characters, payload):
            self._give_up()
        if self._text_digest is not None:
            self._keep(text)
        self._characters += len(characters)
        self._taken += len(text)
        self._size += len(payload)
        self._digest.update(payload)
        self._sink.payload(self._n, payload)

    def _decoded(self, text: bytes, characters: bytes) -> bytes:
        if self._padding is not None:
            self._refuse(text)
        try:
            payload = binascii.a2b_base64(characters, strict_mode=True)
        except binascii.Error:
            self._refuse(text)
        if characters.endswith(b"="):
            self._padding = self._start + self._taken + text.index(b"=")
        return payload

    def _fits(self, text: bytes, characters: bytes, payload: bytes) -> bool:
        """True when the text is what the layout, completed by what is new here, makes of the characters."""
        if self._padding is not None and not _is_canonical(characters, payload):
            return False
        if self._characters == 0 and not self._learn_lead(text):
            return False
        if self._breaker is None and not self._learn_line(text, len(characters)):
            return False
        if self._breaker is None:
            lead = self._layout.lead if self._characters == 0 else b""
            return len(text) == len(lead) + len(characters)
        return self._breaker.feed(characters) == text

    def _learn_lead(self, text: bytes) -> bool:
        lead = text[: len(text) - len(text.lstrip(WHITESPACE))]
        if len(lead) > RUN_LIMIT:
            return False
        self._layout = Layout(lead=lead)
        return True

    def _learn_line(self, text: bytes, size: int) -> bool:
        """Take the first white space between characters for the newline; none of it means one line so far."""
        lead = len(self._layout.lead) if self._characters == 0 else 0
        found = None if len(text) == lead + size else SPACE.search(text, lead)
        if found is None:
            return True
        line = self._characters + found.start() - lead
        if len(found[0]) > RUN_LIMIT or line == 0:
            return False
        self._layout = Layout(lead=self._layout.lead, line=line, newline=found[0])
        self._breaker = LineBreaker(self._layout, written=self._characters)
        return True

    def _give_up(self) -> None:
        """Keep the text verbatim from here; what came before is regular and can be made from the payload."""
        if self._text_digest is None:
            layout = self._layout if self._taken else Layout()
            self._text_digest = self._sink.irregular(self._n, layout, self._taken)

    def _flush_held(self) -> None:
        """Write down white space that is held; unfinished characters wait for the rest of their group."""
        characters = self._held.translate(None, WHITESPACE)
        if not characters:
            self._keep(self._held)
            self._taken += len(self._held)
            self._held = b""

    def _keep(self, text: bytes) -> None:
        assert self._text_digest is not None
        self._text_digest.update(text)
        self._sink.text(self._n, text)

    def _refuse(self, text: bytes) -> NoReturn:
        """Name the first byte that cannot be: what stands behind padding, or a foreign character, or the end."""
        foreign, padding = FOREIGN.search(text), text.find(b"=")
        base = self._start + self._taken
        if self._padding is None and foreign is not None and not 0 <= padding < foreign.start():
            byte = base + foreign.start()
            rules.GARBLED_CHARACTER.refuse(self._path(), foreign[0], n=self._n, byte=byte)
        end = base + (padding if padding >= 0 else len(text.rstrip(WHITESPACE)))
        rules.GARBLED_PADDING.refuse(self._path(), n=self._n, byte=end if self._padding is None else self._padding)

    def _path(self) -> str:
        return f"AttachmentEncoded/Attachment[{self._n}]/ContentTransferEncoded"


def _is_canonical(characters: bytes, payload: bytes) -> bool:
    """False when bits behind the end of the payload are set: encoding it again would not give this text."""
    last = len(payload) % 3
    return binascii.b2a_base64(payload[-last:], newline=False) == characters[-4:]


def _before_last(data: bytes, characters: int) -> int:
    """Where the text ends once trailing white space, and so many characters with it, are taken off its end."""
    end = len(data.rstrip(WHITESPACE))
    for _ in range(characters):
        end -= 1
        while end and data[end - 1] in WHITESPACE:
            end -= 1
    return end
