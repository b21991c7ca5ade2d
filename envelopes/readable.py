"""Text out of foreign files, made fit to be kept and shown."""

from __future__ import annotations

import unicodedata

_UNFIT = frozenset({"Cc", "Cf", "Cs"})
"""Controls (a database keeps no NUL, a terminal obeys escapes), marks that turn the direction or are not seen, and
halves of surrogate pairs, which no UTF-8 can say."""


def readable(text: str) -> str:
    """The text with U+FFFD where a character cannot be kept, or would show it as something else."""
    return "".join("\ufffd" if unicodedata.category(letter) in _UNFIT else letter for letter in text)
