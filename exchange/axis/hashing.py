"""The body of sendEdoc: the file, one CRLF that is not the file's, and the digest that says which is which (4.10)."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from exchange.axis import rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CRLF = b"\r\n"

_UNPADDED = re.compile(r"[0-9a-fA-F]{32,64}", re.ASCII)


def unpadded(digest: bytes) -> str:
    """A digest as the client writes it: each byte below 16 is one digit."""
    return "".join(f"{byte:x}" for byte in digest)


def is_digest(given: str, digest: bytes) -> bool:
    """Whether `given` is this digest, padded or as the client writes it."""
    return given.lower() in (digest.hex(), unpadded(digest))


async def the_file(body: AsyncIterator[bytes], given: str) -> AsyncIterator[bytes]:
    """The file's own bytes: without the CRLF behind it, if that is what `given` is the digest of.

    The last two bytes are kept back until the end, so memory stays flat. Raises `Refused` before the file is complete
    when neither reading has this digest: nothing of it is taken then.
    """
    if not given:
        raise Refused(rules.HASH_MISSING.at("hash-file"))
    digest, kept = hashlib.sha256(), b""
    async for chunk in body:
        data = kept + chunk
        data, kept = data[:-2], data[-2:]
        digest.update(data)
        if data:
            yield data
    bare = digest.copy()
    digest.update(kept)
    if kept == CRLF and is_digest(given, bare.digest()):
        return
    if not _UNPADDED.fullmatch(given) or not is_digest(given, digest.digest()):
        found = (bare if kept == CRLF else digest).hexdigest()
        raise Refused(rules.HASH_DIFFERS.at("hash-file", given, given=given, found=found))
    yield kept
