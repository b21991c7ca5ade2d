"""The way back from a skeleton and its attachments to the file exactly as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envelopes.splitting import Content


def pieces(skeleton: bytes, contents: Sequence[Content]) -> Iterator[bytes | Content]:
    """The file's pieces in order: slices of the skeleton, and between them the content whose text belongs there.

    `layout.TextWriter` makes the text of a content with a layout from its payload; the others' text was kept verbatim.
    """
    at = 0
    for content in sorted(contents, key=lambda one: one.n):
        yield skeleton[at : content.cut]
        yield content
        at = content.cut
    yield skeleton[at:]
