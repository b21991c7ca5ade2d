"""The head of a facade call: parameters, taken from the signed JSON and from nowhere else (axis client section 3).

The single `XroadVnpt-…` headers are ignored: the client's own stack merges names that differ in case only. A long-lived
client object sends every parameter it ever had, so an operation reads those it defines and no others.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

PREFIX = "XroadVnpt-"
SIGNED = b"xroadvnpt-sign-header"
MAC = b"xroadvnpt-hash-header"

_MAC = re.compile(rb"[0-9a-fA-F]{64}")
_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""Characters that no parameter needs and no database takes."""

_SYSTEM = re.compile(r"[0-9A-Za-z._-]{1,64}", re.ASCII)
MOST_PARAMETERS = 64
"""A client object knows some fifteen; a head with more is no client's."""


class HeadWrong(Exception):  # noqa: N818 - says what is the case
    """The head carries no parameters that anybody signed; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a call says it is, and the octets whose MAC proves it (`messages`: the readings of them to try in turn)."""

    system: str
    parameters: Mapping[str, str]
    messages: tuple[bytes, ...]
    mac: bytes

    def get(self, *names: str) -> str:
        """The first of these parameters that is there, spelled exactly so; empty when none is."""
        return next((self.parameters[name] for name in names if self.parameters.get(name)), "")

    def is_signed_with(self, secret: str) -> bool:
        """Whether this head was signed with the system's secret, which is used as written (section 3.2)."""
        key = secret.encode()
        found = [hmac.compare_digest(hmac.digest(key, one, hashlib.sha256), self.mac) for one in self.messages]
        return any(found)


def read_head(headers: Iterable[tuple[bytes, bytes]]) -> Head:
    """The head of one call, not yet proven. Raises `HeadWrong`."""
    signed, mac = _one(headers, SIGNED), _one(headers, MAC)
    if not _MAC.fullmatch(mac):
        raise HeadWrong("XroadVnpt-hash-header is not 64 hex digits")
    parameters = _parameters(signed)
    system = parameters.get("systemid", "")
    if not _SYSTEM.fullmatch(system):
        raise HeadWrong("XroadVnpt-sign-header names no systemid")
    return Head(
        system=system,
        parameters=MappingProxyType(parameters),
        messages=_readings(signed),
        mac=bytes.fromhex(mac.decode()),
    )


def _one(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    found = [value for key, value in headers if key.lower() == name]
    if len(found) != 1:
        raise HeadWrong(f"{len(found)} × {name.decode()}")
    return found[0]


def _readings(signed: bytes) -> tuple[bytes, ...]:
    """The MAC is over UTF-8, the wire may have one byte a character (section 3.5)."""
    if signed.isascii():
        return (signed,)
    return signed, signed.decode("latin-1").encode()


def _parameters(signed: bytes) -> dict[str, str]:
    try:
        text = signed.decode()
    except UnicodeDecodeError:
        text = signed.decode("latin-1")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise HeadWrong("XroadVnpt-sign-header is no JSON") from None
    if not isinstance(found, dict) or len(found) > MOST_PARAMETERS:
        raise HeadWrong("XroadVnpt-sign-header is no JSON object of a client's")
    return {
        name.removeprefix(PREFIX): _UNFIT.sub("", str(value))
        for name, value in found.items()
        if name.startswith(PREFIX) and isinstance(value, str | int | float) and not isinstance(value, bool)
    }
