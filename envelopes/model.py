"""The types of what is exchanged: an edXML document or status message as read, whatever its bytes looked like.

Names follow the glossary; edXML's own spellings live in `reading` and `writing` only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Operation(StrEnum):
    """The four business operations of a document (edXML `BussinessDocType` 0 to 3)."""

    NEW = "new"
    RECALL = "recall"
    UPDATE = "update"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An agency as a message names it (`From`, `To`)."""

    code: str
    in_charge: str = ""
    name: str = ""
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """The person who signed the official document (`SignerInfo`)."""

    competence: str = ""
    position: str = ""
    full_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFor:
    """Which document a message answers. `agency` is whose document it is (for status 13: the recipient)."""

    agency: str = ""
    code: str = ""
    issued_on: date | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """The clerk behind a message (`StaffInfo`); the ids are the sending system's own."""

    department: str = ""
    department_id: str = ""
    name: str = ""
    id: str = ""
    email: str = ""
    mobile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One hop as claimed in the header; never trusted, never used for routing."""

    agency: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverChange:
    """One line of an update's receiver list: added, or removed."""

    agency: str
    added: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """One replaced document with the agencies for which it is replaced."""

    reference: str
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """What the document does (`Bussiness`); `paper` is kept raw because its meaning differs between systems."""

    operation: Operation = Operation.NEW
    reason: str = ""
    target: str = ""
    paper: str = ""
    document_changed: bool | None = None
    receivers_changed: bool | None = None
    receivers: tuple[ReceiverChange, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    staff: Staff | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One line of the envelope's list of attachments.

    `sha256` (lower-case hex) and `size` (bytes) are profile P's statement about the decoded payload; None elsewhere.
    """

    content_id: str
    name: str
    content_type: str = ""
    description: str = ""
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentHead:
    """An `Attachment` element without its content. `n` counts from 1 in document order."""

    n: int
    content_id: str
    name: str
    content_type: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An official document's header, manifest and attachments, as the sender states them.

    `reply_fors`, `reference_codes`, `task_codes` and `application_type` are the national library's (axis client,
    section 5.1): they are kept as they are, since no document says what they mean.
    """

    sender: Organization
    recipients: tuple[Organization, ...]
    reference: str
    number: str
    notation: str
    issued_on: date
    subject: str
    place: str = ""
    type: int | None = None
    type_detail: int | None = None
    type_name: str = ""
    content: str = ""
    signatory: Signatory = field(default_factory=Signatory)
    due_on: date | None = None
    to_places: tuple[str, ...] = ()
    urgency: int = 0
    sphere: str = ""
    typist: str = ""
    copies: int | None = None
    pages: int | None = None
    direction: bool | None = None
    reply_fors: tuple[str, ...] = ()
    reference_codes: tuple[str, ...] = ()
    appendixes: tuple[str, ...] = ()
    responses: tuple[ResponseFor, ...] = ()
    steering: str = ""
    task_codes: tuple[str, ...] = ()
    application_type: str = ""
    business: Business | None = None
    traces: tuple[Trace, ...] = ()
    manifest: tuple[ManifestEntry, ...] = ()
    attachments: tuple[AttachmentHead, ...] = ()

    @property
    def operation(self) -> Operation:
        """The business operation; a document without a business block is new (edXML section 3)."""
        return self.business.operation if self.business else Operation.NEW

    @property
    def target(self) -> str:
        """The reference a recall or an update speaks of: the business block's, else the header's (edXML section 6)."""
        return (self.business.target if self.business else "") or self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMessage:
    """One agency's word about one document: a code, the document it answers, and when (UTC)."""

    sender: Organization
    answers: ResponseFor
    code: str
    description: str = ""
    reported_at: datetime | None = None
    staff: Staff | None = None


Message = Document | StatusMessage
