"""Envelopes as taken: the signed skeleton, what was read from it, the sealed receipt, and its attachments."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from storage.grounds import GROUNDS, Grounds, grounds_locked
from storage.pdf_checks import PDF, outcome_from
from storage.removals import removal_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envelopes.pdf_outcomes import PdfOutcome
    from storage.connection import Connection
    from storage.removals import Removal


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRow:
    """One attachment: its object, its place in the file, and the file inside when it came zipped. Sizes in bytes.

    `pdf` says what is known of the signatures inside; None where the file is no PDF. `removed`: when and by which rule
    its content was removed; the digests stay.
    """

    n: int
    name: str
    media_type: str
    object: bytes
    size: int
    cut: int
    text_size: int
    layout: str | None
    text_object: bytes | None = None
    opened_object: bytes | None = None
    opened_size: int | None = None
    opened_media_type: str | None = None
    pdf: PdfOutcome | None = None
    removed: Removal | None = None

    def objects(self) -> list[tuple[bytes, int]]:
        """Digest and size of every object this attachment rests on; none once it was removed."""
        if self.removed is not None:
            return []
        found = [(self.object, self.size)]
        if self.text_object is not None:
            found.append((self.text_object, self.text_size))
        if self.opened_object is not None and self.opened_size is not None:
            found.append((self.opened_object, self.opened_size))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A fault kept with an envelope: a warning, or why a recipient cannot be reached."""

    code: str
    vi: str
    en: str
    path: str = ""
    value: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeRow:
    """One envelope without its bytes. Digests are raw bytes, times UTC, sizes bytes.

    `signer`: whose certificate signed, when that is not the sender (a delegate); `document_type`: key of the document's
    type, None while it is not known; `reason`: why it recalls, updates or replaces, in the sender's words;
    `held_reason`: why it is held, or was rejected in the end; `evidence`: SHA-256 of the revocation lists and OCSP
    answers that the outcome rests on.
    """

    id: UUID
    kind: str
    operation: str | None
    sender: str
    system: str | None
    reference: str
    sha256: bytes
    size: int
    identity: bytes
    outcome: str
    profile: str | None
    certificate: bytes | None
    accepted_at: datetime
    weak: bool = False
    claimed_at: datetime | None = None
    signer: str | None = None
    held_reason: str | None = None
    number: str = ""
    notation: str = ""
    subject: str = ""
    issued_on: date | None = None
    urgency: int = 0
    due_on: date | None = None
    document_type: str | None = None
    reason: str = ""
    undeliverable: tuple[Note, ...] = field(default=())
    warnings: tuple[Note, ...] = field(default=())
    evidence: tuple[bytes, ...] = ()


_FIELDS = EnvelopeRow.__slots__
_NOTES = frozenset({"undeliverable", "warnings"})
_ATTACHMENT = tuple(name for name in AttachmentRow.__slots__ if name not in {"pdf", "removed"})

ENVELOPE_COLUMNS = ", ".join(_FIELDS)
_GROUNDS_LOCKED = grounds_locked(
    **{name: f"${_FIELDS.index(name) + 1}" for name in ("certificate", "sender", "signer")}
)


def _notes(text: str) -> tuple[Note, ...]:
    return tuple(Note(**note) for note in json.loads(text))


def _written(notes: Sequence[Note]) -> str:
    return json.dumps([asdict(note) for note in notes], ensure_ascii=False)


def envelope_row(record: Any) -> EnvelopeRow:
    """The row as a type."""
    values = {name: record[name] for name in _FIELDS}
    values["undeliverable"] = _notes(values["undeliverable"])
    values["warnings"] = _notes(values["warnings"])
    values["evidence"] = tuple(values["evidence"])
    return EnvelopeRow(**values)


async def clock(conn: Connection) -> datetime:
    """The time records are stamped with (DESIGN decision 9)."""
    now: datetime = await conn.fetchval("SELECT clock_timestamp()")
    return now


async def insert_envelope(conn: Connection, row: EnvelopeRow, *, skeleton: bytes, receipt: bytes) -> Grounds | None:
    """Write the envelope; None when one stands there already, see `taken_before`.

    If the grounds of now are not those that its signature was judged by, the transaction must not be committed.
    """
    places = ", ".join(f"${n}" for n in range(1, len(_FIELDS) + 3))
    done = await conn.fetchrow(
        f"""WITH {_GROUNDS_LOCKED}
            INSERT INTO envelopes ({ENVELOPE_COLUMNS}, skeleton, receipt) VALUES ({places}) ON CONFLICT DO NOTHING
            RETURNING {GROUNDS}""",
        *(_column(row, name) for name in _FIELDS),
        skeleton,
        receipt,
    )
    return Grounds(**done) if done else None


def _column(row: EnvelopeRow, name: str) -> Any:
    value = getattr(row, name)
    return _written(value) if name in _NOTES else value


async def insert_attachments(conn: Connection, envelope: UUID, rows: Sequence[AttachmentRow]) -> None:
    """Write the attachments of an envelope, each PDF to be looked at; their objects must be recorded before."""
    places = ", ".join(f"${n}" for n in range(1, len(_ATTACHMENT) + 2))
    await conn.executemany(
        f"""WITH added AS (
               INSERT INTO attachments (envelope, {", ".join(_ATTACHMENT)}) VALUES ({places})
               RETURNING envelope, n, coalesce(opened_media_type, media_type) AS media_type)
           INSERT INTO pdf_checks (envelope, n) SELECT envelope, n FROM added WHERE media_type = '{PDF}'""",
        [(envelope, *(getattr(row, name) for name in _ATTACHMENT)) for row in rows],
    )


