"""The signature of a notice, by Standard Webhooks 1.0.0: whoever knows the secret knows that the exchange wrote it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "whsec_"
"""Begins every secret, so that one in the wrong place is recognised as one (Standard Webhooks, signing keys)."""

SECRET_BYTES = 32
"""Between the 24 and 64 that the standard allows."""


def new_webhook_secret() -> str:
    """256 random bits, as the standard writes them."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(keys: Sequence[str], *, notice: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of one try: the notice's id, the same in every try, the time of this try (seconds since 1970),
    and a signature by each of `keys`, so that a receiver that knows any of them can check it."""
    signatures = " ".join(_signature(key, notice, seconds, body) for key in keys)
    return {"webhook-id": notice, "webhook-timestamp": str(seconds), "webhook-signature": signatures}


def _signature(key: str, notice: str, seconds: int, body: bytes) -> str:
    secret = base64.b64decode(key.removeprefix(PREFIX))
    signed = hmac.digest(secret, f"{notice}.{seconds}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"
