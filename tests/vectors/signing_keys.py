"""The vectors' own throw-away keys, which vouch for nothing else. RSA, so that a signature is always the same."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from signing.certificates import Trust, describe
from signing.sign import Signer

FOLDER = Path(__file__).parent / "keys"

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
"""The moment at which the vectors are judged: certificate and revocation list are in force."""


@cache
def signer() -> Signer:
    """A's key with its certificate."""
    return Signer.load((FOLDER / "H08.02-key.pem").read_bytes(), (FOLDER / "H08.02.pem").read_bytes())


def certificate() -> bytes:
    """A's registered certificate."""
    return signer().certificate_der


@cache
def trust() -> Trust:
    """The one root, with its revocation list."""
    return Trust(1, [describe((FOLDER / "root.pem").read_bytes()).der], [(FOLDER / "root.crl").read_bytes()])
