"""Certificates of agencies: who may vouch for a signature, from being entered to being taken out of use.

With `two_person_certificates` one administrator enters and another approves (TM-13); every change is kept with who made
it. What counts is read anew with each envelope, so a change has effect at once in every process.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from exchange import certification_rules, directory_rules
from exchange.directory import own_codes
from signing.certificates import CertificateFacts, check_leaf, describe
from signing.leaf import DEFAULT_POLICY
from storage import certificates, envelopes, signing_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.trust import TrustKeeper
    from signing.leaf import Policy
    from storage.certificates import CertificateLife, CertificateLine, CertificateRow
    from storage.connection import Connection
    from storage.database import Database
    from storage.signing_events import SigningEvent

EXPIRY = timedelta(days=30)
"""An agency needs this long to get a new certificate."""

PAGE = 100
"""Certificates of one page."""

SHORTEST_PREFIX = 8
"""Digits of a certificate's SHA-256 that name it; fewer are more likely a slip than a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """Who enters a right to sign (None: nobody known by name), and whether another administrator must approve it."""

    by: str | None = None
    two_persons: bool = False

    def check(self) -> None:
        """Refuse to enter namelessly what another person must approve: nobody could tell the two apart."""
        if self.two_persons and self.by is None:
            certification_rules.ADMINISTRATOR_NEEDED.refuse("as")


class CertificateState(StrEnum):
    """Where a certificate is in its life."""

    PENDING = "pending"
    REVOKED = "revoked"
    LISTED = "listed"
    EXPIRED = "expired"
    FUTURE = "future"
    ENDING = "ending"
    IN_USE = "in_use"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesPage:
    """Some certificates, those that end first first, which of them (SHA-256) are on a revocation list, and whether
    there are more."""

    lines: tuple[CertificateLine, ...]
    listed: frozenset[bytes]
    more: bool


ALONE = Entering()
"""Entered at the command line and in use at once."""


async def add_certificate(
    database: Database, code: str, data: bytes, *, entering: Entering = ALONE, policy: Policy = DEFAULT_POLICY
) -> CertificateFacts:
    """Register a certificate (PEM or DER) for an agency; doing it again changes nothing. Raises `Refused`.

    The agency's other certificates stay in use beside it: on renewal both sign until the old one ends.
    """
    entering.check()
    facts = describe(data)
    check_leaf(facts.der, policy=policy)
    async with database.transaction() as conn:
        [agency] = await own_codes(conn, [code])
        added = await certificates.add_certificate(
            conn,
            sha256=facts.sha256,
            agency=agency,
            der=facts.der,
            subject=facts.subject,
            not_before=facts.not_before,
            not_after=facts.not_after,
            approved=not entering.two_persons,
        )
        if added:
            await signing_events.add_event(
                conn, "added", agency=agency, by=entering.by, certificate=facts.sha256, description=facts.subject
            )
        else:
            await _check_own(conn, agency, facts)
    return facts


async def _check_own(conn: Connection, code: str, facts: CertificateFacts) -> None:
    """A certificate that is there already must be this agency's and in use."""
    own = [row for row in await certificates.certificates(conn, code) if row.sha256 == facts.sha256]
    if not own:
        directory_rules.CERTIFICATE_TAKEN.refuse("certificate", facts.sha256.hex(), subject=facts.subject)
    if own[0].revoked_at is not None:
        directory_rules.CERTIFICATE_REVOKED.refuse("certificate", facts.sha256.hex(), subject=facts.subject)


async def approve_certificate(database: Database, sha256: str, *, by: str) -> CertificateRow:
    """Put into use what another administrator entered. `sha256` as for `revoke_certificate`. Raises `Refused`."""
    async with database.transaction() as conn:
        row = await _named(conn, sha256)
        if row.revoked_at is not None:
            directory_rules.CERTIFICATE_REVOKED.refuse("certificate", row.sha256.hex(), subject=row.subject)
        if row.approved_at is not None:
            certification_rules.CERTIFICATE_IN_USE.refuse("certificate", row.sha256.hex(), subject=row.subject)
        if await signing_events.who_added(conn, certificate=row.sha256) in (by, None):
            certification_rules.APPROVER_SAME.refuse("as", by, name=by)
        await certificates.approve_certificate(conn, row.sha256)
        await signing_events.add_event(conn, "approved", agency=row.agency, by=by, certificate=row.sha256)
    return row


