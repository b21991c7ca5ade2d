"""What the exchange answers, as types (API v1): times are aware UTC, sizes bytes, digests lower-case hex SHA-256."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from envelopes.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

Moved = Callable[[int, int], None]
"""Told while a file moves: bytes done and bytes in all. It starts again when an attempt does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What the gate said: `outcome` is verified, verified_weak, absent, held or rejected.

    `signer` is the agency whose certificate signed, when the sender delegated that; `reason` says why it is held or was
    rejected. `claimed_at` is the signer's own word for when it signed, which nobody checked.
    """

    outcome: str
    profile: str | None = None
    certificate: str | None = None
    signer: str | None = None
    claimed_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a delivery's history; `flagged` says that it came out of order and moved nothing."""

    at: datetime
    event: str
    code: str | None = None
    by: str | None = None
    description: str | None = None
    flagged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignature:
    """One signature inside a PDF, in the words of docs/pdf.md. Only `verdict` valid says that everything was proven."""

    field: str
    kind: str
    verdict: str
    intact: bool
    coverage: str
    changes: str
    signer: str | None = None
    organization: str | None = None
    signer_type: str | None = None
    certificate: str | None = None
    trust: str | None = None
    signed_at: datetime | None = None
    time: str | None = None
    reasons: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignatures:
    """What is known of a PDF's signatures: `state` is pending, checked, none or unchecked (then `reason` says why)."""

    state: str
    signatures: tuple[PdfSignature, ...] = ()
    reason: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """When an attachment's content was removed, by which rule, and which administrator entered that."""

    at: datetime
    rule: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file of an envelope as a person opens it; `n` counts from 1. `pdf_signatures` is None where it is no PDF.

    `removed`: its content is there no more, only its name, size and digest.
    """

    n: int
    name: str
    media_type: str
    size: int
    sha256: str
    pdf_signatures: PdfSignatures | None = None
    removed: Removal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a document does to another one (`recalls`, `updates`, `replaces`, `answers`), or another one to it
    (`recalled_by` …), at which recipients; `delivery` is ours of that envelope, if we received it."""

    kind: str
    envelope: str
    reference: str
    delivery: str | None = None
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDelivery:
    """One recipient of an envelope as its sender sees it."""

    id: str
    recipient: str
    state: str
    late_to_receive_since: datetime | None = None
    overdue_since: datetime | None = None
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undeliverable:
    """A recipient that gets nothing, and why."""

    recipient: str
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An envelope the exchange took, with the state at every recipient as of the answer.

    `created` is False when the same signed content had been taken before. `attachments`, `reason` and
    `links` are told when the envelope is asked for, not when it is submitted.
    """

    id: str
    kind: str
    operation: str | None
    reference: str
    sender: str
    sha256: str
    size: int
    accepted_at: datetime
    signature: Signature
    deliveries: tuple[SentDelivery, ...]
    undeliverable: tuple[Undeliverable, ...] = ()
    warnings: tuple[Fault, ...] = ()
    receipt: str
    attachments: tuple[Attachment, ...] = ()
    reason: str | None = None
    links: tuple[Link, ...] = ()
    created: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxPage:
    """What was sent, newest first; `next` is the cursor of the following page."""

    envelopes: tuple[Submission, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a status message says; `delivery` is the one it speaks of."""

    code: str
    description: str | None = None
    reported_at: datetime | None = None
    delivery: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One envelope for one of our agencies. `events` is filled only when a single delivery was asked for."""

    id: str
    envelope: str
    kind: str
    operation: str | None
    reference: str
    sender: str
    recipient: str
    number: str | None = None
    notation: str | None = None
    subject: str | None = None
    issued_on: date | None = None
    urgency: int = 0
    due_on: date | None = None
    state: str
    late_to_receive_since: datetime | None = None
    overdue_since: datetime | None = None
    sha256: str
    size: int
    accepted_at: datetime
    signature: Signature | None = None
    status: Status | None = None
    attachments: tuple[Attachment, ...] = ()
    reason: str | None = None
    links: tuple[Link, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    """What waits, most urgent first, then oldest; `next` is the cursor of the following page."""

    deliveries: tuple[Delivery, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One document of a conversation; `delivery` is ours of it, if we received it."""

    envelope: str
    operation: str
    reference: str
    sender: str
    accepted_at: datetime
    delivery: str | None = None
    number: str | None = None
    notation: str | None = None
    subject: str | None = None
    issued_on: date | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPage:
    """Documents that answer, update, replace and recall each other, oldest first; `next` is the following page's."""

    messages: tuple[Message, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The exchange's word that a delivery counts as received, the same however often it is asked."""

    id: str
    state: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One agency of the directory. `aliases` are its other codes of today, `old_code` and `code102` among them.

    From the day `dissolved_on` on, what is sent to it reaches `successor`; `capabilities`: what it can receive.
    """

    code: str
    name: str
    level: str | None = None
    parent: str | None = None
    active: bool = True
    aliases: tuple[str, ...] = ()
    old_code: str = ""
    code102: str = ""
    dissolved_on: date | None = None
    successor: str | None = None
    mail: str = ""
    phone: str = ""
    fax: str = ""
    address: str = ""
    website: str = ""
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgenciesPage:
    """A part of the directory in the order of codes; `next` is the cursor of the following page."""

    agencies: tuple[Agency, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Bytes that are safely on disk: `sha256` was computed over what was written there."""

    path: Path
    size: int
    sha256: str
