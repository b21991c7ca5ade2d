"""Certificates registered for agencies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from envelopes.limits import MAX_CANDIDATES
from storage.agency_codes import CodeRow, code_lives, code_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """A certificate registered for an agency; times are UTC.

    `approved_at` None: it waits for a second administrator and is not in use. `invalid_from`: since when a revoked one
    counts as lost; what was received under it before stays good.
    """

    sha256: bytes
    agency: str
    der: bytes
    subject: str
    not_before: datetime
    not_after: datetime
    added_at: datetime
    approved_at: datetime | None
    revoked_at: datetime | None
    invalid_from: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateLine:
    """A certificate as a person looks at it; `renewed`: the agency has one in use that lasts longer. Times are UTC."""

    sha256: bytes
    agency: str
    agency_name: str
    der: bytes
    subject: str
    not_before: datetime
    not_after: datetime
    approved_at: datetime | None
    revoked_at: datetime | None
    renewed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateLife:
    """From when to when a certificate in use is valid."""

    agency: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What the gate needs to judge a claimed sender: certificates, the trust version and the database's time.

    `agency` is the own code of the agency whose code was claimed; None when nobody has it. `owners` has for each of
    `ders` the agency it is registered to: the claimed one, or one to which that one delegated signing. `beyond` names
    the parent axis that the claimed one is reached through; `certified`: it has had a certificate here, be it revoked.
    `lapsed`: what the claimed code was or will be, where it is none today.
    """

    agency: str | None
    ders: tuple[bytes, ...]
    owners: tuple[str, ...]
    trust_version: int
    now: datetime
    beyond: str | None = None
    certified: bool = False
    lapsed: CodeRow | None = None


_COLUMNS = "sha256, agency, der, subject, not_before, not_after, added_at, approved_at, revoked_at, invalid_from"


async def candidates(conn: Connection, code: str, *, named: Sequence[bytes] = ()) -> Candidates:
    """The certificates in use that may sign for the agency of this code, whichever of its codes that is.

    Those come first whose digest (SHA-2) is `named` by the signature, because more than MAX_CANDIDATES are not tried.
    Then its own, then those of agencies that it delegates to now (TM-13); among these those that have not run out, then
    the newest. A delegate that is locked signs nothing.
    """
    row = await conn.fetchrow(
        f"""SELECT t.version, clock_timestamp() AS now, k.agency, c.ders, c.owners,
                  (SELECT beyond FROM agencies WHERE code = k.agency) AS beyond,
                  EXISTS (SELECT FROM certificates WHERE agency = k.agency) AS certified
           FROM trust_version t LEFT JOIN agency_codes k ON k.code = $1 AND {code_lives("k")}
           CROSS JOIN LATERAL (
               SELECT array_agg(der ORDER BY place) AS ders, array_agg(agency ORDER BY place) AS owners
               FROM (SELECT der, agency, row_number() OVER (
                                ORDER BY NOT (sha256 = ANY($3) OR sha384(der) = ANY($3) OR sha512(der) = ANY($3)),
                                         agency <> k.agency, not_after < clock_timestamp(), added_at DESC) AS place
                     FROM certificates
                     WHERE revoked_at IS NULL AND approved_at IS NOT NULL AND agency = ANY(array(
                         SELECT k.agency UNION ALL
                         SELECT d.delegate FROM delegations d JOIN agencies a ON a.code = d.delegate
                         WHERE d.agency = k.agency AND d.approved_at IS NOT NULL AND a.locked_at IS NULL
                           AND d.valid_from <= clock_timestamp()
                           AND (d.valid_until IS NULL OR d.valid_until > clock_timestamp())))) AS numbered
               WHERE place <= $2) AS c""",
        code,
        MAX_CANDIDATES,
        list(named),
    )
    assert row is not None  # the table holds exactly one row
    lapsed = (await code_rows(conn, [code])).get(code) if row["agency"] is None else None
    return Candidates(
        agency=row["agency"],
        ders=tuple(row["ders"] or ()),
        owners=tuple(row["owners"] or ()),
        trust_version=row["version"],
        now=row["now"],
        beyond=row["beyond"],
        certified=row["certified"],
        lapsed=lapsed,
    )


