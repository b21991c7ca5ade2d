"""Who did what to whose right to sign, and when: written with every change, never changed itself (SECURITY TM-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningEvent:
    """One line of the history of a certificate or of a delegation; `at` is UTC.

    `event` is added, approved, revoked or ended. `by` is an administrator who proved it by password; None: whoever sat
    at the command line.
    """

    at: datetime
    event: str
    agency: str
    certificate: bytes | None
    delegation: int | None
    by: str | None
    description: str


_COLUMNS = "at, event, agency, certificate, delegation, by, description"


async def add_event(
    conn: Connection,
    event: str,
    *,
    agency: str,
    by: str | None,
    certificate: bytes | None = None,
    delegation: int | None = None,
    description: str = "",
) -> None:
    """Add a line about a certificate or a delegation of the agency."""
    await conn.execute(
        """INSERT INTO signing_events (event, agency, certificate, delegation, by, description)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        event,
        agency,
        certificate,
        delegation,
        by,
        description,
    )


async def events(conn: Connection, agency: str | None = None) -> list[SigningEvent]:
    """The whole history, or an agency's, oldest line first."""
    rows = await conn.fetch(
        f"SELECT {_COLUMNS} FROM signing_events WHERE $1::text IS NULL OR agency = $1 ORDER BY id", agency
    )
    return [SigningEvent(**row) for row in rows]


async def who_added(conn: Connection, *, certificate: bytes | None = None, delegation: int | None = None) -> str | None:
    """Who entered it; None when that was nobody known by name."""
    found: str | None = await conn.fetchval(
        """SELECT by FROM signing_events
           WHERE event = 'added' AND (certificate = $1 OR delegation = $2) ORDER BY id LIMIT 1""",
        certificate,
        delegation,
    )
    return found
