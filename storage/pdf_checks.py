"""What is known of the signatures inside attached PDFs, and which of them are still to be looked at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from envelopes.pdf_outcomes import PdfOutcome, outcome_json, outcome_of

if TYPE_CHECKING:
    from storage.connection import Connection

PDF = "application/pdf"
"""The media type, found by looking, of attachments that get a row."""

AGAIN_SECONDS = 60.0
"""After the first try that gave nothing; doubled with each further one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfJob:
    """One PDF to look at: the object a person opens, its size in bytes, when it was received (UTC), which try it is.

    `trust_version` is that of the roots and lists in force now.
    """

    envelope: UUID
    n: int
    object: bytes
    size: int
    received_at: datetime
    attempt: int
    trust_version: int


async def claim_pdf(conn: Connection) -> PdfJob | None:
    """The PDF that has been due longest; its next try is put off before this one begins, whatever this one does."""
    row = await conn.fetchrow(
        """UPDATE pdf_checks c
           SET attempts = c.attempts + 1,
               due_at = clock_timestamp() + make_interval(secs => $1 * 2 ^ least(c.attempts, 10))
           FROM attachments a JOIN envelopes e ON e.id = a.envelope
           WHERE a.envelope = c.envelope AND a.n = c.n AND (c.envelope, c.n) = (
               SELECT envelope, n FROM pdf_checks WHERE state = 'pending' AND due_at <= clock_timestamp()
               ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING c.envelope, c.n, coalesce(a.opened_object, a.object) AS object,
                     coalesce(a.opened_size, a.size) AS size, e.accepted_at AS received_at, c.attempts AS attempt,
                     (SELECT version FROM trust_version) AS trust_version""",
        AGAIN_SECONDS,
    )
    return PdfJob(**row) if row else None


async def put_back(conn: Connection, job: PdfJob) -> None:
    """This try did not count: the file could not be had at all."""
    await conn.execute(
        "UPDATE pdf_checks SET attempts = attempts - 1 WHERE envelope = $1 AND n = $2 AND state = 'pending'",
        job.envelope,
        job.n,
    )


async def write_outcome(conn: Connection, job: PdfJob, outcome: PdfOutcome) -> None:
    """Write down what came of the look; it is not repeated."""
    written = outcome_json(outcome)
    await conn.execute(
        """UPDATE pdf_checks SET state = $3, signatures = $4, reason = $5, checked_at = clock_timestamp()
           WHERE envelope = $1 AND n = $2 AND state = 'pending'""",
        job.envelope,
        job.n,
        outcome.state.value,
        json.dumps(written["signatures"], ensure_ascii=False),
        json.dumps(written["reason"], ensure_ascii=False) if outcome.reason else None,
    )


def outcome_from(state: str | None, signatures: str | None, reason: str | None) -> PdfOutcome | None:
    """The outcome in a row's columns; None where the attachment is no PDF."""
    if state is None:
        return None
    given: dict[str, Any] = {
        "state": state,
        "signatures": json.loads(signatures or "[]"),
        "reason": json.loads(reason) if reason else None,
    }
    return outcome_of(given)
