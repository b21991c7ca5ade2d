"""Names of files that come from elsewhere, made safe to hand out, to save and to show, with every letter kept (TM-33).

One rule for the API, for its `Content-Disposition` and for the client's disk, so that a file has one name everywhere.
"""

from __future__ import annotations

import re
import unicodedata

MOST_LETTERS = 200
"""Characters of a name that are kept (TM-33)."""

MOST_BYTES = 240
"""In UTF-8: file systems hold 255, a browser adds " (1)", and Vietnamese letters take up to three."""

MOST_SUFFIX_BYTES = 32
"""Longer ones are no suffix that says what the file is; a shortened name keeps its real one."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
"""Separators of paths, and what Windows allows in no name."""

_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode's classes of what controls, turns, hides or is no character at all; none holds a letter."""

_SPACES = re.compile(" +")
"""Many push a second suffix out of sight: "công văn.pdf        .exe"."""

_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ ]*(?:\.|\Z)", re.IGNORECASE)
"""Windows takes these for devices, whatever stands behind the dot."""


def safe_file_name(name: str, otherwise: str = "attachment") -> str:
    """`name` as the name of one visible file in one folder; `otherwise` if nothing of it is left.

    NFC, so that «ế» is one letter; nothing a shell, a terminal, a browser or Windows obeys. Applied again, it changes
    nothing.
    """
    letters = unicodedata.normalize("NFC", name)
    kept = _SPACES.sub(" ", "".join(map(_shown, letters)))
    kept = unicodedata.normalize("NFC", _FORBIDDEN.sub("_", kept)).strip(". ")
    return _no_device(_shortened(_no_device(kept))) or otherwise


def _shown(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in _HIDDEN:
        return "_"
    return " " if category == "Zs" else letter


def _no_device(name: str) -> str:
    return f"_{name}" if _DEVICE.match(name) else name


def _shortened(name: str) -> str:
    """The name within both limits, its stem cut and its suffix kept."""
    if len(name) <= MOST_LETTERS and len(name.encode()) <= MOST_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len((dot + suffix).encode()) > MOST_SUFFIX_BYTES:
        stem, dot, suffix = name, "", ""
    end = dot + suffix
    room = MOST_BYTES - len(end.encode())
    cut = stem[: MOST_LETTERS - len(end)].encode()[:room].decode(errors="ignore")
    return cut.rstrip(". ") + end
