"""Credentials: what a system shows at the door. Given out once as text, kept only as a digest."""

from __future__ import annotations

import hashlib
import secrets

ID_BYTES = 8
SECRET_BYTES = 32
"""256 random bits cannot be guessed, so that one round of SHA-256 is enough to keep them (TM-51)."""


def new_credential() -> tuple[str, str, bytes]:
    """The text `ID.SECRET` to hand over once, its id (`c` and 16 hex digits), and the secret's SHA-256 to keep."""
    credential = f"c{secrets.token_hex(ID_BYTES)}"
    secret = new_secret()
    return f"{credential}.{secret}", credential, hashlib.sha256(secret.encode()).digest()


def new_secret() -> str:
    """256 random bits as 64 hex digits."""
    return secrets.token_hex(SECRET_BYTES)
