"""The certificates of the exchange's seal, the present one and those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRow:
    """A seal's certificate and the authorities it leads through (DER); times are UTC."""

    sha256: bytes
    der: bytes
    authorities: tuple[bytes, ...]
    subject: str
    not_before: datetime
    not_after: datetime
    first_seen_at: datetime


async def add_seal(
    conn: Connection,
    *,
    sha256: bytes,
    der: bytes,
    authorities: Sequence[bytes],
    subject: str,
    not_before: datetime,
    not_after: datetime,
) -> None:
    """Know this seal from now on; knowing it already changes nothing."""
    await conn.execute(
        """INSERT INTO seals (sha256, der, authorities, subject, not_before, not_after)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING""",
        sha256,
        der,
        list(authorities),
        subject,
        not_before,
        not_after,
    )


async def seals(conn: Connection) -> list[SealRow]:
    """Every seal, newest first."""
    rows = await conn.fetch(
        """SELECT sha256, der, authorities, subject, not_before, not_after, first_seen_at FROM seals
           ORDER BY first_seen_at DESC, sha256"""
    )
    return [SealRow(**{**row, "authorities": tuple(row["authorities"])}) for row in rows]
