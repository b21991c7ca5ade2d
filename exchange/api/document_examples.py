"""One example for each shape, the same document throughout: H08.02 writes to H08.30."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from envelopes.pdf_outcomes import Changes, Coverage, PdfOutcome, PdfSignature, PdfState, Trust, Verdict
from exchange.api.document_groups import EXAMPLE_GROUP, EXAMPLE_GROUPS
from exchange.api.document_links import EXAMPLE_CONVERSATION, EXAMPLE_LINK
from exchange.api.document_schemas import DELIVERY_ID, DIGEST, ENVELOPE_ID, MOMENT, REQUEST_ID
from exchange.api.document_webhooks import EXAMPLE_NOTICE, EXAMPLE_WEBHOOKS
from exchange.api.errors import problem_json
from exchange.api.rules import QUERY_UNKNOWN
from exchange.api.shapes import fault_json, pdf_json
from exchange.api.words import WORDS
from exchange.rules import RECIPIENT_UNKNOWN

_SIGNATURE = {
    "outcome": "verified",
    "profile": "P",
    "certificate": DIGEST,
    "signer": None,
    "claimed_at": None,
    "reason": None,
}
_FAULT = RECIPIENT_UNKNOWN.at("edXMLHeader/MessageHeader/To[2]/OrganId", "H08.99", code="H08.99")
_EVENT = {"at": MOMENT, "event": "taken", "code": None, "by": "H08.02", "description": None, "flagged": False}

_SENT = {
    "id": ENVELOPE_ID,
    "kind": "document",
    "reference": "H08.02,2026/11/20,125/SA-VP",
    "operation": "new",
    "sender": "H08.02",
    "sha256": DIGEST,
    "size": 14321,
    "accepted_at": MOMENT,
    "signature": _SIGNATURE,
    "deliveries": [{"id": DELIVERY_ID, "recipient": "H08.30", "state": "waiting"}],
    "undeliverable": [
        {"recipient": "H08.99", "fault": {"code": _FAULT.code, "message": {"vi": _FAULT.vi, "en": _FAULT.en}}}
    ],
    "warnings": [],
    "receipt": f"/v1/envelopes/{ENVELOPE_ID}/receipt",
}
_PDF_SIGNATURE = PdfSignature(
    field="Signature1",
    verdict=Verdict.VALID,
    intact=True,
    coverage=Coverage.FILE,
    changes=Changes.NONE,
    signer="Sở Nội vụ",
    organization="Ủy ban nhân dân tỉnh",
    signer_type="organization",
    certificate=DIGEST,
    trust=Trust.TRUSTED,
    signed_at=datetime.fromisoformat(MOMENT),
    time="claimed",
)
_ATTACHMENTS = [
    {
        "n": 1,
        "name": "125.signed.pdf",
        "media_type": "application/pdf",
        "size": 10240,
        "sha256": DIGEST,
        "pdf_signatures": pdf_json(PdfOutcome(state=PdfState.CHECKED, signatures=(_PDF_SIGNATURE,))),
        "removed": None,
    }
]
_IN_TIME = {"late_to_receive_since": None, "overdue_since": None}
_FOLLOWED = _SENT | {
    "deliveries": [{"id": DELIVERY_ID, "recipient": "H08.30", "state": "waiting", **_IN_TIME, "events": [_EVENT]}],
    "attachments": _ATTACHMENTS,
    "reason": None,
    "links": [EXAMPLE_LINK],
}
_WAITING = {
    "id": DELIVERY_ID,
    "envelope": ENVELOPE_ID,
    "kind": "document",
    "operation": "new",
    "reference": "H08.02,2026/11/20,125/SA-VP",
    "sender": "H08.02",
    "recipient": "H08.30",
    "number": "125",
    "notation": "SA-VP",
    "subject": "V/v triển khai liên thông văn bản điện tử",
    "issued_on": "2026-11-20",
    "urgency": 0,
    "due_on": None,
    "state": "waiting",
    **_IN_TIME,
    "sha256": DIGEST,
    "size": 14321,
    "accepted_at": MOMENT,
    "signature": _SIGNATURE,
    "status": None,
    "attachments": _ATTACHMENTS,
    "reason": None,
    "links": [],
}
_AGENCY = {
    "code": "H08.02",
    "name": "Sở Nội vụ",
    "level": "so",
    "parent": "H08",
    "active": True,
    "aliases": ["000.00.02.H08"],
    "old_code": "000.00.02.H08",
    "code102": "",
    "dissolved_on": None,
    "successor": None,
    "mail": "vanthu@snv.example.vn",
    "phone": "",
    "fax": "",
    "address": "",
    "website": "",
    "capabilities": ["door.api", "signature.parts"],
}

_PEM = "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"
_SEAL = {
    "sha256": DIGEST,
    "subject": "CN=lienthong seal",
    "not_before": "2026-11-01T00:00:00.000Z",
    "not_after": "2027-11-01T00:00:00.000Z",
    "first_seen_at": MOMENT,
    "in_use": True,
    "certificate": _PEM,
    "authorities": [_PEM],
}

EXAMPLES: dict[str, Any] = {
    "Submission": _SENT,
    "Envelope": _FOLLOWED,
    "Conversation": EXAMPLE_CONVERSATION,
    "Groups": EXAMPLE_GROUPS,
    "GroupNow": EXAMPLE_GROUP,
    "Webhooks": EXAMPLE_WEBHOOKS,
    "Notice": EXAMPLE_NOTICE,
    "Outbox": {"envelopes": [_FOLLOWED], "next": None},
    "Inbox": {"deliveries": [_WAITING], "next": None},
    "Delivery": _WAITING | {"events": [_EVENT]},
    "Confirmation": {"sha256": DIGEST},
    "Confirmed": {"id": DELIVERY_ID, "state": "collected", "confirmed_at": MOMENT},
    "Agencies": {"agencies": [_AGENCY], "next": None},
    "Agency": _AGENCY,
    "Seals": {"seals": [_SEAL]},
    "Alive": {"status": "alive"},
    "Ready": {"ready": True, "checks": [{"name": "database", "ok": True}]},
}
"""By the name of the schema."""


def problem_example(status: int) -> dict[str, Any]:
    """The problem of this status as it is answered."""
    faults = {
        400: [QUERY_UNKNOWN.at("page", "2", name="page", known="cursor, limit")],
        422: [_FAULT],
    }.get(status, [])
    shown = problem_json(WORDS[status], status, REQUEST_ID)
    return shown | ({"faults": [fault_json(fault) for fault in faults]} if faults else {})
