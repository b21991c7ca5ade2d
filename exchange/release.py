"""Judging held envelopes again: signed well, but nobody could tell whether the certificate was revoked (TM-12).

Only the certificate is judged, for the moment the envelope was received, by what is known now; everything else was
verified when it was taken. Good lets the envelope go on its way, proven bad ends it as rejected, which frees its
reference, and while it cannot be told the envelope stays held, with the reason for people to see.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from envelopes.model import Organization, ResponseFor, StatusMessage
from exchange import certification_rules as rules
from exchange import operations, statuses
from exchange.addressing import note
from exchange.chores import Chore
from signing.certificate_rules import UNTRUSTED
from signing.certificates import Bad, Good, Unknown
from storage import copies, deliveries, envelopes, held
from storage.copies import Move
from storage.deliveries import Event
from storage.grounds import Grounds

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import datetime

    from envelopes.faults import Fault
    from exchange.chores import Steps, Turn
    from exchange.exchange import Exchange
    from signing.certificates import Trust, Verdict
    from storage.connection import Connection
    from storage.deliveries import DeliveryRow
    from storage.envelopes import EnvelopeRow, Note
    from storage.held import HeldCertificate, HeldEnvelope, Place

REST_SECONDS = 10.0
"""Between two looks: a new revocation list releases what waits for it within seconds."""

BATCH = 100
"""Envelopes fetched at a time; each is judged and settled in a transaction of its own."""

UNREGISTERED = "chứng thư không còn trong danh mục / the certificate is no longer in the directory"
"""Why an envelope stays held whose certificate cannot even be looked at."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A certificate that held envelopes rest on, and what its past uses are judged by in this look."""

    certificate: HeldCertificate
    trust: Trust
    now: datetime

    @property
    def grounds(self) -> Grounds:
        """What the verdicts rest on; when it is otherwise by the time one is written, it is no verdict."""
        return Grounds(invalid_from=self.certificate.invalid_from, trust_version=self.trust.version)

    def verdict(self, received_at: datetime) -> Verdict:
        """Whether what was received then counts as signed, as far as it can be told. Blocking."""
        if self.certificate.der is None:
            return Unknown(UNREGISTERED)
        invalid_from = self.certificate.invalid_from
        if invalid_from is not None and received_at >= invalid_from:
            return Bad(rules.CERTIFICATE_WITHDRAWN.at("certificate", since=f"{invalid_from:%Y-%m-%dT%H:%M:%SZ}"))
        found = self.trust.judge_past(self.certificate.der, received_at, self.now)
        if isinstance(found, Bad) and found.fault.code == UNTRUSTED.code:
            return Unknown(_told(found.fault))  # it led to a root when it was taken: the settings can be put right
        return found

    def hopeless(self) -> str | None:
        """Why nothing can be told of any envelope under this certificate; None when each is worth a look. Blocking.

        The first and the last are asked, so that thousands which wait for one list are not judged every few seconds.
        """
        first = self.verdict(self.certificate.first)
        last = self.verdict(self.certificate.last)
        return last.reason if isinstance(first, Unknown) and isinstance(last, Unknown) else None


async def release(exchange: Exchange, turn: Turn) -> Steps:
    """Judge again what is held; a step is one certificate, then one envelope."""
    async with exchange.database.acquire() as conn:
        waiting = await held.held_certificates(conn)
        now = await envelopes.clock(conn)
    cases: dict[bytes, _Case] = {}
    for certificate in waiting:
        case = _Case(certificate=certificate, trust=await _trust(exchange, certificate), now=now)
        reason = await exchange.threads.run(case.hopeless)
        if reason is None:
            cases[certificate.sha256] = case
        else:
            await _write_reason(exchange, turn, certificate, reason)
        yield
    async with aclosing(_held_under(exchange, sorted(cases))) as waiting_envelopes:
        async for one in waiting_envelopes:
            case = cases[one.certificate]
            verdict = await exchange.threads.run(case.verdict, one.accepted_at)
            await _settle(exchange, turn, one, verdict, case.grounds)
            yield


CHORE = Chore(name="release", steps=release, rest=lambda _exchange: REST_SECONDS)


