"""What can be said of a file that was looked at without an exchange; values that the file does not say are None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from envelopes.model import Document
from envelopes.reading_rules import CODE_UNKNOWN, DATE_MALFORMED, FIELD_MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from envelopes.faults import Fault
    from envelopes.model import Message, Organization, StatusMessage
    from signing.certificates import CertificateFacts

T = TypeVar("T")

_UNSAID = frozenset({FIELD_MISSING.code, DATE_MALFORMED.code, CODE_UNKNOWN.code})
"""After these the model holds what is usual, not what the file says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An agency as the file names it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the message says of itself. For a status, `reference`, `number` and `issued_on` are the answered document's,
    and the recipient is whose document it is.
    """

    kind: str
    operation: str | None = None
    target: str | None = None
    status: str | None = None
    description: str | None = None
    reported_at: datetime | None = None
    reference: str
    sender: Party
    recipients: tuple[Party, ...]
    number: str
    notation: str | None = None
    issued_on: date | None = None
    type_name: str | None = None
    subject: str | None = None
    urgency: int | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """The file inside a one-entry zip."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """An attachment as transferred; `unwrapped` is the file a person opens, where the transferred one is its zip."""

    n: int
    name: str
    media_type: str
    size: int
    sha256: str
    unwrapped: Unwrapped | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSeen:
    """The certificate whose key made the signature; `enclosed`: only the file itself shows it."""

    subject: str
    sha256: str
    not_before: datetime
    not_after: datetime
    enclosed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureSeen:
    """What became of looking at the signature: see `signing.appraising.Outcome`."""

    outcome: str
    profile: str | None
    certificate: CertificateSeen | None
    reason: str


def certificate_seen(facts: CertificateFacts, *, enclosed: bool) -> CertificateSeen:
    """The certificate as it is told."""
    return CertificateSeen(
        subject=facts.subject,
        sha256=facts.sha256.hex(),
        not_before=facts.not_before,
        not_after=facts.not_after,
        enclosed=enclosed,
    )


def facts_of(message: Message, faults: Iterable[Fault]) -> Facts:
    """What the message says; nothing that was only put in where `faults` say that something is missing."""
    unsaid = frozenset(fault.path.rpartition("/")[2] for fault in faults if fault.code in _UNSAID)
    return _document(message, unsaid) if isinstance(message, Document) else _status(message)


def _document(document: Document, unsaid: frozenset[str]) -> Facts:
    def said(name: str, value: T) -> T | None:
        return None if name in unsaid else value

    operation = said("BussinessDocType", document.operation.value)
    return Facts(
        kind="document",
        operation=operation,
        target=document.target if operation in ("recall", "update") else None,
        reference=document.reference,
        sender=_party(document.sender),
        recipients=tuple(_party(one) for one in document.recipients),
        number=document.number,
        notation=document.notation,
        issued_on=said("PromulgationDate", document.issued_on),
        type_name=document.type_name,
        subject=document.subject,
        urgency=said("Priority", document.urgency),
        due_on=document.due_on,
    )


def _status(status: StatusMessage) -> Facts:
    return Facts(
        kind="status",
        status=status.code,
        description=status.description,
        reported_at=status.reported_at,
        reference=status.answers.reference,
        sender=_party(status.sender),
        recipients=(Party(code=status.answers.agency, name=""),),
        number=status.answers.code,
        issued_on=status.answers.issued_on,
    )


def _party(one: Organization) -> Party:
    return Party(code=one.code, name=one.name)
