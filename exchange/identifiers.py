"""Identifiers the exchange gives out."""

from __future__ import annotations

import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """A UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, 74 random bits; grows with time."""
    stamp = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = (stamp & (2**48 - 1)) << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | (random & (2**62 - 1))
    return UUID(int=value)
