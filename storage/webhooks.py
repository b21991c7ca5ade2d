"""Webhooks: where an agency's system is told of what happens, how that goes, and what its notices are signed with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRow:
    """One webhook. It is told nothing before `approved_at` and after `ended_at`; times are UTC.

    `networks` and `ports`: where it may be connected to. `authority`: PEM of the only roots that are trusted for it.
    `failures` counts tries in a row; while `paused_until` lies ahead none is made.
    """

    id: int
    system: str
    url: str
    events: tuple[str, ...]
    networks: tuple[Network, ...]
    ports: tuple[int, ...]
    authority: str | None
    added_at: datetime
    added_by: str | None
    approved_at: datetime | None
    approved_by: str | None
    ended_at: datetime | None
    ended_reason: str | None
    failures: int
    failing_since: datetime | None
    failure: str | None
    paused_until: datetime | None
    answered_at: datetime | None


_FIELDS = WebhookRow.__slots__
_COLUMNS = ", ".join(_FIELDS)
_OF_W = ", ".join(f"w.{name}" for name in _FIELDS)
_ACTIVE = "w.approved_at IS NOT NULL AND w.ended_at IS NULL"


def _webhook(record: Any) -> WebhookRow:
    lists = {name: tuple(record[name]) for name in ("events", "networks", "ports")}
    return WebhookRow(**{name: record[name] for name in _FIELDS} | lists)


async def add_webhook(
    conn: Connection,
    *,
    system: str,
    url: str,
    events: Sequence[str],
    networks: Sequence[Network],
    ports: Sequence[int],
    authority: str | None,
    by: str | None,
    approved: bool,
) -> WebhookRow:
    """Write a webhook; unless `approved` it waits for that."""
    row = await conn.fetchrow(
        f"""INSERT INTO webhooks (system, url, events, networks, ports, authority, added_by, approved_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $8 THEN clock_timestamp() END) RETURNING {_COLUMNS}""",
        system,
        url,
        list(events),
        list(networks),
        list(ports),
        authority,
        by,
        approved,
    )
    return _webhook(row)


async def webhooks(conn: Connection, system: str | None = None) -> list[WebhookRow]:
    """Every webhook that has not ended, or those of one system, oldest first."""
    rows = await conn.fetch(
        f"""SELECT {_COLUMNS} FROM webhooks WHERE ended_at IS NULL AND ($1::text IS NULL OR system = $1)
            ORDER BY id""",
        system,
    )
    return [_webhook(row) for row in rows]


async def webhook(conn: Connection, webhook_id: int) -> WebhookRow | None:
    """The webhook, also one that has ended."""
    row = await conn.fetchrow(f"SELECT {_COLUMNS} FROM webhooks WHERE id = $1", webhook_id)
    return _webhook(row) if row else None


async def lock_webhook(conn: Connection, webhook_id: int) -> WebhookRow | None:
    """The webhook, kept from others until the transaction ends."""
    row = await conn.fetchrow(f"SELECT {_COLUMNS} FROM webhooks WHERE id = $1 FOR NO KEY UPDATE", webhook_id)
    return _webhook(row) if row else None


async def approve_webhook(conn: Connection, webhook_id: int, *, by: str) -> WebhookRow:
    """Put a webhook, which the transaction has locked, into use."""
    row = await conn.fetchrow(
        f"""UPDATE webhooks SET approved_at = clock_timestamp(), approved_by = $2 WHERE id = $1
            RETURNING {_COLUMNS}""",
        webhook_id,
        by,
    )
    return _webhook(row)


async def end_webhook(conn: Connection, webhook_id: int, *, reason: str) -> None:
    """Tell this address nothing more; what still waited for it is given up."""
    await conn.execute(
        """UPDATE webhooks SET ended_at = clock_timestamp(), ended_reason = $2
           WHERE id = $1 AND ended_at IS NULL""",
        webhook_id,
        reason,
    )
    await conn.execute(
        "UPDATE notices SET state = 'dead', ended_at = clock_timestamp() WHERE webhook = $1 AND state = 'waiting'",
        webhook_id,
    )


async def ready_webhooks(conn: Connection, *, but: Sequence[int], limit: int) -> list[WebhookRow]:
    """Active webhooks that something is due for and whose breaker lets it through, those that fare well first."""
    rows = await conn.fetch(
        f"""SELECT {_OF_W} FROM webhooks w
            WHERE {_ACTIVE} AND w.id <> ALL ($1::bigint[])
              AND (w.paused_until IS NULL OR w.paused_until <= clock_timestamp())
              AND EXISTS (SELECT FROM notices n WHERE n.webhook = w.id AND n.state = 'waiting'
                          AND n.due_at <= clock_timestamp())
            ORDER BY w.failures, w.paused_until NULLS FIRST, w.id LIMIT $2""",
        list(but),
        limit,
    )
    return [_webhook(row) for row in rows]


async def note_answered(conn: Connection, webhook_id: int) -> None:
    """The address took a notice: the breaker closes. Written at most once a minute while all is well."""
    await conn.execute(
        """UPDATE webhooks SET failures = 0, failing_since = NULL, failure = NULL, paused_until = NULL,
                  answered_at = clock_timestamp()
           WHERE id = $1 AND (failures > 0 OR paused_until IS NOT NULL OR answered_at IS NULL
                              OR answered_at < clock_timestamp() - interval '1 minute')""",
        webhook_id,
    )


async def note_failed(conn: Connection, webhook_id: int, *, failure: str, pause_seconds: float) -> None:
    """The address took nothing; no try is made for `pause_seconds` (0: the breaker stays closed)."""
    await conn.execute(
        """UPDATE webhooks SET failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()),
                  failure = $2,
                  paused_until = CASE WHEN $3 > 0 THEN clock_timestamp() + make_interval(secs => $3) END
           WHERE id = $1""",
        webhook_id,
        failure,
        pause_seconds,
    )


async def try_at_once(conn: Connection, webhook_id: int) -> None:
    """Let the next try through the breaker."""
    await conn.execute("UPDATE webhooks SET paused_until = NULL WHERE id = $1", webhook_id)


async def add_secret(conn: Connection, webhook_id: int, secret: str, *, overlap_seconds: float) -> int:
    """Sign with this secret from now on, with the others only until the overlap is over; how many those are."""
    done = await conn.fetch(
        """UPDATE webhook_secrets SET ends_at = least(ends_at, clock_timestamp() + make_interval(secs => $2))
           WHERE webhook = $1 AND (ends_at IS NULL OR ends_at > clock_timestamp()) RETURNING true""",
        webhook_id,
        overlap_seconds,
    )
    await conn.execute("INSERT INTO webhook_secrets (webhook, secret) VALUES ($1, $2)", webhook_id, secret)
    return len(done)


async def secrets(conn: Connection, webhook_id: int) -> list[str]:
    """What notices are signed with now, the newest first."""
    rows = await conn.fetch(
        """SELECT secret FROM webhook_secrets
           WHERE webhook = $1 AND (ends_at IS NULL OR ends_at > clock_timestamp()) ORDER BY added_at DESC""",
        webhook_id,
    )
    return [row["secret"] for row in rows]