async def add_certificate(
    conn: Connection,
    *,
    sha256: bytes,
    agency: str,
    der: bytes,
    subject: str,
    not_before: datetime,
    not_after: datetime,
    approved: bool = True,
) -> bool:
    """Register the certificate; False when it is registered already (to whomever)."""
    done = await conn.fetchval(
        """INSERT INTO certificates (sha256, agency, der, subject, not_before, not_after, approved_at)
           VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN clock_timestamp() END)
           ON CONFLICT (sha256) DO NOTHING RETURNING true""",
        sha256,
        agency,
        der,
        subject,
        not_before,
        not_after,
        approved,
    )
    return bool(done)


async def certificates(conn: Connection, agency: str | None = None) -> list[CertificateRow]:
    """Registered certificates, of one agency or of all."""
    rows = await conn.fetch(
        f"""SELECT {_COLUMNS} FROM certificates
            WHERE $1::text IS NULL OR agency = $1 ORDER BY agency, added_at""",
        agency,
    )
    return [CertificateRow(**row) for row in rows]


async def certificate_lines(conn: Connection, *, skip: int, limit: int) -> list[CertificateLine]:
    """Certificates that are not revoked, those that end first first; without those that ended and were renewed."""
    rows = await conn.fetch(
        """SELECT * FROM (
               SELECT c.sha256, c.agency, a.name AS agency_name, c.der, c.subject, c.not_before, c.not_after,
                      c.approved_at, c.revoked_at, EXISTS (
                          SELECT FROM certificates n WHERE n.agency = c.agency AND n.not_after > c.not_after
                          AND n.revoked_at IS NULL AND n.approved_at IS NOT NULL) AS renewed
               FROM certificates c JOIN agencies a ON a.code = c.agency WHERE c.revoked_at IS NULL) AS lines
           WHERE not_after > clock_timestamp() OR NOT renewed
           ORDER BY not_after, sha256 OFFSET $1 LIMIT $2""",
        skip,
        limit,
    )
    return [CertificateLine(**row) for row in rows]


async def lives(conn: Connection) -> list[CertificateLife]:
    """The lives of all certificates in use, those that begin first first."""
    rows = await conn.fetch(
        """SELECT agency, not_before, not_after FROM certificates
           WHERE revoked_at IS NULL AND approved_at IS NOT NULL ORDER BY not_before, not_after"""
    )
    return [CertificateLife(**row) for row in rows]


async def lock_certificates(conn: Connection, digits: str) -> list[CertificateRow]:
    """Certificates whose SHA-256 begins with these lower-case hex digits, kept from others until the transaction ends.

    At most two: enough to know that the digits name more than one.
    """
    rows = await conn.fetch(
        f"SELECT {_COLUMNS} FROM certificates WHERE encode(sha256, 'hex') LIKE $1 || '%' LIMIT 2 FOR UPDATE", digits
    )
    return [CertificateRow(**row) for row in rows]


async def approve_certificate(conn: Connection, sha256: bytes) -> None:
    """Put a certificate into use from now on."""
    await conn.execute("UPDATE certificates SET approved_at = clock_timestamp() WHERE sha256 = $1", sha256)


async def revoke_certificate(conn: Connection, sha256: bytes, *, invalid_from: datetime | None = None) -> bool:
    """Take a certificate out of use from now on; False when it is unknown.

    Doing it again changes nothing but an `invalid_from` that is earlier than the first.
    """
    done = await conn.fetchval(
        """UPDATE certificates SET revoked_at = coalesce(revoked_at, clock_timestamp()),
                  invalid_from = least(invalid_from, coalesce($2, revoked_at, clock_timestamp()))
           WHERE sha256 = $1 RETURNING true""",
        sha256,
        invalid_from,
    )
    return bool(done)