async def taken_before(
    conn: Connection, *, sender: str, reference: str, operation: str | None, identity: bytes
) -> EnvelopeRow | None:
    """What stands where this envelope would stand: the new document of that reference, else the same signed content.

    What was rejected in the end stands nowhere.
    """
    if operation == "new":
        record = await conn.fetchrow(
            f"""SELECT {ENVELOPE_COLUMNS} FROM envelopes
                WHERE sender = $1 AND reference = $2 AND operation = 'new' AND outcome <> 'rejected'""",
            sender,
            reference,
        )
    else:
        record = await conn.fetchrow(
            f"""SELECT {ENVELOPE_COLUMNS} FROM envelopes
                WHERE sender = $1 AND identity = $2 AND operation IS DISTINCT FROM 'new' AND outcome <> 'rejected'""",
            sender,
            identity,
        )
    return envelope_row(record) if record else None


async def taken_as(conn: Connection, *, sender: str, reference: str, sha256: bytes) -> UUID | None:
    """The document of this sender and reference whose file has this digest, unless it was rejected in the end."""
    found: UUID | None = await conn.fetchval(
        """SELECT id FROM envelopes
           WHERE kind = 'document' AND reference = $2 AND sender = $1 AND sha256 = $3 AND outcome <> 'rejected'""",
        sender,
        reference,
        sha256,
    )
    return found


async def envelope(conn: Connection, envelope_id: UUID, *, senders: Sequence[str]) -> EnvelopeRow | None:
    """The envelope, if one of `senders` sent it."""
    record = await conn.fetchrow(
        f"SELECT {ENVELOPE_COLUMNS} FROM envelopes WHERE id = $1 AND sender = ANY($2::text[])",
        envelope_id,
        list(senders),
    )
    return envelope_row(record) if record else None


async def receipt(conn: Connection, envelope_id: UUID, *, senders: Sequence[str]) -> bytes | None:
    """The sealed receipt's bytes, if one of `senders` sent the envelope."""
    found: bytes | None = await conn.fetchval(
        "SELECT receipt FROM envelopes WHERE id = $1 AND sender = ANY($2::text[])", envelope_id, list(senders)
    )
    return found


async def outbox_page(
    conn: Connection, *, senders: Sequence[str], before: tuple[datetime, UUID] | None, limit: int
) -> list[EnvelopeRow]:
    """What these agencies' systems sent, newest first, behind the given place. The exchange's own 01 is not theirs."""
    records = await conn.fetch(
        f"""SELECT {ENVELOPE_COLUMNS} FROM envelopes WHERE sender = ANY($1::text[]) AND system IS NOT NULL
            AND ($2::timestamptz IS NULL OR (accepted_at, id) < ($2, $3))
            ORDER BY accepted_at DESC, id DESC LIMIT $4""",
        list(senders),
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
    return [envelope_row(record) for record in records]


async def attachments(conn: Connection, envelopes: Sequence[UUID]) -> dict[UUID, list[AttachmentRow]]:
    """The attachments of each envelope, in the order of the file."""
    records = await conn.fetch(
        f"""SELECT a.envelope, {", ".join(_ATTACHMENT)}, c.state, c.signatures, c.reason,
                  r.at AS removed_at, r.rule, u.entered_by
           FROM attachments a LEFT JOIN pdf_checks c USING (envelope, n)
           LEFT JOIN (removals r JOIN retention_rules u ON u.id = r.rule) ON a.removed AND r.envelope = a.envelope
           WHERE a.envelope = ANY($1::uuid[]) ORDER BY a.envelope, n""",
        list(envelopes),
    )
    found: dict[UUID, list[AttachmentRow]] = {}
    for record in records:
        values = dict(record)
        pdf = outcome_from(values.pop("state"), values.pop("signatures"), values.pop("reason"))
        removed = removal_from(values.pop("removed_at"), values.pop("rule"), values.pop("entered_by"))
        found.setdefault(values.pop("envelope"), []).append(AttachmentRow(**values, pdf=pdf, removed=removed))
    return found


async def skeleton(conn: Connection, envelope_id: UUID) -> bytes:
    """The file without its attachment texts, exactly as received."""
    found: bytes = await conn.fetchval("SELECT skeleton FROM envelopes WHERE id = $1", envelope_id)
    return found


async def release_envelope(
    conn: Connection, envelope_id: UUID, *, outcome: str, warnings: Sequence[Note], evidence: Sequence[bytes]
) -> None:
    """Let an envelope that the transaction has locked as held count as signed (`outcome`), with all its warnings as of
    now and the SHA-256 of the lists and answers that say so."""
    await conn.execute(
        "UPDATE envelopes SET outcome = $2, held_reason = NULL, warnings = $3, evidence = $4 WHERE id = $1",
        envelope_id,
        outcome,
        _written(warnings),
        list(evidence),
    )


async def reject_envelope(conn: Connection, envelope_id: UUID, *, reason: str) -> None:
    """Let an envelope that the transaction has locked as held end here; its reference is free again."""
    await conn.execute("UPDATE envelopes SET outcome = 'rejected', held_reason = $2 WHERE id = $1", envelope_id, reason)
