"""Whether a PDF can hold a signature at all, told while its bytes pass by: most need no further look."""

from __future__ import annotations

import re

_NAME = b"ByteRange"
_LONGEST = 1 + 3 * len(_NAME)
_RANGE = re.compile(b"/" + b"".join(b"(?:%c|#%02x|#%02X)" % (letter, letter, letter) for letter in _NAME))
"""The key that every signature dictionary has (ISO 32000-2, 12.8.1), each letter as itself or as `#` and its code
(7.3.5). It stands in clear: what is compressed or encrypted cannot leave the signature's own bytes out of a digest."""


class SignatureScan:
    """Feed it the file in pieces, in order."""

    def __init__(self) -> None:
        self.found = False
        self._tail = b""

    def feed(self, data: bytes) -> None:
        """Look at the next bytes; a key that two pieces share is found as well."""
        if self.found:
            return
        joint = self._tail + data
        self.found = _RANGE.search(joint) is not None
        self._tail = joint[-_LONGEST:]
