"""Releasing held envelopes: signed well, but nobody could tell whether the certificate was revoked (TM-12).

Only the certificate is judged again; everything else was verified when the envelope was taken. A bad verdict does not
refuse what was answered with an id: the envelope stays held, with the reason for people to see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from envelopes.model import Organization, ResponseFor, StatusMessage
from exchange import statuses
from exchange.chores import Chore
from exchange.taking import note
from signing.certificates import Bad, Good, Unknown
from storage import deliveries, envelopes, held
from storage.deliveries import Event

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from envelopes.faults import Fault
    from exchange.chores import Steps, Turn
    from exchange.exchange import Exchange
    from signing.certificates import Trust
    from storage.connection import Connection
    from storage.deliveries import DeliveryRow
    from storage.envelopes import EnvelopeRow
    from storage.held import HeldCertificate

REST_SECONDS = 10.0
"""Between two looks: a new revocation list releases what waits for it within seconds."""

BATCH = 100
"""Envelopes fetched at a time; each is released in a transaction of its own."""

WITHDRAWN = "chứng thư đã bị cơ quan rút / the certificate was withdrawn from the directory"
"""Why an envelope stays held whose certificate is known but no longer in use."""

log = structlog.get_logger()


async def release(exchange: Exchange, turn: Turn) -> Steps:
    """Judge the certificates that held envelopes rest on, release under the good ones, a step is one envelope."""
    async with exchange.database.acquire() as conn:
        waiting = await held.held_certificates(conn)
        now = await envelopes.clock(conn)
    if not waiting:
        return
    trust = await exchange.trust.current()
    good: list[bytes] = []
    for certificate in waiting:
        reason = await exchange.threads.run(_objection, trust, certificate, now)
        if reason is None:
            good.append(certificate.sha256)
        else:
            await _write_reason(exchange, turn, certificate, reason)
        yield
    while good:
        async with exchange.database.acquire() as conn:
            ids = await held.held_under(conn, good, limit=BATCH)
        for envelope_id in ids:
            await _release(exchange, turn, envelope_id)
            yield
        if len(ids) < BATCH:
            return


CHORE = Chore(name="release", steps=release, rest=lambda _exchange: REST_SECONDS)


def _objection(trust: Trust, certificate: HeldCertificate, now: datetime) -> str | None:
    """Why envelopes under this certificate stay held; None when they need not. Blocking."""
    if certificate.der is None or certificate.revoked_at is not None:
        return WITHDRAWN
    match trust.judge(certificate.der, now):
        case Good():
            return None
        case Bad(fault=fault):
            return f"{fault.vi} / {fault.en}"
        case Unknown(reason=reason):
            return reason


async def _write_reason(exchange: Exchange, turn: Turn, certificate: HeldCertificate, reason: str) -> None:
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        changed = await held.write_reason(conn, certificate.sha256, reason)
    if changed:
        log.warning("document.still_held", certificate=certificate.sha256.hex(), reason=reason, envelopes=changed)


async def _release(exchange: Exchange, turn: Turn, envelope_id: UUID) -> None:
    """Let the envelope be seen, let a status take its effect, and ring: one transaction."""
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        row = await held.lock_held(conn, envelope_id)
        if row is None:
            return
        recipients = await deliveries.unhold(conn, envelope_id)
        rows = (await deliveries.deliveries_of(conn, [envelope_id])).get(envelope_id, [])
        await deliveries.insert_events(conn, [Event(delivery=one.id, event="released") for one in rows])
        flag = await _take_effect(conn, row, rows[0]) if row.kind == "status" else None
        warnings = (*row.warnings, note(flag)) if flag else row.warnings
        await envelopes.release_envelope(conn, envelope_id, warnings=warnings)
        await deliveries.ring(conn, recipients)
    log.info("document.released", envelope=str(envelope_id), sender=row.sender, recipients=len(recipients))


async def _take_effect(conn: Connection, row: EnvelopeRow, one: DeliveryRow) -> Fault | None:
    """Do what the status message says, now that its certificate is known to be good; the flag if it is out of order."""
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
    effect = await statuses.effect_of(conn, plan)
    await statuses.apply(conn, effect, status, row.id)
    return effect.flag