async def _trust(exchange: Exchange, certificate: HeldCertificate) -> Trust:
    return await (exchange.trust.past(certificate.der) if certificate.der else exchange.trust.current())


async def _held_under(exchange: Exchange, certificates: Sequence[bytes]) -> AsyncGenerator[HeldEnvelope, None]:
    """Held envelopes under these certificates, oldest first."""
    place: Place | None = None
    while certificates:
        async with exchange.database.acquire() as conn:
            found = await held.held_under(conn, certificates, after=place, limit=BATCH)
        for one in found:
            yield one
        if len(found) < BATCH:
            return
        place = (found[-1].accepted_at, found[-1].id)


async def _write_reason(exchange: Exchange, turn: Turn, certificate: HeldCertificate, reason: str) -> None:
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        changed = await held.write_reason(conn, certificate.sha256, reason)
    if changed:
        log.warning("document.still_held", certificate=certificate.sha256.hex(), reason=reason, envelopes=changed)


async def _settle(exchange: Exchange, turn: Turn, one: HeldEnvelope, verdict: Verdict, grounds: Grounds) -> None:
    """Do with one envelope what the verdict says: one transaction, or none if it cannot be told.

    What was withdrawn or listed since the verdict is left to the next look, which judges it anew.
    """
    if isinstance(verdict, Unknown):
        return
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        row = await held.lock_held(conn, one.id)
        if row is None or await held.lock_grounds(conn, one.certificate) != grounds:
            return
        if isinstance(verdict, Bad):
            await _reject(conn, row, verdict.fault)
        else:
            await _release(exchange, conn, row, verdict)
    if isinstance(verdict, Bad):
        log.warning("document.rejected", envelope=str(row.id), sender=row.sender, code=verdict.fault.code)
    else:
        log.info("document.released", envelope=str(row.id), sender=row.sender)


async def _release(exchange: Exchange, conn: Connection, row: EnvelopeRow, verdict: Good) -> None:
    """Let the envelope be seen, let it do what it says to other documents, and ring."""
    recipients = await deliveries.unhold(conn, row.id)
    rows = (await deliveries.deliveries_of(conn, [row.id])).get(row.id, [])
    await deliveries.insert_events(conn, [Event(delivery=one.id, event="released") for one in rows])
    if row.kind == "status":
        warnings = (*row.warnings, *await _take_effect(conn, row, rows[0]))
    else:
        warnings = (*row.warnings, *await operations.take_effect(exchange, conn, row, rows))
    outcome = "verified_weak" if row.weak else "verified"
    await envelopes.release_envelope(conn, row.id, outcome=outcome, warnings=warnings, evidence=verdict.evidence)
    await deliveries.ring(conn, recipients)


async def _reject(conn: Connection, row: EnvelopeRow, fault: Fault) -> None:
    """End it: recipients never see it, the sender sees that it was refused and why; a status changes nothing."""
    reason = _told(fault)
    refused = await deliveries.refuse_held(conn, row.id)
    await deliveries.insert_events(conn, [Event(delivery=one, event="rejected", description=reason) for one in refused])
    await envelopes.reject_envelope(conn, row.id, reason=reason)


async def _take_effect(conn: Connection, row: EnvelopeRow, one: DeliveryRow) -> list[Note]:
    """Do what the status message says, now that its certificate is known to be good; a warning if it moves nothing."""
    assert one.about is not None
    assert one.status_code is not None
    status = StatusMessage(
        sender=Organization(code=row.sender),
        answers=ResponseFor(agency=one.recipient),
        code=one.status_code,
        description=one.status_text or "",
        reported_at=one.reported_at,
    )
    plan = statuses.StatusPlan(status=status, about=one.about, recipient=one.recipient)
    effect = await statuses.effect_of(conn, plan, row.id)
    await statuses.apply(conn, effect)
    if effect.silent:
        await copies.move_all(conn, [Move(delivery=one.id, state="completed", withdrawn=True)])
    return [note(effect.warning)] if effect.warning else []


def _told(fault: Fault) -> str:
    return f"{fault.vi} / {fault.en}"
