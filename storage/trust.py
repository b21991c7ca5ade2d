"""Whom certificates lead to, and what says that they are not revoked: roots, intermediates, lists, OCSP answers.

Lists and answers are only ever added: a past moment is judged by those of its time (SECURITY 2.7), and envelopes point
to the ones their verdict rests on (TM-12).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustMaterial:
    """Everything (DER) that certificates are judged by, as of one version; OCSP answers by their certificate's
    SHA-256."""

    version: int
    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...]
    lists: tuple[bytes, ...]
    answers: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRow:
    """A root (`is_root`) or an intermediate authority; times are UTC."""

    sha256: bytes
    der: bytes
    subject: str
    is_root: bool
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """The newest revocation list of an issuer and scope, without its bytes; times are UTC."""

    sha256: bytes
    issuer: str
    this_update: datetime
    next_update: datetime | None
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """A revocation list (`kind` crl) or an OCSP answer (`ocsp`) that an envelope's verdict rests on."""

    sha256: bytes
    kind: str
    der: bytes
    issuer: str | None
    this_update: datetime
    next_update: datetime | None


_NEWEST = """SELECT DISTINCT ON (issuer, scope) sha256, der, issuer, this_update, next_update, added_at
             FROM revocation_lists l WHERE ($1::timestamptz IS NULL OR this_update <= $1)
             AND (scope <> '' OR NOT EXISTS (
                 SELECT FROM revocation_lists o WHERE o.issuer = l.issuer AND o.scope <> ''
                 AND o.this_update >= l.this_update AND ($1::timestamptz IS NULL OR o.this_update <= $1)))
             ORDER BY issuer, scope, this_update DESC, added_at DESC"""


async def add_root(conn: Connection, *, sha256: bytes, der: bytes, subject: str) -> None:
    """Trust a root; trusting it twice changes nothing."""
    added = await conn.fetchval(
        "INSERT INTO trust_roots (sha256, der, subject) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true",
        sha256,
        der,
        subject,
    )
    if added:
        await raise_version(conn)


async def add_intermediate(conn: Connection, *, sha256: bytes, der: bytes, subject: str) -> None:
    """Let paths go through this authority; adding it twice changes nothing."""
    added = await conn.fetchval(
        """INSERT INTO trust_intermediates (sha256, der, subject) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING RETURNING true""",
        sha256,
        der,
        subject,
    )
    if added:
        await raise_version(conn)


async def authorities(conn: Connection) -> list[AuthorityRow]:
    """Every root, then every intermediate, oldest first."""
    rows = await conn.fetch(
        """SELECT sha256, der, subject, true AS is_root, added_at FROM trust_roots
           UNION ALL SELECT sha256, der, subject, false, added_at FROM trust_intermediates
           ORDER BY is_root DESC, added_at, subject"""
    )
    return [AuthorityRow(**row) for row in rows]


async def add_revocation_list(
    conn: Connection,
    *,
    sha256: bytes,
    der: bytes,
    issuer: str,
    this_update: datetime,
    next_update: datetime | None,
    scope: bytes = b"",
) -> bool:
    """Keep a revocation list beside the older ones; False when it is here already."""
    added = await conn.fetchval(
        """INSERT INTO revocation_lists (sha256, der, issuer, scope, this_update, next_update)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING true""",
        sha256,
        der,
        issuer,
        scope,
        this_update,
        next_update,
    )
    if added:
        await raise_version(conn)
    return bool(added)


async def newest_lists(conn: Connection) -> list[ListRow]:
    """The newest revocation list of each issuer and scope."""
    rows = await conn.fetch(f"SELECT sha256, issuer, this_update, next_update, added_at FROM ({_NEWEST}) AS n", None)
    return [ListRow(**row) for row in rows]


async def newest_list(conn: Connection, *, issuer: str, scope: bytes) -> ListRow | None:
    """The list that displaces the others of this issuer and scope."""
    row = await conn.fetchrow(
        """SELECT sha256, issuer, this_update, next_update, added_at FROM revocation_lists
           WHERE issuer = $1 AND scope = $2 ORDER BY this_update DESC, added_at DESC LIMIT 1""",
        issuer,
        scope,
    )
    return ListRow(**row) if row else None


async def add_answer(
    conn: Connection,
    *,
    sha256: bytes,
    certificate: bytes,
    der: bytes,
    this_update: datetime,
    next_update: datetime | None,
) -> bool:
    """Keep an OCSP answer about a certificate; False when it is here already. The caller raises the version, once for
    many."""
    added = await conn.fetchval(
        """INSERT INTO ocsp_answers (sha256, certificate, der, this_update, next_update)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING true""",
        sha256,
        certificate,
        der,
        this_update,
        next_update,
    )
    return bool(added)


async def trust_material(conn: Connection, *, until: datetime | None = None) -> TrustMaterial:
    """What is trusted now, with the newest list of each issuer and scope and the newest answer about each certificate.

    With `until`: the newest of those made up to then, for judging what was alive then and is no more.
    """
    version = await conn.fetchval("SELECT version FROM trust_version")
    known = await authorities(conn)
    lists = await conn.fetch(f"SELECT der FROM ({_NEWEST}) AS n", until)
    answers = await conn.fetch(
        """SELECT DISTINCT ON (certificate) certificate, der FROM ocsp_answers
           WHERE $1::timestamptz IS NULL OR this_update <= $1
           ORDER BY certificate, this_update DESC, added_at DESC""",
        until,
    )
    return TrustMaterial(
        version=version,
        roots=tuple(row.der for row in known if row.is_root),
        intermediates=tuple(row.der for row in known if not row.is_root),
        lists=tuple(row["der"] for row in lists),
        answers=tuple((row["certificate"], row["der"]) for row in answers),
    )


async def evidence_digests(conn: Connection, envelope: UUID) -> list[bytes] | None:
    """The SHA-256 of what the envelope's outcome rests on; None when there is no such envelope."""
    found: list[bytes] | None = await conn.fetchval("SELECT evidence FROM envelopes WHERE id = $1", envelope)
    return found


async def evidence(conn: Connection, digests: Sequence[bytes]) -> list[EvidenceRow]:
    """The lists and answers with these SHA-256 that are kept, in the order they were made."""
    rows = await conn.fetch(
        """SELECT sha256, 'crl' AS kind, der, issuer, this_update, next_update
           FROM revocation_lists WHERE sha256 = ANY($1::bytea[])
           UNION ALL
           SELECT sha256, 'ocsp', der, NULL, this_update, next_update FROM ocsp_answers WHERE sha256 = ANY($1::bytea[])
           ORDER BY this_update, sha256""",
        list(digests),
    )
    return [EvidenceRow(**row) for row in rows]


async def raise_version(conn: Connection) -> None:
    """Tell every process that certificates are judged by other things from now on."""
    await conn.execute("UPDATE trust_version SET version = version + 1")