async def list_certificates(database: Database, agency: str | None = None) -> list[CertificateRow]:
    """Registered certificates, of one agency or of all, also those taken out of use."""
    async with database.acquire() as conn:
        return await certificates.certificates(conn, agency)


async def on_a_list(keeper: TrustKeeper, found: Sequence[CertificateRow | CertificateLine]) -> frozenset[bytes]:
    """Those (SHA-256) that a loaded revocation list names; whoever is on one signs nothing any more."""
    if not found:
        return frozenset()
    known = await keeper.current()
    return await asyncio.to_thread(lambda: frozenset(one.sha256 for one in found if known.is_listed(one.der)))


async def certificates_page(database: Database, keeper: TrustKeeper, number: int) -> CertificatesPage:
    """The page of this number (from 1) of all certificates somebody should know of."""
    async with database.acquire() as conn:
        found = await certificates.certificate_lines(conn, skip=(number - 1) * PAGE, limit=PAGE + 1)
    lines = tuple(found[:PAGE])
    return CertificatesPage(lines=lines, listed=await on_a_list(keeper, lines), more=len(found) > PAGE)


def state_of(
    one: CertificateRow | CertificateLine, now: datetime, listed: frozenset[bytes] = frozenset()
) -> CertificateState:
    """Where the certificate is in its life at `now` (aware); `listed`: those that `on_a_list` found."""
    if one.revoked_at is not None:
        return CertificateState.REVOKED
    if one.sha256 in listed:
        return CertificateState.LISTED
    if one.approved_at is None:
        return CertificateState.PENDING
    if now > one.not_after:
        return CertificateState.EXPIRED
    if now < one.not_before:
        return CertificateState.FUTURE
    return CertificateState.ENDING if one.not_after < now + EXPIRY else CertificateState.IN_USE


async def revoke_certificate(
    database: Database, sha256: str, *, by: str | None = None, since: datetime | None = None
) -> CertificateRow:
    """Take the certificate whose SHA-256 begins with these digits out of use, from now on. Raises `Refused`.

    What was delivered before stays. What is held under it is judged by `since` (aware; None: now): received from then
    on it is rejected, received before it is not touched by this.
    """
    async with database.transaction() as conn:
        row = await _named(conn, sha256)
        if since is not None and since > await envelopes.clock(conn):
            certification_rules.WITHDRAWAL_EARLY.refuse("since", since, since=_moment(since))
        await certificates.revoke_certificate(conn, row.sha256, invalid_from=since)
        said = f"không còn giá trị từ / does not count from {_moment(since)}" if since else ""
        await signing_events.add_event(
            conn, "revoked", agency=row.agency, by=by, certificate=row.sha256, description=said
        )
    return row


async def history(database: Database, agency: str | None = None) -> list[SigningEvent]:
    """Who did what to whose right to sign: certificates and delegations, of one agency or of all, oldest first."""
    async with database.acquire() as conn:
        return await signing_events.events(conn, agency)


def covered_until(lives: Sequence[CertificateLife], now: datetime) -> dict[str, datetime]:
    """For each agency that has certificates in use, until when it can sign without a gap; not after `now` if it cannot.

    `lives` in the order they begin: a successor counts once it is registered and begins before its predecessor ends.
    """
    until: dict[str, datetime] = {}
    for one in lives:
        reached = max(until.get(one.agency, now), now)
        if one.not_before <= reached < one.not_after:
            until[one.agency] = one.not_after
        else:
            until.setdefault(one.agency, min(one.not_after, now))
    return until


async def _named(conn: Connection, sha256: str) -> CertificateRow:
    """The one certificate that these digits name."""
    wanted = sha256.lower()
    is_hex = set(wanted) <= set("0123456789abcdef")
    if is_hex and len(wanted) < SHORTEST_PREFIX:
        directory_rules.CERTIFICATE_SHORT.refuse("sha256", sha256, sha256=sha256, least=SHORTEST_PREFIX)
    rows = await certificates.lock_certificates(conn, wanted) if is_hex else []
    if not rows:
        directory_rules.CERTIFICATE_UNKNOWN.refuse("sha256", sha256, sha256=sha256)
    if len(rows) > 1:
        directory_rules.CERTIFICATE_AMBIGUOUS.refuse("sha256", sha256, sha256=sha256, count=len(rows))
    return rows[0]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
