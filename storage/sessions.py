"""Sessions of the desk, kept here so that any process can serve any page. Only the token's SHA-256 is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.connection import Connection

IDLE = timedelta(minutes=30)
"""A session nobody uses ends (TM-44)."""

ABSOLUTE = timedelta(hours=12)
"""A session ends after a working day, however busy (TM-44)."""

SEEN_EVERY = timedelta(minutes=1)
"""Use is noted no more often than this, so that turning pages is not writing."""


async def add_session(conn: Connection, token_sha256: bytes, data: str) -> None:
    """Begin a session with this data (JSON), and forget those that have ended."""
    await conn.execute(
        "DELETE FROM sessions WHERE seen_at < clock_timestamp() - $1::interval "
        "OR started_at < clock_timestamp() - $2::interval",
        IDLE,
        ABSOLUTE,
    )
    await conn.execute("INSERT INTO sessions (token_sha256, data) VALUES ($1, $2::jsonb)", token_sha256, data)


async def session(conn: Connection, token_sha256: bytes) -> str | None:
    """The data (JSON) of a session that has not ended; notes that it was used."""
    row = await conn.fetchrow(
        """SELECT data::text AS data, seen_at < clock_timestamp() - $4::interval AS unnoted FROM sessions
           WHERE token_sha256 = $1 AND seen_at >= clock_timestamp() - $2::interval
             AND started_at >= clock_timestamp() - $3::interval""",
        token_sha256,
        IDLE,
        ABSOLUTE,
        SEEN_EVERY,
    )
    if row is None:
        return None
    if row["unnoted"]:
        await conn.execute("UPDATE sessions SET seen_at = clock_timestamp() WHERE token_sha256 = $1", token_sha256)
    return str(row["data"])


async def change_session(conn: Connection, token_sha256: bytes, data: str) -> None:
    """Replace the session's data (JSON); nothing if it has ended meanwhile."""
    await conn.execute("UPDATE sessions SET data = $2::jsonb WHERE token_sha256 = $1", token_sha256, data)


async def end_session(conn: Connection, token_sha256: bytes) -> None:
    """End the session."""
    await conn.execute("DELETE FROM sessions WHERE token_sha256 = $1", token_sha256)
