"""Where revocation lists and OCSP answers come from, when each is asked for next, and how it went the last time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """An address of revocation lists; `issuer` of the last list that came. Times are UTC."""

    url: str
    every_seconds: int
    added_at: datetime
    due_at: datetime
    tried_at: datetime | None
    fetched_at: datetime | None
    failures: int
    outcome: str | None
    issuer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponderRow:
    """Whom to ask about an authority's certificates, and how many of the last questions failed; times are UTC."""

    issuer: str
    url: str
    every_seconds: int
    added_at: datetime
    asked: int
    failing: int
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A certificate to ask about now; `der` and its SHA-256, the responder's address and how often to ask it."""

    certificate: bytes
    der: bytes
    issuer: str
    url: str
    every_seconds: int
    failures: int


_SOURCE = "url, every_seconds, added_at, due_at, tried_at, fetched_at, failures, outcome, issuer"


async def add_source(conn: Connection, url: str, *, every_seconds: int) -> None:
    """Fetch from this address from now on; a known one gets the new interval and is due at once."""
    await conn.execute(
        """INSERT INTO revocation_sources (url, every_seconds) VALUES ($1, $2)
           ON CONFLICT (url) DO UPDATE SET every_seconds = $2, due_at = clock_timestamp()""",
        url,
        every_seconds,
    )


async def remove_source(conn: Connection, url: str) -> bool:
    """Fetch from this address no more; False when it is unknown. The lists that came from it stay."""
    return bool(await conn.fetchval("DELETE FROM revocation_sources WHERE url = $1 RETURNING true", url))


async def sources(conn: Connection) -> list[SourceRow]:
    """Every address of revocation lists."""
    rows = await conn.fetch(f"SELECT {_SOURCE} FROM revocation_sources ORDER BY added_at, url")
    return [SourceRow(**row) for row in rows]


async def lock_source(conn: Connection, url: str) -> SourceRow | None:
    """The address, kept from others until the transaction ends; None when it is named no more."""
    row = await conn.fetchrow(f"SELECT {_SOURCE} FROM revocation_sources WHERE url = $1 FOR UPDATE", url)
    return SourceRow(**row) if row else None


async def due_sources(conn: Connection) -> list[str]:
    """The addresses that are due, longest due first."""
    rows = await conn.fetch("SELECT url FROM revocation_sources WHERE due_at <= clock_timestamp() ORDER BY due_at, url")
    return [row["url"] for row in rows]


async def note_fetched(conn: Connection, url: str, *, issuer: str, again_seconds: float) -> None:
    """A list came from the address; it is due again in `again_seconds`."""
    await conn.execute(
        """UPDATE revocation_sources SET tried_at = clock_timestamp(), fetched_at = clock_timestamp(), failures = 0,
                  issuer = $2, outcome = NULL, due_at = clock_timestamp() + make_interval(secs => $3)
           WHERE url = $1""",
        url,
        issuer,
        again_seconds,
    )


async def note_failed(conn: Connection, url: str, *, outcome: str, again_seconds: float) -> None:
    """Nothing of use came from the address; it is tried again in `again_seconds`."""
    await conn.execute(
        """UPDATE revocation_sources SET tried_at = clock_timestamp(), failures = failures + 1, outcome = $2,
                  due_at = clock_timestamp() + make_interval(secs => $3)
           WHERE url = $1""",
        url,
        outcome,
        again_seconds,
    )


async def set_responder(conn: Connection, issuer: str, url: str, *, every_seconds: int) -> None:
    """Ask this address about the issuer's certificates from now on, instead of any other."""
    await conn.execute(
        """INSERT INTO ocsp_responders (issuer, url, every_seconds) VALUES ($1, $2, $3)
           ON CONFLICT (issuer) DO UPDATE SET url = $2, every_seconds = $3""",
        issuer,
        url,
        every_seconds,
    )
    await conn.execute("UPDATE ocsp_questions SET due_at = clock_timestamp() WHERE issuer = $1", issuer)


async def remove_responder(conn: Connection, issuer: str) -> bool:
    """Ask nobody about the issuer's certificates any more; False when nobody was asked. The answers stay."""
    return bool(await conn.fetchval("DELETE FROM ocsp_responders WHERE issuer = $1 RETURNING true", issuer))


async def responders(conn: Connection) -> list[ResponderRow]:
    """Whom is asked about which authority's certificates."""
    rows = await conn.fetch(
        """SELECT r.issuer, r.url, r.every_seconds, r.added_at,
                  count(q.tried_at)::int AS asked, count(q.certificate) FILTER (WHERE q.failures > 0)::int AS failing,
                  (array_agg(q.outcome ORDER BY q.tried_at DESC) FILTER (WHERE q.failures > 0))[1] AS outcome
           FROM ocsp_responders r LEFT JOIN ocsp_questions q ON q.issuer = r.issuer AND q.is_asked
           GROUP BY r.issuer ORDER BY r.issuer"""
    )
    return [ResponderRow(**row) for row in rows]


async def unasked(conn: Connection, *, limit: int) -> list[tuple[bytes, bytes]]:
    """Certificates and intermediates (SHA-256, DER) that nobody has looked at for a question yet."""
    rows = await conn.fetch(
        """SELECT sha256, der FROM (SELECT sha256, der FROM certificates UNION ALL
                                    SELECT sha256, der FROM trust_intermediates) AS c
           WHERE NOT EXISTS (SELECT FROM ocsp_questions q WHERE q.certificate = c.sha256) LIMIT $1""",
        limit,
    )
    return [(row["sha256"], row["der"]) for row in rows]


async def add_questions(conn: Connection, rows: Sequence[tuple[bytes, str, bool]]) -> None:
    """Remember certificates (SHA-256, issuer) and whether each may be asked about at all."""
    await conn.executemany(
        "INSERT INTO ocsp_questions (certificate, issuer, is_asked) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", rows
    )


async def due_questions(conn: Connection, *, limit: int) -> list[Question]:
    """What to ask now, longest due first: certificates in use and intermediates whose issuer has a responder."""
    rows = await conn.fetch(
        """SELECT q.certificate, c.der, q.issuer, r.url, r.every_seconds, q.failures
           FROM ocsp_questions q JOIN ocsp_responders r ON r.issuer = q.issuer
           JOIN (SELECT sha256, der FROM certificates WHERE revoked_at IS NULL AND not_after > clock_timestamp()
                 UNION ALL SELECT sha256, der FROM trust_intermediates) AS c ON c.sha256 = q.certificate
           WHERE q.is_asked AND q.due_at <= clock_timestamp() ORDER BY q.due_at, q.certificate LIMIT $1""",
        limit,
    )
    return [Question(**row) for row in rows]


async def note_asked(
    conn: Connection, certificate: bytes, *, outcome: str, again_seconds: float, failed: bool = False
) -> None:
    """How a question went; it is asked again in `again_seconds`."""
    await conn.execute(
        """UPDATE ocsp_questions SET tried_at = clock_timestamp(), outcome = $2,
                  fetched_at = CASE WHEN $4 THEN fetched_at ELSE clock_timestamp() END,
                  failures = CASE WHEN $4 THEN failures + 1 ELSE 0 END,
                  due_at = clock_timestamp() + make_interval(secs => $3)
           WHERE certificate = $1""",
        certificate,
        outcome,
        again_seconds,
        failed,
    )
