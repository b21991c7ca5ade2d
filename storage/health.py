"""Questions whose answers say whether the exchange is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.connection import Connection

SHOWN = 20
"""Recipients named; a person who sees twenty knows where to look."""


async def revision(conn: Connection) -> str | None:
    """The revision the schema is at, as in `migrate.current`, without a connection of its own."""
    found: str | None = await conn.fetchval("SELECT version_num FROM alembic_version")
    return found


async def stuck_deliveries(conn: Connection, *, older_seconds: float) -> dict[str, int]:
    """How many deliveries have waited longer than this, for the recipients with the most of them."""
    rows = await conn.fetch(
        """SELECT recipient, count(*) AS number FROM deliveries
           WHERE confirmed_at IS NULL AND NOT held AND withdrawn_at IS NULL
             AND accepted_at < clock_timestamp() - make_interval(secs => $1)
           GROUP BY recipient ORDER BY number DESC, recipient LIMIT $2""",
        older_seconds,
        SHOWN,
    )
    return {row["recipient"]: row["number"] for row in rows}
